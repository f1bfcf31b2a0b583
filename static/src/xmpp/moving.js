/**
 * How a session goes on over WebSocket: it changes over from BOSH (XEP-0124), and is taken up again where that ended (XEP-0198).
 *
 * A second connection signs in first; if that does not work nothing has happened. Then the session is told over BOSH to count, and
 * as soon as it does BOSH falls silent and the other connection resumes it: each side says how much it has heard since, and
 * what the other one lacks is sent again. So nothing is lost or doubled, and no room notices. A socket that ends is replaced at
 * once, once; if that fails, the session is lost, and comes back over BOSH by its token. Loaded when there is time for it.
 */
import { Strophe } from 'strophe.js';
import { WebSocketWire, read } from './websocket-wire.js';
import { Silence, flushSoon } from './wire.js';
import { attr, bare, isStanza } from './xml.js';

const SM = 'urn:xmpp:sm:3';
const REQUEST = `<r xmlns="${SM}"/>`;
/** For each step of a change-over, and of coming back. */
const STEP_SECONDS = 5;
/** As over BOSH: time for a slow line and a busy server. */
const ANSWER_SECONDS = 12;
/** Nobody says anything: is anybody there? Proxies let an idle connection live for a minute. */
const IDLE_SECONDS = 40;
/** Who loses one socket after the other does without. */
const AGAIN_SECONDS = 30;

/**
 * What a session lends.
 * @typedef {object} Way
 * @property {string} url of the WebSocket
 * @property {import('./session.js').Clock} clock
 * @property {() => string} token
 * @property {(stream: Stream, stanza: Element) => void} receive
 * @property {(stream: Stream) => void} swap the session is to speak through that now, and through what it did no more
 * @property {(stream: Stream, condition: string) => void} lost
 */

/** What a session speaks through then, in the place of Strophe's connection. */
export class Stream {
  connected = true;
  #wire = /** @type {WebSocketWire | null} */ (null);
  #state = /** @type {'opening' | 'resuming' | 'live' | 'over'} */ ('opening');
  /** Said and not acknowledged, and how much was before that. */ #unheard = /** @type {string[]} */ ([]);
  #acknowledged = /** @type {number | null} */ (null);
  #asked = false;
  #replaced = -Infinity;
  #step = /** @type {any} */ (null);
  #ready = () => {};
  #ended = (/** @type {string} */ _condition) => {};
  #idle;

