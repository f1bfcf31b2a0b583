/**
 * The Web Lock of an account: who of a browser's tabs has it holds the session. Waiting for it, taking it from whoever
 * does not answer, giving it up, and hearing that it was taken.
 */
const PREFIX = 'ccm-session:';

export class AccountLock {
  #waiting = /** @type {AbortController | null} */ (null);
  #release = () => {};
  #turn = 0;

  /**
   * @param {Pick<LockManager, 'request' | 'query'>} locks
   * @param {{held: (own: any) => void, robbed: () => void}} told *held*: the lock is ours; *robbed*: no longer
   */
  constructor(locks, told) {
    this.locks = locks;
    this.told = told;
  }

  /** Accounts that tabs of this browser hold sessions of. @returns {Promise<string[]>} */
  async accounts() {
    const { held = [] } = await this.locks.query();
    return held.map(({ name = '' }) => name).filter((name) => name.startsWith(PREFIX)).map((name) => name.slice(PREFIX.length));
  }

  /** @param {string} account @param {any} own @returns {Promise<boolean>} whether it was free, and is ours now */
  take(account, own) {
    return this.#request(account, { ifAvailable: true }, own);
  }

  /** @param {string} account @param {any} [own] @returns {Promise<boolean>} */
  steal(account, own) {
    this.leave();
    return this.#request(account, { steal: true }, own);
  }

  /** Be the next. @param {string} account */
  queue(account) {
    this.leave();
    const waiting = new AbortController();
    this.#request(account, { signal: waiting.signal });
    this.#waiting = waiting;
  }

  /** Wait no more, and give it up. */
  leave() {
    this.#turn += 1;
    this.#waiting?.abort();
    this.#waiting = null;
    this.#release();
    this.#release = () => {};
  }

  #request(account, how, own) {
    this.#turn += 1;
    const turn = this.#turn;
    return new Promise((resolve) => {
      const had = (lock) => {
        if (!lock || turn !== this.#turn) return resolve(false);
        const held = new Promise((release) => { this.#release = () => release(undefined); });
        this.told.held(own);
        resolve(true);
        return held;
      };
      this.locks.request(PREFIX + account, how, had).catch(() => {
        resolve(false);
        if (turn === this.#turn) this.told.robbed();
      });
    });
  }
}
