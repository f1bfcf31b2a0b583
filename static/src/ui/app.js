/**
 * The whole dashboard: route, panes, keys, and what the parts ask of it. Three columns, two with a drawer, or one with tabs.
 */
import { html, nothing } from 'lit';
import { clock, count, failure, when } from '../words.js';
import { icon, mark } from './icons.js';
import { Notes } from './notes.js';
import { outcomePane } from './outcome.js';
import { PlainElement, initial, tint } from './plain.js';
import './sign-in.js';
import './talk.js';
import { topicsPane, wishDoor } from './topics.js';

// The dialogues come after the first view, but before they are asked for: one may be offline then.
const dialogues = () => Promise.all([import('./ask.js'), import('./wish.js')]);
const WET_MS = 4000;
const BANNER_MS = 3000;
const TRY = [
  ['kim@example.org', 'A topic with one guest, starting when they arrive'],
  ['kim@example.org budget 2027 tomorrow 10:00', 'Named, planned, with a calendar file for both of you'],
  ['retrospective now', 'A room for you alone; invite from there'],
];

class App extends PlainElement {
  static properties = { client: { attribute: false }, session: { attribute: false } };

  route = { topic: '', kind: '', target: '' };
  pane = 'talk';
  drawer = false;
  now = new Date();
  lostAt = new Date();
  publishing = false;
  slow = false;
  spoken = '';
  /** Entries whose ink is not dry: `topic/id`. @type {Set<string>} */ wet = new Set();
  notes = new Notes(this, sessionStorage);
  #tick = 0;
  #loading = new Set();
  #since = 0;

