/**
 * One session for all tabs of a browser that are signed in to one account: a browser has about six HTTP/1.1 connections
 * to a host, which the long polls (XEP-0124) of four tabs would eat.
 *
 * One tab holds the session, whichever has the Web Lock of the account; the others speak through it over a
 * BroadcastChannel, and hear every stanza that it hears. When it goes it hands the connection over, and the tab that
 * is given the lock takes it up as after a reload; a holder that does not answer (frozen, crashed) loses the lock and
 * another one comes back by the token, with the same resource. Either way all tabs see the connection go and come,
 * enter their rooms again, fetch what they missed and send again what was not reflected. Looks like a `Session`.
 * What outlives the tabs is kept only for who stays signed in (stay.js). Leaves out SharedWorker: it has no DOMParser, which Strophe needs.
 */
import { $pres } from 'strophe.js';
import { RequestError } from './read.js';
import { Requests } from './requests.js';
import { Crew } from './shared-crew.js';
import { AccountLock } from './shared-lock.js';
import { Standing } from './shared-standing.js';
import { Stay, deviceName } from './stay.js';
import { TabLocks } from './tab-locks.js';
import { BOSH_KEY, TICKET_KEY, stored } from './ticket.js';
import { Silence } from './wire.js';
import { bare, resource } from './xml.js';

const ANSWER_SECONDS = 2;
const SILENT_SECONDS = 5;
const FAREWELL_SECONDS = 0.1;
const RETURN_SECONDS = 10;

export class SharedSession extends Standing {
  #own = /** @type {import('./session.js').Session | null} */ (null);
  #holds = false;
  #group = ''; // the account whose tabs this one belongs to
  #lock;
  #crew = new Crew();
  #tabs;
  #requests;
  #kept = /** @type {any} */ (null);
  #stream = '';
  #streams = 0;
  #asked = /** @type {Promise<any> | null} */ (null);
  #answered = /** @type {(said: any) => void} */ (() => {});
  #settled = () => {};
  #silence;
  #ears = /** @type {(() => void)[]} */ ([]);
  /** Somebody signed out while nobody held it. */ #ends = false;
  /** When the one who holds it began to: what an earlier one says is no longer true. */ #term = 0;

  /**
   * @param {object} options
   * @param {(resource: string, stay: Stay) => import('./session.js').Session} options.make a session of this tab's own
   * @param {string} options.domain
   * @param {Pick<BroadcastChannel, 'postMessage' | 'onmessage'>} options.channel
   * @param {Pick<LockManager, 'request' | 'query'>} options.locks
   * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} options.store this tab's
   * @param {Storage} options.lasting the browser's
   * @param {string} [options.agent] what the browser calls itself
   * @param {boolean} [options.canStay] whether the server lets devices stay signed in
   * @param {import('./session.js').Clock} options.clock
   * @param {(element: Element) => string} options.write
   * @param {(text: string) => Element} options.read
   * @param {() => string} [options.newId]
   */
  constructor({ make, domain, channel, locks, store, lasting, agent = '', canStay = true, clock, write, read, newId = () => crypto.randomUUID() }) {
    super();
    this.stay = new Stay(lasting, clock, deviceName(agent), newId);
    this.canStay = canStay;
    this.make = (/** @type {string} */ resource) => make(resource, this.stay);
    this.domain = domain;
    this.channel = channel;
    this.store = store;
    this.clock = clock;
    this.write = write;
    this.read = read;
    this.newId = newId;
    this.tab = newId();
    this.#lock = new AccountLock(locks, { held: (own) => this.#hold(own), robbed: () => this.#robbed() });
    this.#tabs = new TabLocks(locks, this.tab, (tab) => this.#left(tab));
    this.#requests = new Requests(clock, newId);
    this.#silence = new Silence(clock, () => this.#hail());
    channel.onmessage = (event) => this.#heard(event.data);
  }

  // -- what a Session does

  /** @param {string} identity @param {string} password @param {boolean} [stays] on this device, when all tabs are closed */
  async signIn(identity, password, stays = false) {
    await this.#enter((own) => own.signIn(identity, password));
    if (stays) await this.staying(true);
  }

