/**
 * One signed-in session, over Strophe (BOSH, XEP-0124/0206) until it changes over to WebSocket (moving.js). It comes back by itself.
 *
 * Signs in by SCRAM, asks at once for a token (docs/protocol.md, Tokens) and keeps only that; after a page reload tries
 * the session that is still there, else the token; after a lost connection the token, with the same resource so that
 * the server replaces the old session. Knows no page: time, storage and the connection are arguments.
 */
import { $iq, Strophe } from 'strophe.js';
import { Backoff } from './backoff.js';
import { ChangeOver } from './change-over.js';
import { Emitter } from './emitter.js';
import { NS } from './names.js';
import { RequestError } from './read.js';
import { Requests, replyTo } from './requests.js';
import { SignInError, ending, refusal } from './sign-in-error.js';
import { BOSH_KEY, Ticket, stored } from './ticket.js';
import { Timers } from './timers.js';
import { drop, end, flushSoon, tend } from './wire.js';
import { attr, bare, isStanza, typedUser } from './xml.js';

const WAIT_SECONDS = 59;
const ATTEMPT_SECONDS = 20;
const RESTORE_SECONDS = 5;
const REQUEST_SECONDS = 30;
const WAKE_SECONDS = 8;
const TOKEN_CHECK_SECONDS = 900;

/**
 * @typedef {'out' | 'connecting' | 'online' | 'lost' | 'over'} SessionState
 * `out`: nobody is signed in. `lost`: coming back by itself. `over`: the token is refused, somebody must sign in again.
 * @typedef {{now: () => number, setTimeout: (f: () => void, ms: number) => any, clearTimeout: (t: any) => void}} Clock
 */

export class Session extends Emitter {
  /** @type {SessionState} */ state = 'out';
  /** @type {string} */ jid = '';
  /** @type {string} */ name = '';
  /** When the next attempt is made, in ms since the epoch. @type {number} */ retryAt = 0;
  /** Whether the stream under way is the one from before a reload. */ restored = false;

  #requests;
  #ticket;
  #conn = /** @type {any} */ (null);
  #keys = /** @type {any} */ (null);
  #timers;
  #settle = /** @type {{resolve: Function, reject: Function} | null} */ (null);
  #changes;

