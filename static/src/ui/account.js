/**
 * The own account: another password or mail address, everything kept about oneself as a file, and its end.
 */
import { html, nothing } from 'lit';
import { Account as Requests } from '../xmpp/account.js';
import { failure } from '../words.js';
import { plural, t } from '../words/language.js';
import { icon } from './icons.js';
import { PlainElement, showing } from './plain.js';

/** @typedef {'' | 'password' | 'address' | 'end'} View */

const verbs = () => ({ password: t`Change the password`, address: t`Mail me the link`, end: t`Delete the account` });
const failures = () => ({ password: t`The password is the old one still.`, address: t`The address is the old one still.`, end: t`Your account is still there.` });
const titles = () => ({ password: t`Another password`, address: t`Another e-mail address`, end: t`Delete the account` });

class Account extends PlainElement {
  static properties = { app: { attribute: false }, _view: { state: true }, _busy: { state: true }, _error: { state: true }, _progress: { state: true }, _shown: { state: true } };

  constructor() {
    super();
    this._view = /** @type {View} */ ('');
    this._busy = false;
    this._error = '';
    this._progress = '';
    this._shown = false;
  }

  open() {
    this.#turn('');
    /** @type {HTMLDialogElement} */ (this.querySelector('dialog')).showModal();
  }

  #close() {
    /** @type {HTMLDialogElement} */ (this.querySelector('dialog')).close();
  }

  /** @param {View} view */
  async #turn(view) {
    this._view = view;
    this._error = '';
    this._progress = '';
    this._shown = false;
    await this.updateComplete;
    /** @type {HTMLElement | null} */ (this.querySelector(view ? '.field:not([hidden])' : 'ul button'))?.focus();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    if (this._busy) return;
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const [password, next] = ['password', 'next'].map((name) => String(form.get(name) ?? ''));
    if (!password || (this._view !== 'end' && !next)) {
      this._error = t`Both fields are needed.`;
      if (this._view === 'end') this._error = t`The password is needed.`;
      return;
    }
    this._busy = true;
    this._error = '';
    try {
      await this.#run(/** @type {View} */ (this._view), password, next);
      this.#close();
    } catch (error) {
      this._error = failure(error, failures()[this._view]);
    } finally {
      this._busy = false;
    }
  }

  /** @param {View} view @param {string} password @param {string} next */
  async #run(view, password, next) {
    const { client, notes } = this.app;
    const requests = new Requests(client);
    if (view === 'password') {
      await requests.changePassword(password, next);
      notes.tell({ text: t`The password is changed. Everywhere else you are signed out.` });
    } else if (view === 'address') {
      await requests.changeAddress(password, next);
      notes.tell({ text: t`A link is on its way to ${next}. The address changes when you follow it.` });
    } else {
      await requests.end(password);
      this.app.signOut();
    }
  }

  async #download() {
    if (this._busy) return;
    this._busy = true;
    this._error = '';
    try {
      const found = await new Requests(this.app.client).export((n) => { this._progress = plural(n, '# message so far…', '# messages so far…'); });
      const url = URL.createObjectURL(new Blob([JSON.stringify(found, null, 2)], { type: 'application/json' }));
      const link = Object.assign(document.createElement('a'), { href: url, download: `${this.app.session.account.replace('@', '-at-')}.json` });
      link.click();
      URL.revokeObjectURL(url);
      this._progress = t`${plural(found.messages.length, '# message', '# messages')} and ${plural(found.topics.length, '# topic', '# topics')} are in the file.`;
    } catch (error) {
      this._progress = '';
      this._error = failure(error, t`There is no file yet.`);
    } finally {
      this._busy = false;
    }
  }

  #header(title) {
    return html`<header><h2 id="account-title">${title}</h2><button class="ico" type="button" aria-label=${t`Close`} @click=${this.#close}>${icon('close')}</button></header>`;
  }

  #choices() {
    const { account } = this.app.session;
    const door = (view, picture, words, hint) => html`<li><button class="door" type="button" @click=${() => this.#turn(view)}>${icon(picture)}<span><b>${words}</b><small>${hint}</small></span></button></li>`;
    return html`<div class="panel">${this.#header(t`Your account`)}
      <p><b dir="auto">${this.app.client.name}</b><br><span class="hint" dir="auto">${account}</span></p>
      <ul class="doors">${door('password', 'lock', t`Change the password`, t`Ends every other session of yours.`)}
        ${door('address', 'mail', t`Change the e-mail address`, t`Takes effect by a link in a mail.`)}
        <li><button class="door" type="button" data-testid="export" @click=${this.#download}>${icon('down')}<span><b>${t`Download what is kept about you`}</b><small>${t`Account, contacts, topics and your messages, as JSON.`}</small></span></button></li>
        ${door('end', 'out', t`Delete the account`, t`Your topics go to others in them, or end.`)}</ul>
      <p role="status" class="hint">${this._progress}</p><p role="alert" class="error">${this._error}</p></div>`;
  }

  #field(name, label, autocomplete, type = 'password', hint = '') {
    const fresh = autocomplete === 'new-password';
    return html`<div><label class="l" for="account-${name}">${label}</label><div class=${fresh ? 'pw' : ''}><input class="field" id="account-${name}" name=${name} type=${fresh && this._shown ? 'text' : type} autocomplete=${autocomplete} aria-describedby=${hint ? `account-${name}-hint` : nothing}>${fresh ? showing(this) : nothing}</div>
      ${hint ? html`<p class="hint" id="account-${name}-hint">${hint}</p>` : nothing}</div>`;
  }

  /** @param {View} view */
  #form(view) {
    return html`<form class="panel" @submit=${this.#submit} novalidate>${this.#header(titles()[view])}
      <input class="field" name="username" autocomplete="username" .value=${this.app.session.account} hidden>
      ${view === 'end' ? html`<p>${t`What you said in rooms stays there under your name; published documents stay. Topics that others take part in go to the one who is longest in; those that are yours alone are deleted. This cannot be undone.`}</p>` : nothing}
      ${view === 'address' ? this.#field('next', t`New e-mail address`, 'email', 'email') : nothing}
      ${this.#field('password', view === 'password' ? t`Present password` : t`Password`, 'current-password')}
      ${view === 'password' ? this.#field('next', t`New password`, 'new-password', 'password', t`At least 10 characters. Four plain words do well.`) : nothing}
      <p role="alert" class="error">${this._error}</p>
      <div class="row"><button class="btn" type="button" @click=${() => this.#turn('')}>${t`Back`}</button><button class="btn ${view === 'end' ? 'danger' : 'prime'}" type="submit">${this._busy ? t`One moment…` : verbs()[view]}</button></div></form>`;
  }

  render() {
    return html`<dialog class="small" aria-labelledby="account-title">${this._view ? this.#form(this._view) : this.#choices()}</dialog>`;
  }
}

customElements.define('ccm-account', Account);
