/**
 * Whether the end of a log is followed: only if it was in view, and never against a reader who is on the way up. Whoever
 * begins to scroll is near the end still, and is not taken back there by whatever else makes the page draw. Pure.
 */
const NEAR = 40;
const BOTTOM = 2;

/** @typedef {Pick<HTMLElement, 'scrollTop' | 'scrollHeight' | 'clientHeight'>} Log */

export class LogEnd {
  /** Whether the end is in view, so that what comes is followed. */ there = true;
  #rising = false;
  #top = 0;
  #height = 0;
  #client = 0;
  #newest = /** @type {any} */ (undefined);

  /** It has moved. @param {Log} log @param {boolean} whole whether the newest row stands in the page */
  scrolled(log, whole) {
    const left = log.scrollHeight - log.scrollTop - log.clientHeight;
    if (this.#rise(log)) this.#rising = true;
    if (left < BOTTOM) this.#rising = false;
    this.there = whole && left < NEAR;
    this.#top = log.scrollTop;
    this.drawn(log);
  }

  /** @param {Log} log as large as it is now */
  drawn({ scrollHeight, clientHeight }) {
    this.#height = scrollHeight;
    this.#client = clientHeight;
  }

  /**
   * The event of a scroll comes after it: what is drawn in between, since another row is under the pointer now, knows only
   * the place.
   * @param {any} newest row
   * @param {Log} log
   * @returns {boolean} whether the log goes to its end now
   */
  pulls(newest, log) {
    const came = newest !== this.#newest;
    this.#newest = newest;
    const rise = this.#rise(log);
    return this.there && rise < NEAR && (came || !(rise || this.#rising));
  }

  // How far the reader went up since it was looked at; a log that grows or loses rows has no place for where it was.
  #rise({ scrollTop, scrollHeight, clientHeight }) {
    return clientHeight > this.#client || scrollHeight < this.#height ? 0 : Math.max(0, this.#top - scrollTop);
  }

  /** @param {Log} log */
  go(log) {
    this.there = true;
    this.#rising = false;
    log.scrollTop = log.scrollHeight;
    this.#top = log.scrollTop;
    this.drawn(log);
  }
}
