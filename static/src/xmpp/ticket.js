/**
 * What a tab keeps to come back without a password: the address, a token and until when it holds (docs/protocol.md, Tokens).
 */
import { $iq } from 'strophe.js';
import { NS } from './names.js';
import { RequestError, instant } from './read.js';
import { attr, bare, kid, text } from './xml.js';

export const TICKET_KEY = 'ccm-session';
/** Where Strophe keeps its BOSH session (its option `keepalive`), and what has changed over from it keeps its own (moving.js). */
export const BOSH_KEY = 'strophe-bosh-session';
const HOUR_MS = 3_600_000;
const ANSWER_SECONDS = 8;

/** @param {Pick<Storage, 'getItem'>} store @param {string} key @returns {any} what stands there, `null` if nothing that can be read does */
export function stored(store, key) {
  try {
    return JSON.parse(store.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** @typedef {{jid: string, token: string, expires: string, issued: string, name: string}} Kept */

export class Ticket {
  /** @type {Kept | null} */ kept = null;

  /**
   * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} store @param {import('./session.js').Clock} clock
   * @param {Pick<import('./stay.js').Stay, 'token'>} [stay]
   */
  constructor(store, clock, stay) {
    this.store = store;
    this.clock = clock;
    this.stay = stay;
  }

  /** @returns {Kept | null} what was kept before a page load */
  load() {
    const kept = stored(this.store, TICKET_KEY);
    this.kept = kept?.jid ? kept : null;
    return this.kept;
  }

  /** @param {Kept} kept */
  keep(kept) {
    this.kept = kept;
    this.store.setItem(TICKET_KEY, JSON.stringify(kept));
  }

  forget() {
    this.kept = null;
    this.store.removeItem(TICKET_KEY);
  }

  /** The session is of this address now: a ticket of another one is worth nothing. @param {string} jid */
  belong(jid) {
    if (this.kept?.jid !== jid) this.keep({ jid, token: '', expires: '', issued: '', name: '' });
  }

  /** The token, else the device's; `''` when there is none that still holds. */
  get token() {
    if (!this.kept) return '';
    return Date.parse(this.kept.expires) > this.clock.now() ? this.kept.token : (this.stay?.token(bare(this.kept.jid)) ?? '');
  }

  /** Whether more than half of its time is left. */
  get fresh() {
    if (!this.kept?.token) return false;
    const [issued, expires] = [Date.parse(this.kept.issued), Date.parse(this.kept.expires)];
    return this.clock.now() < issued + (expires - issued) / 2;
  }

  /**
   * Get another, unless this one will do for long.
   * @param {string} jid
   * @param {{domain: string, request: (iq: any, seconds: number) => Promise<Element>}} session
   * @returns {Promise<string | null>} the name that came with it, `null` if none was got
   */
  async renew(jid, session) {
    if (this.kept?.jid === jid && this.fresh) return null;
    try {
      return this.take(jid, await session.request($iq({ type: 'set', to: session.domain }).c('token', { xmlns: NS.token }), ANSWER_SECONDS));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      console.warn('No token: a reload or a lost connection will ask for the password.', error.condition);
      return null;
    }
  }

  /**
   * @param {string} jid
   * @param {Element} answer to a request for a token
   * @returns {string} the name that came with it
   */
  take(jid, answer) {
    const token = kid(answer, 'token', NS.token);
    if (!token) return '';
    const now = this.clock.now();
    const expires = instant(attr(token, 'expires')) ?? new Date(now + HOUR_MS);
    const name = attr(token, 'name') || this.kept?.name || '';
    this.keep({ jid, token: text(token), expires: expires.toISOString(), issued: new Date(now).toISOString(), name });
    return name;
  }
}
