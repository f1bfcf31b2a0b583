/**
 * How long to wait before the next attempt: doubling, capped, with jitter so that many browsers do not return at once.
 */
export class Backoff {
  #attempt = 0;

  /**
   * @param {{first?: number, cap?: number, random?: () => number}} [options] seconds
   */
  constructor({ first = 1, cap = 30, random = Math.random } = {}) {
    this.first = first;
    this.cap = cap;
    this.random = random;
  }

  /** @returns {number} seconds until the next attempt: between half and the whole of the doubled step */
  next() {
    const step = Math.min(this.cap, this.first * 2 ** this.#attempt);
    this.#attempt += 1;
    return step * (0.5 + this.random() / 2);
  }

  reset() {
    this.#attempt = 0;
  }
}
