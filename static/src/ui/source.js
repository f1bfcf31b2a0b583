/**
 * Where a line of the record comes from, and the menu of what can be done about one.
 */
import { html, nothing } from 'lit';
import { clock } from '../words.js';
import { t } from '../words/language.js';
import { icon } from './icons.js';

/** @param {any} app @param {string} id of the message @param {Date | null} at */
export function source(app, id, at) {
  if (!id || !at) return nothing;
  return html`<a class="src" href="#/t/${app.topic.id}/m/${encodeURIComponent(id)}" aria-label=${t`Show the message of ${clock(at)}`} @click=${() => app.go('talk')}>${icon('back')} ${clock(at)}</a>`;
}

/** @typedef {[string, string, () => any, string?]} Deed sign, verb, what it does, class */

/** @param {any} app @param {string} name of what is changed @param {Deed[]} deeds */
export function changes(app, name, deeds) {
  if (!app.room || app.room.state !== 'in') return nothing;
  return html`<details class="menu fix"><summary class="ico" aria-label=${t`Change ${name}`}>${icon('more')}</summary><menu>
    ${deeds.map(([sign, verb, run, kind]) => html`<li><button class=${kind ?? ''} type="button" @click=${(/** @type {Event} */ e) => app.menu(e, run)}>${icon(/** @type {any} */ (sign))}${verb}</button></li>`)}</menu></details>`;
}
