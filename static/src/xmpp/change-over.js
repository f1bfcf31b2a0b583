/**
 * When a session changes over from BOSH to WebSocket: as soon as nothing is being asked, since what loads first comes first; after
 * one that ended or did not come about, ten times as long after the next sign-in. How: moving.js, which is loaded then.
 */
const QUIET_SECONDS = 3;

/** @returns {Promise<any>} nothing if the file is gone: the server was replaced, and this page goes on as it does */
const moving = () => import('./moving.js').catch(() => ({}));

export class ChangeOver {
  #timer = /** @type {any} */ (null);
  #spoke = 0;
  #times = 0;

  /** @param {import('./moving.js').Way} way without an address, nothing is done */
  constructor(way) {
    this.way = way;
  }

  /** Something was asked. */
  spoke() {
    this.#spoke = this.way.clock.now();
  }

  /** @param {any} conn that the session speaks through now @param {number} [seconds] */
  plan(conn, seconds = QUIET_SECONDS * 10 ** this.#times) {
    if (!this.way.url || conn.kept) return;
    this.#timer = this.way.clock.setTimeout(() => {
      if (this.way.clock.now() < this.#spoke + QUIET_SECONDS * 1000) this.plan(conn, QUIET_SECONDS);
      else this.#begin(conn);
    }, seconds * 1000);
  }

  stop() {
    this.way.clock.clearTimeout(this.#timer);
  }

  /** @param {any} kept by which another page's connection is taken up @returns {Promise<any>} what does that, `null` if nothing can */
  async stream(kept) {
    const { Stream } = await moving();
    return Stream && this.way.url && this.way.token() ? new Stream(this.way, kept) : null;
  }

  async #begin(conn) {
    this.#times += 1;
    const { changeOver } = await moving();
    if (changeOver && this.way.token() && !conn.dropped) changeOver(conn, this.way);
  }
}
