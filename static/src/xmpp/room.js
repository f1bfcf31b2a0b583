/**
 * One topic's room as this browser sees it: who is there, what was said, and what is still on its way.
 *
 * Joins (XEP-0045) without the room's own history, fetches from the archive what it has not seen (XEP-0313, by the last
 * stanza-id of XEP-0359), and only then sends again what nobody reflected, under the same origin-id; every message is
 * shown once. Notices by self-ping (XEP-0410) when it is out. Knows no page. Leaves out private messages and
 * administration.
 */
import { $iq, $msg, $pres } from 'strophe.js';
import { Emitter } from './emitter.js';
import { NS } from './names.js';
import { RequestError, readFin, readMessage, readPresence, readResult } from './read.js';
import { attr, bare, kid } from './xml.js';

const PAGE = 50;
const MAX_PAGES = 40;
const JOIN_SECONDS = 15;
const SLOW_SECONDS = 5;
const DOUBT_SECONDS = 15;
const FAILED_SECONDS = 60;

/**
 * @typedef {import('./read.js').RoomMessage} RoomMessage
 * @typedef {{key: string, id: string, originId: string, clientId: string, nick: string, body: string, at: Date, mine: boolean,
 *   state: 'sent' | 'sending' | 'slow' | 'kept' | 'failed', why: string, edited: boolean, withdrawn: boolean,
 *   offRecord: boolean, reactions: Map<string, Set<string>>, sentAt?: number}} Line
 * @typedef {{nick: string, jid: string, affiliation: string, role: string, show: string}} Occupant
 * @typedef {{originId: string, body: string, at: number, failed?: boolean}} Unsent
 */

export class Room extends Emitter {
  /** @type {'out' | 'joining' | 'in' | 'refused'} */ state = 'out';
  /** @type {Map<string, Occupant>} */ occupants = new Map();
  /** What the room reflected, in the archive's order. @type {Line[]} */ log = [];
  /** What it has not. @type {Line[]} */ outbox = [];
  /** Whether the archive holds nothing older than `log`. */ complete = false;
  loading = false;
  catchingUp = false;
  onRecord = true;
  /** Who is writing. @type {Set<string>} */ typing = new Set();
  /** @type {RequestError | null} */ refusal = null;
  /** How many came while the connection was lost. */ missed = 0;

  #ids = /** @type {Set<string>} */ (new Set());
  #origins = /** @type {Set<string>} */ (new Set());
  #held = /** @type {RoomMessage[] | null} */ (null);
  #results = /** @type {Map<string, RoomMessage[]>} */ (new Map());
  #timer = /** @type {any} */ (null);
  #joinTimer = /** @type {any} */ (null);
  #conflicts = 0;
  #round = 0;
  #keys = 0;

  /**
   * @param {object} options
   * @param {string} options.jid
   * @param {string} options.nick the wish; `nick` is what the room gave
   * @param {import('./session.js').Session} options.session
   * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} options.store keeps what is unsent over a reload
   * @param {import('./session.js').Clock} options.clock
   * @param {() => string} [options.newId]
   */
  constructor({ jid, nick, session, store, clock, newId = () => crypto.randomUUID() }) {
    super();
    this.jid = jid;
    this.wish = nick;
    this.nick = nick;
    this.session = session;
    this.store = store;
    this.clock = clock;
    this.newId = newId;
    this.outbox = this.#load().map((unsent) => this.#line(unsent, unsent.failed ? 'failed' : 'kept'));
  }

  /** Everything to show, in order. @returns {Line[]} */
  get lines() {
    return this.outbox.length ? [...this.log, ...this.outbox] : this.log;
  }

  /** Bare JID's or nick's own affiliation, once inside. */
  get me() {
    return this.occupants.get(this.nick);
  }

