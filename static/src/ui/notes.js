/**
 * What must be told: the newest stands as a toast in the flow until it was read; all are kept, with what can be done about
 * them: undo, another reading, a change. What waits its turn at a busy component stands there too, and can be taken back.
 */
import { html, nothing } from 'lit';
import { clock, day } from '../words.js';
import { plural, t } from '../words/language.js';
import { icon } from './icons.js';

const SHOWN_MS = 12_000;
const SAME_MS = 60_000;
const MOMENT_MS = 3000;
const MAX_SHOWN = 3;
const UNDO_MS = 24 * 3_600_000;
const MAX_KEPT = 100;
const MAX_TURNS = 3;
const MAX_CHOICES = 3;
const BESIDE = 60; // characters that stand beside buttons on a phone

/**
 * @typedef {{at: Date, topic: string, text: string, kind: 'correction' | 'said' | 'failed', code: string, was: string, component: string, room: string,
 *   undo: string, alternatives: {id: string, label: string}[], settled: '' | 'undone' | 'chosen'}} Told
 */

/** What is so now, and what else there is to say of it: a phone leaves that to the log. @param {string} text @returns {[string, string]} */
export function parts(text) {
  const [, first, rest] = /^(.{12,}?[.?!][”“"]?)\s+(?=[\p{Lu}“„"])(.+)$/su.exec(text) ?? [];
  return first ? [first, rest] : [text, ''];
}

export class Notes {
  /** The newest, with those of the same moment and topic. @type {Told[]} */ shown = [];
  #all = /** @type {Told[]} */ ([]);
  #account = '';
  #timer = 0;
  #held = false;

  /** @param {any} app @param {Storage} store */
  constructor(app, store) {
    this.app = app;
    this.store = store;
  }

