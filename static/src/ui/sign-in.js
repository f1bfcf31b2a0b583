/**
 * Sign in: two fields, one button, why it is off when it is, and, on a wide page, what this is for, shown by example.
 */
import { html, nothing } from 'lit';
import { signInFailure } from '../words.js';
import { t } from '../words/language.js';
import { mark } from './icons.js';
import { PlainElement, showing } from './plain.js';

const examples = () => [
  { who: 'Priya', said: t`It serves city staff first, then anyone who reuses the data.`, sign: '✓', kind: '', kept: t`City staff first, then anyone who reuses the data.`, as: t`Audience` },
  { who: 'Ann', said: t`Agreed: one licence for every data set, no exceptions`, sign: 'D1', kind: 'decision', kept: t`One licence for every data set, no exceptions`, as: t`Decision` },
  { who: 'Kim', said: t`I’ll check with the second team whether they are ready, by Friday`, sign: 'A1', kind: 'action', kept: t`Check with the second team whether they are ready`, as: t`Action, Kim, due Friday` },
  { who: 'Tom', said: t`Still open: who signs off the ones run by partners?`, sign: 'Q1', kind: 'question', kept: t`Who signs off the ones run by partners?`, as: t`Open question` },
];

class SignIn extends PlainElement {
  static properties = { session: { attribute: false }, over: { type: Boolean }, guest: { type: Boolean }, address: {}, problem: {}, topic: {}, _busy: { state: true }, _error: { state: true }, _shown: { state: true } };

  constructor() {
    super();
    this.over = false;
    this.guest = false;
    this.address = '';
    this.problem = '';
    this.topic = '';
    this._busy = false;
    this._error = '';
    this._shown = false;
  }

  firstUpdated() {
    const [identity, password] = this.querySelectorAll('input');
    (identity.value ? password : identity).focus();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    if (this._busy) return;
    const form = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const [identity, password] = [String(form.get('identity')).trim(), String(form.get('password'))];
    const missing = !identity ? 'identity' : !password ? 'password' : '';
    if (missing) {
      this._error = missing === 'identity' ? t`An e-mail or chat address is needed.` : t`The password is needed.`;
      /** @type {HTMLElement | null} */ (this.querySelector(`[name=${missing}]`))?.focus();
      return;
    }
    this._busy = true;
    this._error = '';
    try {
      await this.session.signIn(identity, password, form.has('stay'));
    } catch (error) {
      this._error = signInFailure(/** @type {any} */ (error));
      await this.updateComplete;
      /** @type {HTMLElement | null} */ (this.querySelector('[name=password]'))?.focus();
    } finally {
      this._busy = false;
    }
  }

  #form() {
    const off = !globalThis.isSecureContext || !globalThis.crypto?.subtle;
    return html`<form @submit=${this.#submit} aria-busy=${this._busy} novalidate>
      ${this.over
        ? html`<h2 id="sign-in-title">${t`Sign in again`}</h2><p class="hint">${this.guest ? t`Your visit has ended. Open the link in your mail again, or sign in if you have an account. What you wrote is kept.` : t`Your session ended. What you wrote is kept.`}</p>`
        : html`<h1 id="sign-in-title">${t`Talk it through. The minutes are already written.`}</h1>${this.topic ? html`<p class="hint" data-testid="on-to">${t`Sign in, and you are in the conversation.`}</p>` : nothing}`}
      ${off ? html`<p class="notice" role="alert">${t`Sign-in is off because this page is not encrypted. Ask whoever runs it for https.`}</p>` : nothing}
      <div><label class="l" for="identity">${t`E-mail or chat address`}</label>
        <input class="field" id="identity" name="identity" autocomplete="username" inputmode="email" autocapitalize="none" spellcheck="false" .value=${this.guest ? '' : this.over ? this.session.account : this.address} ?disabled=${off}></div>
      <div class="with"><label class="l" for="password">${t`Password`}</label>
        <div class="pw"><input class="field" id="password" name="password" type=${this._shown ? 'text' : 'password'} autocomplete="current-password" ?disabled=${off} aria-describedby="sign-in-error">
          ${showing(this)}</div><a href="/reset">${t`Forgot the password?`}</a></div>
      ${this.session.canStay && !off ? html`<label class="stay"><input type="checkbox" name="stay">${t`Stay signed in on this device`}</label>` : nothing}
      <p id="sign-in-error" role="alert" class=${this._error || this.problem ? 'notice failed' : ''} data-testid="sign-in-error">${this._error || this.problem}</p>
      <button class="btn prime big" type="submit" aria-disabled=${off ? 'true' : nothing} ?disabled=${off}>${this._busy ? t`Signing in…` : t`Sign in`}</button>
      ${this.over ? nothing : html`<a class="btn big" href="/register">${t`Create an account`}</a><p class="hint">${t`Got an invitation by mail? Open its link: no account needed.`}</p>`}
    </form>`;
  }

  render() {
    if (this.over) return this.#form();
    return html`<main class="page"><section class="side" aria-labelledby="sign-in-title"><a class="brand" href="/">${mark()}CCM</a>
      ${this.#form()}
      <div class="low"><a href="/archive/">${t`Published documents`}</a></div></section>
      <section class="show" aria-label=${t`What CCM does`}><div class="colh" aria-hidden="true"><span>${t`What people say`}</span><span></span><span>${t`What is kept`}</span></div>
      ${examples().map((e) => html`<div class="said"><p><b>${e.who}</b>${e.said}</p><span class="mark ${e.kind}" aria-hidden="true">${e.sign}</span><p>${e.kept}<small>${e.as}</small></p></div>`)}
      </section></main>`;
  }
}

customElements.define('ccm-sign-in', SignIn);
