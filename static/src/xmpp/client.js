/**
 * Everything the dashboard knows and can do, over one session: topics, rooms, outcomes, corrections, busy components.
 *
 * Knows no page: emits `change` when something to show is different, `note` for what must be told at once, `said` for a message.
 */
import { $iq, $pres } from 'strophe.js';
import { t } from '../words/language.js';
import { Components } from './components.js';
import { Emitter } from './emitter.js';
import { NS } from './names.js';
import { heard, readOutcome } from './outcome.js';
import { RequestError, readCorrection, readDone, readInvitee, readTopic } from './read.js';
import { Rooms } from './rooms.js';
import { topicList, withNews } from './topic-list.js';
import { attr, bare, domainOf, kid, kids, local, text } from './xml.js';

/**
 * @typedef {import('./read.js').Topic} Topic
 * @typedef {import('./read.js').Outcome} Outcome
 * @typedef {import('./read.js').Correction} Correction
 * @typedef {import('./room.js').Room} Room
 * @typedef {Correction & {kind: 'correction' | 'said' | 'failed', component: string, room: string, invitee: string, made: boolean}} Note
 * *component*: who tells it; *room*: where somebody is asked to come; *made*: whether the request may have made a topic
 */

export class Client extends Emitter {
  /** @type {Map<string, Topic>} */ topics = new Map();
  /** Whether the list was fetched at least once. */ listed = false;
  /** By topic. @type {Map<string, Outcome>} */ outcomes = new Map();

