/**
 * A Web Lock for each tab, held as long as its page lives. Whoever waits for one learns that the tab is gone, whether it
 * said good-bye, crashed, or was thrown out of memory.
 */
const PREFIX = 'ccm-tab:';

export class TabLocks {
  #held = false;
  #watched = /** @type {Map<string, AbortController>} */ (new Map());

  /** @param {Pick<LockManager, 'request'>} locks @param {string} tab this one @param {(tab: string) => void} gone */
  constructor(locks, tab, gone) {
    this.locks = locks;
    this.tab = tab;
    this.gone = gone;
  }

  /** Be there, until the page goes. */
  hold() {
    if (this.#held) return;
    this.#held = true;
    this.locks.request(PREFIX + this.tab, () => new Promise(() => {}));
  }

  /** @param {string} tab whose end is to be told */
  watch(tab) {
    if (this.#watched.has(tab)) return;
    const waiting = new AbortController();
    this.#watched.set(tab, waiting);
    const ended = () => {
      this.#watched.delete(tab);
      this.gone(tab);
    };
    this.locks.request(PREFIX + tab, { signal: waiting.signal }, () => { if (!waiting.signal.aborted) ended(); }).catch((error) => {
      if (!waiting.signal.aborted) throw error;
    });
  }

  /** Watch nobody any more. */
  rest() {
    for (const waiting of this.#watched.values()) waiting.abort();
    this.#watched.clear();
  }
}
