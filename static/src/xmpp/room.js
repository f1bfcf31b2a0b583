/**
 * One topic's room as this browser sees it: who is there, what was said, and what is still on its way.
 *
 * Joins (XEP-0045) without the room's own history, fetches from the archive what it has not seen (XEP-0313, by the last
 * stanza-id of XEP-0359), and only then sends again what nobody reflected, under the same origin-id; every message is
 * shown once. Notices by self-ping (XEP-0410) when it is out. Knows no page. Leaves out private messages and
 * administration.
 */
import { $iq, $msg, $pres } from 'strophe.js';
import { ArchivePages } from './archive.js';
import { Emitter } from './emitter.js';
import { NS } from './names.js';
import { Outbox, line as unsentLine } from './outbox.js';
import { RequestError, readMessage, readPresence } from './read.js';
import { write } from './replies.js';
import { RoomLog } from './room-log.js';
import { Writing } from './writing.js';
import { attr, kid } from './xml.js';

const MAX_PAGES = 40;
const JOIN_SECONDS = 15;

/**
 * @typedef {import('./read.js').RoomMessage} RoomMessage
 * @typedef {import('./room-log.js').Line} Line
 * @typedef {{nick: string, jid: string, affiliation: string, role: string, show: string}} Occupant
 */

export class Room extends Emitter {
  /** @type {'out' | 'joining' | 'in' | 'refused'} */ state = 'out';
  /** @type {Map<string, Occupant>} */ occupants = new Map();
  /** Whether the archive holds nothing older than `log`. */ complete = false;
  loading = false;
  catchingUp = false;
  onRecord = true;
  /** Who is writing. @type {Set<string>} */ typing = new Set();
  /** @type {RequestError | null} */ refusal = null;
  /** How many came while the connection was lost. */ missed = 0;
  /** Up to which message people have read (XEP-0333). @type {Map<string, string>} */ readBy = new Map();
  /** By what the room knows me, whatever my nick is (XEP-0421); `''` before I was inside. */ occupantId = '';

