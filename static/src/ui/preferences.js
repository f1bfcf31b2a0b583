/**
 * What a person has chosen on this device. It stands in the browser's storage under the keys that the parts read, so that a
 * choice holds at once and in every tab.
 */

import { LANGUAGES, speak } from '../words/language.js';

/** What holds when nothing was chosen; the first of the values. */
export const CHOICES = {
  'ccm-language': ['', ...Object.keys(LANGUAGES)],
  'ccm-theme': ['', 'light', 'dark'],
  'ccm-enter': ['sends', 'breaks'],
  'ccm-letters': ['on', 'off'],
  'ccm-markers': ['on', 'off'],
  'ccm-notify': ['', 'on', 'off'],
  'ccm-notify-words': ['on', 'off'],
  'ccm-sound': ['off', 'on'],
};
const MUTED = 'ccm-muted';
const MAX_MUTED = 200;

export class Preferences {
  /** @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} store */
  constructor(store) {
    this.store = store;
  }

  /** @param {keyof typeof CHOICES} key @returns {string} one of its values */
  get(key) {
    const kept = this.store.getItem(key) ?? '';
    return CHOICES[key].includes(kept) ? kept : CHOICES[key][0];
  }

  /** @param {keyof typeof CHOICES} key @param {string} value */
  set(key, value) {
    if (value === CHOICES[key][0]) this.store.removeItem(key);
    else this.store.setItem(key, value);
  }

  /** Topics that may not ask for attention. @returns {string[]} */
  get muted() {
    try {
      const kept = JSON.parse(this.store.getItem(MUTED) ?? '[]');
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }

  /** @param {string} topic */
  mutes(topic) {
    return this.muted.includes(topic);
  }

  /** @param {string} topic @param {boolean} on */
  mute(topic, on) {
    const others = this.muted.filter((id) => id !== topic);
    const all = on ? [...others, topic].slice(-MAX_MUTED) : others;
    if (all.length) this.store.setItem(MUTED, JSON.stringify(all));
    else this.store.removeItem(MUTED);
  }
}

/** @param {Preferences} chosen */
export function applyTheme(chosen) {
  document.documentElement.dataset.theme = chosen.get('ccm-theme');
}

/** What this browser prefers. */
export const wanted = () => navigator.languages ?? [navigator.language || 'en'];

/** @param {Preferences} chosen @returns {Promise<void>} settled when it is spoken */
export const applyLanguage = (chosen) => speak(chosen.get('ccm-language'), wanted());
