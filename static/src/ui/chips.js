/**
 * An invitee as a chip: the name, the state in words, and what can be done in a menu.
 */
import { html, nothing } from 'lit';
import { t } from '../words/language.js';
import { icon } from './icons.js';
import { initial, tint } from './plain.js';

const PICTURES = /** @type {Record<string, any>} */ ({ accepted: 'check', tentative: 'clock', declined: 'close', joined: 'talk', bounced: 'alert', expired: 'hourglass', revoked: 'close' });
const states = () => ({
  offered: t`invited`, accepted: t`is coming`, tentative: t`may come`, declined: t`is not coming`,
  joined: t`was here`, bounced: t`the mail came back`, expired: t`did not answer`, revoked: t`taken back`,
});
const answers = () => [['accepted', t`I am coming`, 'check'], ['tentative', t`Perhaps`, 'clock'], ['declined', t`I cannot come`, 'close']];

/** @param {import('../xmpp/read.js').Invitee} guest */
export const stateWords = (guest) => states()[guest.state] ?? guest.state;

/** @param {any} app @param {import('../xmpp/read.js').Invitee} guest */
export function chip(app, guest) {
  const name = guest.name || guest.address || t`A guest`;
  const words = stateWords(guest);
  const face = html`<span class="av xs ${tint(name)}" aria-hidden="true">${initial(name)}</span><b dir="auto">${name}</b>
    <small>${icon(PICTURES[guest.state] ?? 'mail')}${words}</small>`;
  const deeds = deedsFor(app, guest);
  if (!deeds.length) return html`<span class="chip ${guest.state}" data-testid="chip" data-state=${guest.state}>${face}</span>`;
  return html`<details class="menu start" data-testid="chip" data-state=${guest.state}><summary class="chip ${guest.state}" aria-label=${t`${name}: ${words}${guest.reason ? `, ${guest.reason}` : ''}. What to do`} title=${guest.reason || nothing}>${face}</summary>
    <menu>${guest.reason || (guest.name && guest.address) ? html`<li class="hint" dir="auto">${[guest.name && guest.address, guest.reason].filter(Boolean).join(': ')}</li>` : nothing}
      ${deeds.map(([sign, verb, run, kind]) => html`<li><button class=${kind ?? ''} type="button" @click=${(e) => app.menu(e, run)}>${icon(sign)}${verb}</button></li>`)}</menu></details>`;
}

/** What I may say to an invitation of mine. @returns {[string, string, any, () => void][]} state, verb, icon, what it does */
export const answersFor = (app, guest) => answers().map(([state, verb, sign]) => [state, verb, sign, () => app.deeds.answer(guest, state)]);

/** @returns {any[][]} icon, verb, what it does, kind of button */
function deedsFor(app, guest) {
  const { deeds } = app;
  if (!guest.id) return [];
  if (guest.jid && guest.jid === app.session.account) {
    if (guest.state === 'joined') return [];
    return answers().filter(([state]) => state !== guest.state).map(([state, verb, sign]) => [sign, verb, () => deeds.answer(guest, state)]);
  }
  if (!guest.address || guest.state === 'joined') return []; // only who may see the address may act
  const again = ['mail', t`Send it again`, () => deeds.resend(guest)];
  const other = ['pen', t`Use another address`, () => deeds.readdress(guest)];
  if (guest.state === 'revoked') return [again];
  const back = ['close', t`Take the invitation back`, () => deeds.revoke(guest), 'danger'];
  return guest.state === 'bounced' ? [other, again, back] : [again, back];
}