  /** Enter, or enter again after the connection came back. Doing so while inside is harmless. */
  join() {
    this.state = 'joining';
    this.#held = [];
    this.occupants = new Map();
    this.typing = new Set();
    this.#round += 1;
    const presence = $pres({ to: `${this.jid}/${this.nick}` }).c('x', { xmlns: NS.muc }).c('history', { maxstanzas: '0' });
    this.session.send(presence);
    this.clock.clearTimeout(this.#joinTimer);
    this.#joinTimer = this.clock.setTimeout(() => this.state === 'joining' && this.session.state === 'online' && this.join(), JOIN_SECONDS * 1000);
    this.emit('change');
  }

  leave() {
    if (this.state === 'in' || this.state === 'joining') this.session.send($pres({ to: `${this.jid}/${this.nick}`, type: 'unavailable' }));
    this.lost();
  }

  /** The connection is gone: nothing here is live any more, and what is unsent is kept. */
  lost() {
    this.state = 'out';
    this.#round += 1;
    this.#held = null;
    this.catchingUp = false;
    this.loading = false;
    this.typing = new Set();
    this.clock.clearTimeout(this.#joinTimer);
    for (const line of this.outbox) if (line.state !== 'failed') line.state = 'kept';
    this.emit('change');
  }

  /** Ask whether this session is still inside (XEP-0410), and enter again if not. */
  async check() {
    if (this.state !== 'in') return;
    try {
      await this.session.request($iq({ type: 'get', to: `${this.jid}/${this.nick}` }).c('ping', { xmlns: NS.ping }), 10);
    } catch (error) {
      const condition = error instanceof RequestError ? error.condition : '';
      const inside = ['service-unavailable', 'feature-not-implemented', 'item-not-found', 'offline'].includes(condition);
      if (!inside && this.session.state === 'online') this.join();
    }
  }

  /**
   * Say something. It is shown at once, sent when it can be, and kept until the room reflected it.
   * @param {string} body
   */
  say(body) {
    const line = this.#line({ originId: this.newId(), body, at: this.clock.now() }, this.#held || this.state !== 'in' ? 'kept' : 'sending');
    this.outbox.push(line);
    this.#save();
    if (line.state === 'sending') this.#transmit(line);
    else if (this.session.state === 'online') line.state = 'sending';
    this.emit('change');
  }

  /** Send a failed message once more, under its own id. @param {Line} line */
  retry(line) {
    line.why = '';
    line.at = new Date(this.clock.now());
    if (this.state === 'in' && !this.#held) this.#transmit(line);
    else line.state = 'kept';
    this.#save();
    this.emit('change');
  }

  /** Take an unsent message back. @param {Line} line */
  discard(line) {
    this.outbox = this.outbox.filter((other) => other !== line);
    this.#save();
    this.emit('change');
  }

  /** @param {Line} line @param {string} reaction toggles mine on that message (XEP-0444) */
  react(line, reaction) {
    const mine = [...line.reactions].filter(([, who]) => who.has(this.nick)).map(([word]) => word);
    const wanted = mine.includes(reaction) ? mine.filter((word) => word !== reaction) : [...mine, reaction];
    const message = $msg({ to: this.jid, type: 'groupchat', id: this.newId() }).c('reactions', { xmlns: NS.reactions, id: line.id });
    for (const word of wanted) message.c('reaction', {}, word);
    this.session.send(message);
  }

  /** @param {'composing' | 'paused' | 'active'} state XEP-0085 */
  compose(state) {
    if (this.state === 'in') this.session.send($msg({ to: this.jid, type: 'groupchat' }).c(state, { xmlns: NS.chatStates }));
  }

  /** Fetch the page before the first line. */
  async older() {
    if (this.loading || this.complete || !this.log.length || this.state !== 'in') return;
    this.loading = true;
    this.emit('change');
    try {
      const { messages, complete } = await this.#page({ before: this.log[0].id });
      const known = messages.filter((m) => m.id && !this.#ids.has(m.id));
      const lines = /** @type {Line[]} */ ([]);
      for (const message of known) this.#apply(message, lines);
      this.log = [...lines, ...this.log];
      this.complete = complete || !messages.length;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
    } finally {
      this.loading = false;
      this.emit('change');
    }
  }

  // -- what comes in

  /** @param {Element} stanza any message or presence of this room */
  receive(stanza) {
    if (stanza.nodeName === 'presence') this.#presence(readPresence(stanza));
    else this.#message(stanza);
  }

  #presence(p) {
    if (p.error) return this.#refused(p);
    const self = p.codes.includes('110') || p.nick === this.nick;
    if (p.type === 'unavailable') {
      this.occupants.delete(p.nick);
      this.typing.delete(p.nick);
      if (p.codes.includes('303') && self) this.nick = p.newNick;
      else if (self && p.codes.includes('110')) this.#out(p);
    } else {
      this.occupants.set(p.nick, { nick: p.nick, jid: p.jid, affiliation: p.affiliation, role: p.role, show: p.show });
      if (p.codes.includes('110')) {
        this.nick = p.nick;
        if (p.codes.includes('201')) this.#unlock();
        if (this.state === 'joining') this.#entered();
      }
    }
    this.emit('change');
  }

  // A room that this very join made is locked until it is configured (XEP-0045 §10.1.2).
  #unlock() {
    const submit = $iq({ type: 'set', to: this.jid }).c('query', { xmlns: 'http://jabber.org/protocol/muc#owner' });
    this.session.request(submit.c('x', { xmlns: NS.forms, type: 'submit' })).catch(() => {});
  }

  #refused(p) {
    if (this.state !== 'joining') return;
    if (p.error.condition === 'conflict' && this.#conflicts < 5) {
      this.#conflicts += 1;
      this.nick = `${this.wish} (${this.#conflicts + 1})`;
      this.join();
      return;
    }
    this.state = 'refused';
    this.refusal = p.error;
    this.#held = null;
    this.clock.clearTimeout(this.#joinTimer);
    this.emit('change');
  }

  #out(p) {
    const gone = ['301', '307', '321', '322'].some((code) => p.codes.includes(code)) && !p.codes.includes('333');
    this.state = gone ? 'refused' : 'out';
    if (gone) this.refusal = new RequestError('forbidden', '');
    else if (this.session.state === 'online') this.clock.setTimeout(() => this.state === 'out' && this.session.state === 'online' && this.join(), 1000);
  }

  #entered() {
    this.state = 'in';
    this.refusal = null;
    this.clock.clearTimeout(this.#joinTimer);
    this.#catchUp(this.#round);
    this.#askRecord();
  }

  // Whether it is off the record was told to those who were inside (docs/protocol.md).
  async #askRecord() {
    try {
      const answer = await this.session.request($iq({ type: 'get', to: this.jid }).c('record', { xmlns: NS.record }));
      this.onRecord = attr(kid(answer, 'record', NS.record), 'on') !== 'false';
      this.emit('change');
    } catch (error) {
      if (!(error instanceof RequestError)) throw error; // a room of another server keeps no such thing
    }
  }