  #rooms;

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
    this.components = new Components(session, clock);
    this.#rooms = new Rooms({ session, store, clock });
    for (const part of [this.components, this.#rooms]) part.on('change', () => this.emit('change'));
    this.#rooms.on('said', (room, line) => this.emit('said', room, line));
    session.on('state', (state, before) => this.#turned(state, before));
    session.on('stanza', (stanza) => this.#receive(stanza));
    session.on('name', () => this.emit('change'));
  }

  /** What others call me. */
  get name() {
    const user = local(this.session.jid);
    return this.session.name || user.charAt(0).toUpperCase() + user.slice(1);
  }

  /** By address. @returns {Map<string, Room>} */
  get rooms() {
    return this.#rooms.open;
  }

  // -- topics

  /** Fetch the whole list; what is told meanwhile is newer than it. */
  async list() {
    const before = new Map(this.topics);
    const found = await topicList(this.session, this.components.host('topics'));
    this.topics = withNews(found, before, this.topics);
    this.listed = true;
    this.emit('change');
  }

  /** @param {string} id @returns {Promise<Topic | null>} fetched, if it is not in the list */
  async topic(id) {
    const known = this.topics.get(id);
    if (known) return known;
    const answer = await this.session.request($iq({ type: 'get', to: this.components.host('topics') }).c('topic', { xmlns: NS.topics, id }));
    const element = kid(kid(answer, 'done'), 'topic') ?? kid(answer, 'topic');
    if (element) this.#put(readTopic(element));
    return this.topics.get(id) ?? null;
  }

  /** @param {{name?: string, start?: string}} wish what the person typed; anything may be missing */
  create({ name = '', start = '' }) {
    return this.#ask('topics', 'create', { name, start }, name ? `“${name}”` : t`The new topic`, true);
  }

  /** @param {string} id @param {string} name */
  rename(id, name) {
    return this.#ask('topics', 'rename', { id, name }, t`The new name`);
  }

  /** @param {string} id @param {string} start as typed */
  reschedule(id, start) {
    return this.#ask('topics', 'reschedule', { id, start }, t`The new time`);
  }

  /** @param {string} id @param {string[]} targets where a public document goes besides the archive */
  send(id, targets) {
    return this.#ask('topics', 'targets', { id, targets: targets.join(' ') || 'archive' }, t`Where it goes`);
  }

  /** @param {string} id @param {'public' | 'link' | 'members'} visibility of the published document */
  show(id, visibility) {
    return this.#ask('topics', 'visibility', { id, visibility }, t`Who may read it`);
  }

  /** @param {string} id */
  end(id) {
    return this.#ask('topics', 'end', { id }, t`The end of the meeting`);
  }

  /** @param {string} id */
  async delete(id) {
    await this.#ask('topics', 'delete', { id }, t`The deletion`);
    this.#gone(id);
  }

  // -- invitations

  /**
   * @param {{address: string, topic?: string, name?: string, start?: string, sure?: boolean}} wish only the address is
   *   required, or several in any form; *sure*: it is meant as typed, however odd
   */
  invite({ address, topic = '', name = '', start = '', sure = false }) {
    return this.#ask('invitations', 'invite', { address, topic, name, start, sure: sure ? 'true' : '' }, t`The invitation of ${address}`, !topic);
  }

  /** @param {string} id of the invitation */
  revoke(id) {
    return this.#ask('invitations', 'revoke', { id }, t`Taking the invitation back`);
  }

  /** @param {string} id of the invitation @param {string} [address] another one, when the first does not work */
  resend(id, address = '') {
    return this.#ask('invitations', 'resend', { id, address }, t`The invitation`);
  }

  /** Say whether I come. @param {string} id of my invitation @param {string} answer accepted, tentative or declined */
  rsvp(id, answer) {
    return this.#ask('invitations', 'rsvp', { id, answer }, t`Your answer`);
  }

  /** Come in by a link that was for a guest, under my own account. @param {string} code */
  async accept(code) {
    await this.session.request($iq({ type: 'set', to: this.components.host('accounts') }).c('accept', { xmlns: NS.accounts, code }));
    await this.list();
  }

  /**
   * A guest keeps the place: makes an account, which everything said here belongs to.
   * @param {{name: string, local: string, password: string}} wish only the password is needed
   * @returns {Promise<{jid: string, code: string}>} the account, and a bearer for its first sign-in
   */
  async claim({ name, local, password }) {
    const given = Object.fromEntries(Object.entries({ name, local, password }).filter(([, value]) => value));
    const answer = await this.session.request($iq({ type: 'set', to: this.components.host('accounts') }).c('claim', { xmlns: NS.accounts, ...given }));
    const done = kid(answer, 'done');
    return { jid: attr(kid(done, 'account'), 'jid'), code: text(kid(done, 'entry')) };
  }

  // -- corrections

  /** Restore what was before a correction. @param {string} component that told it @param {string} id of what can be undone */
  undo(component, id) {
    return this.#ask(component || 'topics', 'undo', { id }, t`Undoing it`);
  }

  /** Take another reading. @param {string} component @param {string} id @param {string} alternative */
  choose(component, id, alternative) {
    return this.#ask(component || 'topics', 'choose', { id, alternative }, t`Your choice`);
  }

  /** @param {string} topic @returns {Promise<import('./read.js').Invitee[]>} */
  async invitees(topic) {
    const iq = $iq({ type: 'get', to: this.components.host('invitations') }).c('invitations', { xmlns: NS.invitations, topic });
    const answer = await this.session.request(iq);
    return kids(answer.firstElementChild ?? kid(answer), 'invitee').map(readInvitee);
  }

  // -- the reporter

  /** Where the signed-in person opens the document now. @param {string} topic @returns {Promise<string>} */
  async reading(topic) {
    const iq = $iq({ type: 'get', to: this.components.host('reporter') }).c('reading', { xmlns: NS.reporter, topic });
    return attr(kid(await this.session.request(iq), 'reading'), 'url');
  }

  /** @param {string} topic */
  async outcome(topic) {
    const send = () => this.session.request($iq({ type: 'get', to: this.components.host('reporter') }).c('outcome', { xmlns: NS.reporter, topic }));
    const answer = await this.components.turn('reporter', send);
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

  /** Confirm or dismiss what the reporter found. @param {string} topic @param {string} item @param {'ok' | 'no'} verdict */
  settle(topic, item, verdict) {
    return this.#report('settle', { topic, item, verdict }, t`Your answer to ${item}`);
  }

  /** Say a command as if typed. @param {string} topic @param {string} words after a # */
  command(topic, words) {
    return this.#report('command', { topic, words }, `“${words}”`);
  }

  async #report(name, attributes, what = t`The request to the reporter`) {
    const send = () => this.session.request($iq({ type: 'set', to: this.components.host('reporter') }).c(name, { xmlns: NS.reporter, ...attributes }));
    const answer = await this.components.turn('reporter', send, what);
    const element = kid(answer, 'outcome') ?? kid(kid(answer, 'done'), 'outcome');
    if (element) this.#outcome(readOutcome(element));
  }

  // -- rooms

  /** @param {Topic} topic @returns {Room} entered if it was not */
  open(topic) {
    return this.#rooms.enter(topic.room, this.name);
  }

  /** Everything of this account is forgotten here; call before signing out. */
  forget() {
    this.#rooms.forget();
    this.components.forget();
    this.topics = new Map();
    this.outcomes = new Map();
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
    for (const to of this.components.hosts) this.session.send($pres({ type: 'subscribe', to }));
    for (const room of this.rooms.values()) room.join();
    try {
      await this.list();
      const { kept } = this.#rooms; // open before a reload: unread counts go on
      for (const topic of this.topics.values()) if (kept.includes(topic.room)) this.open(topic);
      await Promise.all([...this.outcomes.keys()].map((topic) => this.outcome(topic).catch(() => {})));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.listed = true;
      this.emit('change');
    }
  }

  // -- what comes in

  #receive(stanza) {
    const from = bare(attr(stanza, 'from'));
    const room = this.rooms.get(from);
    if (room) return room.receive(stanza);
    const component = this.components.named(from);
    if (stanza.nodeName === 'presence') {
      if (component && attr(stanza, 'type') !== 'subscribe') this.components.presence(component, stanza);
      else this.#subscription(stanza);
      return;
    }
    if (component) this.#told(component, stanza);
    else if (kid(stanza, 'x', NS.conference)) this.list().catch(() => {});
  }

  // Nobody but the components needs this dashboard's presence: other wishes stay pending for a full client.
  #subscription(stanza) {
    if (attr(stanza, 'type') === 'subscribe' && domainOf(attr(stanza, 'from')).endsWith(`.${this.session.domain}`)) {
      this.session.send($pres({ to: bare(attr(stanza, 'from')), type: 'subscribed' }));
    }
  }

  #told(component, stanza) {
    const items = kid(kid(stanza, 'event', NS.event), 'items');
    if (component === 'reporter' && items) return this.#heard(attr(items, 'node').slice(NS.reporter.length + 1), items);
    for (const item of items ? kids(items) : []) {
      for (const payload of item.localName === 'retract' ? [item] : kids(item)) this.#changed(payload);
    }
    if (items) return;
    const corrections = kids(stanza, 'correction', NS.topics).map((el) => readCorrection(el));
    const body = text(kid(stanza, 'body'));
    for (const correction of corrections) {
      if (correction.code !== 'address-suspect') this.#note({ kind: 'correction', ...correction, text: correction.text || body, component });
    }
    const room = attr(kid(stanza, 'x', NS.conference), 'jid'); // somebody asks me to come (XEP-0249)
    if (room) this.list().catch(() => {});
    if (body && !corrections.length) this.#note({ kind: 'said', text: body, component, room });
  }

