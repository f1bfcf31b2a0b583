/**
 * Tabs of one browser help one another: who is signed in in one need not sign in again in the next.
 *
 * A tab that a mailed link has opened asks the others; one that is signed in takes the place that the link is for, if it is a
 * guest's, and hands over a fresh token (docs/protocol.md, Tokens). Pages of other sites hear nothing of it. Knows no page.
 */
import { $iq } from 'strophe.js';
import { NS } from './names.js';
import { kid, text } from './xml.js';

const ANSWER_SECONDS = 0.25;
const TOKEN_SECONDS = 10;

/** @typedef {{topic: string, code: string}} Wish *code*: a guest's way in, which the account takes over */

export class Tabs {
  #asked = /** @type {{id: string, kind: string, settle: (said: any) => void} | null} */ (null);

  /**
   * @param {object} options
   * @param {import('./session.js').Session} options.session
   * @param {import('./client.js').Client} options.client
   * @param {Pick<BroadcastChannel, 'postMessage' | 'onmessage'>} options.channel
   * @param {import('./session.js').Clock} options.clock
   * @param {() => string} [options.newId]
   */
  constructor({ session, client, channel, clock, newId = () => crypto.randomUUID() }) {
    this.session = session;
    this.client = client;
    this.channel = channel;
    this.clock = clock;
    this.newId = newId;
    this.name = newId();
    channel.onmessage = (event) => this.#heard(event.data);
  }

  /**
   * Sign in as whoever is signed in in another tab.
   * @param {Wish} wish
   * @returns {Promise<boolean>} whether somebody was
   */
  async borrow({ topic, code }) {
    const id = this.newId();
    const me = await this.#ask(id, { kind: 'who', topic, code }, 'me', ANSWER_SECONDS);
    if (!me) return false;
    const lent = await this.#ask(id, { kind: 'lend', tab: me.tab, code }, 'token', TOKEN_SECONDS);
    if (!lent?.token) return false;
    await this.session.signInByToken(lent.jid, lent.token);
    return true;
  }

  /** @returns {Promise<any>} the first answer of that kind, `null` without one in time */
  #ask(id, message, kind, seconds) {
    return new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => settle(null), seconds * 1000);
      const settle = (said) => {
        this.clock.clearTimeout(timer);
        this.#asked = null;
        resolve(said);
      };
      this.#asked = { id, kind, settle };
      this.channel.postMessage({ id, ...message });
    });
  }

  async #heard(said) {
    if (this.#asked?.id === said.id && this.#asked?.kind === said.kind) this.#asked?.settle(said);
    else if (said.kind === 'who' && (await this.#may(said))) this.channel.postMessage({ kind: 'me', id: said.id, tab: this.name });
    else if (said.kind === 'lend' && said.tab === this.name) await this.#lend(said);
  }

  /** Whether my account can come in there: by a guest's code anywhere, else where it takes part. */
  async #may({ topic, code }) {
    const { session } = this;
    if (session.state !== 'online' || !session.account.endsWith(`@${session.domain}`)) return false;
    return code ? true : Boolean(await this.client.topic(topic).catch(() => null));
  }

  async #lend({ id, code }) {
    let token = '';
    try {
      if (code) await this.client.accept(code);
      const answer = await this.session.request($iq({ type: 'set', to: this.session.domain }).c('token', { xmlns: NS.token }));
      token = text(kid(answer, 'token', NS.token));
    } catch (error) {
      console.warn('This tab could not help another one.', /** @type {any} */ (error).condition);
    }
    this.channel.postMessage({ kind: 'token', id, jid: this.session.account, token });
  }
}
