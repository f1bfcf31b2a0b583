/**
 * The base of our elements: Lit without a shadow root, so that one sheet, one set of ids and one focus order hold.
 */
import { LitElement, html } from 'lit';
import { onLanguage, t } from '../words/language.js';

class Plain extends LitElement {
  #deaf = () => {};

  connectedCallback() {
    super.connectedCallback();
    this.#deaf = onLanguage(() => this.requestUpdate());
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.#deaf();
  }

  createRenderRoot() {
    return this;
  }
}

/** Reactive properties are made by Lit from `static properties`: fields of a class would hide them. */
export const PlainElement = /** @type {new () => LitElement & Record<string, any>} */ (/** @type {unknown} */ (Plain));

/** Shows the password of a form, or hides it again. @param {any} form whose `_shown` it turns */
export const showing = (form) => html`<button class="btn quiet s" type="button" aria-pressed=${form._shown} @click=${() => { form._shown = !form._shown; }}>${t`Show`}</button>`;

const TINTS = ['', 'b', 'p', 'o'];

/** @param {string} name @returns {string} always the same tint for the same name */
export function tint(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return TINTS[sum % TINTS.length];
}

/** @param {string} name */
export const initial = (name) => [...name.trim()][0]?.toUpperCase() ?? '?';
