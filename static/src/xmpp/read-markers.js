/**
 * Up to where each room was read, the same on every device of an account (XEP-0490 0.1 in a node of one's own, XEP-0163), and
 * told to the room (XEP-0333 0.4) if the person lets others know. Positions only go forward. Knows no page; leaves out
 * what the server may do to help (XEP-0490 §4.5.1).
 */
import { $iq, $msg, $pres } from 'strophe.js';
import { capable } from './caps.js';
import { Emitter } from './emitter.js';
import { NS } from './names.js';
import { RequestError } from './read.js';
import { attr, bare, kid, kids } from './xml.js';

const PAUSE_SECONDS = 5;
/** What says nothing about the next time. */
const PASSING = ['offline', 'timeout', 'resource-constraint', 'internal-server-error'];
const OPTIONS = { 'pubsub#persist_items': 'true', 'pubsub#max_items': 'max', 'pubsub#send_last_published_item': 'never', 'pubsub#access_model': 'whitelist' };

/** Emits `read` with a room and the stanza-id up to which another device showed it. */
export class ReadMarkers extends Emitter {
  #waiting = /** @type {Map<string, {id: string, tell: string, timer: any}>} */ (new Map());
  #told = /** @type {Map<string, string>} */ (new Map());
  /** What could not be said when it was seen. @type {Map<string, {id: string, tell: string}>} */ #late = new Map();
  #kept = true;
  /** Settled once it is known what other devices have read, or that this cannot be known. @type {Promise<void>} */ ready;

  /** @param {Pick<import('./session.js').Session, 'send' | 'request' | 'on' | 'state' | 'account'>} session @param {import('./session.js').Clock} clock */
  constructor(session, clock) {
    super();
    this.session = session;
    this.clock = clock;
    session.on('state', (state) => { if (state === 'online') this.start(); });
    session.on('stanza', (stanza) => this.receive(stanza));
    this.ready = session.state === 'online' ? this.start() : Promise.resolve();
  }

  /** Say that such news is wanted, and fetch what is known. */
  async start() {
    this.#kept = true;
    this.session.send(capable($pres()));
    try {
      const answer = await this.session.request($iq({ type: 'get' }).c('pubsub', { xmlns: NS.pubsub }).c('items', { node: NS.displayed }));
      this.#read(kid(kid(answer, 'pubsub'), 'items'));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error; // nothing was kept there yet, or guests keep nothing
    }
    for (const [room, { id, tell }] of this.#late) this.seen(room, id, tell);
  }

  /** @param {Element} stanza an event of one's own node, if it is one */
  receive(stanza) {
    const items = kid(kid(stanza, 'event', NS.event), 'items');
    const from = bare(attr(stanza, 'from'));
    if (items && attr(items, 'node') === NS.displayed && (!from || from === this.session.account)) this.#read(items);
  }

  #read(items) {
    for (const item of kids(items, 'item')) {
      const id = attr(kid(kid(item, 'displayed', NS.displayed), 'stanza-id', NS.sid), 'id');
      if (!id) continue;
      const room = attr(item, 'id');
      if ((this.#late.get(room)?.id ?? '') <= id) this.#late.delete(room); // ids rise: another device is further
      this.emit('read', room, id);
    }
  }

  /**
   * Everything up to a message was seen. What is read quickly is told once in a while.
   * @param {string} room
   * @param {string} id its stanza-id
   * @param {string} [tell] of the newest one by somebody else, for the room; `''` tells the room nothing
   */
  seen(room, id, tell = '') {
    const waiting = this.#waiting.get(room);
    if (waiting) Object.assign(waiting, { id, tell });
    else if (this.#told.get(room) !== id) {
      this.#waiting.set(room, { id: '', tell: '', timer: this.clock.setTimeout(() => this.#again(room), PAUSE_SECONDS * 1000) });
      this.#publish(room, id, tell);
    }
  }

  #again(room) {
    const { id, tell } = this.#waiting.get(room) ?? { id: '', tell: '' };
    this.#waiting.delete(room);
    if (id) this.seen(room, id, tell);
  }

  async #publish(room, id, tell) {
    this.#late.set(room, { id, tell });
    if (this.session.state !== 'online') return;
    this.#told.set(room, id);
    this.#late.delete(room);
    if (tell) this.session.send($msg({ to: room, type: 'groupchat' }).c('displayed', { xmlns: NS.markers, id: tell }));
    if (!this.#kept) return;
    const iq = $iq({ type: 'set' }).c('pubsub', { xmlns: NS.pubsub }).c('publish', { node: NS.displayed }).c('item', { id: room });
    iq.c('displayed', { xmlns: NS.displayed }).c('stanza-id', { xmlns: NS.sid, by: room, id }).up().up().up().up();
    iq.c('publish-options').c('x', { xmlns: NS.forms, type: 'submit' });
    iq.c('field', { var: 'FORM_TYPE', type: 'hidden' }).c('value', {}, `${NS.pubsub}#publish-options`).up();
    for (const [name, value] of Object.entries(OPTIONS)) iq.c('field', { var: name }).c('value', {}, value).up();
    try {
      await this.session.request(iq);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (!PASSING.includes(error.condition)) this.#kept = false; // a guest, or a server without
      else if (this.#told.get(room) === id) {
        this.#told.delete(room);
        this.#late.set(room, { id, tell: '' });
      }
    }
  }
}
