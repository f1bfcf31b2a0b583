/**
 * The components as they show themselves by presence, and the turns that wait while one of them is busy.
 *
 * A busy component (`<show>dnd</show>`, docs/protocol.md) is spared: what a person asks of it waits until it is available
 * again, or for `PATIENCE_SECONDS`, and can be taken back meanwhile; what the page itself asks goes one by one. Nothing
 * that was accepted here is dropped: a component that refuses for now is asked again. A turn either waits here or is out:
 * once it is sent, only its answer settles it.
 */
import { Emitter } from './emitter.js';
import { RequestError } from './read.js';
import { attr, kid, text } from './xml.js';

export const PATIENCE_SECONDS = 30;
const AGAIN_SECONDS = 5;
const CALM_SECONDS = 1;
const SPREAD_SECONDS = 2;
const MAX_WAITING = 50;
const NAMES = ['topics', 'invitations', 'reporter'];

/**
 * @typedef {{state: 'here' | 'busy' | 'gone', since: number, words: string}} Component
 * @typedef {{component: string, what: string, since: number, due: number, out: boolean, takeBack: () => boolean}} Turn
 * *what*: for a person, as in "the invitation of kim@example.org"; `''` for the page's own; *due*: when it goes out at the
 * latest; *out*: it is sent, and not answered yet; *takeBack*: whether it was still here, and never goes out
 */

export class Components extends Emitter {
  #states = /** @type {Map<string, Component>} */ (new Map());
  #lines = /** @type {Map<string, any[]>} */ (new Map());
  #timers = /** @type {Map<string, any>} */ (new Map());
  #calm = /** @type {Map<string, any>} */ (new Map());
  #running = /** @type {Set<string>} */ (new Set());

  /** @param {import('./session.js').Session} session @param {import('./session.js').Clock} clock @param {() => number} [random] */
  constructor(session, clock, random = Math.random) {
    super();
    this.session = session;
    this.clock = clock;
    this.random = random;
  }

  /** @param {string} name */
  host(name) {
    return `${name}.${this.session.domain}`;
  }

  get hosts() {
    return NAMES.map((name) => this.host(name));
  }

  /** @param {string} jid @returns {string} the component of that address, `''` if it is none of them */
  named(jid) {
    return NAMES.find((name) => jid === this.host(name)) ?? '';
  }

  /** @param {string} name @returns {Component | undefined} */
  get(name) {
    return this.#states.get(name);
  }

  /** @param {string} name */
  busy(name) {
    return this.get(name)?.state === 'busy';
  }

  /** What people asked for and has no answer yet, oldest first. @returns {Turn[]} */
  get waiting() {
    return [...this.#lines.values()].flat().filter((turn) => turn.what).sort((a, b) => a.since - b.since);
  }

  /** @param {string} name @param {Element} stanza its presence */
  presence(name, stanza) {
    const type = attr(stanza, 'type');
    if (type && type !== 'unavailable') return;
    const state = type ? 'gone' : text(kid(stanza, 'show')) === 'dnd' ? 'busy' : 'here';
    const before = this.get(name);
    this.clock.clearTimeout(this.#calm.get(name));
    if (before?.state === 'busy' && state === 'here') return this.#calmed(name);
    const since = before?.state === state ? before.since : this.clock.now();
    this.#states.set(name, { state, since, words: text(kid(stanza, 'status')) });
    this.emit('change');
  }

  /** Nothing is known any more, and nothing waits. */
  forget() {
    for (const turn of this.waiting) turn.takeBack();
    for (const timer of this.#calm.values()) this.clock.clearTimeout(timer);
    this.#states = new Map();
  }

  /**
   * Ask now, or when its turn has come.
   * @template T
   * @param {string} name
   * @param {() => Promise<T>} send
   * @param {string} [what] for a person; the page's own requests have none
   * @returns {Promise<T>} rejects with RequestError `withdrawn` when it was taken back
   */
  turn(name, send, what = '') {
    const line = this.#lines.get(name) ?? [];
    if (!this.busy(name) && !line.length) return send();
    if (line.length >= MAX_WAITING) return Promise.reject(new RequestError('resource-constraint'));
    return new Promise((resolve, reject) => {
      const since = this.clock.now();
      const turn = { component: name, what, since, due: what ? since + PATIENCE_SECONDS * 1000 : since, out: false, send, resolve, reject, takeBack: () => this.#withdraw(turn) };
      this.#lines.set(name, [...line, turn]);
      this.emit('change');
      this.#pump(name);
    });
  }

  // Available again, unless it is busy again at once. All browsers notice at the same time, and need not ask at the same time.
  #calmed(name) {
    const seconds = CALM_SECONDS + this.random() * SPREAD_SECONDS;
    this.#calm.set(name, this.clock.setTimeout(() => {
      this.#states.set(name, { state: 'here', since: this.clock.now(), words: '' });
      for (const turn of this.#lines.get(name) ?? []) turn.due = 0;
      this.emit('change');
      this.#pump(name);
    }, seconds * 1000));
  }

  #withdraw(turn) {
    if (turn.out || !this.#lines.get(turn.component)?.includes(turn)) return false;
    this.#remove(turn);
    turn.reject(new RequestError('withdrawn'));
    return true;
  }

  #remove(turn) {
    this.#lines.set(turn.component, (this.#lines.get(turn.component) ?? []).filter((other) => other !== turn));
    this.emit('change');
  }

  // One at a time, what is due first.
  async #pump(name) {
    if (this.#running.has(name)) return;
    const [turn] = [...(this.#lines.get(name) ?? [])].sort((a, b) => a.due - b.due);
    this.clock.clearTimeout(this.#timers.get(name));
    if (!turn) return;
    if (this.session.state !== 'online') turn.due = Math.max(turn.due, this.clock.now() + AGAIN_SECONDS * 1000);
    const wait = turn.due - this.clock.now();
    if (wait > 0) return void this.#timers.set(name, this.clock.setTimeout(() => this.#pump(name), wait));
    this.#running.add(name);
    turn.out = true;
    this.emit('change');
    try {
      const answer = await turn.send();
      this.#remove(turn);
      turn.resolve(answer);
    } catch (error) {
      const refused = error instanceof RequestError && error.condition === 'resource-constraint';
      if (refused) {
        turn.due = this.clock.now() + AGAIN_SECONDS * 1000;
        turn.out = false;
        this.emit('change');
      } else {
        this.#remove(turn);
        turn.reject(error);
      }
    } finally {
      this.#running.delete(name);
    }
    this.#pump(name);
  }
}
