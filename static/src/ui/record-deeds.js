/**
 * What a person does to entries of the record, each with a way back: the reporter is given orders, everybody sees them in the
 * talk. Comes with the pane of the record.
 */
import { t } from '../words/language.js';
import { orders, tidy, told, wayBack } from './amend.js';
import { stateOf } from './record-state.js';

const READ_MS = 10_000;
const MAX_ANSWERED = 4;

/** @typedef {import('../xmpp/read.js').Entry} Entry */

/** What the reporter calls an attribute. @param {string} name */
const called = (name) => name.replaceAll('_', ' ');

class RecordDeeds {
  /** @param {any} app */
  constructor(app) {
    this.app = app;
  }

  get #deeds() {
    return this.app.deeds;
  }

  #tellBack(topic, text, back) {
    this.app.notes.tell({ kind: 'correction', topic: topic.id, text, component: 'reporter', undo: `orders:${Date.now()}:${back.join(';')}` });
  }

  /** The entry once the reporter has done it, or as it stands after a while. @returns {Promise<import('../xmpp/read.js').Entry | undefined>} */
  #read(topic, entry, done) {
    const find = () => this.app.client.outcomes.get(topic.id)?.entries.find((e) => e.id === entry.id);
    return new Promise((resolve) => {
      const look = () => {
        if (!done(find())) return;
        clearTimeout(timer);
        off();
        resolve(find());
      };
      const timer = setTimeout(() => { off(); resolve(find()); }, READ_MS);
      const off = this.app.client.on('outcome', look) ?? (() => {});
      look();
    });
  }

  /** @param {import('../xmpp/read.js').Entry} entry @param {{text: string, owner?: string, due?: string}} wish */
  async amend(topic, entry, wish) {
    const given = [];
    for (const words of orders(entry, wish, this.app.now)) if (await this.#deeds.order(topic, words, t`${entry.id} stands as it was.`)) given.push(words);
    if (!given.length || this.app.session.state !== 'online') return;
    const differs = (now) => !now || given.every((words) => ({ '#edit': now.text !== entry.text, '#assign': now.owner !== entry.owner, '#due': now.due !== entry.due }[words.split(' ')[0]]));
    const now = await this.#read(topic, entry, differs);
    if (now) this.#tellBack(topic, told(entry, now, wish, this.app.now), wayBack(entry, given));
    await this.#goOn(entry.id);
  }

  /** Say in the talk what an attribute should say. @param {{id: string, text: string}} line @param {{text: string}} wish */
  reword(line, wish) {
    const text = tidy(wish.text);
    if (text && text !== tidy(line.text)) this.app.room?.say(`Reporter, change the ${called(line.id)} to: ${text}`);
  }

  /** Say in the talk that an attribute says nothing. @param {string} name */
  unsay(name) {
    this.app.room?.say(`Reporter, drop the ${called(name)}.`);
  }

  /** Put an entry before or after another one of its heading. @param {'before' | 'after'} side */
  async place(topic, entry, other, side) {
    if (!(await this.#deeds.order(topic, `#move ${entry.id} ${side} ${other.id}`, t`${entry.id} stays where it is.`))) return;
    const before = this.app.client.outcomes.get(topic.id)?.entries;
    await this.#read(topic, entry, () => this.app.client.outcomes.get(topic.id)?.entries !== before);
    await this.app.updateComplete;
    this.app.spoken = side === 'before' ? t`${entry.id} stands before ${other.id}.` : t`${entry.id} stands after ${other.id}.`;
    this.app.requestUpdate();
    /** @type {HTMLElement | null} */ (this.app.querySelector(`[data-entry="${entry.id}"] .say`))?.focus();
  }

  /** @param {'done' | 'reopen' | 'cancel'} how */
  async turn(topic, entry, how) {
    const words = { done: t`${entry.id} is done.`, reopen: t`${entry.id} is open again.`, cancel: t`${entry.id} is cancelled.` }[how];
    if (await this.#deeds.order(topic, `#${how} ${entry.id}`, t`${entry.id} stands as it was.`)) this.#tellBack(topic, words, [`#restore ${entry.id}`]);
  }

  async drop(topic, entry) {
    if (await this.#deeds.order(topic, `#drop ${entry.id}`, t`${entry.id} stands as it was.`)) this.#tellBack(topic, t`${entry.id} is removed. What was said stays in the talk.`, [`#restore ${entry.id}`]);
  }

  /** Yes or no to what the reporter found or somebody proposed; the answers stand in the card with a way back. */
  async settle(topic, entries, verdict) {
    for (const entry of entries) {
      const done = await this.#deeds.order(topic, `#${verdict} ${entry.id}`, t`${entry.id} stands as it was.`);
      if (done) this.answered(topic, entry, verdict);
    }
    await this.#goOn(entries[0].id);
  }

  /** It stands in the card with a way back. */
  answered(topic, entry, verdict) {
    const { answered } = stateOf(this.app);
    const proposal = entry.kind === 'idea';
    const words = verdict === 'ok' ? (proposal ? t`${entry.id} is agreed` : t`${entry.id} is kept`) : (proposal ? t`${entry.id} is rejected` : t`${entry.id} is not kept`);
    const one = { id: entry.id, words, undo: [`#restore ${entry.id}`], at: Date.now() };
    answered.set(topic.id, [...(answered.get(topic.id) ?? []).filter((each) => each.id !== entry.id), one].slice(-MAX_ANSWERED));
    this.app.requestUpdate();
  }

  /** The button that had the focus may have gone with its card: on to what is asked next, else to what was answered. */
  async #goOn(id) {
    const { app } = this;
    await app.updateComplete;
    await app.querySelector('ccm-talk')?.updateComplete;
    if (document.activeElement !== document.body) return;
    /** @type {HTMLElement | null} */ (app.querySelector('[data-proposal] button') ?? app.querySelector(`[data-answer="${id}"] button`))?.focus();
  }

  /** Take an answer back. @param {import('./record-state.js').Answered} one */
  async unsettle(topic, one) {
    const { answered } = stateOf(this.app);
    const others = (answered.get(topic.id) ?? []).filter((each) => each !== one);
    if (await this.#deeds.attempt(this.#deeds.orders(topic.id, one.undo), t`${one.id} stands as it is.`, topic.id)) answered.set(topic.id, others);
    this.app.requestUpdate();
  }
}

const all = /** @type {WeakMap<object, RecordDeeds>} */ (new WeakMap());

/** @param {any} app */
export function deedsOf(app) {
  let deeds = all.get(app);
  if (!deeds) all.set(app, (deeds = new RecordDeeds(app)));
  return deeds;
}