  /** @param {string} account @param {string} token */
  async signInByToken(account, token) {
    if ((await this.#lock.accounts()).includes(account) && (await this.#follow(account))) return;
    await this.#enter((own) => own.signInByToken(account, token));
  }

  /**
   * Come back after a page load; else come to the other tabs, if any, or as somebody who stays here.
   * @param {boolean} [open] as anybody; an account rather than a guest @param {string} [who] rather than anybody, then an account alone
   * @returns {Promise<boolean>}
   */
  async resume(open = true, who = '') {
    const ticket = stored(this.store, TICKET_KEY);
    const here = ticket?.jid ? [] : [...(await this.#lock.accounts()), ...this.stay.accounts()];
    const anybody = open && (here.find((one) => this.#isAccount(one)) ?? (who ? '' : here[0]));
    const account = ticket?.jid ? bare(ticket.jid) : here.includes(who) ? who : anybody;
    if (!account) return false;
    const { jid, name } = ticket?.jid ? ticket : { jid: account, name: this.stay.of(account)?.name ?? '' };
    this.turn({ state: 'connecting', jid, name });
    await new Promise((settled) => this.#join(account, () => settled(undefined)));
    return this.state !== 'out';
  }

  /** Whether this account stays signed in on this device. */
  get stays() {
    return Boolean(this.stay.of(this.account));
  }

  /** Stay on this device, or no longer. @param {boolean} yes */
  async staying(yes) {
    const { account } = this;
    if (yes) this.stay.want(account);
    else this.stay.leave(account);
    if (!yes) await this.request(this.stay.ending(this.domain));
    else await this.stay.renew(/** @type {any} */ (this), true);
  }

  tryNow() {
    if (this.#own) this.#own.tryNow();
    else this.#tell({ kind: 'try' });
  }

  /** Is anybody there? */
  wake() {
    this.#own?.wake();
    if (this.#own && this.state === 'online') this.stay.renew(this.#own);
    if (!this.#own && this.#group) this.#hail();
    this.#tell({ kind: 'wake' });
  }

  async passwordChanged() {
    if (this.#own) await this.#own.passwordChanged();
    else this.#tell({ kind: 'renew' });
    await this.stay.renew(/** @type {any} */ (this), true);
  }

  signOut() {
    this.#own?.send(this.stay.ending(this.domain));
    this.stay.leave(this.account);
    this.#own?.signOut();
    this.#tell({ kind: 'out' });
    this.store.removeItem(TICKET_KEY);
    this.#gone();
  }

  /** @param {any} stanza a builder or an element */
  send(stanza) {
    if (this.state !== 'online') return false;
    const element = stanza.tree?.() ?? stanza;
    if (!this.#own) return this.#pass(element);
    if (this.#crew.sends(this.tab, element, this.write(element))) this.#own.send(element);
    return true;
  }

  /** @param {any} iq @param {number} [seconds] @returns {Promise<Element>} */
  request(iq, seconds = 30) {
    if (this.#own) return this.#own.request(iq, seconds);
    if (this.state !== 'online') return Promise.reject(new RequestError('offline'));
    const element = iq.tree();
    const answer = this.#requests.add(element, seconds);
    this.#pass(element);
    return answer;
  }

  /** The page goes. @returns {any} the connection, if no other tab goes on with it */
  farewell() {
    this.#silence.end();
    if (!this.#own) return this.#tell({ kind: 'bye' });
    if (!this.#crew.members.size) return this.#own.connection;
    const { kept } = this.#own;
    const bosh = this.#own.handOver();
    this.#tell({ kind: 'bye', kept, bosh, rooms: this.#crew.rooms });
  }

  // -- who holds it

  // A session of this tab's own, until it is known whether another tab has one of the same account.
  async #enter(start) {
    const own = this.#own ?? this.make(`web-${this.newId().slice(0, 8)}`);
    const mine = own === this.#own;
    if (this.state === 'out') this.turn({ state: 'connecting' });
    try {
      await start(own);
    } catch (error) {
      if (!mine && this.state === 'connecting') this.#gone();
      throw error;
    }
    const { account } = own;
    if (mine && account === this.#group) return;
    if (mine && !this.#isAccount(this.#group)) this.#succeed(this.#group, own);
    this.#part();
    this.#belong(account);
    if (await this.#lock.take(account, own)) return;
    const here = await this.#ask();
    if (this.#group !== account) return own.signOut();
    if (here?.state !== 'online') return void (await this.#lock.steal(account, own));
    own.signOut();
    this.#lock.queue(account);
    this.#told(here);
  }

  // A guest has become an account, which stays in the guest's place.
  #succeed(guest, own) {
    this.stay.leave(guest);
    this.stay.want(own.account);
    this.stay.renew(own, true);
  }

  #isAccount(jid) {
    return jid.endsWith(`@${this.domain}`);
  }

  /** @param {string} account @param {() => void} [settled] once it is known how it went */
  #join(account, settled = () => {}) {
    this.#belong(account);
    this.#settled = settled;
    this.#lock.queue(account);
    this.#hail();
  }

  /** @returns {Promise<boolean>} whether a tab of that account was there to follow */
  async #follow(account) {
    this.#part();
    this.#belong(account);
    const here = await this.#ask();
    if (here?.state !== 'online') return false;
    this.#lock.queue(account);
    this.#told(here);
    return true;
  }

  #belong(account) {
    this.#group = account;
    this.#tabs.hold();
  }

  // Who does not answer in time is not there, whatever it holds.
  async #hail() {
    const account = this.#group;
    const here = await this.#ask();
    if (this.#holds || this.#group !== account) return;
    if (here) this.#told(here);
    else if (this.#ticket()) this.#lock.steal(account);
    else this.#gone();
  }

  // What the holder says, `null` without one.
  #ask() {
    this.#asked ??= new Promise((resolve) => {
      const timer = this.clock.setTimeout(() => this.#answered(null), ANSWER_SECONDS * 1000);
      this.#answered = (said) => {
        this.clock.clearTimeout(timer);
        this.#answered = () => {};
        this.#asked = null;
        resolve(said);
      };
      this.#tell({ kind: 'hello' });
    });
    return this.#asked;
  }

  #hold(own) {
    this.#holds = true;
    this.#term = Math.max(this.clock.now(), this.#term + 1);
    this.#crew = new Crew();
    if (own) this.#lead(own);
    else this.#takeOver();
  }

  #lead(own) {
    this.#own = own;
    const mine = () => own === this.#own;
    for (const end of this.#ears) end();
    this.#ears = [
      own.on('state', () => mine() && this.#mirror()),
      own.on('name', () => mine() && this.#mirror()),
      own.on('stanza', (stanza) => mine() && this.#came(stanza)),
      own.on('answer', (iq) => mine() && this.#tell({ kind: 'stanza', xml: this.write(iq) })),
    ];
    this.#mirror();
  }

  // The one that held it may be about to say where it was.
  async #takeOver() {
    const account = this.#group;
    if (this.#stream && !this.#kept?.bosh) await new Promise((go) => { this.clock.setTimeout(() => go(undefined), FAREWELL_SECONDS * 1000); });
    if (!this.#holds || this.#own || this.#group !== account) return;
    const kept = this.#kept ?? { ticket: this.#ticket() };
    const own = this.make(resource(kept.ticket?.jid ?? this.jid) || `web-${this.newId().slice(0, 8)}`);
    own.adopt(kept);
    if (kept.bosh) this.store.setItem(BOSH_KEY, JSON.stringify(kept.bosh));
    const rooms = kept.rooms ?? [];
    this.#kept = null;
    this.turn({ state: 'connecting' });
    const back = own.resume();
    this.#lead(own);
    if (!(await back)) return this.#gone();
    this.#settled();
    if (this.#ends) return this.emit('signed-out');
    this.clock.setTimeout(() => this.#leaveRooms(rooms.filter((/** @type {string} */ full) => !this.#crew.isIn(full))), RETURN_SECONDS * 1000);
  }

  // Another tab took the lock: this one was asleep.
  #robbed() {
    this.#own?.handOver();
    this.#own = null;
    this.#holds = false;
    this.#tabs.rest();
    this.store.removeItem(BOSH_KEY);
    this.#join(this.#group);
  }

  #gone() {
    this.#part();
    this.turn({ state: 'out', jid: '', name: '' });
    this.#settled();
  }

  #part() {
    this.#own = null;
    this.#holds = false;
    this.#group = '';
    this.#stream = '';
    this.#kept = null;
    this.#ends = false;
    this.#answered(null);
    this.#tabs.rest();
    this.#silence.end();
    this.#lock.leave();
    this.#requests.rejectAll('offline');
  }

  // -- the holder's side

  #mirror() {
    const { state, jid, name, retryAt, restored } = /** @type {any} */ (this.#own);
    if (state === 'online' && this.state !== 'online') {
      this.#streams += 1;
      this.#crew.anew();
      if (!this.#isAccount(bare(jid))) this.stay.want(bare(jid)); // a guest, as long as the visit lasts
      if (!restored) this.stay.renew(/** @type {any} */ (this.#own), true);
    }
    if (state === 'over') this.stay.leave(bare(jid));
    if (bare(jid) === this.#group) this.#tell(this.#standing({ state, jid, name, retryAt }));
    this.turn({ state, jid, name, retryAt, restored });
  }

  #standing({ state, jid, name, retryAt } = /** @type {any} */ (this)) {
    return { kind: 'state', state, jid, name, retryAt, stream: `${this.tab} ${this.#streams}`, kept: this.#own?.kept };
  }

  #came(stanza) {
    const text = this.write(stanza);
    this.#crew.heard(stanza, text);
    this.#tell({ kind: 'stanza', xml: text });
    this.emit('stanza', stanza);
  }

  #forMember(said) {
    const { kind, tab } = said;
    if (kind === 'bye') return this.#left(tab);
    this.#crew.members.add(tab);
    this.#tabs.watch(tab);
    if (kind === 'hello') this.#tell({ ...this.#standing(), kind: 'here', to: tab, presences: this.#crew.presences });
    else if (kind === 'send' && this.state === 'online') this.#sendFor(tab, said.xml);
    else if (kind === 'try') this.#own?.tryNow();
    else if (kind === 'wake') this.#own?.wake();
    else if (kind === 'renew') this.#own?.passwordChanged();
  }

  // After a reload it comes back under another name.
  #left(tab) {
    if (this.#crew.members.delete(tab)) this.clock.setTimeout(() => this.#leaveRooms(this.#crew.gone(tab)), RETURN_SECONDS * 1000);
  }

  #sendFor(tab, xml, element = this.read(xml)) {
    if (this.#crew.sends(tab, element, xml)) this.#own?.send(element);
  }

  #leaveRooms(addresses) {
    for (const to of addresses) this.#own?.send($pres({ to, type: 'unavailable' }));
  }

  // -- the others' side

  #pass(element) {
    this.#tell({ kind: 'send', xml: this.write(element) });
    this.#silence.begin(SILENT_SECONDS);
    return true;
  }

  #told({ state, jid, name, retryAt, stream, term, kept, presences = [] }) {
    this.#term = term;
    if (kept) this.#kept = { ...kept };
    if (kept?.ticket) this.store.setItem(TICKET_KEY, JSON.stringify(kept.ticket));
    this.store.removeItem(BOSH_KEY);
    if (state === 'online' && this.state === 'online' && stream !== this.#stream) this.turn({ state: 'connecting' });
    this.#stream = stream;
    if (state !== 'online') this.#requests.rejectAll('offline');
    this.turn({ state, jid, name, retryAt });
    if (state !== 'connecting') this.#settled();
    for (const xml of presences) this.#stanza(xml);
  }

  #stanza(xml) {
    const stanza = this.read(xml);
    if (stanza.nodeName !== 'iq') this.emit('stanza', stanza);
    else this.#requests.answer(stanza, [this.account, this.jid]);
  }

  // -- between the tabs

  #heard(said) {
    if (!this.#group || said.group !== this.#group || (said.to && said.to !== this.tab)) return;
    const { kind } = said;
    if (kind === 'out') return void (this.#holds && !this.#own ? (this.#ends = true) : this.emit('signed-out'));
    if (this.#own) return this.#forMember(said);
    if (said.term < this.#term) return;
    if (['here', 'state', 'stanza'].includes(kind)) this.#silence.end();
    if (kind === 'here' || (kind === 'state' && this.#asked)) return this.#answered(said);
    if (kind === 'state') this.#told(said);
    else if (kind === 'stanza' && this.state === 'online') this.#stanza(said.xml);
    else if (kind === 'bye') said.kept && (this.#kept = { ...said.kept, bosh: said.bosh, rooms: said.rooms });
  }

  #tell(said) {
    if (this.#group) this.channel.postMessage({ ...said, group: this.#group, tab: this.tab, term: this.#term });
  }

  // -- what is known here

  #ticket() {
    const kept = stored(this.store, TICKET_KEY);
    if (kept?.jid) return kept;
    const account = this.#group;
    return this.stay.token(account) ? { jid: account, token: '', expires: '', issued: '', name: this.stay.of(account)?.name } : null;
  }
}
