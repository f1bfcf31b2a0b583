/**
 * Staying signed in on this device: one token for each account in the browser's own storage, beside the tabs' (docs/protocol.md,
 * Tokens). It gives way to another whenever it has served, and once a day. A guest stays as long as the visit lasts.
 *
 * Only the tab that holds the session asks for the next one, so that no two use one up. Leaves out who chooses to stay.
 */
import { $iq } from 'strophe.js';
import { NS } from './names.js';
import { RequestError, instant } from './read.js';
import { attr, kid, kids, text } from './xml.js';
import { stored } from './ticket.js';

const KEY = 'ccm-stay:';
const DEVICE_KEY = 'ccm-device';
const DAY_MS = 86_400_000;
const BROWSERS = [['Edg', 'Edge'], ['OPR', 'Opera'], ['Firefox', 'Firefox'], ['Chrome', 'Chrome'], ['Safari', 'Safari']];
const SYSTEMS = [['Android', 'Android'], ['iPhone', 'iPhone'], ['iPad', 'iPad'], ['Windows', 'Windows'], ['Macintosh', 'macOS'], ['CrOS', 'ChromeOS'], ['Linux', 'Linux']];

/** @typedef {{token: string, expires: string, seen: number, name: string}} Kept *token*: `''` as long as none has come */
/** @typedef {{id: string, name: string, seen: Date | null, here: boolean}} Device */

/** What people call the browser and where it runs: “Firefox, Linux”. @param {string} agent */
export function deviceName(agent) {
  return [BROWSERS, SYSTEMS].flatMap((known) => known.find(([mark]) => agent.includes(mark))?.[1] ?? []).join(', ');
}

export class Stay {
  /**
   * @param {Storage} store the browser's, which outlives its tabs
   * @param {import('./session.js').Clock} clock
   * @param {string} name of this device, for people
   * @param {() => string} [newId]
   */
  constructor(store, clock, name, newId = () => crypto.randomUUID()) {
    this.store = store;
    this.clock = clock;
    this.name = name;
    this.newId = newId;
  }

  /** What this browser calls itself, for all its accounts. */
  get device() {
    const id = this.store.getItem(DEVICE_KEY) ?? this.newId();
    this.store.setItem(DEVICE_KEY, id);
    return id;
  }

  /** Who may come back here, the one seen last first. @returns {string[]} bare addresses */
  accounts() {
    const keys = Array.from({ length: this.store.length }, (_, i) => this.store.key(i) ?? '').filter((key) => key.startsWith(KEY));
    return keys.map((key) => key.slice(KEY.length)).filter((account) => this.token(account)).sort((a, b) => (this.of(b)?.seen ?? 0) - (this.of(a)?.seen ?? 0));
  }

  /** @param {string} account @returns {Kept | null} */
  of(account) {
    return stored(this.store, KEY + account);
  }

  /** @param {string} account @returns {string} what it comes back by, `''` if nothing holds any more */
  token(account) {
    const kept = this.of(account);
    return kept && Date.parse(kept.expires) > this.clock.now() ? kept.token : '';
  }

  /** From the next stream on. @param {string} account */
  want(account) {
    this.#keep(account, this.of(account) ?? { token: '', expires: '', seen: 0, name: '' });
  }

  /** @param {string} account */
  leave(account) {
    this.store.removeItem(KEY + account);
  }

  /**
   * Another token in place of the one that is here, if somebody stays.
   * @param {import('./session.js').Session} session that is up
   * @param {boolean} [served] it was needed just now; else once a day
   */
  async renew(session, served = false) {
    const { account } = session;
    const kept = this.of(account);
    if (!kept || (!served && this.clock.now() - kept.seen < DAY_MS)) return;
    try {
      const asked = $iq({ type: 'set', to: session.domain }).c('token', { xmlns: NS.token, device: this.device, name: this.name });
      const token = kid(await session.request(asked), 'token', NS.token);
      if (!token || !this.of(account)) return; // signed out meanwhile
      const now = this.clock.now();
      const expires = instant(attr(token, 'expires')) ?? new Date(now);
      this.#keep(account, { token: text(token), expires: expires.toISOString(), seen: now, name: attr(token, 'name') });
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      console.warn('What this device comes back by is the old one still.', error.condition);
    }
  }

  /** What tells the server that nobody stays on a device. @param {string} domain @param {string} [device] */
  ending(domain, device = this.device) {
    return $iq({ type: 'set', to: domain, id: this.newId() }).c('revoke', { xmlns: NS.token, device });
  }

  /** @param {import('./session.js').Session} session @returns {Promise<Device[]>} where its account stays signed in */
  async devices(session) {
    const answer = await session.request($iq({ type: 'get', to: session.domain }).c('devices', { xmlns: NS.token }));
    return kids(kid(answer, 'devices', NS.token), 'device').map((each) => ({
      id: attr(each, 'id'), name: attr(each, 'name'), seen: instant(attr(each, 'seen')), here: attr(each, 'id') === this.device,
    }));
  }

  #keep(account, kept) {
    this.store.setItem(KEY + account, JSON.stringify(kept));
  }
}