  #changed(payload) {
    const id = attr(payload, 'id');
    if (payload.localName === 'topic') this.#put(readTopic(payload));
    else if (payload.localName === 'retract' && id) this.#gone(id);
  }

  /** @param {Topic} topic */
  #put(topic) {
    const known = this.topics.get(topic.id);
    if (known && known.revision > topic.revision) return;
    this.topics.set(topic.id, topic);
    this.emit('change');
  }

  // Of topics that were not opened nothing is kept: they are fetched when they are.
  #heard(topic, items) {
    const known = this.outcomes.get(topic);
    const outcome = heard(known, items);
    if (outcome && outcome !== known) this.#outcome(outcome);
    else if (outcome === null && known) this.outcome(topic).catch(() => {});
  }

  /** @param {Outcome} outcome */
  #outcome(outcome) {
    const known = this.outcomes.get(outcome.topic);
    this.outcomes.set(outcome.topic, outcome);
    this.emit('outcome', outcome, known);
    this.emit('change');
  }

  #gone(id) {
    const topic = this.topics.get(id);
    if (!topic) return;
    this.#rooms.leave(topic.room);
    this.topics.delete(id);
    this.outcomes.delete(id);
    this.emit('gone', id);
    this.emit('change');
  }

  /** @param {Partial<Note>} note */
  #note(note) {
    const rest = { kind: 'said', text: '', code: '', was: '', now: '', other: '', topic: '', undo: '', alternatives: [], component: '', room: '', invitee: '', made: false };
    this.emit('note', { ...rest, ...note });
  }

  /**
   * @param {string} component
   * @param {string} request
   * @param {Record<string, string>} attributes empty ones stay at home
   * @param {string} what in a person's words, should it have to wait its turn
   * @param {boolean} [made] whether it may make a topic
   */
  async #ask(component, request, attributes, what, made = false) {
    const given = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value));
    const payload = { xmlns: NS[component], ...given, tz: this.zone(), 'xml:lang': this.language };
    const send = () => this.session.request($iq({ type: 'set', to: this.components.host(component) }).c(request, payload));
    const answer = readDone(await this.components.turn(component, send, what));
    if (answer.topic && request !== 'delete') this.#put(answer.topic);
    if (answer.gone) this.#gone(answer.gone);
    const invitee = answer.invitees[0]?.id ?? '';
    for (const correction of answer.corrections) {
      if (correction.code !== 'address-suspect') this.#note({ kind: 'correction', ...correction, component, invitee, made });
    }
    return answer;
  }
}
