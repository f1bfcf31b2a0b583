/**
 * The whole dashboard: route, panes, and what the parts ask of it. Three columns, two with a drawer, or one with tabs.
 */
import { html, nothing } from 'lit';
import { t } from '../words/language.js';
import { Back } from './back.js';
import { badge } from './badge.js';
import { Deeds } from './deeds.js';
import { dialogue, dialogues, dialoguesView } from './dialogues.js';
import { waits } from './early.js';
import { forgetDrafts, keyOf } from './kept.js';
import { pressed } from './keys.js';
import { Notes } from './notes.js';
import { PlainElement } from './plain.js';
import { Preferences } from './preferences.js';
import { Reading } from './reading.js';
import { readRoute } from './route.js';
import './sign-in.js';
import { kindName } from './spine.js';

// Nobody sees columns, record and talk before signing in: they come beside the first view, and hold their places until then.
const record = import('./outcome.js');
const columns = import('./inside.js');
import('./talk.js');
const WET_MS = 4000;
const BANNER_MS = 3000;
const SLOW_MS = 300;
const AGAIN_MS = 5000;
const NARROW = '(max-width: 759px)';

class App extends PlainElement {
  static properties = { client: { attribute: false }, session: { attribute: false } };

  route = readRoute('');
  pane = 'talk';
  drawer = false;
  now = new Date();
  lostAt = new Date();
  publishing = false;
  slow = false;
  spoken = '';
  /** Whom the link that was followed is for. */ address = '';
  /** Why its way in did not work. */ problem = '';
  /** Settled when it is known whether this tab was signed in. */ resumed = Promise.resolve();
  /** The pane of the record, once it is here. @type {(app: any) => any} */ outcomePane = () => html`<aside class="pane record" id="outcome" aria-label=${t`Outcome`}></aside>`;
  /** Topics of a route that could not be fetched: `never`, or `later`. @type {Map<string, string>} */ missing = new Map();
  /** Entries whose ink is not dry: `topic/id`. @type {Set<string>} */ wet = new Set();
  /** Planned topics that were joined early. @type {Set<string>} */ early = new Set();
  /** Topics that were open, the newest first. @type {string[]} */ recent = [];
  /** Whether all published topics are shown. */ allPublished = false;
  chosen = new Preferences(localStorage);
  back = new Back({ history, address: () => location.hash, isOpen: () => Boolean(this.#openDialog || this.drawer || this.toastInFrame), close: () => this.#closeTop() });
  notes = new Notes(this, localStorage);
  deeds = new Deeds(this);
  reading = new Reading(this, localStorage);
  #inside = /** @type {((app: any, tick: number) => any) | null} */ (null);
  #tick = 0;
  #loading = new Set();
  #since = 0;
  #soon = 0;

  connectedCallback() {
    super.connectedCallback();
    columns.then(({ enter, inside }) => { enter(this); this.#inside = inside; this.requestUpdate(); });
    record.then((part) => { this.outcomePane = part.outcomePane; this.requestUpdate(); });
    this.client.on('change', () => this.requestUpdate());
    this.client.on('gone', (id) => { if (id === this.route.topic) location.hash = '#/'; });
    this.client.on('note', (note) => this.notes.tell(note));
    this.client.on('outcome', (outcome, before) => this.#ink(outcome, before));
    this.session.on('state', (state, before) => this.#turned(state, before));
    matchMedia(NARROW).addEventListener('change', () => this.requestUpdate());
    addEventListener('hashchange', () => this.#routed());
    addEventListener('popstate', () => this.back.moved());
    addEventListener('focusin', () => this.back.look());
    addEventListener('keydown', (event) => pressed(this, event));
    document.addEventListener('click', (event) => this.#closeMenus(event.target));
    setInterval(() => { this.now = new Date(); this.notify?.tick(); this.requestUpdate(); }, 20_000);
    this.#routed();
  }

  // -- what the parts ask

  get topic() {
    return this.client.topics.get(this.route.topic) ?? null;
  }

  get room() {
    const { topic } = this;
    return topic && !waits(this, topic) ? this.client.open(topic) : null;
  }

  get isOwner() {
    return this.topic?.owner === this.session.account;
  }

  /** Whether I am here by a link, without an account. */
  get isGuest() {
    return !this.session.account.endsWith(`@${this.session.domain}`);
  }

  get waiting() {
    return [...this.client.rooms.values()].reduce((sum, room) => sum + room.outbox.length, 0);
  }

  /** Whether the connection is away long enough to say so. */
  get lostLong() {
    return Date.now() - this.#since >= SLOW_MS;
  }

  /** Look again in a second: something counts down. */
  soon() {
    clearTimeout(this.#soon);
    this.#soon = window.setTimeout(() => this.requestUpdate(), 1000);
  }

  draftOf(topic) {
    return localStorage.getItem(keyOf('draft', this.session.account, topic)) ?? '';
  }

  draft(topic, text) {
    const key = keyOf('draft', this.session.account, topic);
    if (text) localStorage.setItem(key, text);
    else localStorage.removeItem(key);
  }

  go(pane) {
    this.pane = pane;
    this.drawer = false;
    this.requestUpdate();
  }

  openDrawer(open) {
    this.drawer = open;
    this.requestUpdate();
  }

  /** @param {Event} event of a button in a menu, which closes @param {() => void} run */
  menu(event, run) {
    /** @type {HTMLElement} */ (event.currentTarget).closest('details')?.removeAttribute('open');
    run();
  }

  wish = (words, into = null) => dialogue(this, 'wish', (part, typed) => part.open(words + typed, into));
  show = (question) => dialogue(this, 'ask', (part) => part.open(typeof question === 'string' ? { kind: question } : question));
  search = (here = false) => dialogue(this, 'search', (part, typed) => part.open(typed, here));
  keepPlace = () => dialogue(this, 'claim', (part) => part.open());
  preview = () => dialogue(this, 'preview', (part) => part.open());
  showAccount = () => dialogue(this, 'account', (part) => part.open());
  showSettings = () => dialogue(this, 'settings', (part) => part.open());

  async joinEarly(topic) {
    this.early.add(topic.id);
    this.requestUpdate();
    await this.updateComplete;
    this.#arrived();
  }

  signOut() {
    forgetDrafts(localStorage, this.session.account);
    this.client.forget();
    this.notes.forget();
    this.session.signOut();
    this.missing.clear();
    location.hash = '';
  }

  // -- coming and going

  #turned(state, before) {
    if (state === 'online') {
      setTimeout(dialogues, 200);
      this.missing.clear();
    }
    if (before === 'online') this.lostAt = new Date();
    if (state === 'online' && (before === 'lost' || before === 'over')) this.spoken = t`Connected again.`;
    if (state !== before) this.#since = Date.now();
    if (state === 'lost' || state === 'connecting') setTimeout(() => this.requestUpdate(), (state === 'lost' ? SLOW_MS : BANNER_MS) + 50);
    this.requestUpdate();
  }

  #routed() {
    const route = readRoute(location.hash);
    if (route.address || route.guest || route.back) history.replaceState(null, '', route.rest);
    this.address = route.address || this.address;
    if (route.guest) this.#enter(route.guest, route.topic);
    else if (route.back) this.#comeBack(route.back.code, route.topic);
    else if (route.address && route.topic) this.#borrow(route.topic, '');
    const changed = route.topic !== this.route.topic;
    this.route = route;
    if (changed && route.topic) this.recent = [route.topic, ...this.recent.filter((id) => id !== route.topic)];
    if (changed) this.#arrived();
    if (route.kind === 'o') setTimeout(() => this.querySelector('.found-entry')?.scrollIntoView({ block: 'nearest' }), 50);
    this.requestUpdate();
  }

  /** @returns {Promise<boolean>} whether another tab of this browser was signed in, and so is this one now */
  async #borrow(topic, code) {
    await this.resumed;
    return this.session.state === 'out' && this.tabs.borrow({ topic, code }).catch(() => false);
  }

  // A guest's link once more: whoever came in by it here is here, anybody else is sent a new one.
  async #comeBack(link, topic) {
    await this.#borrow(topic, '');
    if (['out', 'over'].includes(this.session.state)) location.replace(`/i/${link}?again=1`);
  }

  // A guest's way in. Who is signed in here comes in under the own name instead.
  async #enter({ jid, code }, topic) {
    await this.resumed;
    try {
      if (this.session.state === 'online' && !this.isGuest) await this.client.accept(code);
      else if (!(await this.#borrow(topic, code))) await this.session.signInByToken(jid, code);
      this.missing.clear();
      this.requestUpdate();
    } catch {
      this.problem = t`This way in works once and for two minutes. Open the link in your mail again.`;
      if (this.session.state === 'online') this.notes.tell({ kind: 'failed', text: this.problem });
      this.requestUpdate();
    }
  }

  async #arrived() {
    this.slow = false;
    setTimeout(() => { this.slow = true; this.requestUpdate(); }, SLOW_MS);
    await this.updateComplete;
    if (!matchMedia('(pointer: coarse)').matches) /** @type {HTMLElement | null} */ (this.querySelector('#w') ?? this.querySelector('#talk-title'))?.focus();
  }

  willUpdate() {
    this.#tick += 1;
    const { topic: id } = this.route;
    if (this.topic && !document.hidden) this.reading.opened(this.topic);
    if (!id || this.session.state !== 'online' || !this.client.listed || this.#loading.has(id)) return;
    if (this.topic ? this.client.outcomes.has(id) : this.missing.get(id) === 'never') return;
    this.#loading.add(id);
    this.#load(id).finally(() => setTimeout(() => { this.#loading.delete(id); this.requestUpdate(); }, AGAIN_MS));
  }

  async #load(id) {
    try {
      await this.client.topic(id);
      this.missing.delete(id);
      if (this.topic) await this.client.outcome(id);
    } catch (error) {
      const { condition } = /** @type {any} */ (error);
      if (!this.topic) this.missing.set(id, ['timeout', 'offline', 'resource-constraint', 'service-unavailable'].includes(condition) ? 'later' : 'never');
    }
    this.requestUpdate();
  }

  updated() {
    badge(this);
    this.back.look();
    const over = /** @type {HTMLDialogElement | null} */ (this.querySelector('dialog.over'));
    if (over && !over.open) over.showModal();
  }

  #ink(outcome, before) {
    if (!before) return;
    const had = new Set([...before.attributes.filter((a) => a.values.length).map((a) => a.name), ...before.entries.map((e) => e.id)]);
    const fresh = [...outcome.attributes.filter((a) => a.values.length).map((a) => [a.name, t`${a.label} is filled`]), ...outcome.entries.map((e) => [e.id, t`${kindName(e.kind)} ${e.id} kept`])].filter(([id]) => !had.has(id));
    for (const [id] of fresh) {
      const key = `${outcome.topic}/${id}`;
      this.wet.add(key);
      setTimeout(() => { this.wet.delete(key); this.requestUpdate(); }, WET_MS);
    }
    if (fresh.length && outcome.topic === this.route.topic) this.spoken = fresh.map(([, words]) => words).join('. ');
  }

  get #openDialog() {
    return /** @type {HTMLDialogElement | null} */ ([...this.querySelectorAll('dialog[open]:not(.over)')].at(-1) ?? null);
  }

  /** On a phone: another pane than the talk, where the toast stands then. */
  get toastInFrame() {
    return this.pane !== 'talk' && matchMedia(NARROW).matches;
  }

  #closeTop() {
    const dialog = this.#openDialog;
    if (dialog) dialog.close();
    else this.go('talk');
  }

  #closeMenus(target) {
    for (const menu of this.querySelectorAll('details.menu[open]')) if (!menu.contains(target)) menu.removeAttribute('open');
  }

  render() {
    const { session } = this;
    if (session.state === 'out' || (session.state === 'connecting' && !session.account)) return html`<ccm-sign-in .session=${session} .address=${this.address} .problem=${this.problem} .topic=${this.route.topic}></ccm-sign-in>`;
    const skip = this.room ? html`<a class="skip" href="#w" @click=${(e) => { e.preventDefault(); /** @type {any} */ (this.querySelector('#w'))?.focus(); }}>${t`Skip to writing`}</a>` : nothing;
    return html`${skip}
      <div class="frame" data-pane=${this.pane} ?data-drawer=${this.drawer} data-testid="dashboard" data-state=${session.state}>${this.#inside?.(this, this.#tick) ?? html`<div></div><main class="app"><h1 class="vh">CCM</h1><div class="pane topics"></div><div class="pane talk"></div>${this.outcomePane(this)}</main>`}</div>
      ${dialoguesView(this, this.#tick)}
      ${session.state === 'over' ? html`<dialog class="small over" aria-labelledby="sign-in-title" @cancel=${(e) => e.preventDefault()}><div class="panel"><ccm-sign-in over ?guest=${this.isGuest} .session=${session}></ccm-sign-in></div></dialog>` : nothing}`;
  }
}

customElements.define('ccm-app', App);