  /** @param {Way} way @param {{jid: string, sid?: string, h?: number}} kept *sid*: the id to resume by; *h*: how many stanzas were heard */
  constructor(way, { jid, sid = '', h = 0 }) {
    this.way = way;
    this.jid = jid;
    this.sid = sid;
    this.heard = h;
    if (!sid) this.#acknowledged = 0; // else another page's stream has said something before
    this.silence = new Silence(way.clock, () => this.#broken(''));
    this.#idle = new Silence(way.clock, () => this.#ask());
  }

  /** What somebody needs to go on with it. */
  get kept() {
    return { jid: this.jid, sid: this.sid, h: this.heard };
  }

  /** @returns {Promise<boolean>} whether it could sign in; the session it is for goes on elsewhere until then */
  async signIn() {
    this.#connect();
    const signedIn = await new Promise((resolve) => {
      this.#ready = () => resolve(true);
      this.#ended = () => resolve(false);
    });
    this.#hush();
    return signedIn;
  }

  /** From now on the session is here. @returns {Promise<boolean>} whether it could be taken over; if not, it is lost */
  resume() {
    if (this.#state === 'opening' && !this.#wire) this.#connect();
    else this.#takeOver();
    return new Promise((resolve) => {
      this.#ready = () => resolve(true);
      this.#ended = (condition) => {
        resolve(false);
        this.way.lost(this, condition);
      };
    });
  }

  /** @param {any} stanza Strophe's builder or an element, which leaves by another way and counts all the same */
  count(stanza) {
    this.#unheard.push(Strophe.serialize(stanza.tree?.() ?? stanza));
  }

  get over() {
    return this.#state === 'over';
  }

  // -- what a session asks of a connection

  /** @param {any} stanza */
  send(stanza) {
    this.count(stanza);
    if (this.#state !== 'live') return;
    this.#wire?.send(this.#unheard.at(-1) ?? '');
    this.#ask();
  }

  flush() {} // all is sent at once

  disconnect() {
    this.#wire?.finish();
    this.reset();
  }

  reset() {
    this.#state = 'over';
    this.#hush();
    this.#wire?.close();
  }

  // -- one socket, and the next

  #connect() {
    const mine = (/** @type {(given?: any) => void} */ f) => (/** @type {any} */ given = undefined) => void (wire === this.#wire && f(given));
    const wire = new WebSocketWire({
      url: this.way.url, account: bare(this.jid), token: this.way.token(),
      ready: mine(() => (this.sid ? this.#takeOver() : this.#ready())),
      heard: mine((element) => this.#came(element)),
      ended: mine((condition) => this.#broken(condition)),
    });
    this.#wire = wire;
    this.#within();
  }

  #within() {
    this.way.clock.clearTimeout(this.#step);
    this.#step = this.way.clock.setTimeout(() => this.#broken(''), STEP_SECONDS * 1000);
  }

  #takeOver() {
    this.#state = 'resuming';
    this.#wire?.send(`<resume xmlns="${SM}" previd="${this.sid}" h="${this.heard}"/>`);
    this.#within();
  }

  #taken(h) {
    this.#hush();
    this.#state = 'live';
    this.#acknowledge(h);
    for (const text of this.#unheard) this.#wire?.send(text);
    this.#ready();
    if (this.#unheard.length) this.#ask();
  }

  #broken(condition) {
    if (this.#state === 'over') return;
    const now = this.way.clock.now();
    const again = this.#state === 'live' && !condition && now >= this.#replaced + AGAIN_SECONDS * 1000;
    this.#hush();
    this.#wire?.close();
    if (again) {
      this.#replaced = now;
      this.#state = 'resuming';
      this.#connect();
    } else {
      this.#state = 'over';
      this.#ended(condition);
    }
  }

  #hush() {
    this.way.clock.clearTimeout(this.#step);
    this.silence.end();
    this.#idle.end();
    this.#asked = false;
  }

  // -- what comes

  #came(element) {
    const { nodeName } = element;
    this.silence.end();
    this.#idle.end();
    if (isStanza(element)) {
      this.heard += 1;
      this.way.receive(this, element);
      // What no archive tells again is acknowledged at once: should the session be lost, it is sent to the next one.
      if (nodeName === 'message' && attr(element, 'type') !== 'groupchat') this.#answer();
    } else if (nodeName === 'r') this.#answer();
    else if (nodeName === 'resumed') this.#taken(Number(attr(element, 'h')));
    else if (nodeName === 'failed') this.#broken(nodeName);
    else if (nodeName === 'a') {
      this.#asked = false;
      this.#acknowledge(Number(attr(element, 'h')));
      if (this.#unheard.length) this.#ask();
    }
    if (this.#state !== 'live') return;
    if (this.#asked) this.silence.begin(ANSWER_SECONDS);
    else this.#idle.begin(IDLE_SECONDS);
  }

  #answer() {
    this.#wire?.send(`<a xmlns="${SM}" h="${this.heard}"/>`);
  }

  #ask() {
    if (this.#asked) return;
    this.#asked = true;
    this.#wire?.send(REQUEST);
    this.silence.begin(ANSWER_SECONDS);
  }

  #acknowledge(h) {
    if (this.#acknowledged !== null) this.#unheard.splice(0, Math.max(0, h - this.#acknowledged));
    this.#acknowledged = Math.max(h, this.#acknowledged ?? 0);
  }
}

/**
 * Go on over WebSocket with the session of a BOSH connection.
 * @param {any} conn Strophe's
 * @param {Way} way
 * @returns {Promise<boolean>} whether it did; if not, BOSH goes on
 */
export async function changeOver(conn, way) {
  const stream = new Stream(way, { jid: conn.jid });
  if ((await stream.signIn()) && !conn.dropped && (await counted(conn, stream))) return stream.resume();
  stream.reset();
  return false;
}

/** Both sides begin to count; then BOSH is left between two of its answers, with nothing said in between. */
function counted(conn, stream) {
  const { clock, swap } = stream.way;
  const { send } = conn;
  return new Promise((resolve) => {
    const settle = (/** @type {boolean} */ left) => {
      clock.clearTimeout(late);
      conn.deleteHandler(handler);
      conn.send = send;
      resolve(left);
    };
    const leave = () => {
      const left = !conn.dropped && !stream.over;
      if (left) swap(stream);
      settle(left);
    };
    const late = clock.setTimeout(() => settle(false), STEP_SECONDS * 1000);
    const handler = conn.addHandler((/** @type {Element} */ element) => {
      if (isStanza(element)) stream.heard += stream.sid ? 1 : 0;
      else if (element.nodeName === 'failed') settle(false);
      else if (element.nodeName === 'enabled') {
        stream.sid = attr(element, 'id');
        queueMicrotask(leave);
      }
      return true;
    }, null, null, null);
    conn.send(read(`<enable xmlns="${SM}" resume="true"/>`));
    conn.send = (/** @type {any} */ stanza) => {
      stream.count(stanza);
      send.call(conn, stanza);
    };
    flushSoon(conn);
  });
}
