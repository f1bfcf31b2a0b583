/**
 * An invitee as a chip: the name, the state in words, and what can be done in a menu.
 */
import { html, nothing } from 'lit';
import { icon } from './icons.js';
import { initial, tint } from './plain.js';

const STATES = {
  offered: ['invited', 'mail'], accepted: ['is coming', 'check'], tentative: ['may come', 'clock'], declined: ['is not coming', 'close'],
  joined: ['was here', 'talk'], bounced: ['the mail came back', 'alert'], expired: ['did not answer', 'hourglass'], revoked: ['taken back', 'close'],
};
const ANSWERS = [['accepted', 'I am coming', 'check'], ['tentative', 'Perhaps', 'clock'], ['declined', 'I cannot come', 'close']];

/** @param {import('../xmpp/read.js').Invitee} guest */
export const stateWords = (guest) => STATES[guest.state]?.[0] ?? guest.state;

/** @param {any} app @param {import('../xmpp/read.js').Invitee} guest */
export function chip(app, guest) {
  const name = guest.name || guest.address || 'A guest';
  const words = stateWords(guest);
  const face = html`<span class="av xs ${tint(name)}" aria-hidden="true">${initial(name)}</span><b dir="auto">${name}</b>
    <small>${icon(/** @type {any} */ (STATES[guest.state]?.[1] ?? 'mail'))}${words}</small>`;
  const deeds = deedsFor(app, guest);
  if (!deeds.length) return html`<span class="chip ${guest.state}" data-testid="chip" data-state=${guest.state}>${face}</span>`;
  return html`<details class="menu start" data-testid="chip" data-state=${guest.state}><summary class="chip ${guest.state}" aria-label="${name}: ${words}${guest.reason ? `, ${guest.reason}` : ''}. What to do" title=${guest.reason || nothing}>${face}</summary>
    <menu>${guest.reason || (guest.name && guest.address) ? html`<li class="hint" dir="auto">${[guest.name && guest.address, guest.reason].filter(Boolean).join(': ')}</li>` : nothing}
      ${deeds.map(([sign, verb, run, kind]) => html`<li><button class=${kind ?? ''} type="button" @click=${(e) => app.menu(e, run)}>${icon(sign)}${verb}</button></li>`)}</menu></details>`;
}

/** What I may say to an invitation of mine. @returns {[string, string, any, () => void][]} state, verb, icon, what it does */
export const answersFor = (app, guest) => ANSWERS.map(([state, verb, sign]) => [state, verb, sign, () => app.deeds.answer(guest, state)]);

/** @returns {any[][]} icon, verb, what it does, kind of button */
function deedsFor(app, guest) {
  const { deeds } = app;
  if (!guest.id) return [];
  if (guest.jid && guest.jid === app.session.account) {
    if (guest.state === 'joined') return [];
    return ANSWERS.filter(([state]) => state !== guest.state).map(([state, verb, sign]) => [sign, verb, () => deeds.answer(guest, state)]);
  }
  if (!guest.address || guest.state === 'joined') return []; // only who may see the address may act
  const again = ['mail', 'Send it again', () => deeds.resend(guest)];
  const other = ['pen', 'Use another address', () => deeds.readdress(guest)];
  if (guest.state === 'revoked') return [again];
  const back = ['close', 'Take the invitation back', () => deeds.revoke(guest), 'danger'];
  return guest.state === 'bounced' ? [other, again, back] : [again, back];
}