  connectedCallback() {
    super.connectedCallback();
    this.client.on('change', () => this.requestUpdate());
    this.client.on('gone', (id) => { if (id === this.route.topic) location.hash = '#/'; });
    this.client.on('note', (note) => this.notes.tell(note));
    this.client.on('outcome', (outcome, before) => this.#ink(outcome, before));
    this.session.on('state', (state, before) => this.#turned(state, before));
    addEventListener('hashchange', () => this.#routed());
    addEventListener('keydown', (event) => this.#key(event));
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

  get waiting() {
    return [...this.client.rooms.values()].reduce((sum, room) => sum + room.outbox.length, 0);
  }

  isReporter(room, nick) {
    return nick.toLowerCase() === 'reporter' || (room?.occupants.get(nick)?.jid ?? '').endsWith(`reporter.${this.session.domain}`);
  }

  hasReporter(room) {
    return [...room.occupants.keys()].some((nick) => this.isReporter(room, nick));
  }

  mentions(line) {
    const name = this.client.name.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
    return new RegExp(`@${name}(?![\\p{L}\\p{N}])`, 'iu').test(line.body);
  }

  /** What others said since this browser last showed the end. */
  #fresh(room) {
    const read = localStorage.getItem(`ccm-read:${room.jid}`) ?? '';
    if (!read) return [];
    const at = room.log.findLastIndex((line) => line.id === read);
    return room.log.filter((line, i) => !line.mine && line.id && (at < 0 ? line.id > read : i > at));
  }

  /** Unread messages of others, and those that name me. */
  counts(topic) {
    const room = this.client.rooms.get(topic.room);
    const fresh = room ? this.#fresh(room) : [];
    return { unread: fresh.length, mentions: fresh.filter((line) => this.mentions(line)).length };
  }

  firstUnread(room) {
    return this.#fresh(room)[0]?.id ?? '';
  }

  seen(room) {
    const last = room.log.findLast((line) => line.id)?.id;
    const key = `ccm-read:${room.jid}`;
    if (!last || document.hidden || room.catchingUp || localStorage.getItem(key) === last) return;
    localStorage.setItem(key, last);
    this.requestUpdate();
  }

  notesOf(topic) {
    return this.notes.all.filter((note) => note.topic === topic);
  }

  toastView() {
    return this.notes.view();
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

  /** @param {Event} event of a button in a menu, which closes @param {() => void} run */
  menu(event, run) {
    /** @type {HTMLElement} */ (event.currentTarget).closest('details')?.removeAttribute('open');
    run();
  }

  async wish(words, into = null) {
    await dialogues();
    /** @type {any} */ (this.querySelector('ccm-wish')).open(words, into);
  }

  async show(question) {
    await dialogues();
    /** @type {any} */ (this.querySelector('ccm-ask')).open(typeof question === 'string' ? { kind: question } : question);
  }

  invited(done, address) {
    if (done.corrections.length || !done.topic) return;
    const start = done.topic.start ? ` It starts ${when(done.topic.start, new Date())}.` : '';
    this.notes.tell({ topic: done.topic.id, text: `${address} is invited to ${done.topic.name}.${start}`, invitee: done.invitees[0]?.id ?? '' });
  }

  rename(topic) {
    this.show({ kind: 'value', title: 'Rename', label: 'Name of the topic', value: topic.name, verb: 'Rename', what: 'It keeps its name.', run: (name) => this.client.rename(topic.id, name) });
  }

  move(topic, was = '') {
    const value = was || (topic.start ? `${topic.start.toLocaleDateString('en-CA')} ${clock(topic.start)}` : '');
    this.show({ kind: 'value', title: 'When', label: 'Day and time, as you would say it', value, verb: 'Move it', hint: 'For example “Tuesday 15:00” or “in 20 minutes”.', what: 'The time stays as it was.', run: (start) => this.client.reschedule(topic.id, start) });
  }

  remove(topic) {
    this.show({ kind: 'sure', title: `Delete “${topic.name}”?`, text: 'The talk and its outcome go for everybody. What was published stays published.', verb: 'Delete it', what: 'It is not deleted.', run: () => this.client.delete(topic.id) });
  }

  async revoke(invitee) {
    await this.#try(this.client.revoke(invitee.id), 'The invitation stands.');
  }

  setVisibility(value) {
    return this.#try(this.client.show(this.topic.id, value), 'It stays as it was.');
  }

  async publish() {
    this.publishing = true;
    this.requestUpdate();
    await this.#try(this.client.publish(this.topic.id), 'Publishing did not start.');
    this.publishing = false;
    this.go('talk');
  }

  hold() {
    return this.#try(this.client.hold(this.topic.id), 'It is not held.');
  }

  async #try(promise, what) {
    try {
      await promise;
    } catch (error) {
      this.notes.tell({ kind: 'failed', text: failure(error, what) });
    }
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.notes.tell({ text: 'Copied.' });
    } catch {
      this.notes.tell({ kind: 'failed', text: `This browser did not let me copy. Here it is: ${text}` });
    }
  }

  signOut() {
    this.client.forget();
    this.notes.forget();
    this.session.signOut();
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
    if (before === 'online') this.lostAt = new Date();
    if (state === 'online' && (before === 'lost' || before === 'over')) this.spoken = 'Connected again.';
    this.#since = Date.now();
    if (state === 'lost' || state === 'connecting') setTimeout(() => this.requestUpdate(), BANNER_MS + 50);
    this.requestUpdate();
  }

  #routed() {
    const [, topic = '', kind = '', target = ''] = /^#\/t\/([^/]+)(?:\/([mo])\/(.+))?$/u.exec(location.hash) ?? [];
    const changed = topic !== this.route.topic;
    this.route = { topic: decodeURIComponent(topic), kind, target: decodeURIComponent(target) };
    if (changed) this.#arrived();
    if (kind === 'o') setTimeout(() => this.querySelector('.found-entry')?.scrollIntoView({ block: 'nearest' }), 50);
    this.requestUpdate();
  }

  async #arrived() {
    this.slow = false;
    setTimeout(() => { this.slow = true; this.requestUpdate(); }, 300);
    await this.updateComplete;
    if (!matchMedia('(pointer: coarse)').matches) /** @type {HTMLElement | null} */ (this.querySelector('#w'))?.focus();
  }

  willUpdate() {
    this.#tick += 1;
    const { topic: id } = this.route;
    if (!id || this.session.state !== 'online' || !this.client.listed || this.#loading.has(id)) return;
    if (this.topic && this.client.outcomes.has(id)) return;
    this.#loading.add(id);
    this.#load(id).finally(() => setTimeout(() => this.#loading.delete(id), 5000));
  }

  async #load(id) {
    try {
      const topic = await this.client.topic(id);
      if (topic) await this.client.outcome(id);
    } catch (error) {
      console.warn('This topic is not there yet.', /** @type {any} */ (error).condition);
    }
    this.requestUpdate();
  }

  updated() {
    const mentions = [...this.client.topics.values()].reduce((sum, topic) => sum + this.counts(topic).mentions, 0);
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

  // -- keys

  #key(event) {
    if (this.session.state === 'out' || event.defaultPrevented) return;
    const typing = /^(input|textarea|select)$/iu.test(event.target.tagName) || document.querySelector('dialog[open]');
    if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) this.#step(event.key === 'ArrowUp' ? -1 : 1);
    else if (event.altKey && event.key === 'z') this.notes.undo();
    else if (event.altKey && '123'.includes(event.key)) this.#focusPane(Number(event.key) - 1);
    else if ((event.ctrlKey || event.metaKey) && event.key === 'k') this.wish('');
    else if (event.key === 'Escape' && !document.querySelector('dialog[open]')) this.#escape();
    else if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && event.key === 'n') this.wish('');
    else if (!typing && event.key === '?') this.show('keys');
    else return;
    event.preventDefault();
  }

  #escape() {
    const menu = this.querySelector('details.menu[open]');
    if (menu) menu.removeAttribute('open');
    else if (this.drawer) this.go('talk');
    else /** @type {HTMLElement | null} */ (this.querySelector('#w'))?.focus();
  }

  #step(by) {
    const links = /** @type {HTMLAnchorElement[]} */ ([...this.querySelectorAll('a.topic')]);
    const at = links.findIndex((link) => link.getAttribute('aria-current'));
    const to = links[Math.max(0, Math.min(links.length - 1, at + by))];
    if (to) location.hash = new URL(to.href).hash;
  }

  #focusPane(index) {
    this.go(['topics', 'talk', 'outcome'][index]);
    const wanted = ['.topic[aria-current], .topic, .ask .box', '#w', '#outcome-title'][index];
    this.updateComplete.then(() => /** @type {HTMLElement | null} */ (this.querySelector(wanted))?.focus());
  }

  #closeMenus(target) {
    for (const menu of this.querySelectorAll('details.menu[open]')) if (!menu.contains(target)) menu.removeAttribute('open');
  }

  // -- what is seen

  #banner() {
    const { session } = this;
    if (session.state !== 'lost' || Date.now() - this.#since < 300) return html`<div role="status"></div>`;
    const seconds = Math.max(0, Math.round((session.retryAt - Date.now()) / 1000));
    if (seconds > 0) setTimeout(() => this.requestUpdate(), 1000);
    return html`<div role="status"><div class="banner" data-testid="banner">${icon('offline')}
      <p><b>You are offline.</b> <span aria-hidden="true">${seconds ? html`Trying again in <span class="num">${seconds} s</span>.` : 'Trying again now.'}</span> What you write is kept.</p>
      <button class="btn s" type="button" @click=${() => session.tryNow()}>Try now</button></div></div>`;
  }

  #headState() {
    const { topic, now } = this;
    const offline = this.session.state !== 'online';
    const people = this.room.state === 'in' ? this.room.occupants.size - (this.hasReporter(this.room) ? 1 : 0) : 0;
    if (topic.state === 'live' && offline) return html`<span>Live at ${clock(this.lostAt)}</span>`;
    if (topic.state === 'live') return html`<span class="lv">Live</span><span>${count(Math.max(people, 1), 'person', 'people')} here</span>${topic.start && topic.start <= now ? html`<span class="num">since ${clock(topic.start)}</span>` : nothing}`;
    if (topic.state === 'planned') return html`<span>${topic.start ? when(topic.start, now) : 'Starts when the first guest arrives'}</span>`;
    if (topic.state === 'published') return html`<span>Published</span>${topic.document ? html`<a href=${topic.document} target="_blank" rel="noopener">Open the document</a>` : nothing}`;
    return html`<span>Ended, not published yet</span>`;
  }

  #head() {
    const { topic, room, client } = this;
    const here = [...room.occupants.keys()].sort((a, b) => a.localeCompare(b));
    const faces = here.filter((nick) => !this.isReporter(room, nick)).slice(0, 4);
    const outcome = client.outcomes.get(topic.id);
    return html`<header class="head"><button class="ico drawer" type="button" aria-label="Topics" aria-expanded=${this.drawer} @click=${() => { this.drawer = !this.drawer; this.requestUpdate(); }}>${icon('topics')}</button>
      <h2 id="talk-title" dir="auto" tabindex="-1">${topic.name}</h2><div class="sub">${this.#headState()}${outcome ? html`<span>${outcome.label}</span>` : nothing}</div>
      <div class="do"><button class="stack" type="button" aria-label="Here: ${here.join(', ') || 'nobody yet'}" data-testid="people" @click=${() => this.show('people')}>
        ${faces.map((nick) => html`<span class="av ${tint(nick)}" aria-hidden="true">${initial(nick)}</span>`)}${this.hasReporter(room) ? html`<span class="av r" aria-hidden="true">${mark()}</span>` : nothing}
        ${here.length ? nothing : html`<span class="av" aria-hidden="true">${icon('people')}</span>`}</button>
      <button class="btn s" type="button" data-testid="invite" @click=${() => this.wish('', topic)}>${icon('people')}Invite</button>
      ${topic.state === 'live' && this.isOwner ? html`<button class="btn s opt" type="button" @click=${() => this.#try(client.end(topic.id), 'The meeting goes on.')}>End meeting</button>` : nothing}
      <details class="menu"><summary class="ico" aria-label="More for this topic">${icon('more')}</summary><menu>
        <li><button type="button" @click=${(e) => this.menu(e, () => this.wish('', topic))}>${icon('mail')}Invite</button></li>
        <li><button type="button" @click=${(e) => this.menu(e, () => this.show('people'))}>${icon('people')}People</button></li>
        <li><button type="button" @click=${(e) => this.menu(e, () => this.rename(topic))}>${icon('pen')}Rename</button></li>
        <li><button type="button" @click=${(e) => this.menu(e, () => this.move(topic))}>${icon('clock')}Change the time</button></li>
        <li><button type="button" @click=${(e) => this.menu(e, () => this.#try(client.record(topic.id, !room.onRecord), 'The record stays as it was.'))}>${icon('lock')}${room.onRecord ? 'Go off the record' : 'Back on the record'}</button></li>
        ${topic.state === 'live' && this.isOwner ? html`<li><button type="button" @click=${(e) => this.menu(e, () => this.#try(client.end(topic.id), 'The meeting goes on.'))}>${icon('check')}End meeting</button></li>` : nothing}
        ${this.isOwner ? html`<li><button class="danger" type="button" @click=${(e) => this.menu(e, () => this.remove(topic))}>${icon('close')}Delete</button></li>` : nothing}</menu></details></div></header>`;
  }

  #talk() {
    const { topic, client, session } = this;
    if (topic) return html`<section class="pane talk" id="talk" aria-labelledby="talk-title">${this.#head()}<ccm-talk .app=${this} .tick=${this.#tick}></ccm-talk></section>`;
    const drawer = html`<button class="ico drawer" type="button" aria-label="Topics" @click=${() => { this.drawer = true; this.requestUpdate(); }}>${icon('topics')}</button>`;
    if (!client.listed || (this.route.topic && this.#loading.has(this.route.topic))) return html`<section class="pane talk" id="talk" aria-label="Talk">${this.slow && session.state !== 'lost' ? html`<div class="nobody"><p>Connecting…</p></div>` : nothing}</section>`;
    if (this.route.topic) return html`<section class="pane talk" id="talk" aria-label="Talk">${drawer}<div class="nobody"><p>That topic is not among yours. It may have been deleted, or the invitation is for another address.</p><a class="btn" href="#/">To my topics</a></div></section>`;
    const first = !client.topics.size;
    return html`<section class="pane talk" id="talk" aria-labelledby="hero">${drawer}<div class="hero"><h2 id="hero">Whom do you want to talk something through with?</h2>${wishDoor(this, 'An e-mail address is enough')}
      ${first ? html`<div class="try">${TRY.map(([words, what]) => html`<button type="button" @click=${() => this.wish(words)}><span>${words}<small>${what}</small></span>${icon('arrow')}</button>`)}</div>` : nothing}</div>${this.notes.shown ? html`<div class="foot">${this.toastView()}</div>` : nothing}</section>`;
  }

  #tabs() {
    const unread = [...this.client.topics.values()].reduce((sum, topic) => sum + this.counts(topic).unread, 0);
    const tab = (pane, name, words, n = 0) => html`<a href=${location.hash || '#/'} aria-current=${this.pane === pane ? 'page' : nothing} @click=${(e) => { e.preventDefault(); this.go(pane); }}>${icon(name)}${words}
      ${n ? html`<span class="n" aria-hidden="true">${n}</span><span class="vh">, ${n} unread</span>` : nothing}</a>`;
    return html`<nav class="tabs" aria-label="Parts of the dashboard">${tab('topics', 'topics', 'Topics', unread)}${tab('talk', 'talk', 'Talk')}${tab('outcome', 'record', 'Outcome')}</nav>`;
  }

  render() {
    const { session } = this;
    if (session.state === 'out' || (session.state === 'connecting' && !session.account)) return html`<ccm-sign-in .session=${session}></ccm-sign-in>`;
    const skip = this.topic ? html`<a class="skip" href="#w" @click=${(e) => { e.preventDefault(); /** @type {any} */ (this.querySelector('#w'))?.focus(); }}>Skip to writing</a>` : nothing;
    return html`${skip}
      <div class="frame" data-pane=${this.pane} ?data-drawer=${this.drawer} data-testid="dashboard" data-state=${session.state}>${this.#banner()}
      <main class="app"><h1 class="vh">${this.topic?.name ?? 'Topics'}, CCM</h1>${topicsPane(this)}${this.drawer ? html`<button class="veil" type="button" aria-label="Close the topics" @click=${() => this.go('talk')}></button>` : nothing}${this.#talk()}${outcomePane(this)}</main>${this.#tabs()}</div>
      <ccm-wish .app=${this}></ccm-wish><ccm-ask .app=${this} .tick=${this.#tick}></ccm-ask>
      ${session.state === 'over' ? html`<dialog class="small over" aria-labelledby="sign-in-title" @cancel=${(e) => e.preventDefault()}><div class="panel"><ccm-sign-in over .session=${session}></ccm-sign-in></div></dialog>` : nothing}`;
  }
}

customElements.define('ccm-app', App);