  #log = new RoomLog();
  #outbox;
  #archive;
  #held = /** @type {RoomMessage[] | null} */ (null);
  #joinTimer = /** @type {any} */ (null);
  #conflicts = 0;
  #round = 0;

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
    this.#outbox = new Outbox({ jid, nick, store, clock });
    this.#archive = new ArchivePages(jid, session, newId);
    this.writing = new Writing(clock, (state) => this.state === 'in' && session.send($msg({ to: jid, type: 'groupchat' }).c(state, { xmlns: NS.chatStates })));
  }

  /** What the room reflected. @returns {Line[]} */
  get log() {
    return this.#log.lines;
  }

  /** What it has not. @returns {Line[]} */
  get outbox() {
    return this.#outbox.lines;
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
    this.#outbox.hold();
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
   * @param {Line} [instead] of that message of mine (XEP-0308)
   * @param {{reply?: import('./replies.js').Reply | null, file?: import('./replies.js').SharedFile | null}} [more] what it answers, what comes with it
   */
  say(body, instead, { reply = instead?.reply, file } = {}) {
    const unsent = { originId: this.newId(), body, at: this.clock.now(), replaces: instead?.clientId ?? '', reply, file };
    const line = unsentLine(unsent, this.nick, this.#held || this.state !== 'in' ? 'kept' : 'sending', !this.onRecord);
    this.#outbox.add(line);
    this.writing.said();
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
    this.#outbox.save();
    this.emit('change');
  }

  /** Take an unsent message back. @param {Line} line */
  discard(line) {
    this.#outbox.remove(line);
    this.emit('change');
  }

  /** Take back what was said, for everybody (XEP-0424). @param {Line} line one of mine */
  withdraw(line) {
    this.session.send($msg({ to: this.jid, type: 'groupchat', id: this.newId() }).c('retract', { xmlns: NS.retract, id: line.id }));
  }

  /** @param {Line} line @param {string} reaction toggles mine on that message (XEP-0444) */
  react(line, reaction) {
    const mine = [...line.reactions].filter(([, who]) => who.has(this.nick)).map(([word]) => word);
    const wanted = mine.includes(reaction) ? mine.filter((word) => word !== reaction) : [...mine, reaction];
    const message = $msg({ to: this.jid, type: 'groupchat', id: this.newId() }).c('reactions', { xmlns: NS.reactions, id: line.id });
    for (const word of wanted) message.c('reaction', {}, word);
    this.session.send(message);
  }

  /** Fetch the page before the first line. */
  async older() {
    if (this.loading || this.complete || !this.log.length || this.state !== 'in') return;
    this.loading = true;
    this.emit('change');
    try {
      const { messages, complete } = await this.#archive.page({ before: this.log[0].id });
      const known = messages.filter((m) => m.id && !this.#log.has(m.id));
      const lines = /** @type {Line[]} */ ([]);
      for (const message of known) this.#apply(message, lines);
      this.#log.lines = [...lines, ...this.log];
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
        this.occupantId = p.occupant;
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
    if (this.#archive.receive(stanza)) return;
    const message = readMessage(stanza, { now: new Date(this.clock.now()) });
    if (message.error) return this.#undelivered(message);
    if (message.record !== null) this.onRecord = message.record;
    if (message.typing && message.nick !== this.nick) {
      if (message.typing === 'composing') this.typing.add(message.nick);
      else this.typing.delete(message.nick);
    }
    if (message.body) this.typing.delete(message.nick);
    if (message.displayed) {
      this.readBy.set(message.nick, message.displayed);
      return this.emit('change');
    }
    if (this.#held) this.#held.push(message);
    const line = this.#held ? null : this.#apply(message);
    if (line) this.emit('said', line);
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
    this.#outbox.save();
    this.emit('change');
  }

  /** @param {import('./read.js').RoomMessage} message @param {Line[]} [into] @returns {Line | null} a line that is new */
  #apply(message, into) {
    if (message.id && this.#log.has(message.id)) return null;
    const waited = this.#outbox.settle(message, this.nick);
    const known = this.occupantId && message.occupant;
    const mine = known ? message.occupant === this.occupantId : message.nick === this.nick;
    return this.#log.apply(message, { waited, mine, onRecord: this.onRecord }, into);
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
    for (const message of held) this.#apply(message);
    this.catchingUp = false;
    for (const line of [...this.outbox]) if (line.state !== 'failed') this.#transmit(line);
    this.emit('change');
    this.emit('ready');
  }

  async #newest() {
    const { messages, complete } = await this.#archive.page({ before: '' });
    this.#log.lines = [];
    for (const message of messages) this.#apply(message);
    this.complete = complete;
  }

  async #since(last) {
    try {
      for (let after = last, pages = 0; pages < MAX_PAGES; pages += 1) {
        const { messages, complete, lastId } = await this.#archive.page({ after });
        for (const message of messages) this.#apply(message);
        if (complete || !lastId || lastId === after) return;
        after = lastId;
      }
    } catch (error) {
      if (!(error instanceof RequestError) || error.condition !== 'item-not-found') throw error;
      this.#log.restart();
      await this.#newest();
    }
  }

  // -- the outbox

  /** @param {Line} line */
  #transmit(line) {
    const message = $msg({ to: this.jid, type: 'groupchat', id: line.originId });
    write(message, line, this.jid);
    message.c('origin-id', { xmlns: NS.sid, id: line.originId }).up().c('active', { xmlns: NS.chatStates });
    if (line.replaces) message.up().c('replace', { xmlns: NS.correct, id: line.replaces });
    line.state = this.session.send(message) ? 'sending' : 'kept';
    line.sentAt = this.clock.now();
    this.#outbox.watch(() => this.check(), () => this.emit('change'));
  }
}
