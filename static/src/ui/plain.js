/**
 * The base of our elements: Lit without a shadow root, so that one sheet, one set of ids and one focus order hold.
 */
import { LitElement } from 'lit';

export class PlainElement extends LitElement {
  createRenderRoot() {
    return this;
  }
}

const TINTS = ['', 'b', 'p', 'o'];

/** @param {string} name @returns {string} always the same tint for the same name */
export function tint(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return TINTS[sum % TINTS.length];
}

/** @param {string} name */
export const initial = (name) => [...name.trim()][0]?.toUpperCase() ?? '?';
