/**
 * A guest keeps the place: one dialogue with password, name and, if one likes, a chat address; only the password is needed.
 */
import { html } from 'lit';
import { failure } from '../words.js';
import { t } from '../words/language.js';
import { icon } from './icons.js';
import { passOn } from './kept.js';
import { PlainElement, showing } from './plain.js';

class Claim extends PlainElement {
  static properties = { app: { attribute: false }, _busy: { state: true }, _error: { state: true }, _shown: { state: true } };

  constructor() {
    super();
    this._busy = false;
    this._error = '';
    this._shown = false;
  }

  open() {
    this._error = '';
    /** @type {HTMLDialogElement} */ (this.querySelector('dialog')).showModal();
    /** @type {HTMLElement} */ (this.querySelector('[name=password]')).focus();
  }

  #close() {
    /** @type {HTMLDialogElement} */ (this.querySelector('dialog')).close();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    if (this._busy) return;
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const [name, local] = [String(form.get('name')).trim(), String(form.get('username')).trim()];
    const password = String(form.get('password'));
    if (!password) {
      this._error = t`The password is needed.`;
      return;
    }
    const { client, session, notes } = this.app;
    this._busy = true;
    this._error = '';
    try {
      const { jid, code } = await client.claim({ name, local, password });
      passOn(localStorage, session.account, jid);
      await session.signInByToken(jid, code);
      this.#close();
      notes.tell({ text: t`You are ${jid} now. What you said here is yours; sign in with your e-mail address next time.` });
    } catch (error) {
      this._error = failure(error, t`There is no account yet.`);
    } finally {
      this._busy = false;
    }
  }

  render() {
    return html`<dialog class="small" aria-labelledby="claim-title"><form class="panel" @submit=${this.#submit} novalidate>
      <header><h2 id="claim-title">${t`Keep your place`}</h2><button class="ico" type="button" aria-label=${t`Close`} @click=${this.#close}>${icon('close')}</button></header>
      <p>${t`With an account you come back whenever you like, and talk about more. What you said stays yours.`}</p>
      <div><label class="l" for="claim-password">${t`Password`}</label><div class="pw"><input class="field" id="claim-password" name="password" type=${this._shown ? 'text' : 'password'} autocomplete="new-password" aria-describedby="claim-hint">
        ${showing(this)}</div>
        <p class="hint" id="claim-hint">${t`At least 10 characters. Four plain words do well.`}</p></div>
      <div><label class="l" for="claim-name">${t`Your name`}</label><input class="field" id="claim-name" name="name" autocomplete="name" .value=${this.app?.client.name ?? ''}></div>
      <details><summary>${t`More`}</summary><label class="l" for="claim-local">${t`Chat address`}</label><input class="field" id="claim-local" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" aria-describedby="claim-address">
        <p class="hint" id="claim-address">${t`For other chat programs. Left empty, it is made of your e-mail address.`}</p></details>
      <p role="alert" class="error">${this._error}</p>
      <div class="row"><button class="btn" type="button" @click=${this.#close}>${t`Not now`}</button><button class="btn prime" type="submit">${this._busy ? t`One moment…` : t`Make the account`}</button></div></form></dialog>`;
  }
}

customElements.define('ccm-claim', Claim);
