/**
 * Small dialogues: one value to change, a "sure?" for what cannot be undone, the people of a topic, what was guessed and
 * done, and the keys.
 */
import { html, nothing } from 'lit';
import { failure } from '../words.js';
import { t } from '../words/language.js';
import { chip } from './chips.js';
import { icon, mark } from './icons.js';
import { enterBreaks, keyList } from './key-list.js';
import { guestsOf, peopleHere } from './people.js';
import { PlainElement, initial, tint } from './plain.js';

/**
 * @typedef {{kind: 'value', component?: string, title: string, label: string, value: string, verb: string, hint?: string, run: (value: string) => Promise<any>, what: string, long?: boolean}
 *   | {kind: 'sure', component?: string, title: string, text: string, verb: string, run: () => Promise<any>, what: string}
 *   | {kind: 'people'} | {kind: 'keys'} | {kind: 'notes'}} Question
 */
class Ask extends PlainElement {
  static properties = { app: { attribute: false }, tick: { type: Number }, _q: { state: true }, _busy: { state: true }, _error: { state: true } };

  constructor() {
    super();
    this._q = /** @type {any} */ (null);
    this._busy = false;
    this._error = '';
  }

  /** @param {Question} question */
  async open(question) {
    this._q = question;
    this._error = '';
    this._busy = false;
    await this.updateComplete;
    const dialog = /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
    if (!dialog.open) dialog.showModal();
    const field = /** @type {HTMLInputElement | null} */ (this.querySelector('input'));
    field?.select();
    const text = this.querySelector('textarea');
    text?.focus();
    text?.setSelectionRange(text.value.length, text.value.length);
  }

  #close() {
    /** @type {HTMLDialogElement} */ (this.querySelector('dialog')).close();
  }

  async #run(event) {
    event.preventDefault();
    if (this._busy) return;
    const { run, what, component } = this._q;
    const value = String(new FormData(event.target).get('value') ?? '').trim();
    if (component && this.app.client.components.busy(component)) {
      this.#close(); // it waits its turn, and is told from there
      return void this.app.deeds.attempt(run(value), what);
    }
    this._busy = true;
    try {
      await run(value);
      this.#close();
    } catch (error) {
      this._error = failure(error, what);
    } finally {
      this._busy = false;
    }
  }

  // As in the composer: Enter is done, Shift and Enter break the line.
  #key(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  }

  #field(q) {
    if (q.long) return html`<textarea class="field" id="ask-value" name="value" rows="4" dir="auto" .value=${q.value} @keydown=${this.#key}></textarea>`;
    return html`<input class="field" id="ask-value" name="value" .value=${q.value} autocomplete="off">`;
  }

  #value(q) {
    return html`<form class="panel" @submit=${this.#run}><header><h2 id="ask-title">${q.title}</h2>${this.#x()}</header>
      ${q.kind === 'sure' ? html`<p>${q.text}</p>` : html`<div><label class="l" for="ask-value">${q.label}</label>
        ${this.#field(q)}${q.hint ? html`<p class="hint">${q.hint}</p>` : nothing}</div>`}
      <p role="alert" class="error">${this._error}</p>
      <div class="row"><button class="btn" type="button" @click=${this.#close}>${t`Leave it`}</button><button class="btn ${q.kind === 'sure' ? 'danger' : 'prime'}" type="submit">${this._busy ? t`One moment…` : q.verb}</button></div></form>`;
  }

  #x() {
    return html`<button class="ico" type="button" aria-label=${t`Close`} @click=${this.#close}>${icon('close')}</button>`;
  }

  #people() {
    const { room, topic } = this.app;
    const here = room ? peopleHere(this.app, room) : [];
    const guests = topic ? guestsOf(topic, here) : [];
    const revoked = topic?.invitees.filter((guest) => guest.state === 'revoked') ?? [];
    return html`<div class="panel"><header><h2 id="ask-title">${t`People`}</h2>${this.#x()}</header>
      <div><h3>${t`Here now`}</h3><ul>${here.map((o) => html`<li class="person" data-testid="here"><span class="av ${o.reporter ? 'r' : tint(o.nick)}" aria-hidden="true">${o.reporter ? mark() : initial(o.nick)}</span>
          <div><b dir="auto">${o.nick}${o.me ? t`, you` : ''}</b><small>${o.reporter ? t`Keeps decisions, actions and questions` : o.affiliation === 'owner' ? t`Owner` : t`Takes part`}</small></div></li>`)}</ul></div>
      ${this.#guests(t`Invited`, guests)}${this.#guests(t`No longer invited`, revoked)}
      ${this.app.isGuest ? nothing : html`<div class="row"><button class="btn prime" type="button" @click=${() => { this.#close(); this.app.wish('', topic); }}>${icon('people')}${t`Invite`}</button></div>`}</div>`;
  }

  #guests(title, guests) {
    if (!guests.length) return nothing;
    return html`<div><h3>${title}</h3><ul class="list">${guests.map((guest) => html`<li data-testid="invitee" data-state=${guest.state}>${chip(this.app, guest)}
      ${guest.reason ? html`<small class="hint ${guest.state === 'bounced' ? 'bad' : ''}" dir="auto">${guest.reason}</small>` : nothing}</li>`)}</ul></div>`;
  }

  #keys() {
    const breaks = this.app.chosen.get('ccm-enter') === 'breaks';
    const off = this.app.chosen.get('ccm-letters') === 'off';
    const row = ([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`;
    return html`<div class="panel"><header><h2 id="ask-title">${t`Keys`}</h2>${this.#x()}</header>${off ? html`<p class="hint">${t`Keys that are one letter or sign are off: see Settings.`}</p>` : nothing}
      <div class="key-groups">${keyList().map(([where, keys]) => html`<div><h3>${where}</h3><dl class="keys">${(breaks && where === t`While writing` ? [...enterBreaks(), ...keys.slice(2)] : keys).map(row)}</dl></div>`)}</div></div>`;
  }

  #notes() {
    return html`<div class="panel"><header><h2 id="ask-title">${t`What I guessed and did`}</h2>${this.#x()}</header>${this.app.notes.log()}</div>`;
  }

  render() {
    const q = this._q;
    const body = !q ? nothing : q.kind === 'people' ? this.#people() : q.kind === 'notes' ? this.#notes() : q.kind === 'keys'
      ? this.#keys()
      : this.#value(q);
    return html`<dialog class="small" aria-labelledby="ask-title" @close=${() => { this._q = null; }}>${body}</dialog>`;
  }
}

customElements.define('ccm-ask', Ask);
