/**
 * The one field: a sentence becomes Who, About and When; Enter does the first thing. How a time and a name are read is the
 * component's own answer; while there is none, the words stand as they were typed. Each of the three is changed in its own row,
 * which leaves the others as they are.
 */
import { html, nothing } from 'lit';
import { inOneLine, putRight, readWish } from '../one-field.js';
import { failure, hours, list, when } from '../words.js';
import { plural, t } from '../words/language.js';
import { slowness } from './busy.js';
import { Foretold } from './foretold.js';
import { icon } from './icons.js';
import { PlainElement, initial, tint } from './plain.js';
import { rowLine } from './todo.js';

class WishField extends PlainElement {
  static properties = { app: { attribute: false }, tick: { type: Number }, _wish: { state: true }, _words: { state: true }, _busy: { state: true }, _error: { state: true }, _picked: { state: true }, _row: { state: true } };

  /** The topic to invite to, or `null` for a new one. @type {any} */
  #into = null;
  /** What was put right in its row. @type {import('../one-field.js').Put} */ #put = {};
  /** The row that is changed: what its field began with, and how to leave it. @type {{words: string, put: import('../one-field.js').Put}} */ #was = { words: '', put: {} };
  /** What the component finds odd and has not sent: Enter once more sends it. @type {{address: string, better: string} | null} */ #told = null;

  #foretold = new Foretold(() => this.requestUpdate());

  constructor() {
    super();
    this._words = '';
    this._wish = readWish('');
    this._busy = false;
    this._error = '';
    this._picked = 0;
    this._row = '';
  }

  /** Take a sentence, with what was put right of it. @param {string} words */
  #take(words, put = this.#put) {
    this._words = words;
    this.#put = words.trim() ? put : {};
    this._wish = putRight(readWish(words), this.#put);
  }

