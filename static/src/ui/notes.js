/**
 * What must be told: the newest stands as a toast in the flow above the composer until it was read; all stay in the log.
 */
import { html, nothing } from 'lit';
import { day, clock, failure } from '../words.js';
import { icon } from './icons.js';

const SHOWN_MS = 12_000;
const SAME_MS = 60_000;
const MAX_KEPT = 100;
const KEY = 'ccm-notes';

/**
 * @typedef {{at: Date, topic: string, text: string, kind: 'correction' | 'said' | 'failed', code: string, was: string, other: string, invitee: string, made: boolean,
 *   before: {name: string, start: string} | null}} Told
 */

export class Notes {
  /** @type {Told | null} */ shown = null;
  /** @type {Told[]} */ all = [];
  #timer = 0;
  #held = false;

  /** @param {any} app @param {Storage} store */
  constructor(app, store) {
    this.app = app;
    this.store = store;
    try {
      this.all = JSON.parse(store.getItem(KEY) ?? '[]').map((n) => ({ ...n, at: new Date(n.at) }));
    } catch {
      this.all = [];
    }
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
    const known = this.all.find((n) => n.text === text && now.getTime() - n.at.getTime() < SAME_MS);
    if (known) Object.assign(known, Object.fromEntries(Object.entries(note).filter(([, value]) => value)), { text });
    const told = known ?? { at: now, kind: 'said', code: '', was: '', other: '', invitee: '', made: false, before: null, topic: this.app.topic?.id ?? '', ...note, text };
    if (!told.topic) told.topic = this.app.topic?.id ?? '';
    if (!known) {
      this.all = [...this.all, told].slice(-MAX_KEPT);
      this.shown = told;
    }
    this.store.setItem(KEY, JSON.stringify(this.all));
    this.#count();
    this.app.requestUpdate();
  }

  forget() {
    this.all = [];
    this.shown = null;
    this.store.removeItem(KEY);
  }

  close() {
    this.shown = null;
    clearTimeout(this.#timer);
    this.app.requestUpdate();
  }

  // A toast stays at least ten seconds, longer while it is looked at; a failure until it is closed.
  #count() {
    clearTimeout(this.#timer);
    if (!this.shown || this.shown.kind === 'failed' || this.#held) return;
    this.#timer = window.setTimeout(() => (document.hidden ? this.#count() : this.close()), SHOWN_MS);
  }

  #hold(held) {
    this.#held = held;
    this.#count();
  }

  /** Take back what the shown note told. */
  async undo() {
    const note = this.shown;
    if (!note || !this.#canUndo(note)) return;
    this.close();
    const { client } = this.app;
    try {
      if (note.invitee) await client.revoke(note.invitee);
      if (note.made && note.topic) await client.delete(note.topic);
      else if (note.before && note.code.startsWith('time')) await client.reschedule(note.topic, note.before.start);
      else if (note.before && note.code.startsWith('name')) await client.rename(note.topic, note.before.name);
    } catch (error) {
      this.tell({ kind: 'failed', topic: note.topic, text: failure(error, 'It is not undone.') });
    }
  }

  #canUndo(note) {
    if (note.made || note.invitee) return Boolean(note.topic);
    return (note.code.startsWith('time') && Boolean(note.before?.start)) || (note.code.startsWith('name') && Boolean(note.before?.name));
  }

  #change(note) {
    const topic = this.app.client.topics.get(note.topic);
    if (!topic) return nothing;
    const change = note.code.startsWith('time') ? () => this.app.move(topic, note.was) : note.code.startsWith('name') ? () => this.app.rename(topic)
      : note.code.startsWith('address') || note.code === 'mail-failed' ? () => this.app.wish('', topic) : null;
    const verb = note.code.startsWith('name') ? 'Rename' : note.code.startsWith('time') ? 'Change' : 'Use another address';
    return change ? html`<button class="btn s opt" type="button" @click=${() => { this.close(); change(); }}>${verb}</button>` : nothing;
  }

  // Two readings of one phrase: the other one is one click away.
  #other(note) {
    const date = note.other && note.topic ? new Date(note.other) : null;
    if (!date || Number.isNaN(date.getTime())) return nothing;
    const take = async () => {
      this.close();
      try {
        await this.app.client.reschedule(note.topic, note.other);
      } catch (error) {
        this.tell({ kind: 'failed', topic: note.topic, text: failure(error, 'The time stays as it was.') });
      }
    };
    return html`<button class="btn s" type="button" @click=${take}>${day(date, new Date())}, ${clock(date)}</button>`;
  }

  /** The region exists from the start, so that it is announced; what it holds comes and goes. */
  view() {
    const note = this.shown;
    const failed = note?.kind === 'failed';
    return html`<div role=${failed ? 'alert' : 'status'} @mouseenter=${() => this.#hold(true)} @mouseleave=${() => this.#hold(false)} @focusin=${() => this.#hold(true)} @focusout=${() => this.#hold(false)}>
      ${note ? html`<div class="toast ${failed ? 'failed' : ''}" data-testid="toast">${icon(failed ? 'alert' : 'pen')}<p>${note.text}</p><span class="acts">
        ${this.#other(note)}${this.#canUndo(note) ? html`<button class="btn s" type="button" @click=${() => this.undo()}>Undo</button>` : nothing}${this.#change(note)}
        <button class="ico" type="button" aria-label="Close this note. It stays in the log" @click=${() => this.close()}>${icon('close')}</button></span></div>` : nothing}</div>`;
  }
}
