/**
 * Everything the dashboard knows and can do, over one session: topics, rooms, outcomes, corrections, busy components.
 *
 * Knows no page: it emits `change` when something to show is different, `note` for what must be told at once, `said` for a
 * message. Requests are those of docs/protocol.md. Leaves out ad-hoc commands, which need no client of ours.
 */
import { $iq, $pres } from 'strophe.js';
import { Emitter } from './emitter.js';
import { NS } from './names.js';
import { RequestError, readCorrection, readDone, readInvitee, readOutcome, readTopic } from './read.js';
import { Room } from './room.js';
import { attr, bare, domainOf, kid, kids, local, text } from './xml.js';

const LIST_PAGE = 50;
const MAX_TOPICS = 500;
const MAX_ROOMS = 12;
const ROOMS_KEY = 'ccm-rooms';

/**
 * @typedef {import('./read.js').Topic} Topic
 * @typedef {import('./read.js').Outcome} Outcome
 * @typedef {import('./read.js').Correction} Correction
 * @typedef {{kind: 'correction' | 'said' | 'failed', text: string, code: string, was: string, now: string, other: string, topic: string,
 *   invitee: string, made: boolean, before: {name: string, start: string} | null}} Note
 * *before*: what an existing topic was called and when it was, as it was before the request that this corrects
 * @typedef {{state: 'here' | 'busy' | 'gone', since: number, words: string}} Component
 */

export class Client extends Emitter {
  /** @type {Map<string, Topic>} */ topics = new Map();
  /** Whether the list was fetched at least once. */ listed = false;
  /** By topic. @type {Map<string, Outcome>} */ outcomes = new Map();
  /** By room. @type {Map<string, Room>} */ rooms = new Map();
  /** By name: topics, invitations, reporter. @type {Map<string, Component>} */ components = new Map();