  #message(stanza) {
    const result = readResult(stanza);
    if (result) {
      this.#results.get(result.queryId)?.push(result.message);
      return;
    }
    const message = readMessage(stanza, { now: new Date(this.clock.now()) });
    if (message.error) return this.#undelivered(message);
    if (message.record !== null) this.onRecord = message.record;
    if (message.typing && message.nick !== this.nick) {
      if (message.typing === 'composing') this.typing.add(message.nick);
      else this.typing.delete(message.nick);
    }
    if (message.body) this.typing.delete(message.nick);
    if (this.#held) this.#held.push(message);
    else this.#apply(message, this.log);
    if (message.body && !this.#held) this.emit('said', this.log.at(-1));
    this.emit('change');
  }

  #undelivered(message) {
    const line = this.outbox.find((other) => other.originId === message.clientId);
    if (!line) return;
    if (message.error.condition === 'not-acceptable') {
      line.state = 'kept';
      this.join();
      return;
    }
    line.state = 'failed';
    line.why = message.error.words;
    this.#save();
    this.emit('change');
  }

  /** Put one message where it belongs, once. @param {RoomMessage} message @param {Line[]} log */
  #apply(message, log) {
    if (message.id && this.#ids.has(message.id)) return;
    if (message.id) this.#ids.add(message.id);
    const pending = this.#settled(message);
    if (message.retracts || message.replaces || message.reactsTo) return this.#amend(message, log);
    if (!message.body || !message.nick) return;
    // A bare `id` says nothing: clients may count 1, 2, 3 anew in each session.
    const sent = message.originId || (pending && !message.id ? message.clientId : '');
    const origin = `${message.nick}\n${sent}`;
    if (sent && this.#origins.has(origin)) return;
    if (sent) this.#origins.add(origin);
    log.push({
      key: message.id || sent || `${origin}${(this.#keys += 1)}`, id: message.id, originId: message.originId, clientId: message.clientId,
      nick: message.nick, body: message.body, at: message.at, mine: message.nick === this.nick, state: 'sent', why: '',
      edited: false, withdrawn: false, offRecord: !message.id && !this.onRecord, reactions: new Map(),
    });
  }

  /** One of mine has come back. @param {RoomMessage} message @returns {boolean} whether it was waited for */
  #settled(message) {
    const own = (line) => line.originId === (message.originId || (message.nick === this.nick && message.clientId));
    const index = this.outbox.findIndex(own);
    if (index < 0) return false;
    this.outbox.splice(index, 1);
    this.#save();
    return true;
  }

