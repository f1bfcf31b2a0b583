/**
 * Where one writes: the words with what they answer, names and orders as they are typed, and files.
 */
import { html, nothing } from 'lit';
import { plural, t } from '../words/language.js';
import { icon } from './icons.js';
import { isOwn } from './message.js';
import { PlainElement } from './plain.js';

const keeps = () => [['Action:', t`Action`, t`who does what by when`], ['Agreed:', t`Decision`, t`what is settled`], ['Question:', t`Question`, t`what stays open`], ['Topic:', t`Point`, t`what comes next`]];
/** Whether Enter breaks the line. */
const breaks = () => matchMedia('(pointer: coarse)').matches || localStorage.getItem('ccm-enter') === 'breaks';
const completions = () => import('./completion.js');

class Composer extends PlainElement {
  static properties = { app: { attribute: false }, talk: { attribute: false }, tick: { type: Number } };

  /** By topic, what is answered. @type {Map<string, any>} */ #answered = new Map();
  #options = /** @type {import('./completion.js').Option[]} */ ([]);
  #begun = /** @type {import('./completion.js').Begun | null} */ (null);
  #at = 0;
  #asked = 0;
  /** The field, and the topic whose draft was put there. @type {[HTMLTextAreaElement | null, string]} */ #filled = [null, ''];
  #files = /** @type {import('./files.js').Files | null} */ (null);
  #progress = /** @type {(going: any) => string} */ (() => '');

