/**
 * What the others are told of one who writes: that it is so, again while it lasts, and its end once (XEP-0085 §5.1).
 */
const AGAIN_MS = 4000;
const PAUSE_MS = 10_000;

export class Writing {
  /** Since when they know. */ #since = 0;
  #pause = /** @type {any} */ (null);

  /**
   * @param {import('./session.js').Clock} clock
   * @param {(state: 'composing' | 'paused' | 'active') => void} tell
   */
  constructor(clock, tell) {
    this.clock = clock;
    this.tell = tell;
  }

  /** A key was struck. @param {boolean} words whether any stand there now */
  typed(words) {
    const now = this.clock.now();
    this.clock.clearTimeout(this.#pause);
    if (!words) return this.#rest('active');
    this.#pause = this.clock.setTimeout(() => this.#rest('paused'), PAUSE_MS);
    if (now - this.#since <= AGAIN_MS) return undefined;
    this.#since = now;
    return this.tell('composing');
  }

  /** The message itself says that its writing is over. */
  said() {
    this.clock.clearTimeout(this.#pause);
    this.#since = 0;
  }

  /** @param {'paused' | 'active'} state */
  #rest(state) {
    if (this.#since) this.tell(state);
    this.#since = 0;
  }
}