  /**
   * @param {object} options
   * @param {string} options.service URL of the BOSH service
   * @param {string} [options.websocket] URL of the same by WebSocket, if it counts over BOSH (XEP-0198)
   * @param {string} options.domain
   * @param {string} options.resource this tab's own
   * @param {(service: string, options: object) => any} options.connect makes a Strophe connection
   * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} options.store one tab's storage
   * @param {Clock} options.clock
   * @param {import('./stay.js').Stay} [options.stay]
   * @param {Backoff} [options.backoff]
   * @param {() => string} [options.newId]
   */
  constructor({ service, websocket = '', domain, resource, connect, store, clock, stay, backoff = new Backoff(), newId = () => crypto.randomUUID() }) {
    super();
    this.service = service;
    this.domain = domain;
    this.resource = resource;
    this.connect = connect;
    this.store = store;
    this.clock = clock;
    this.backoff = backoff;
    this.newId = newId;
    this.#timers = new Timers(clock);
    this.#requests = new Requests(clock, newId);
    this.#ticket = new Ticket(store, clock, stay);
    this.#changes = new ChangeOver({
      url: websocket, clock, token: () => this.#ticket.token,
      receive: (conn, stanza) => this.#receive(conn, stanza),
      swap: (stream) => {
        drop(this.#conn, clock);
        this.#conn = stream;
        store.setItem(BOSH_KEY, JSON.stringify(stream.kept));
      },
      lost: (stream, condition) => this.#fail(stream, ending(condition)),
    });
  }

  /** Bare JID of the account, `''` before the first sign-in. */
  get account() {
    return bare(this.jid);
  }

  /**
   * Sign in with what a person typed.
   * @param {string} identity chat address, its local part, or the e-mail address of the account
   * @param {string} password never kept
   * @returns {Promise<void>} once the session is up; rejects with SignInError
   */
  signIn(identity, password) {
    const user = typedUser(identity, this.domain);
    const jid = user.includes('@') ? this.domain : `${user}@${this.domain}`;
    this.#keys = null;
    if (this.state === 'out') this.name = '';
    return this.#attempt(jid, password, user, SCRAM);
  }

  /**
   * Sign in with a token that somebody was given, a guest for example.
   * @param {string} account bare JID
   * @param {string} token a bearer for OAUTHBEARER
   * @returns {Promise<void>} once the session is up; rejects with SignInError
   */
  signInByToken(account, token) {
    this.#keys = null;
    this.name = '';
    return this.#attempt(account, token, account.slice(0, account.lastIndexOf('@')), BEARER);
  }

  /**
   * Come back after a page load, if this tab was signed in.
   * @returns {Promise<boolean>} whether there was something to come back to; the state tells how it went
   */
  async resume() {
    const kept = this.#ticket.load();
    if (!kept) return false;
    this.jid = kept.jid;
    this.name = kept.name;
    this.#set('connecting');
    if (await this.#restore()) return true;
    if (this.state === 'connecting') await this.#again();
    return true;
  }

  /** Try at once instead of when the countdown ends. */
  tryNow() {
    if (this.state === 'lost' && this.retryAt) this.#again();
  }

  /** Is anybody there? */
  async wake() {
    this.tryNow();
    const conn = this.#conn;
    if (this.state !== 'online') return;
    try {
      await this.request($iq({ type: 'get', to: this.domain }).c('ping', { xmlns: NS.ping }), WAKE_SECONDS);
    } catch (error) {
      if (error instanceof RequestError && error.condition === 'timeout') this.#fail(conn, new SignInError('unreachable'));
    }
  }

  /** What was kept is worth nothing any more: get another. */
  async passwordChanged() {
    this.#forget();
    await this.#renew();
  }

  /** What somebody else of this browser needs to go on with this session. @returns {{ticket: any, keys: any}} */
  get kept() {
    return { ticket: this.#ticket.kept, keys: this.#keys };
  }

  /** `resume` goes on with what another one kept. @param {{ticket: any, keys: any}} kept */
  adopt({ ticket, keys }) {
    if (ticket) this.#ticket.keep(ticket);
    this.#keys = keys ?? null;
  }

  /** What the connection is taken up again by. */
  get connection() {
    const kept = this.#conn?.kept ?? stored(this.store, BOSH_KEY);
    return kept?.jid && kept.sid ? kept : null;
  }

  /** Say nothing any more, and end nothing: another one goes on with this session. @returns {any} its connection */
  handOver() {
    const { connection } = this;
    this.state = 'out';
    this.#drop();
    this.#timers.cancel();
    return connection;
  }

  /** Sign out for good: the token is forgotten here and revoked there, the session ended. */
  signOut() {
    this.name = '';
    const conn = this.#conn;
    const token = this.#ticket.kept?.token;
    if (token && this.state === 'online') {
      conn.send($iq({ type: 'set', to: this.domain, id: this.newId() }).c('revoke', { xmlns: NS.token }, token));
      conn.flush?.(); // now, before anything else is asked
    }
    this.#forget();
    this.#conn = null;
    if (conn) end(conn);
    this.#requests.rejectAll('offline');
    this.#timers.cancel();
    this.jid = '';
    this.#set('out');
  }

  /** @param {any} stanza Strophe's builder or an element; dropped when the connection is not up */
  send(stanza) {
    if (this.state !== 'online') return false;
    this.#changes.spoke();
    this.#conn.send(stanza);
    flushSoon(this.#conn);
    return true;
  }

  /**
   * @param {any} iq a builder of an iq; gets an id
   * @param {number} [seconds] until it counts as unanswered
   * @returns {Promise<Element>} the result; rejects with RequestError
   */
  request(iq, seconds = REQUEST_SECONDS) {
    if (!this.#conn) return Promise.reject(new RequestError('offline'));
    const element = iq.tree();
    const answer = this.#requests.add(element, seconds);
    this.#changes.spoke();
    this.#conn.send(element);
    flushSoon(this.#conn);
    return answer;
  }

  // -- coming and going

  /** @returns {Promise<void>} */
  #attempt(jid, secret, user, mechanisms) {
    this.#drop();
    this.#settle?.reject(new SignInError('unreachable'));
    this.#set(this.state === 'lost' || this.state === 'over' ? this.state : 'connecting');
    this.retryAt = 0;
    this.emit('state', this.state);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      const conn = this.#make(mechanisms);
      this.#timers.set('attempt', ATTEMPT_SECONDS, () => this.#fail(conn, new SignInError('unreachable')));
      const done = (status, condition, element) => this.#status(conn, status, condition, element);
      conn.connect(`${jid}/${this.resource}`, secret, done, WAIT_SECONDS, 1, undefined, user);
    });
  }

  #make(mechanisms) {
    const conn = this.connect(this.service, { keepalive: true, mechanisms });
    this.#conn = conn;
    tend(conn, { clock: this.clock, wait: WAIT_SECONDS, lost: () => this.#fail(conn, new SignInError('unreachable')) });
    return conn;
  }

  #status(conn, status, condition, element) {
    if (conn !== this.#conn) return;
    const { CONNECTED, AUTHFAIL, CONNFAIL, DISCONNECTED } = Strophe.Status;
    if (status === CONNECTED) this.#up(conn, false);
    else if (status === AUTHFAIL) this.#fail(conn, refusal(condition, element));
    else if (status === CONNFAIL || status === DISCONNECTED) this.#fail(conn, ending(condition));
  }

  // Taken up with an empty repeat of the last request: whatever was said into the old page's broken connection is
  // answered again (XEP-0124 §14.3), and no number is left out if that request never arrived.
  async #restore() {
    const kept = this.connection;
    if (!kept || bare(kept.jid) !== this.account) return false;
    if (!kept.rid) return this.#takeUp(kept);
    const conn = this.#make(BEARER);
    conn.attach(kept.jid, kept.sid, kept.rid - 1, (status, condition, element) => {
      if (status !== Strophe.Status.ATTACHED) this.#status(conn, status, condition, element);
    }, WAIT_SECONDS, 1);
    conn.flush();
    conn.addHandler((/** @type {Element} */ stanza) => this.#receive(conn, stanza), null, null, null);
    try {
      await this.request($iq({ type: 'get', to: this.domain }).c('ping', { xmlns: NS.ping }), RESTORE_SECONDS);
    } catch (error) {
      if (!(error instanceof RequestError) || error.condition === 'timeout' || error.condition === 'offline') {
        if (conn === this.#conn) this.#drop();
        return false;
      }
    }
    if (conn !== this.#conn) return false;
    this.#up(conn, true);
    return true;
  }

  // A WebSocket ended with its page, its session did not.
  async #takeUp(kept) {
    const stream = await this.#changes.stream(kept);
    this.#conn = stream;
    if (!(await stream?.resume()) || stream !== this.#conn) return false;
    this.#up(stream, true);
    return true;
  }

  /** @param {any} conn @param {boolean} restored */
  async #up(conn, restored) {
    if (!restored) conn.addHandler((/** @type {Element} */ stanza) => this.#receive(conn, stanza), null, null, null);
    this.jid = conn.jid;
    if (conn.scram_keys) this.#keys = conn.scram_keys;
    this.#ticket.belong(this.jid);
    if (!this.name) await this.#renew(); // a room is entered under the account's name
    if (conn !== this.#conn) return;
    this.#timers.cancel('attempt', 'retry');
    this.backoff.reset();
    this.restored = restored;
    this.retryAt = 0;
    this.#set('online');
    this.#settle?.resolve();
    this.#settle = null;
    this.#renew();
    this.#changes.plan(conn);
  }

  /** @param {any} conn @param {SignInError} error */
  #fail(conn, error) {
    if (conn !== this.#conn) return;
    const wasRestoring = this.state === 'connecting' && !this.#settle;
    this.#drop();
    if (wasRestoring) return;
    const settle = this.#settle;
    this.#settle = null;
    const back = this.state === 'online' || this.state === 'lost' || (this.state === 'connecting' && this.#ticket.kept);
    if (back && error.reason === 'unreachable') this.#wait();
    else if (back || this.state === 'over') {
      if (error.reason === 'wrong') this.#forget();
      this.#set('over');
    } else this.#set('out');
    settle?.reject(error);
  }

  #wait() {
    const seconds = this.backoff.next();
    this.retryAt = this.clock.now() + seconds * 1000;
    this.#set('lost');
    this.#timers.set('retry', seconds, () => this.#again());
  }

  async #again() {
    this.#timers.cancel('retry');
    const { account } = this;
    const { token } = this.#ticket;
    if (!token && !this.#keys) return this.#set('over');
    try {
      await this.#attempt(account, token || this.#keys, account.slice(0, account.lastIndexOf('@')), token ? BEARER : SCRAM);
    } catch {
      // #fail has set the state and, where it helps, the next attempt
    }
  }

  #drop() {
    const conn = this.#conn;
    this.#conn = null;
    this.#timers.cancel('attempt');
    this.#changes.stop();
    this.#requests.rejectAll('offline');
    if (!conn) return;
    drop(conn, this.clock);
    this.store.removeItem(BOSH_KEY);
  }

  // -- stanzas

  #receive(conn, stanza) {
    if (conn !== this.#conn || !isStanza(stanza)) return conn === this.#conn;
    try {
      if (stanza.nodeName !== 'iq') this.emit('stanza', stanza);
      else if (['get', 'set'].includes(attr(stanza, 'type'))) conn.send(replyTo(stanza));
      else if (!this.#requests.answer(stanza, [this.account, this.jid])) this.emit('answer', stanza);
    } catch (error) {
      console.error(error);
    }
    return true;
  }

  // -- the token

  async #renew() {
    this.#timers.set('token', TOKEN_CHECK_SECONDS, () => this.#conn && this.#renew());
    const name = await this.#ticket.renew(this.jid, this);
    if (name === null) return;
    this.name = name || this.name;
    this.emit('name', this.name);
  }

  #forget() {
    this.#ticket.forget();
    this.#keys = null;
  }

  // -- state and time

  /** @param {SessionState} state */
  #set(state) {
    const before = this.state;
    this.state = state;
    if (state !== before || state === 'lost') this.emit('state', state, before);
  }
}

const SCRAM = [Strophe.SASLSHA512, Strophe.SASLSHA256, Strophe.SASLSHA1];
const BEARER = [Strophe.SASLOAuthBearer];
