/**
 * What each line of the record has at its end: where it comes from, and the menu of what can be done about it. Its words are
 * a button that changes them.
 */
import { html, nothing } from 'lit';
import { clock } from '../words.js';
import { t } from '../words/language.js';
import { icon } from './icons.js';

export const mayChange = (app) => app.room?.state === 'in' || app.session.state === 'online';

/** @param {any} app @param {string} id of the message @param {Date | null} at */
export function source(app, id, at) {
  if (!id || !at) return nothing;
  return html`<a class="src" href="#/t/${app.topic.id}/m/${encodeURIComponent(id)}" aria-label=${t`Show the message of ${clock(at)}`} @click=${() => app.go('talk')}>${icon('back')} ${clock(at)}</a>`;
}

/** The words of a line, which a click or Enter changes. @param {any} app @param {string} text @param {() => any} edit */
export const words = (app, text, edit, also = '') => html`<p dir="auto">${mayChange(app) ? html`<button class="say" type="button" aria-describedby="how-to-change ${also}" @click=${edit}>${text}</button>` : text}</p>`;

/** @typedef {[string, string, () => any]} Deed sign, verb, what it does */

/** @param {any} app @param {string} name of what is changed @param {Deed[]} deeds @param {() => any} remove */
export function changes(app, name, deeds, remove) {
  if (!app.room || app.room.state !== 'in') return nothing;
  const item = (sign, verb, run, kind = '') => html`<li><button class=${kind} type="button" @click=${(/** @type {Event} */ e) => app.menu(e, run)}>${icon(/** @type {any} */ (sign))}${verb}</button></li>`;
  return html`<details class="menu fix"><summary class="ico" aria-label=${t`Change ${name}`}>${icon('more')}</summary><menu>
    ${deeds.map(([sign, verb, run]) => item(sign, verb, run))}${item('close', t`Remove this line`, remove, 'danger')}<li class="hint">${t`What was said stays in the talk.`}</li></menu></details>`;
}
