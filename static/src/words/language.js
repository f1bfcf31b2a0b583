/**
 * The language of the page: which one it is, what is said in it, and how.
 *
 * English stands where it is said, as t`Kept by ${name}`; every other language has a catalogue in this folder, loaded when it
 * is chosen, from the English sentence to its own (`Kept by {1}`). What a catalogue does not have stays English; a test
 * does not let that happen. Docs: docs/extending.md, “Another language”.
 */

/** @typedef {Record<string, string | Partial<Record<Intl.LDMLPluralRule, string>>>} Catalogue */

/** What may be chosen, each under its own name. */
export const LANGUAGES = /** @type {Record<string, string>} */ ({ en: 'English', de: 'Deutsch' });

/** @type {Record<string, () => Promise<{catalogue: Catalogue}>>} */
const CATALOGUES = { de: () => import('./de.js') };
const RIGHT_TO_LEFT = ['ar', 'fa', 'he', 'ur'];

let code = 'en';
let place = 'en-GB';
let catalogue = /** @type {Catalogue} */ ({});
let split = /** @type {Map<string | TemplateStringsArray, string[]>} */ (new Map());
const listeners = /** @type {Set<() => void>} */ (new Set());

const primary = (/** @type {string} */ tag) => tag.toLowerCase().split('-')[0];
const known = (/** @type {readonly string[]} */ wanted) => wanted.map(primary).find((one) => Object.hasOwn(LANGUAGES, one)) ?? 'en';

/** @returns {string} of the page: `en`, `de` */
export const language = () => code;

/** @returns {string} for Intl: with the place that this person has set, as in `de-AT`; English dates are those of Europe */
export const locale = () => place;

/**
 * What a person writes in: the chosen language, else the browser's own, of which there may be no catalogue.
 * @param {string} chosen `''` is automatic @param {readonly string[]} wanted the browser's
 */
export const spoken = (chosen, wanted) => (chosen ? (wanted.find((one) => primary(one) === chosen) ?? chosen) : (wanted[0] ?? 'en'));

/**
 * Speak a language from now on, once its catalogue is here; without one the page goes on in English.
 * @param {string} chosen a code of LANGUAGES, `''` is automatic @param {readonly string[]} wanted the browser's, the best first
 */
export async function speak(chosen, wanted) {
  const next = known([chosen, ...wanted].filter(Boolean));
  const found = await Promise.resolve(CATALOGUES[next]?.()).catch(() => null); // offline: English is here
  code = found ? next : 'en';
  place = code === 'en' ? 'en-GB' : (wanted.find((one) => primary(one) === code) ?? code);
  catalogue = found?.catalogue ?? {};
  split = new Map();
  if (globalThis.document) Object.assign(document.documentElement, { lang: code, dir: RIGHT_TO_LEFT.includes(code) ? 'rtl' : 'ltr' });
  for (const listener of listeners) listener();
}

/** Hear of another language. @param {() => void} listener @returns {() => void} hear of it no longer */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

// -- sentences

/** What a value's place is called in a catalogue. @param {readonly string[]} strings of a template */
export const sentenceOf = (strings) => strings.reduce((all, part, i) => `${all}{${i}}${part}`);

/** Words with places in them, as words, place, words, …; kept, since the same ones are said again and again. */
function pieces(key, words) {
  const found = split.get(key) ?? words().split(/\{(\d)\}/u);
  split.set(key, found);
  return found;
}

/** @param {string[]} parts @param {any[]} values by the numbers of their places @returns {any} a string, or if there is markup among the values, what Lit shows as one */
function filled(parts, values) {
  if (parts.length === 1) return parts[0];
  const all = parts.map((part, i) => (i % 2 ? (values[Number(part)] ?? '') : part));
  return all.some((one) => typeof one === 'object' || typeof one === 'symbol') ? all : all.join('');
}

/**
 * A sentence in the language of the page. Values may be markup of Lit: then the sentence is for a template's text.
 * @param {TemplateStringsArray} strings @param {any[]} values @returns {any}
 */
export function t(strings, ...values) {
  return filled(pieces(strings, () => /** @type {string} */ (catalogue[sentenceOf(strings)] ?? sentenceOf(strings))), ['', ...values]);
}

/**
 * A sentence that a number bends: `#` is the number, `{1}` and so on are the other values.
 * @param {number} n @param {string} one for one, in English @param {string} many the others; it is the catalogue's key
 * @param {any[]} values @returns {any}
 */
export function plural(n, one, many, ...values) {
  const forms = /** @type {any} */ (catalogue[many] ?? { one, other: many });
  const words = forms[new Intl.PluralRules(locale()).select(n)] ?? forms.other;
  return filled(pieces(words, () => words.replace('#', '{0}')), [number(n), ...values]);
}

/** @param {number} n */
export const number = (n) => n.toLocaleString(locale());