  get #key() {
    return `ccm-notes:${this.#account}`;
  }

  /** Those of who is signed in, oldest first. @returns {Told[]} */
  get all() {
    const { account } = this.app.session;
    if (account !== this.#account) {
      this.#account = account;
      this.#all = this.#load();
    }
    return this.#all;
  }

  of(topic) {
    return this.all.filter((note) => note.topic === topic);
  }

  /**
   * The same words within a minute are one note: what a component says in the chat and in its answer. The answer knows
   * more, so it adds to the note.
   * @param {Partial<Told> & {text: string}} note
   */
  tell(note) {
    const text = note.text.trim();
    if (!text) return;
    const now = new Date();
    const known = this.all.find((n) => n.text === text && (n.undo ? n.undo === note.undo : now.getTime() - n.at.getTime() < SAME_MS));
    const given = Object.fromEntries(Object.entries(note).filter(([, value]) => value && !(Array.isArray(value) && !value.length)));
    const told = known ?? { at: now, kind: 'said', code: '', was: '', component: '', room: '', undo: '', alternatives: [], settled: '', topic: '', text };
    Object.assign(told, given, { text });
    if (!told.topic && !told.room) told.topic = this.app.topic?.id ?? '';
    if (!known) {
      this.#all = [...this.all, told].slice(-MAX_KEPT);
      this.#present(told);
    }
    this.#save();
    this.#count();
    this.app.requestUpdate();
  }

  forget() {
    this.store.removeItem(this.#key);
    this.#all = [];
    this.shown = [];
  }

  // What one request brought about stands together: a day that was read in two ways is not hidden by who was invited.
  #present(told) {
    const last = this.shown.at(-1);
    const together = last && last.topic === told.topic && last.kind !== 'failed' && told.kind !== 'failed' && told.at.getTime() - last.at.getTime() < MOMENT_MS;
    this.shown = together ? [...this.shown, told].slice(-MAX_SHOWN) : [told];
  }

  close() {
    this.shown = [];
    clearTimeout(this.#timer);
    this.app.requestUpdate();
  }

  #load() {
    try {
      return JSON.parse(this.store.getItem(this.#key) ?? '[]').map((n) => ({ ...n, at: new Date(n.at) }));
    } catch {
      return [];
    }
  }

  #save() {
    if (this.#account) this.store.setItem(this.#key, JSON.stringify(this.#all));
  }

  // A toast stays at least ten seconds, longer while it is looked at; a failure until it is closed.
  #count() {
    clearTimeout(this.#timer);
    if (!this.shown.length || this.#failed || this.#held) return;
    this.#timer = window.setTimeout(() => (document.hidden ? this.#count() : this.close()), SHOWN_MS);
  }

  get #failed() {
    return this.shown.some((note) => note.kind === 'failed');
  }

  #hold(held) {
    this.#held = held;
    this.#count();
  }

  // -- second thoughts

  /** @param {Told} note */
  canUndo(note) {
    return Boolean(note.undo) && !note.settled && Date.now() - note.at.getTime() < UNDO_MS;
  }

  /** The one that is seen, else the newest that can be undone. */
  undoLast() {
    const note = this.shown.findLast((one) => this.canUndo(one)) ?? this.all.findLast((one) => this.canUndo(one));
    if (note) this.undo(note);
  }

  /** @param {Told} note */
  undo(note) {
    const [kind, , words] = note.undo.split(':', 3);
    const done = kind === 'orders' ? this.app.deeds.orders(note.topic, words.split(';')) : this.app.client.undo(note.component, note.undo);
    return this.#settle(note, 'undone', done, t`It is not undone.`);
  }

  /** @param {Told} note @param {{id: string}} alternative */
  choose(note, alternative) {
    return this.#settle(note, 'chosen', this.app.client.choose(note.component, note.undo, alternative.id), t`It stays as it was.`);
  }

  // All corrections of one request are undone together.
  async #settle(note, how, promise, what) {
    this.shown = this.shown.filter((one) => one.undo !== note.undo);
    const same = this.all.filter((one) => one.undo === note.undo);
    for (const one of same) one.settled = how;
    this.#save();
    this.app.requestUpdate();
    const done = await this.app.deeds.attempt(promise, what, note.topic);
    if (!done) for (const one of same) one.settled = '';
    this.#save();
    this.app.requestUpdate();
  }

  // -- what is seen

  #change(note) {
    const topic = this.app.client.topics.get(note.topic);
    const kind = /^(name|time|address)/u.exec(note.code)?.[1] ?? (note.code === 'mail-failed' ? 'address' : '');
    if (!topic || !kind || note.settled) return nothing;
    const [verb, run] = {
      name: [t`Rename`, () => this.app.deeds.rename(topic)],
      time: [t`Change`, () => this.app.deeds.move(topic, note.was)],
      address: [t`Use another address`, () => this.app.wish('', topic)],
    }[kind];
    return html`<button class="btn s opt" type="button" @click=${() => { this.close(); run(); }}>${verb}</button>`;
  }

  // Where one is needs no name.
  #words(note) {
    const { topic } = this.app;
    const text = topic && topic.id === note.topic ? note.text.replace(` to ${topic.name}.`, '.') : note.text;
    const [first, rest] = note.kind === 'failed' || note.alternatives.length ? [text, ''] : parts(text);
    return html`<p class=${first.length > BESIDE ? 'long' : ''} dir="auto">${first}${rest ? html` <span class="rest">${rest}</span>` : nothing}</p>`;
  }

  #open(note) {
    const topic = note.room ? [...this.app.client.topics.values()].find((one) => one.room === note.room) : this.app.client.topics.get(note.topic);
    if (!topic || topic.id === this.app.route.topic) return nothing;
    return html`<a class="btn s" href="#/t/${topic.id}" data-testid="open" @click=${() => { this.close(); this.app.go('talk'); }}>${t`Open`}</a>`;
  }

  /** What can be done about a note, wherever it stands. @param {Told} note @param {boolean} [undo] whether Undo stands here */
  actions(note, undo = true) {
    if (note.settled) return html`<span class="hint">${note.settled === 'undone' ? t`Undone` : t`Changed since`}</span>`;
    const may = this.canUndo(note);
    return html`${may ? note.alternatives.slice(0, MAX_CHOICES).map((one) => html`<button class="btn s" type="button" data-testid="alternative" @click=${() => this.choose(note, one)}>${one.label}</button>`) : nothing}
      ${may && undo ? html`<button class="btn s" type="button" data-testid="undo" @click=${() => this.undo(note)}>${t`Undo`}</button>` : nothing}`;
  }

  // It may have gone out since it was drawn.
  #takeBack(turn) {
    if (!turn.takeBack()) this.tell({ text: t`${turn.what} has gone out already.` });
  }

  #turn(turn) {
    const seconds = Math.max(1, Math.round((turn.due - Date.now()) / 1000));
    return html`<div class="toast waiting" data-testid="turn">${icon('hourglass')}<p>${turn.out ? t`${turn.what} has gone out; the answer is not here yet.` : plural(seconds, '{1} waits its turn, at most # second.', '{1} waits its turn, at most # seconds.', turn.what)}</p>
      ${turn.out ? nothing : html`<span class="acts"><button class="btn s" type="button" @click=${() => this.#takeBack(turn)}>${t`Take it back`}</button></span>`}</div>`;
  }

  #turns() {
    const { waiting } = this.app.client.components;
    const rest = waiting.length - MAX_TURNS;
    if (waiting.length) this.app.soon();
    return html`${waiting.slice(0, MAX_TURNS).map((turn) => this.#turn(turn))}${rest > 0 ? html`<p class="hint">${plural(rest, '# more request waits.', '# more requests wait.')}</p>` : nothing}`;
  }

  /** The region exists from the start, so that it is announced; what it holds comes and goes. */
  view() {
    const failed = this.#failed;
    const { shown } = this;
    const calm = !failed && !shown.some((note) => this.canUndo(note));
    const last = (note) => shown.findLast((one) => one.undo === note.undo) === note;
    return html`<div role=${failed ? 'alert' : 'status'} @mouseenter=${() => this.#hold(true)} @mouseleave=${() => this.#hold(false)} @focusin=${() => this.#hold(true)} @focusout=${() => this.#hold(false)}>
      ${shown.length ? html`<div class="toast ${failed ? 'failed' : ''} ${calm ? 'calm' : ''}" data-testid="toast">${icon(failed ? 'alert' : shown[0].room ? 'mail' : 'pen')}
        <div class="notes">${shown.map((note) => html`<div class="note">${this.#words(note)}<span class="acts">${this.#open(note)}${this.actions(note, last(note))}${this.#change(note)}</span></div>`)}</div>
        <button class="ico" type="button" aria-label=${t`Close this note. It stays in the log`} @click=${() => this.close()}>${icon('close')}</button></div>` : nothing}</div>
      <div role="group" aria-label=${t`What waits its turn`}>${this.#turns()}</div>`;
  }

  /** The whole log, newest first. */
  log() {
    const all = [...this.all].reverse();
    if (!all.length) return html`<p class="hint">${t`Nothing yet. When I guess a name, a time or an address, it stands here with a way back for a day.`}</p>`;
    const name = (id) => this.app.client.topics.get(id)?.name;
    return html`<ol class="told">${all.map((note) => html`<li data-testid="told" data-settled=${note.settled || nothing}><p dir="auto">${note.text}</p>
      <div class="meta"><time datetime=${note.at.toISOString()}>${day(note.at, this.app.now)}, ${clock(note.at)}</time>${name(note.topic) ? html`<span dir="auto">${name(note.topic)}</span>` : nothing}
      <span class="acts">${this.actions(note)}</span></div></li>`)}</ol>`;
  }
}