  #amend(message, log) {
    const all = log === this.log ? this.log : [...this.log, ...log];
    const by = message.retracts || message.reactsTo;
    const line = all.findLast((other) => (by ? other.id === by : other.nick === message.nick && other.clientId === message.replaces));
    if (!line) return;
    const own = line.nick === message.nick || !message.nick; // without a nick it is the room itself: moderation
    if (message.retracts && !own) return;
    if (message.retracts) Object.assign(line, { withdrawn: true, body: '' });
    else if (message.replaces) Object.assign(line, { edited: true, body: message.body });
    else {
      for (const [word, who] of line.reactions) if (who.delete(message.nick) && !who.size) line.reactions.delete(word);
      for (const word of message.reactions) line.reactions.set(word, (line.reactions.get(word) ?? new Set()).add(message.nick));
    }
  }

  // -- the archive

  async #catchUp(round) {
    this.catchingUp = true;
    this.missed = 0;
    const seen = this.log.length;
    this.emit('change');
    try {
      const last = this.log.findLast((line) => line.id)?.id;
      if (last) await this.#since(last);
      else await this.#newest();
      if (round !== this.#round) return;
      this.missed = seen ? this.log.length - seen : 0;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (round !== this.#round) return;
    }
    const held = this.#held ?? [];
    this.#held = null;
    for (const message of held) this.#apply(message, this.log);
    this.catchingUp = false;
    for (const line of [...this.outbox]) if (line.state !== 'failed') this.#transmit(line);
    this.emit('change');
    this.emit('ready');
  }

  async #newest() {
    const { messages, complete } = await this.#page({ before: '' });
    this.log = [];
    for (const message of messages) this.#apply(message, this.log);
    this.complete = complete;
  }

  async #since(last) {
    try {
      for (let after = last, pages = 0; pages < MAX_PAGES; pages += 1) {
        const { messages, complete, lastId } = await this.#page({ after });
        for (const message of messages) this.#apply(message, this.log);
        if (complete || !lastId || lastId === after) return;
        after = lastId;
      }
    } catch (error) {
      if (!(error instanceof RequestError) || error.condition !== 'item-not-found') throw error;
      this.#ids.clear();
      this.#origins.clear();
      await this.#newest();
    }
  }

  /** @param {{before?: string, after?: string}} where */
  async #page(where) {
    const queryId = this.newId();
    this.#results.set(queryId, []);
    const iq = $iq({ type: 'set', to: this.jid }).c('query', { xmlns: NS.mam, queryid: queryId });
    iq.c('set', { xmlns: NS.rsm }).c('max', {}, String(PAGE));
    const [name, value] = 'before' in where ? ['before', where.before] : ['after', where.after];
    if (value) iq.c(name, {}, value);
    else iq.c(name).up();
    try {
      const fin = readFin(await this.session.request(iq));
      return { messages: this.#results.get(queryId) ?? [], complete: fin.complete, lastId: fin.last };
    } finally {
      this.#results.delete(queryId);
    }
  }

  // -- the outbox

  /** @param {Line} line */
  #transmit(line) {
    const message = $msg({ to: this.jid, type: 'groupchat', id: line.originId });
    message.c('body', {}, line.body).c('origin-id', { xmlns: NS.sid, id: line.originId }).up().c('active', { xmlns: NS.chatStates });
    line.state = this.session.send(message) ? 'sending' : 'kept';
    line.sentAt = this.clock.now();
    this.#watch();
  }

  // Two looks at what is on its way: after 5 s it is slow, after 15 s the room is asked whether we are in it.
  #watch() {
    this.clock.clearTimeout(this.#timer);
    this.#timer = this.clock.setTimeout(() => {
      const now = this.clock.now();
      const age = (line) => (now - (line.sentAt ?? now)) / 1000;
      const waiting = this.outbox.filter((line) => line.state === 'sending' || line.state === 'slow');
      for (const line of waiting) {
        if (age(line) >= FAILED_SECONDS) line.state = 'failed';
        else if (age(line) >= SLOW_SECONDS) line.state = 'slow';
      }
      if (waiting.some((line) => age(line) >= DOUBT_SECONDS && age(line) < FAILED_SECONDS)) this.check();
      if (waiting.length) {
        this.#save();
        this.emit('change');
        this.#watch();
      }
    }, SLOW_SECONDS * 1000);
  }

  /** @param {Unsent} unsent @param {Line['state']} state @returns {Line} */
  #line({ originId, body, at }, state) {
    return {
      key: originId, id: '', originId, clientId: originId, nick: this.nick, body, at: new Date(at), mine: true, state, why: '',
      edited: false, withdrawn: false, offRecord: !this.onRecord, reactions: new Map(),
    };
  }

  #save() {
    const key = `ccm-unsent:${this.jid}`;
    if (!this.outbox.length) return this.store.removeItem(key);
    const unsent = this.outbox.map((line) => ({ originId: line.originId, body: line.body, at: line.at.getTime(), failed: line.state === 'failed' }));
    this.store.setItem(key, JSON.stringify(unsent));
  }

  /** @returns {Unsent[]} */
  #load() {
    try {
      const kept = JSON.parse(this.store.getItem(`ccm-unsent:${this.jid}`) ?? '[]');
      return Array.isArray(kept) ? kept.filter((one) => one.originId && one.body) : [];
    } catch {
      return [];
    }
  }
}

/** @param {Element} stanza @returns {string} the room it is about: its own address, or that of a mediated result */
export const roomOf = (stanza) => (kid(stanza, 'x', NS.conference) ? '' : bare(attr(stanza, 'from')));
