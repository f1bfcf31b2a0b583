/**
 * The whole dashboard: route, panes, and what the parts ask of it. Three columns, two with a drawer, or one with tabs.
 */
import { html, nothing } from 'lit';
import { Deeds } from './deeds.js';
import { banner, tabs, talkPane } from './frame.js';
import { pressed, typedUntil } from './keys.js';
import { Notes } from './notes.js';
import { PlainElement } from './plain.js';
import { Reading } from './reading.js';
import { readRoute } from './route.js';
import './sign-in.js';
import { topicsPane } from './topics.js';

// The dialogues come after the first view, but before they are asked for: one may be offline then.
const dialogues = () => Promise.all([import('./ask.js'), import('./wish.js'), import('./claim.js'), import('./account.js'), import('./search.js'), import('./preview.js')]);
// Nobody sees record and talk before signing in: they come beside the first view, and hold their places until then.
const record = import('./outcome.js');
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
  /** The pane of the record, once it is here. @type {(app: any) => any} */ outcomePane = () => html`<aside class="pane record" id="outcome" aria-label="Outcome"></aside>`;
  /** Topics of a route that could not be fetched: `never`, or `later`. @type {Map<string, string>} */ missing = new Map();
  /** Entries whose ink is not dry: `topic/id`. @type {Set<string>} */ wet = new Set();
  notes = new Notes(this, localStorage);
  deeds = new Deeds(this);
  reading = new Reading(this, localStorage);
  #tick = 0;
  #loading = new Set();
  #since = 0;
  #soon = 0;

  connectedCallback() {
    super.connectedCallback();
    record.then((part) => { this.outcomePane = part.outcomePane; this.requestUpdate(); });
    this.client.on('change', () => this.requestUpdate());
    this.client.on('gone', (id) => { if (id === this.route.topic) location.hash = '#/'; });
    this.client.on('note', (note) => this.notes.tell(note));
    this.client.on('outcome', (outcome, before) => this.#ink(outcome, before));
    this.session.on('state', (state, before) => this.#turned(state, before));
    addEventListener('hashchange', () => this.#routed());
    addEventListener('keydown', (event) => pressed(this, event));
    document.addEventListener('click', (event) => this.#closeMenus(event.target));
    setInterval(() => { this.now = new Date(); this.requestUpdate(); }, 20_000);
    this.#routed();
  }

  // -- what the parts ask

  get topic() {
    return this.client.topics.get(this.route.topic) ?? null;
  }

  get room() {
    const { topic } = this;
    return topic ? this.client.open(topic) : null;
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

  /** On a phone the toast stands in the pane that is seen. */
  get toastInFrame() {
    return this.pane !== 'talk' && matchMedia(NARROW).matches;
  }

  draftOf(topic) {
    return localStorage.getItem(`ccm-draft:${topic}`) ?? '';
  }

  draft(topic, text) {
    if (text) localStorage.setItem(`ccm-draft:${topic}`, text);
    else localStorage.removeItem(`ccm-draft:${topic}`);
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

  async wish(words, into = null) {
    const typed = await typedUntil(dialogues());
    /** @type {any} */ (this.querySelector('ccm-wish')).open(words + typed, into);
  }

  async show(question) {
    await dialogues();
    /** @type {any} */ (this.querySelector('ccm-ask')).open(typeof question === 'string' ? { kind: question } : question);
  }

  async keepPlace() {
    await dialogues();
    /** @type {any} */ (this.querySelector('ccm-claim')).open();
  }

  async search() {
    const typed = await typedUntil(dialogues());
    /** @type {any} */ (this.querySelector('ccm-search')).open(typed);
  }

  async preview() {
    await dialogues();
    /** @type {any} */ (this.querySelector('ccm-preview')).open();
  }

  async showAccount() {
    await dialogues();
    /** @type {any} */ (this.querySelector('ccm-account')).open();
  }

  signOut() {
    this.client.forget();
    this.notes.forget();
    this.session.signOut();
    this.missing.clear();
    location.hash = '';
  }

  get themeWord() {
    return { light: 'Light, always', dark: 'Dark, always' }[localStorage.getItem('ccm-theme') ?? ''] ?? 'Light or dark as the system';
  }

  turnTheme() {
    const next = { '': 'light', light: 'dark', dark: '' }[localStorage.getItem('ccm-theme') ?? ''] ?? '';
    localStorage.setItem('ccm-theme', next);
    document.documentElement.dataset.theme = next;
    this.requestUpdate();
  }

  // -- coming and going

  #turned(state, before) {
    if (state === 'online') setTimeout(dialogues, 200);
    if (state === 'online') this.missing.clear();
    if (before === 'online') this.lostAt = new Date();
    if (state === 'online' && (before === 'lost' || before === 'over')) this.spoken = 'Connected again.';
    this.#since = Date.now();
    if (state === 'lost' || state === 'connecting') setTimeout(() => this.requestUpdate(), BANNER_MS + 50);
    this.requestUpdate();
  }

  #routed() {
    const route = readRoute(location.hash);
    if (route.address || route.guest) history.replaceState(null, '', route.rest);
    this.address = route.address || this.address;
    if (route.guest) this.#enter(route.guest, route.topic);
    else if (route.address && route.topic) this.#borrow(route.topic, '');
    const changed = route.topic !== this.route.topic;
    this.route = route;
    if (changed) this.#arrived();
    if (route.kind === 'o') setTimeout(() => this.querySelector('.found-entry')?.scrollIntoView({ block: 'nearest' }), 50);
    this.requestUpdate();
  }

  /** @returns {Promise<boolean>} whether another tab of this browser was signed in, and so is this one now */
  async #borrow(topic, code) {
    await this.resumed;
    return this.session.state === 'out' && this.tabs.borrow({ topic, code }).catch(() => false);
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
      this.problem = 'This way in works once and for two minutes. Open the link in your mail again.';
      if (this.session.state === 'online') this.notes.tell({ kind: 'failed', text: this.problem });
      this.requestUpdate();
    }
  }

  async #arrived() {
    this.slow = false;
    setTimeout(() => { this.slow = true; this.requestUpdate(); }, SLOW_MS);
    await this.updateComplete;
    if (!matchMedia('(pointer: coarse)').matches) /** @type {HTMLElement | null} */ (this.querySelector('#w'))?.focus();
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
    const { mentions } = this.reading.sum;
    document.title = `${mentions ? `(${mentions}) ` : ''}${this.topic ? `${this.topic.name} · ` : ''}CCM`;
    const over = /** @type {HTMLDialogElement | null} */ (this.querySelector('dialog.over'));
    if (over && !over.open) over.showModal();
  }

  #ink(outcome, before) {
    if (!before) return;
    const had = new Set([...before.attributes.filter((a) => a.values.length).map((a) => a.name), ...before.entries.map((e) => e.id)]);
    const fresh = [...outcome.attributes.filter((a) => a.values.length).map((a) => [a.name, `${a.label} is filled`]), ...outcome.entries.map((e) => [e.id, `${e.kind} ${e.id} kept`])].filter(([id]) => !had.has(id));
    for (const [id] of fresh) {
      const key = `${outcome.topic}/${id}`;
      this.wet.add(key);
      setTimeout(() => { this.wet.delete(key); this.requestUpdate(); }, WET_MS);
    }
    if (fresh.length && outcome.topic === this.route.topic) this.spoken = fresh.map(([, words]) => words).join('. ');
  }

  #closeMenus(target) {
    for (const menu of this.querySelectorAll('details.menu[open]')) if (!menu.contains(target)) menu.removeAttribute('open');
  }

  render() {
    const { session } = this;
    if (session.state === 'out' || (session.state === 'connecting' && !session.account)) return html`<ccm-sign-in .session=${session} .address=${this.address} .problem=${this.problem} .topic=${this.route.topic}></ccm-sign-in>`;
    const skip = this.topic ? html`<a class="skip" href="#w" @click=${(e) => { e.preventDefault(); /** @type {any} */ (this.querySelector('#w'))?.focus(); }}>Skip to writing</a>` : nothing;
    return html`${skip}
      <div class="frame" data-pane=${this.pane} ?data-drawer=${this.drawer} data-testid="dashboard" data-state=${session.state}>${banner(this)}
      <main class="app"><h1 class="vh">${this.topic?.name ?? 'Topics'}, CCM</h1>${topicsPane(this)}${this.drawer ? html`<button class="veil" type="button" aria-label="Close the topics" @click=${() => this.go('talk')}></button>` : nothing}${talkPane(this, this.#tick)}${this.outcomePane(this)}</main>
      <section class="foot elsewhere" aria-label="Notes">${this.toastInFrame ? this.notes.view() : nothing}</section>${tabs(this)}</div>
      <ccm-wish .app=${this} .tick=${this.#tick}></ccm-wish><ccm-ask .app=${this} .tick=${this.#tick}></ccm-ask><ccm-search .app=${this} .tick=${this.#tick}></ccm-search><ccm-preview .app=${this} .tick=${this.#tick}></ccm-preview>${this.isGuest ? html`<ccm-claim .app=${this}></ccm-claim>` : html`<ccm-account .app=${this}></ccm-account>`}
      ${session.state === 'over' ? html`<dialog class="small over" aria-labelledby="sign-in-title" @cancel=${(e) => e.preventDefault()}><div class="panel"><ccm-sign-in over ?guest=${this.isGuest} .session=${session}></ccm-sign-in></div></dialog>` : nothing}`;
  }
}

customElements.define('ccm-app', App);
