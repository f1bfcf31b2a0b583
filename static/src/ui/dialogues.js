/**
 * The dialogues of the page. They come after the first view, but before they are asked for: one may be offline then.
 */
import { html } from 'lit';
import { typedUntil } from './keys.js';

/** @type {Promise<unknown> | null} */
let styled = null;

/** Their sheet; one that did not come is asked for again the next time. */
const sheet = () => (styled ??= new Promise((done) => {
  const href = document.querySelector('meta[name="ccm-dialogues"]')?.getAttribute('content') ?? '';
  const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href });
  link.addEventListener('load', done);
  link.addEventListener('error', () => { styled = null; link.remove(); done(null); });
  document.head.append(link);
}));

export const dialogues = () => Promise.all([
  sheet(), import('./ask.js'), import('./wish.js'), import('./claim.js'), import('./account.js'), import('./search.js'), import('./preview.js'), import('./settings.js'),
]);

/**
 * @param {any} app
 * @param {string} name of its element, without `ccm-`
 * @param {(part: any, typed: string) => void} open *typed*: what was typed while it came
 */
export async function dialogue(app, name, open) {
  const typed = await typedUntil(dialogues());
  open(app.querySelector(`ccm-${name}`), typed);
}

/** @param {any} app @param {number} tick */
export const dialoguesView = (app, tick) => html`<ccm-wish .app=${app} .tick=${tick}></ccm-wish><ccm-ask .app=${app} .tick=${tick}></ccm-ask><ccm-search .app=${app} .tick=${tick}></ccm-search><ccm-preview .app=${app} .tick=${tick}></ccm-preview>
  <ccm-settings .app=${app} .tick=${tick}></ccm-settings>${app.isGuest ? html`<ccm-claim .app=${app}></ccm-claim>` : html`<ccm-account .app=${app}></ccm-account>`}`;