  /** Take it as if it had been typed anew. @param {string} words */
  #retake(words) {
    this._row = '';
    this.#take(words, {});
    this.#field.value = words;
    this.#field.focus();
  }

  /** @param {string} words to start with; `''` keeps those from the last time @param {any} [into] a topic */
  open(words, into = null) {
    if (words || into?.id !== this.#into?.id) this.#take(words, {});
    this.#into = into;
    this._error = '';
    this._picked = 0;
    this.#told = null;
    const dialog = /** @type {HTMLDialogElement} */ (this.querySelector('dialog'));
    this._row = '';
    if (!dialog.open) dialog.showModal();
    this.#field.value = this._words;
    this.#field.focus();
  }

  get #field() {
    return /** @type {HTMLTextAreaElement} */ (this.querySelector('textarea'));
  }

  close() {
    /** @type {HTMLDialogElement} */ (this.querySelector('dialog')).close();
  }

  get #options() {
    const { addresses, name } = this._wish;
    const n = addresses.length;
    const found = [];
    if (this.#into) {
      if (addresses.length) found.push({ icon: 'mail', text: plural(n, 'Invite # person', 'Invite # people'), key: t`Enter`, run: () => this.#do(false) });
    } else if (addresses.length) {
      found.push({ icon: 'mail', text: plural(n, 'Create it and invite # person', 'Create it and invite # people'), key: t`Enter`, run: () => this.#do(false) });
      if (this._wish.start) found.push({ icon: 'talk', text: t`Start it now instead`, key: t`Ctrl Enter`, run: () => this.#do(true) });
    } else if (name || this._wish.start) {
      found.push({ icon: 'talk', text: t`Create it, and invite from there`, key: t`Enter`, run: () => this.#do(false) });
    }
    const wanted = this._words.trim().toLowerCase();
    if (!this.#into && wanted.length > 1) {
      const near = [...this.app.client.topics.values()].filter((t) => t.name.toLowerCase().includes(name.toLowerCase() || wanted)).slice(0, 3);
      for (const topic of near) found.push({ icon: 'topics', text: t`Go to “${topic.name}”`, more: rowLine(topic, undefined, { account: '', name: '' }, this.app.now, 0), key: '', run: () => this.#go(topic.id) });
    }
    return found;
  }

  #go(id) {
    this.#take('');
    this.close();
    location.hash = `#/t/${id}`;
    this.app.go('talk');
  }

  async #do(now) {
    if (this._busy) return;
    const { people, name, start } = this._wish;
    const wish = { name, start: now ? 'now' : start };
    const { client, deeds } = this.app;
    const sent = this.#send(people, wish);
    const what = people.length ? t`Nobody was invited.` : t`The topic was not made.`;
    if (client.components.busy(people.length ? 'invitations' : 'topics')) return void this.#later(sent, what);
    this._busy = true;
    this._error = '';
    try {
      const done = await sent;
      const topic = done.topic ?? this.#into;
      const odd = done.corrections.filter((c) => c.code === 'address-suspect');
      deeds.invited(done);
      if (odd.length) return this.#ask(odd, topic);
      this.#take('');
      this.close();
      if (topic && topic.id !== this.app.topic?.id) this.#go(topic.id);
    } catch (error) {
      this._error = failure(error, what);
      this.#field.focus();
    } finally {
      this._busy = false;
    }
  }

  // One request, however many people.
  #send(people, wish) {
    const { client } = this.app;
    if (!people.length) return client.create(wish);
    const sure = this.#told !== null && people.some((p) => p.address === this.#told?.address);
    return client.invite({ address: inOneLine(people), topic: this.#into?.id, sure, ...(this.#into ? {} : wish) });
  }

  // It waits its turn at a busy component: the field is free again, and how it went is told when it went.
  async #later(sent, what) {
    const [words, put] = [this._words, this.#put];
    this.#take('');
    this.close();
    const done = await this.app.deeds.attempt(sent, what);
    if (!done && !this._words) this.#take(words, put);
    else this.app.deeds.invited(done);
  }

  // What is left in the field are the addresses that look mistyped; they were not sent.
  #ask(odd, topic) {
    this.#told = { address: odd[0].was, better: odd[0].now };
    if (!topic) return this.#field.focus();
    if (topic.id !== this.app.route.topic) location.hash = `#/t/${topic.id}`;
    this.#into = topic;
    this.#retake(odd.map((c) => c.was).join(', '));
  }

  // Whoever does it must be there.
  get #slow() {
    return slowness(this.app, this._wish.people.length || this.#into ? 'invitations' : 'topics');
  }

  get #suspicious() {
    const told = this.#told && this._wish.addresses.includes(this.#told.address) ? this.#told : null;
    return told ?? this._wish.suspect;
  }

  // Some keyboards of phones put Enter into the words instead of saying that it was pressed.
  #input({ target: field }) {
    const entered = /\n/u.test(field.value);
    if (entered) field.value = field.value.replace(/\s*\n\s*/gu, ' ').trim();
    this.#take(field.value);
    this._error = '';
    this._picked = 0;
    if (entered) this.#enter();
  }

  #enter(now = false) {
    const options = this.#slow?.gone ? [] : this.#options;
    if (this.#slow?.gone) this._error = this.#slow.words;
    else if (now) this.#do(true);
    else if (options[this._picked]) options[this._picked].run();
    else this._error = t`An e-mail address, or a few words for the topic, is enough.`;
  }

  #key(event) {
    const options = this.#slow?.gone ? [] : this.#options;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      this._picked = options.length ? (this._picked + step + options.length) % options.length : 0;
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.#enter(event.ctrlKey || event.metaKey);
    }
  }

  // A column of addresses becomes a row.
  #paste(event) {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (!/[\r\n\t]/u.test(text)) return;
    event.preventDefault();
    const field = event.target;
    field.setRangeText(text.trim().replace(/\s*[\r\n\t]+\s*/gu, ', '), field.selectionStart, field.selectionEnd, 'end');
    this.#input({ target: field });
  }

  // Where it stands: in the sentence, or put right in its row.
  #use(better) {
    const { address } = /** @type {{address: string}} */ (this.#suspicious);
    const people = this.#put.people?.map((one) => (one.address === address ? { ...one, address: better } : one));
    const words = this._words.replace(address, better);
    this.#take(words, people ? { ...this.#put, people } : this.#put);
    this._row = '';
    this.#field.value = words;
    this.#field.focus();
  }

  // -- one row alone

  /** @param {'people' | 'name' | 'start'} row @param {string} words that stand there */
  async #change(row, words) {
    this.#was = { words, put: this.#put };
    this._row = row;
    await this.updateComplete;
    this.#rowField?.select();
  }

  get #rowField() {
    return /** @type {HTMLInputElement | null} */ (this.querySelector('dl input'));
  }

  // An address that is not whole yet names nobody: whoever was there stays.
  #typed(words) {
    const { people, addresses } = readWish(words);
    const row = this._row;
    const more = row !== 'people' ? { [row]: words.trim() } : people.length ? { people, instead: readWish(this._words).addresses } : {};
    this.#take(this._words, { ...this.#put, ...more });
    this._error = '';
  }

  async #leave(row) {
    this._row = '';
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector(`[data-row=${row}] button`))?.focus();
  }

  #rowKey(event) {
    if (event.key !== 'Escape' && (event.key !== 'Enter' || event.isComposing)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') this.#take(this._words, this.#was.put);
    this.#leave(this._row);
  }

  /** What is known of the row, or the field that changes it, and the button beside it. @param {'people' | 'name' | 'start'} row @param {any} [other] button while it is not changed */
  #row(row, term, known, why, words, name, label, other = nothing) {
    const open = this._row === row;
    const way = open ? html`<button class="btn quiet" type="button" @click=${() => this.#leave(row)}>${t`Keep`}</button>` : html`<button class="btn quiet" type="button" aria-label=${name} @click=${() => this.#change(row, words)}>${t`Change`}</button>`;
    return html`<div data-row=${row}><dt>${term}</dt><dd>${open ? html`<input dir="auto" autocomplete="off" aria-label=${label} .value=${this.#was.words} @input=${(e) => this.#typed(e.target.value)} @keydown=${this.#rowKey}>` : known}${why}</dd>
      <dd>${open || other === nothing ? way : other}</dd></div>`;
  }

  // The topic of that name is meant: people are invited to it, or it is opened.
  #meant(topic) {
    if (!this._wish.people.length) return this.#go(topic.id);
    this.#into = topic;
    this.#retake(inOneLine(this._wish.people));
  }

  #about() {
    const { name, people } = this._wish;
    const read = this.#foretold.name(this._wish);
    const taken = read?.told.find((c) => c.code === 'name-varied' && c.was);
    const same = taken && [...this.app.client.topics.values()].find((topic) => topic.name.toLowerCase() === taken.was.toLowerCase());
    const why = taken ? html`<small>${t`“${taken.was}” exists already.`}</small>` : name ? nothing : html`<small>${t`You can rename it at any time.`}</small>`;
    return this.#row('name', t`About`, html`<b dir="auto" data-testid="read-name">${read?.name || name || t`I find a name`}</b>`, why, name, t`Change the name`, t`Name of the topic`,
      same ? html`<button class="btn quiet" type="button" @click=${() => this.#meant(same)}>${people.length ? t`Use that one` : t`Open it`}</button>` : nothing);
  }

  #when() {
    const { start } = this._wish;
    const read = this.#foretold.time(this._wish);
    const at = read?.start ? when(read.start, this.app.now) : '';
    const known = at || (read ? t`When the first guest arrives` : start || t`I find a time`);
    const why = read ? this.#why(read, start) : start ? t`I read it as the next plausible time and tell you what it became.` : t`You can start earlier, and change it at any time.`;
    return this.#row('start', t`When`, html`<b data-testid="read-time">${known}</b>`, html`<small>${this._row === 'start' && at ? `${at}. ` : ''}${why}</small>`, start, t`Change the time`, t`Day and time, as you would say it`);
  }

  #why(read, start) {
    const told = new Map(read.told.map((c) => [c.code, c]));
    const clash = told.has('time-conflict') ? this.#meanwhile(read) : '';
    const other = read.told.find((c) => c.other)?.other;
    if (told.has('time-unread')) return t`I could not read “${start}”.`;
    if (!read.start) return t`You can start earlier, and change it at any time.`;
    const lasts = t`For ${hours(read.minutes)}.`;
    const why = told.has('time-moved') ? t`“${start}” had already passed.` : other ? t`“${start}” may also mean ${when(other, this.app.now)}.` : '';
    return [lasts, why, clash].filter(Boolean).join(' ');
  }

  // What else I have then.
  #meanwhile(read) {
    const [from, to] = [+read.start, +read.start + read.minutes * 60_000];
    const others = [...this.app.client.topics.values()].filter((one) => one.start && ['planned', 'live'].includes(one.state) && +one.start < to && +one.start + one.minutes * 60_000 > from);
    return others.length ? t`Then you also have ${list(others.map((one) => one.name))}.` : '';
  }

  updated() {
    const { name, start, people } = this._wish;
    const open = /** @type {HTMLDialogElement} */ (this.querySelector('dialog')).open;
    this.#foretold.ask(this.app.client, open && !this.#into && (name || start || people.length) ? this._wish : null);
  }

  /** As whom I have invited that address before. @param {string} address */
  #known(address) {
    for (const topic of this.app.client.topics.values()) {
      const guest = topic.invitees.find((one) => one.name && one.address.toLowerCase() === address.toLowerCase());
      if (guest) return guest.name;
    }
    return '';
  }

  #preview() {
    const { addresses } = this._wish;
    const people = this._wish.people.map((one) => ({ ...one, name: one.name || this.#known(one.address) }));
    const suspect = this.#suspicious;
    const topic = this.#into;
    if (!this._words.trim()) return nothing;
    return html`<dl>
      ${addresses.length ? this.#row('people', t`Who`, html`${people.map((p) => html`<span class="chip"><span class="av xs ${tint(p.name || p.address)}" aria-hidden="true">${initial(p.name || p.address)}</span>${p.name ? html`<b dir="auto">${p.name}</b>` : nothing}${p.address}</span>`)}`,
        suspect ? html`<small class="error" role="alert">${t`${suspect.address}: did you mean ${html`<button class="text" type="button" @click=${() => this.#use(suspect.better)}>${suspect.better}</button>`}?`} ${this.#told === suspect ? t`I have not sent it yet. Enter once more sends it as it is.` : ''}</small>`
          : html`<small>${addresses.length === 1 ? t`Gets a mail with a link and a calendar file.` : t`Everyone gets a mail with a link and a calendar file.`}</small>`, inOneLine(this._wish.people), t`Change who`, t`Who, with addresses`) : nothing}
      ${topic ? html`<div><dt>${t`To`}</dt><dd><b dir="auto">${topic.name}</b></dd></div>` : html`${this.#about()}${this.#when()}`}</dl>`;
  }

  render() {
    const slow = this.#slow;
    const options = slow?.gone ? [] : this.#options;
    const verb = this.#into ? t`Invite` : this._wish.addresses.length ? t`Create and invite` : t`Create`;
    return html`<dialog class="one" aria-labelledby="wish-label" data-testid="one-field">
      <div class="in"><button class="ico" type="button" aria-label=${t`Close, keep my words`} @click=${this.close}>${icon('close')}</button>
        <label for="wish" id="wish-label">${this.#into ? t`Whom do you want in “${this.#into.name}”?` : t`Whom do you want to talk to, about what, and when?`}</label>
        <textarea id="wish" rows="1" enterkeyhint="go" aria-controls="wish-options" aria-autocomplete="list" aria-activedescendant=${options.length ? `wish-${this._picked}` : nothing}
          aria-describedby="wish-hint" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder=${t`kim@example.org budget tomorrow 15:00`} @input=${this.#input} @keydown=${this.#key} @paste=${this.#paste}></textarea>
        <p class="hint" id="wish-hint">${this._error ? html`<span class="error" role="alert">${this._error}</span>` : slow ? html`<span data-testid="wish-slow">${icon('hourglass')} ${slow.words}</span>` : t`Only an e-mail address is needed. I guess the rest, and you can change it later.`}</p></div>
      ${this.#preview()}
      <div class="opt" role="listbox" id="wish-options" aria-label=${t`What to do`} ?hidden=${!options.length}>
        ${options.map((o, i) => html`<div role="option" id="wish-${i}" aria-selected=${i === this._picked} @click=${o.run}>${icon(/** @type {any} */ (o.icon))}<span dir="auto">${o.text}${o.more ? html` <small>${o.more}</small>` : nothing}</span>${o.key ? html`<kbd>${o.key}</kbd>` : nothing}</div>`)}</div>
      <div class="end"><span class="hint">${t`${html`<kbd>Esc</kbd>`} closes. Your words are kept.`}</span>
        <button class="btn prime" type="button" data-testid="do" aria-disabled=${!options.length || this._busy ? 'true' : nothing} @click=${() => options.length && this.#do(false)}>${this._busy ? t`One moment…` : verb}</button></div>
    </dialog>`;
  }
}

customElements.define('ccm-wish', WishField);
