/**
 * Settings: what holds on this device. Every choice holds at once; nothing is saved by a button.
 */
import { html, nothing } from 'lit';
import { day, failure, list } from '../words.js';
import { LANGUAGES, plural, t } from '../words/language.js';
import { Account } from '../xmpp/account.js';
import { icon } from './icons.js';
import { PlainElement } from './plain.js';
import { applyLanguage, applyTheme } from './preferences.js';

const KEPT = /** @type {[string, (n: number) => string][]} */ ([
  ['ccm-draft:', (n) => plural(n, '# draft', '# drafts')], ['ccm-width:', (n) => plural(n, '# column width', '# column widths')],
]);

class Settings extends PlainElement {
  static properties = { app: { attribute: false }, tick: { type: Number }, _error: { state: true }, _told: { state: true }, _devices: { state: true } };

  constructor() {
    super();
    this._error = '';
    this._told = '';
    this._devices = /** @type {import('../xmpp/stay.js').Device[]} */ ([]);
  }

  open() {
    this._error = '';
    this._told = '';
    this.#look();
    /** @type {HTMLDialogElement} */ (this.querySelector('dialog')).showModal();
  }

  #close() {
    /** @type {HTMLDialogElement} */ (this.querySelector('dialog')).close();
  }

  #choose(key, value) {
    this.app.chosen.set(key, value);
    if (key === 'ccm-theme') applyTheme(this.app.chosen);
    if (key === 'ccm-language') applyLanguage(this.app.chosen);
    this.app.requestUpdate();
    this.requestUpdate();
  }

  // -- parts

  /** One of a few, side by side. */
  #row(key, title, values) {
    const chosen = this.app.chosen.get(key);
    return html`<fieldset class="few"><legend class="l">${title}</legend><div>${values.map(([value, words]) => html`<label><input type="radio" name=${key} value=${value} .checked=${chosen === value} @change=${() => this.#choose(key, value)}><span>${words}</span></label>`)}</div></fieldset>`;
  }

  /** Yes or no. */
  #switch(key, title, hint, on, off, more = {}) {
    const checked = more.checked ?? this.app.chosen.get(key) === on;
    return html`<label class="onoff"><input type="checkbox" role="switch" data-testid=${key} .checked=${checked} ?disabled=${more.disabled} aria-describedby=${hint ? `${key}-hint` : nothing}
      @change=${(event) => (more.run ?? ((yes) => this.#choose(key, yes ? on : off)))(event.target.checked, event.target)}><span><b>${title}</b>${hint ? html`<small id="${key}-hint">${hint}</small>` : nothing}</span></label>`;
  }

  async #notify(yes, box) {
    const { notify } = this.app;
    if (yes) await notify.turnOn();
    else notify.turnOff();
    box.checked = notify.on;
    this.requestUpdate();
  }

  #notifications() {
    const { notify } = this.app;
    const may = notify.browser.permission();
    const denied = may === 'denied' || may === 'none';
    const hint = may === 'none' ? t`This browser shows none that come from a page.` : denied ? t`This browser keeps them from me. Its settings for this page can change that.` : t`A mention, a reply, an action for you, a meeting of yours. Only while you look elsewhere.`;
    return html`<section aria-labelledby="set-notify"><h3 id="set-notify">${t`Notifications`}</h3>
      ${this.#switch('ccm-notify', t`Tell me when I am mentioned`, hint, 'on', 'off', { checked: notify.on, disabled: denied, run: (yes, box) => this.#notify(yes, box) })}
      ${notify.on ? html`${this.#switch('ccm-notify-words', t`Show what was said`, t`Off on a screen that others see.`, 'on', 'off')}${this.#switch('ccm-sound', t`With a sound`, '', 'on', 'off')}` : nothing}</section>`;
  }

  #device() {
    const keys = Object.keys(localStorage);
    const counts = KEPT.flatMap(([start, words]) => {
      const n = keys.filter((key) => key.startsWith(start)).length;
      return n ? [words(n)] : [];
    });
    const notes = this.app.notes.all.length;
    const kept = list([...counts, ...(notes ? [plural(notes, '# note', '# notes')] : []), t`these settings`, t`what you have read`]);
    return html`<section aria-labelledby="set-device"><h3 id="set-device">${t`On this device`}</h3>
      ${this.#stays ? this.#switch('ccm-stay', t`Stay signed in on this device`, t`Else you sign in again once all its tabs are closed.`, 'on', 'off', { checked: this.app.session.stays, run: (yes) => this.#turn(() => this.app.session.staying(yes), t`It is as it was.`) }) : nothing}
      <p class="hint">${t`Kept here: ${kept}. Talks and outcomes are not.`}</p>
      <div class="row start"><button class="btn s" type="button" data-testid="forget" @click=${this.#forget}>${t`Forget all of it`}</button></div><p class="hint" role="status">${this._told}</p></section>`;
  }

  // What one has read is not forgotten with it: all would be new again. Nor is who stays signed in.
  #forget() {
    for (const key of Object.keys(localStorage)) if (key.startsWith('ccm-') && !/^ccm-(read:|opened:|stay:|device)/u.test(key)) localStorage.removeItem(key);
    this.app.notes.forget();
    applyTheme(this.app.chosen);
    applyLanguage(this.app.chosen);
    this.app.columns.apply();
    this._told = t`Forgotten.`;
    this.app.requestUpdate();
  }

  // -- where one stays signed in

  get #stays() {
    const { app } = this;
    return !app.isGuest && app.session.canStay && app.session.state === 'online';
  }

  async #look() {
    const { session } = this.app;
    if (this.#stays) this._devices = await session.stay.devices(session).catch(() => this._devices);
  }

  /** @param {() => Promise<any>} work @param {string} so what holds if it fails */
  async #turn(work, so) {
    this._error = '';
    try {
      await work();
    } catch (error) {
      this._error = failure(error, so);
    }
    this.#look();
  }

  #others() {
    const { session } = this.app;
    const end = (id) => this.#turn(() => session.request(session.stay.ending(session.domain, id)), t`It is signed in still.`);
    const others = this._devices.filter(({ here }) => !here);
    return others.length ? html`<ul class="devices" data-testid="devices">${others.map(({ id, name, seen }) => html`<li><span><b dir="auto">${name || t`Another device`}</b> <small class="hint">${seen ? t`last ${day(seen, this.app.now)}` : ''}</small></span><button class="btn s" type="button" @click=${() => end(id)}>${t`Sign out there`}</button></li>`)}</ul>` : nothing;
  }

  async #everywhere() {
    this._error = '';
    try {
      await new Account(this.app.client).revokeAll();
      this.#close();
      this.app.signOut();
    } catch (error) {
      this._error = failure(error, t`You are signed in still.`);
    }
  }

  render() {
    const { app } = this;
    if (!app) return nothing;
    return html`<dialog class="small settings" aria-labelledby="settings-title"><div class="panel">
      <header><h2 id="settings-title">${t`Settings`}</h2><button class="ico" type="button" aria-label=${t`Close`} @click=${this.#close}>${icon('close')}</button></header>
      ${this.#row('ccm-theme', t`Look`, [['', t`Like the system`], ['light', t`Light`], ['dark', t`Dark`]])}
      <div><label class="l" for="set-language">${t`Language`}</label><select class="field" id="set-language" @change=${(event) => this.#choose('ccm-language', event.target.value)}>
        ${[['', t`Automatic`], ...Object.entries(LANGUAGES)].map(([code, name]) => html`<option value=${code} lang=${code || nothing} .selected=${app.chosen.get('ccm-language') === code}>${name}</option>`)}</select></div>
      ${matchMedia('(pointer: coarse)').matches ? nothing : this.#row('ccm-enter', t`Enter, while you write,`, [['sends', t`sends`], ['breaks', t`breaks the line`]])}
      <section aria-label=${t`Keys and reading`}>${this.#switch('ccm-letters', t`Keys that are one letter`, t`N, /, ? and the others, while nothing is being written.`, 'on', 'off')}
        ${this.#switch('ccm-markers', t`Let others see what I have read`, '', 'on', 'off')}</section>
      ${this.#notifications()}${this.#device()}
      ${app.isGuest ? nothing : html`<section aria-labelledby="set-out"><h3 id="set-out">${t`Elsewhere`}</h3>
        ${this.#others()}<p class="hint">${t`Devices come back without a password for a day, or as long as you stay signed in there. This ends that, here too; one that is connected stays so until it is closed.`}</p>
        <div class="row start"><button class="btn s danger" type="button" data-testid="everywhere" @click=${this.#everywhere}>${t`Sign out everywhere`}</button></div></section>`}
      <p role="alert" class="error">${this._error}</p></div></dialog>`;
  }
}

customElements.define('ccm-settings', Settings);
