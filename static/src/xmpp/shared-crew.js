/**
 * The books of the tab that holds the session: which tabs speak through it, which of them is in which room, and what a
 * tab that comes later must be told.
 *
 * All tabs have one address, so a room is entered for all of them by the first and left for all by the last (XEP-0045).
 */
import { NS } from './names.js';
import { attr, bare, kid, resource } from './xml.js';

const MAX_PRESENCES = 200;

export class Crew {
  /** Tabs other than the holder's own. @type {Set<string>} */ members = new Set();
  /** By bare address, the address it was entered under and the tabs that are in it. @type {Map<string, {full: string, tabs: Set<string>}>} */
  #rooms = new Map();
  #said = /** @type {Map<string, string>} */ (new Map());
  #presences = /** @type {Map<string, string>} */ (new Map());

  /** A new stream knows nothing of what was said on the one before. */
  anew() {
    this.#said.clear();
    this.#presences.clear();
    this.#rooms.clear();
  }

  /** Addresses that rooms were entered under. */
  get rooms() {
    return [...this.#rooms.values()].map(({ full }) => full);
  }

  /** What others showed of themselves, for a tab that was not there. */
  get presences() {
    return [...this.#presences.values()];
  }

  /** @param {string} tab @param {Element} stanza that it wants to send @param {string} text the same @returns {boolean} whether it is sent */
  sends(tab, stanza, text) {
    if (stanza.nodeName !== 'presence') return true;
    const [to, type] = [attr(stanza, 'to'), attr(stanza, 'type')];
    const room = this.#rooms.get(bare(to));
    if (kid(stanza, 'x', NS.muc)) {
      this.#rooms.set(bare(to), { full: to, tabs: new Set([...(room?.tabs ?? []), tab]) });
      return true;
    }
    if (type === 'unavailable' && room) return this.#leaves(tab, bare(to));
    if (this.#said.get(to) === text || (!to && !type && !stanza.firstChild && this.#said.has(to))) return false; // it says less than was said
    this.#said.set(to, text);
    return true;
  }

  /** @param {Element} stanza that came in @param {string} text the same */
  heard(stanza, text) {
    if (stanza.nodeName !== 'presence' || kid(stanza, 'x', NS.mucUser)) return;
    const from = attr(stanza, 'from');
    if (!from || ['subscribe', 'subscribed', 'error'].includes(attr(stanza, 'type'))) return;
    this.#presences.delete(from);
    this.#presences.set(from, text);
    if (this.#presences.size > MAX_PRESENCES) this.#presences.delete([...this.#presences.keys()][0]);
  }

  /** A tab is gone. @param {string} tab @returns {string[]} addresses of the rooms that nobody is in any more */
  gone(tab) {
    this.members.delete(tab);
    return [...this.#rooms].filter(([, { tabs }]) => tabs.has(tab)).filter(([jid]) => this.#leaves(tab, jid)).map(([, { full }]) => full);
  }

  /** @param {string} full address in a room @returns {boolean} whether any tab is in that room */
  isIn(full) {
    return this.#rooms.has(bare(full)) && Boolean(resource(full));
  }

  #leaves(tab, jid) {
    const room = this.#rooms.get(jid);
    room?.tabs.delete(tab);
    if (room?.tabs.size) return false;
    return this.#rooms.delete(jid);
  }
}
