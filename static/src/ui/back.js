/**
 * Back closes what is open before it leaves the topic: the topmost dialogue, the drawer, a phone's other pane.
 *
 * While something is open one more entry stands in the history, with the address of the one below. It is left there when
 * what was open is closed otherwise, and passed over by the next Back.
 */

export class Back {
  #marked;
  #address;
  #skipping = false;

  /**
   * @param {object} options
   * @param {Pick<History, 'state' | 'pushState' | 'back'>} options.history
   * @param {() => string} options.address of the entry that is shown
   * @param {() => boolean} options.isOpen whether there is something to close
   * @param {() => void} options.close the topmost of it
   */
  constructor({ history, address, isOpen, close }) {
    this.history = history;
    this.address = address;
    this.isOpen = isOpen;
    this.close = close;
    this.#marked = this.#here;
    this.#address = address();
  }

  get #here() {
    return this.history.state?.ccm === 'open';
  }

  /** Something may have been opened. */
  look() {
    this.#marked = this.#here;
    if (this.#marked || !this.isOpen()) return;
    this.history.pushState({ ccm: 'open' }, '');
    this.#marked = true;
  }

  /** The browser shows another entry: by Back, or by a link. */
  moved() {
    const address = this.address();
    const left = this.#marked && address === this.#address;
    this.#marked = this.#here;
    this.#address = address;
    if (this.#skipping) this.#skipping = false;
    else if (this.#marked) this.#skip(!this.isOpen()); // one that was left behind
    else if (left && this.isOpen()) this.close();
    else if (left) this.history.back();
  }

  #skip(really) {
    if (!really) return;
    this.#skipping = true;
    this.history.back();
  }
}
