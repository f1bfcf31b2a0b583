/**
 * What was said here and the room has not reflected yet: kept over a reload, watched while it is on its way, dropped when
 * it came back. Sends nothing itself.
 */

const SLOW_SECONDS = 5;
const DOUBT_SECONDS = 15;
const FAILED_SECONDS = 60;

/**
 * @typedef {import('./room-log.js').Line} Line
 * @typedef {{originId: string, body: string, at: number, failed?: boolean, replaces?: string,
 *   reply?: import('./replies.js').Reply | null, file?: import('./replies.js').SharedFile | null}} Unsent *replaces*: what it corrects
 */

export class Outbox {
  /** @type {Line[]} */ lines = [];
  #timer = /** @type {any} */ (null);

  /**
   * @param {object} options
   * @param {string} options.jid of the room
   * @param {string} options.nick
   * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} options.store
   * @param {import('./session.js').Clock} options.clock
   */
  constructor({ jid, nick, store, clock }) {
    this.store = store;
    this.clock = clock;
    this.key = `ccm-unsent:${jid}`;
    this.lines = this.#load().map((unsent) => line(unsent, nick, unsent.failed ? 'failed' : 'kept', false));
  }

  /** @param {Line} added */
  add(added) {
    this.lines.push(added);
    this.save();
  }

  /** @param {Line} removed */
  remove(removed) {
    this.lines = this.lines.filter((other) => other !== removed);
    this.save();
  }

  /** One of mine has come back. @param {import('./read.js').RoomMessage} message @param {string} nick @returns {boolean} whether it was waited for */
  settle(message, nick) {
    const id = message.originId || (message.nick === nick && message.clientId);
    const index = this.lines.findIndex((other) => other.originId === id);
    if (index < 0) return false;
    this.lines.splice(index, 1);
    this.save();
    return true;
  }

  /** The connection is gone: what was on its way waits. */
  hold() {
    for (const one of this.lines) if (one.state !== 'failed') one.state = 'kept';
  }

  /**
   * Two looks at what is on its way: after 5 s it is slow, after 15 s there is doubt whether the room has us.
   * @param {() => void} doubt
   * @param {() => void} changed
   */
  watch(doubt, changed) {
    this.clock.clearTimeout(this.#timer);
    this.#timer = this.clock.setTimeout(() => {
      const now = this.clock.now();
      const age = (one) => (now - (one.sentAt ?? now)) / 1000;
      const waiting = this.lines.filter((one) => one.state === 'sending' || one.state === 'slow');
      for (const one of waiting) {
        if (age(one) >= FAILED_SECONDS) one.state = 'failed';
        else if (age(one) >= SLOW_SECONDS) one.state = 'slow';
      }
      if (waiting.some((one) => age(one) >= DOUBT_SECONDS && age(one) < FAILED_SECONDS)) doubt();
      if (!waiting.length) return;
      this.save();
      changed();
      this.watch(doubt, changed);
    }, SLOW_SECONDS * 1000);
  }

  save() {
    if (!this.lines.length) return this.store.removeItem(this.key);
    const unsent = this.lines.map((one) => ({ originId: one.originId, body: one.body, at: one.at.getTime(), failed: one.state === 'failed', replaces: one.replaces, reply: one.reply, file: one.file }));
    this.store.setItem(this.key, JSON.stringify(unsent));
  }

  /** @returns {Unsent[]} */
  #load() {
    try {
      const kept = JSON.parse(this.store.getItem(this.key) ?? '[]');
      return Array.isArray(kept) ? kept.filter((one) => one.originId && one.body) : [];
    } catch {
      return [];
    }
  }
}

/** @param {Unsent} unsent @param {string} nick @param {Line['state']} state @param {boolean} offRecord @returns {Line} */
export function line({ originId, body, at, replaces = '', reply = null, file = null }, nick, state, offRecord) {
  return {
    key: originId, id: '', originId, clientId: originId, nick, body, at: new Date(at), mine: true, state, why: '',
    replaces, edited: Boolean(replaces), withdrawn: false, offRecord, reactions: new Map(), reply, file,
  };
}