  get #field() {
    return /** @type {HTMLTextAreaElement} */ (this.querySelector('textarea'));
  }

  firstUpdated() {
    if (document.activeElement === document.body && !matchMedia('(pointer: coarse)').matches) this.#field?.focus();
  }

  // A draft is put there once. What other tabs make of it meanwhile is theirs: what was typed here stands.
  updated() {
    const { app } = this;
    const field = this.#field;
    const whose = `${app.session.account} ${app.topic?.id}`;
    if (!field || (this.#filled[0] === field && this.#filled[1] === whose)) return;
    this.#filled = [field, whose];
    field.value = app.draftOf(app.topic.id);
  }

  /** @param {any} line that the next message answers; none takes that back */
  answer(line) {
    if (line) this.#answered.set(this.app.topic.id, line);
    else this.#answered.delete(this.app.topic.id);
    this.requestUpdate();
    this.#field?.focus();
  }

  // -- words

  #typed() {
    const { app } = this;
    const field = this.#field;
    app.draft(app.topic.id, field.value);
    app.room.writing.typed(Boolean(field.value));
    this.#complete();
  }

  // What completes is loaded with the first sign of need.
  async #complete() {
    const field = this.#field;
    this.#asked += 1;
    const asked = this.#asked;
    if (!/[@/#]/u.test(field.value)) return this.#shut();
    const { begun, options } = await completions();
    if (asked !== this.#asked || field !== this.#field) return;
    this.#begun = document.activeElement === field ? begun(field.value, field.selectionStart) : null;
    this.#options = this.#begun ? options(this.app, this.#begun) : [];
    this.#at = 0;
    this.requestUpdate();
  }

  #shut() {
    this.#asked += 1;
    if (!this.#options.length) return;
    this.#options = [];
    this.requestUpdate();
  }

  #take(option) {
    const field = this.#field;
    const { start } = /** @type {import('./completion.js').Begun} */ (this.#begun);
    field.setRangeText(option.insert, start, field.selectionStart, 'end');
    this.app.draft(this.app.topic.id, field.value);
    field.focus();
    this.#shut();
  }

  /** @returns {boolean} whether the list took the key */
  #chosen(event) {
    const { length } = this.#options;
    if (!length || event.altKey) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const option = this.#options[this.#at];
    if (step) {
      this.#at = (this.#at + step + length) % length;
      this.requestUpdate();
      this.updateComplete.then(() => this.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }));
    } else if (event.key === 'Escape') this.#shut();
    else if ((event.key === 'Tab' || event.key === 'Enter') && !event.shiftKey && !event.ctrlKey) {
      const whole = this.#begun?.kind === '@' ? option.name.toLowerCase() === this.#begun.typed : option.done && this.#field.value.trim().toLowerCase() === option.insert;
      if (event.key === 'Enter' && whole) return false;
      this.#take(option);
    } else return false;
    event.preventDefault();
    return true;
  }

  #key(event) {
    if (event.isComposing || this.#chosen(event)) return;
    const { app } = this;
    const last = event.key === 'ArrowUp' && !event.altKey && !event.target.value && app.room.log.findLast((line) => isOwn(app, line));
    if (last) {
      event.preventDefault();
      app.deeds.edit(last);
    }
    if (event.key === 'Escape' && this.#answered.has(app.topic.id)) {
      event.preventDefault();
      this.answer(null);
    }
    if (event.key === 'Enter' && !event.shiftKey && (!breaks() || event.ctrlKey)) {
      event.preventDefault();
      this.#send();
    }
  }

  #send() {
    const { app } = this;
    const field = this.#field;
    const text = field.value.trim();
    field.focus();
    this.#shut();
    if (!text) return;
    const line = this.#answered.get(app.topic.id);
    field.value = '';
    app.draft(app.topic.id, '');
    this.#answered.delete(app.topic.id);
    app.room.say(text, undefined, { reply: line ? { id: line.id, nick: line.nick, words: line.file?.name ?? line.body } : null });
    this.talk.said();
    this.requestUpdate();
  }

  #keepAs(event, sign) {
    const field = this.#field;
    this.app.menu(event, () => {
      field.setRangeText(`${sign} `, 0, 0, 'end');
      this.app.draft(this.app.topic.id, field.value);
      field.focus();
    });
  }

  // -- files

  /** @param {Iterable<File>} files chosen, pasted or dropped */
  async attach(files) {
    const wanted = [...files];
    const { app } = this;
    const { room } = app;
    if (!wanted.length || !room) return;
    const { Files, progress } = await import('./files.js');
    this.#files ??= new Files(app.session, () => this.requestUpdate());
    this.#progress = progress;
    const left = this.#files.add(room, wanted);
    if (left) app.notes.tell({ kind: 'failed', text: plural(left, '# file is not sent: ten at once are the most. Add it when these are through.', '# files are not sent: ten at once are the most. Add them when these are through.') });
    this.#field?.focus();
  }

  #pasted(event) {
    const { files } = event.clipboardData;
    if (!files.length || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    this.attach(files);
  }

  #going() {
    const all = this.#files?.of(this.app.room) ?? [];
    if (!all.length) return nothing;
    return html`<ul class="going" aria-label=${t`Files on their way`}>${all.map((one) => {
      const failed = one.state === 'failed';
      return html`<li class=${failed ? 'bad' : ''} data-testid="going" data-state=${one.state}>${icon(failed ? 'alert' : 'file')}<span role=${failed ? 'alert' : nothing} dir="auto">${this.#progress(one)}</span>
        ${failed ? html`<button class="text" type="button" @click=${() => this.#files?.send(one)}>${t`Try again`}</button>` : html`<progress aria-label=${t`Sending ${one.file.name}`} max=${one.file.size} value=${one.sent}></progress>`}
        <button class="ico" type="button" aria-label=${failed ? t`Remove ${one.file.name}` : t`Stop sending ${one.file.name}`} @click=${() => this.#files?.remove(one)}>${icon('close')}</button></li>`;
    })}</ul>`;
  }

  // -- what is seen

  #answering() {
    const line = this.#answered.get(this.app.topic.id);
    if (!line) return nothing;
    return html`<div class="answering" data-testid="answering">${icon('reply')}<p>${t`Reply to ${html`<b dir="auto">${line.nick}</b>`}:`} <span dir="auto">${(line.file?.name ?? line.body).replace(/\s+/gu, ' ').slice(0, 160)}</span></p>
      <button class="ico" type="button" aria-label=${t`Do not reply to ${line.nick}`} @click=${() => this.answer(null)}>${icon('close')}</button></div>`;
  }

  #list() {
    const open = this.#options.length > 0;
    const orders = this.#begun?.kind === '/';
    return html`<div role="listbox" id="w-list" class="offer" aria-label=${orders ? t`Orders to the reporter` : t`People`} ?hidden=${!open} @pointerdown=${(e) => e.preventDefault()}>
      ${this.#options.map((one, i) => html`<div role="option" id="w-${i}" aria-selected=${i === this.#at} data-testid="option" @click=${() => this.#take(one)}>${one.face ? html`<span class="av xs ${one.tint}" aria-hidden="true">${one.face}</span>` : nothing}<b dir="auto">${one.name}</b><span class="hint">${one.hint}</span></div>`)}</div>
      <span class="vh" role="status">${open ? plural(this.#options.length, '# suggestion. Arrow keys choose, Tab takes.', '# suggestions. Arrow keys choose, Tab takes.') : ''}</span>`;
  }

  render() {
    const { app } = this;
    const { topic } = app;
    if (!topic || !app.room) return nothing;
    const label = t`Write to ${topic.name}`;
    const open = this.#options.length > 0;
    return html`${this.#list()}<form class="composer" @submit=${(e) => { e.preventDefault(); this.#send(); }}>${this.#answering()}${this.#going()}<label class="vh" for="w">${label}</label>
      <textarea id="w" rows="1" dir="auto" enterkeyhint=${breaks() ? 'enter' : 'send'} placeholder=${label} data-testid="composer" aria-autocomplete="list" aria-controls="w-list" aria-activedescendant=${open ? `w-${this.#at}` : nothing}
        @input=${this.#typed} @keydown=${this.#key} @blur=${this.#shut} @click=${this.#complete} @paste=${this.#pasted}></textarea>
      <div class="row"><button class="ico" type="button" aria-label=${t`Attach files`} title=${t`Attach files`} data-testid="attach" @click=${() => /** @type {any} */ (this.querySelector('[type=file]')).click()}>${icon('clip')}</button>
      <input type="file" multiple hidden aria-label=${t`Files`} @change=${(e) => { this.attach(e.target.files); e.target.value = ''; }}>
      <details class="menu up opt"><summary class="btn quiet s keep">${icon('keep')}${t`Action, decision, question`}</summary><menu>
        ${keeps().map(([sign, word, hint]) => html`<li><button type="button" @click=${(e) => this.#keepAs(e, sign)}><b>${word}</b><span class="hint">${hint}</span></button></li>`)}</menu></details>
      <button class="btn prime s" type="submit" aria-label=${t`Send`} data-testid="send">${icon('send')}<span>${t`Send`}</span></button></div></form>`;
  }
}

customElements.define('ccm-composer', Composer);