  /**
   * @param {object} options
   * @param {import('./session.js').Session} options.session
   * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} options.store one tab's storage
   * @param {import('./session.js').Clock} options.clock
   * @param {() => string} options.zone the person's IANA zone
   * @param {string} options.language
   */
  constructor({ session, store, clock, zone, language }) {
    super();
    this.session = session;
    this.store = store;
    this.clock = clock;
    this.zone = zone;
    this.language = language;
    session.on('state', (state, before) => this.#turned(state, before));
    session.on('stanza', (stanza) => this.#receive(stanza));
    session.on('name', () => this.emit('change'));
  }

  /** What others call me. */
  get name() {
    const user = local(this.session.jid);
    return this.session.name || user.charAt(0).toUpperCase() + user.slice(1);
  }

  /** @param {string} name */
  #host(name) {
    return `${name}.${this.session.domain}`;
  }

  // -- topics

  /** Fetch the whole list, page by page (XEP-0059). */
  async list() {
    const found = new Map();
    for (let after = ''; found.size < MAX_TOPICS; ) {
      const iq = $iq({ type: 'get', to: this.#host('topics') }).c('topics', { xmlns: NS.topics });
      iq.c('set', { xmlns: NS.rsm }).c('max', {}, String(LIST_PAGE));
      if (after) iq.c('after', {}, after);
      const list = kid(await this.session.request(iq), 'topics');
      const page = kids(list, 'topic').map(readTopic);
      for (const topic of page) found.set(topic.id, topic);
      const set = kid(list, 'set', NS.rsm);
      const last = text(kid(set, 'last')) || page.at(-1)?.id || '';
      const count = Number(text(kid(set, 'count')) || (page.length < LIST_PAGE ? found.size : MAX_TOPICS));
      if (!page.length || last === after || found.size >= count) break;
      after = last;
    }
    this.topics = found;
    this.listed = true;
    this.emit('change');
  }

  /** @param {string} id @returns {Promise<Topic | null>} fetched, if it is not in the list */
  async topic(id) {
    const known = this.topics.get(id);
    if (known) return known;
    const answer = await this.session.request($iq({ type: 'get', to: this.#host('topics') }).c('topic', { xmlns: NS.topics, id }));
    const element = kid(kid(answer, 'done'), 'topic') ?? kid(answer, 'topic');
    if (element) this.#put(readTopic(element));
    return this.topics.get(id) ?? null;
  }

  /** @param {{name?: string, start?: string}} wish what the person typed; anything may be missing */
  create({ name = '', start = '' }) {
    return this.#ask('topics', 'create', { name, start }, true);
  }

  /** @param {string} id @param {string} name */
  rename(id, name) {
    return this.#ask('topics', 'rename', { id, name });
  }

  /** @param {string} id @param {string} start as typed */
  reschedule(id, start) {
    return this.#ask('topics', 'reschedule', { id, start });
  }

  /** @param {string} id @param {'public' | 'link' | 'members'} visibility of the published document */
  show(id, visibility) {
    return this.#ask('topics', 'visibility', { id, visibility });
  }

  /** @param {string} id */
  end(id) {
    return this.#ask('topics', 'end', { id });
  }

  /** @param {string} id */
  async delete(id) {
    await this.#ask('topics', 'delete', { id });
    this.#gone(id);
  }

  // -- invitations

  /**
   * @param {{address: string, topic?: string, name?: string, start?: string, sure?: boolean}} wish only the address is
   *   required; *sure*: it is meant as typed, however odd
   */
  invite({ address, topic = '', name = '', start = '', sure = false }) {
    return this.#ask('invitations', 'invite', { address, topic, name, start, sure: sure ? 'true' : '' }, !topic);
  }

  /** @param {string} id of the invitation */
  revoke(id) {
    return this.#ask('invitations', 'revoke', { id });
  }

  /** @param {string} topic @returns {Promise<import('./read.js').Invitee[]>} */
  async invitees(topic) {
    const iq = $iq({ type: 'get', to: this.#host('invitations') }).c('invitations', { xmlns: NS.invitations, topic });
    const answer = await this.session.request(iq);
    return kids(answer.firstElementChild ?? kid(answer), 'invitee').map(readInvitee);
  }

  // -- the reporter

  /** @param {string} topic */
  async outcome(topic) {
    const answer = await this.session.request($iq({ type: 'get', to: this.#host('reporter') }).c('outcome', { xmlns: NS.reporter, topic }));
    const element = kid(answer, 'outcome') ?? kid(kid(answer, 'done'), 'outcome');
    if (element) this.#outcome(readOutcome(element));
  }

  /** @param {string} topic */
  publish(topic) {
    return this.#report('publish', { topic });
  }

  /** @param {string} topic */
  hold(topic) {
    return this.#report('hold', { topic });
  }

  /** @param {string} topic @param {boolean} on */
  record(topic, on) {
    return this.#report('record', { topic, on: String(on) });
  }

  async #report(name, attributes) {
    const answer = await this.session.request($iq({ type: 'set', to: this.#host('reporter') }).c(name, { xmlns: NS.reporter, ...attributes }));
    const element = kid(answer, 'outcome') ?? kid(kid(answer, 'done'), 'outcome');
    if (element) this.#outcome(readOutcome(element));
  }

  // -- rooms

  /** @param {Topic} topic @returns {Room} entered if it was not */
  open(topic) {
    const known = this.rooms.get(topic.room);
    if (known) return known;
    const room = new Room({ jid: topic.room, nick: this.name, session: this.session, store: this.store, clock: this.clock });
    room.on('change', () => this.emit('change'));
    room.on('said', (line) => this.emit('said', room, line));
    this.rooms.set(topic.room, room);
    this.#limitRooms(room);
    this.#keepRooms();
    if (this.session.state === 'online') room.join();
    return room;
  }

  #limitRooms(newest) {
    for (const [jid, room] of this.rooms) {
      if (this.rooms.size <= MAX_ROOMS) return;
      if (room === newest || room.outbox.length) continue;
      room.leave();
      this.rooms.delete(jid);
    }
  }

  #keepRooms() {
    this.store.setItem(ROOMS_KEY, JSON.stringify([...this.rooms.keys()]));
  }

  /** Everything of this account is forgotten here; call before signing out. */
  forget() {
    for (const room of this.rooms.values()) {
      this.store.removeItem(`ccm-unsent:${room.jid}`);
      room.leave();
    }
    this.store.removeItem(ROOMS_KEY);
    this.topics = new Map();
    this.rooms = new Map();
    this.outcomes = new Map();
    this.components = new Map();
    this.listed = false;
  }

  /** The page is seen again: see whether we are still in the rooms. */
  checkRooms() {
    if (this.session.state === 'online') for (const room of this.rooms.values()) room.check();
  }

  // -- coming and going

  #turned(state, before) {
    if (state === 'online') this.#arrived();
    else if (before === 'online') for (const room of this.rooms.values()) room.lost();
    this.emit('change');
  }

  async #arrived() {
    this.session.send($pres());
    for (const name of ['topics', 'invitations', 'reporter']) {
      this.session.send($pres({ type: 'subscribe', to: this.#host(name) }));
    }
    for (const room of this.rooms.values()) room.join();
    try {
      await this.list();
      this.#openKept();
      await Promise.all([...this.outcomes.keys()].map((topic) => this.outcome(topic).catch(() => {})));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.listed = true;
      this.emit('change');
    }
  }

  // Rooms that were open before a reload: unread counts go on.
  #openKept() {
    let kept = [];
    try {
      kept = JSON.parse(this.store.getItem(ROOMS_KEY) ?? '[]');
    } catch {
      return;
    }
    for (const topic of this.topics.values()) if (kept.includes(topic.room)) this.open(topic);
  }

  // -- what comes in

  #receive(stanza) {
    const from = bare(attr(stanza, 'from'));
    const room = this.rooms.get(from);
    if (room) return room.receive(stanza);
    const component = ['topics', 'invitations', 'reporter'].find((name) => from === this.#host(name));
    if (stanza.nodeName === 'presence') {
      if (component) this.#presence(component, stanza);
      else this.#subscription(stanza);
      return;
    }
    if (component) this.#told(stanza);
    else if (kid(stanza, 'x', NS.conference)) this.list().catch(() => {});
  }

  #presence(name, stanza) {
    const type = attr(stanza, 'type');
    if (type === 'subscribe') return this.session.send($pres({ to: this.#host(name), type: 'subscribed' }));
    if (type && type !== 'unavailable') return;
    const busy = text(kid(stanza, 'show')) === 'dnd';
    const state = type === 'unavailable' ? 'gone' : busy ? 'busy' : 'here';
    this.components.set(name, { state, since: this.clock.now(), words: text(kid(stanza, 'status')) });
    this.emit('change');
  }

  // Nobody but the components needs this dashboard's presence: other wishes stay pending for a full client.
  #subscription(stanza) {
    if (attr(stanza, 'type') === 'subscribe' && domainOf(attr(stanza, 'from')).endsWith(`.${this.session.domain}`)) {
      this.session.send($pres({ to: bare(attr(stanza, 'from')), type: 'subscribed' }));
    }
  }

  #told(stanza) {
    const items = kid(kid(stanza, 'event', NS.event), 'items');
    for (const item of items ? kids(items) : []) {
      for (const payload of item.localName === 'retract' ? [item] : kids(item)) this.#changed(payload);
    }
    if (items) return;
    const correction = kid(stanza, 'correction', NS.topics);
    const body = text(kid(stanza, 'body'));
    if (correction && attr(correction, 'code') === 'address-suspect') return;
    if (correction) this.#note({ kind: 'correction', ...readCorrection(correction), text: readCorrection(correction).text || body });
    else if (body) this.#note({ kind: 'said', text: body });
  }

  #changed(payload) {
    const id = attr(payload, 'id');
    if (payload.localName === 'topic') this.#put(readTopic(payload));
    else if (payload.localName === 'outcome') this.#outcome(readOutcome(payload));
    else if (payload.localName === 'retract' && id) this.#gone(id);
  }

  /** @param {Topic} topic */
  #put(topic) {
    const known = this.topics.get(topic.id);
    if (known && known.revision > topic.revision) return;
    this.topics.set(topic.id, topic);
    this.emit('change');
  }

  /** @param {Outcome} outcome */
  #outcome(outcome) {
    const known = this.outcomes.get(outcome.topic);
    if (known && known.revision > outcome.revision) return;
    this.outcomes.set(outcome.topic, outcome);
    this.emit('outcome', outcome, known);
    this.emit('change');
  }

  #gone(id) {
    const topic = this.topics.get(id);
    if (!topic) return;
    this.rooms.get(topic.room)?.leave();
    this.rooms.delete(topic.room);
    this.topics.delete(id);
    this.outcomes.delete(id);
    this.#keepRooms();
    this.emit('gone', id);
    this.emit('change');
  }

  /** @param {Partial<Note>} note */
  #note(note) {
    this.emit('note', { kind: 'said', text: '', code: '', was: '', now: '', other: '', topic: '', invitee: '', made: false, before: null, ...note });
  }

  /**
   * @param {string} component
   * @param {string} request
   * @param {Record<string, string>} attributes empty ones stay at home
   * @param {boolean} [made] whether it may make a topic, which Undo then takes back
   */
  async #ask(component, request, attributes, made = false) {
    const given = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value));
    const known = this.topics.get(attributes.id ?? attributes.topic);
    const before = known ? { name: known.name, start: known.start?.toISOString() ?? '' } : null;
    const payload = { xmlns: NS[component], ...given, tz: this.zone(), 'xml:lang': this.language };
    const answer = readDone(await this.session.request($iq({ type: 'set', to: this.#host(component) }).c(request, payload)));
    if (answer.topic && request !== 'delete') this.#put(answer.topic);
    const invitee = answer.invitees[0]?.id ?? '';
    for (const correction of answer.corrections) if (correction.code !== 'address-suspect') this.#note({ kind: 'correction', ...correction, invitee, made, before });
    return answer;
  }
}
