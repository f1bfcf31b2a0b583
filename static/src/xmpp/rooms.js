/**
 * The rooms that are open in this tab: entered once, a bounded number of them, found again after a reload.
 */
import { Emitter } from './emitter.js';
import { Room } from './room.js';

const MAX_ROOMS = 12;
const ROOMS_KEY = 'ccm-rooms';

export class Rooms extends Emitter {
  /** By address. @type {Map<string, Room>} */ open = new Map();

  /**
   * @param {object} options
   * @param {import('./session.js').Session} options.session
   * @param {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} options.store
   * @param {import('./session.js').Clock} options.clock
   */
  constructor({ session, store, clock }) {
    super();
    this.session = session;
    this.store = store;
    this.clock = clock;
    let before = session.account;
    session.on('state', (state) => {
      if (state !== 'online' || session.account === before) return;
      // Who comes instead of somebody else finds nothing of theirs; a guest may have become an account.
      if (before.endsWith(`@${session.domain}`)) this.forget();
      before = session.account;
    });
  }

  /** @param {string} jid @param {string} nick @returns {Room} entered if it was not */
  enter(jid, nick) {
    const known = this.open.get(jid);
    if (known) return known;
    const room = new Room({ jid, nick, session: this.session, store: this.store, clock: this.clock });
    room.on('change', () => this.emit('change'));
    room.on('said', (line) => this.emit('said', room, line));
    this.open.set(jid, room);
    this.#limit(room);
    this.#keep();
    if (this.session.state === 'online') room.join();
    return room;
  }

  /** @param {string} jid */
  leave(jid) {
    this.open.get(jid)?.leave();
    this.open.delete(jid);
    this.#keep();
  }

  /** The rooms that were open before a reload. @returns {string[]} */
  get kept() {
    try {
      const kept = JSON.parse(this.store.getItem(ROOMS_KEY) ?? '[]');
      return Array.isArray(kept) ? kept : [];
    } catch {
      return [];
    }
  }

  /** Everything of this account is forgotten here. */
  forget() {
    for (const room of this.open.values()) {
      this.store.removeItem(`ccm-unsent:${room.jid}`);
      room.leave();
    }
    this.store.removeItem(ROOMS_KEY);
    this.open.clear();
  }

  #limit(newest) {
    for (const [jid, room] of this.open) {
      if (this.open.size <= MAX_ROOMS) return;
      if (room === newest || room.outbox.length) continue;
      room.leave();
      this.open.delete(jid);
    }
  }

  #keep() {
    this.store.setItem(ROOMS_KEY, JSON.stringify([...this.open.keys()]));
  }
}
