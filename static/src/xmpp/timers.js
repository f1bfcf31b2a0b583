/**
 * Timers by name: one of each at a time.
 */
export class Timers {
  #running = /** @type {Record<string, any>} */ ({});

  /** @param {import('./session.js').Clock} clock */
  constructor(clock) {
    this.clock = clock;
  }

  /** @param {string} name @param {number} seconds @param {() => void} f */
  set(name, seconds, f) {
    this.cancel(name);
    this.#running[name] = this.clock.setTimeout(f, seconds * 1000);
  }

  /** @param {string[]} names all when none is given */
  cancel(...names) {
    for (const name of names.length ? names : Object.keys(this.#running)) {
      this.clock.clearTimeout(this.#running[name]);
      delete this.#running[name];
    }
  }
}
