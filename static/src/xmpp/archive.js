/**
 * Pages of a room's archive (XEP-0313, paged by XEP-0059).
 */
import { $iq } from 'strophe.js';
import { NS } from './names.js';
import { readFin, readResult } from './read.js';

const PAGE = 50;

export class ArchivePages {
  #results = /** @type {Map<string, import('./read.js').RoomMessage[]>} */ (new Map());

  /** @param {string} jid of the room @param {Pick<import('./session.js').Session, 'request'>} session @param {() => string} newId */
  constructor(jid, session, newId) {
    this.jid = jid;
    this.session = session;
    this.newId = newId;
  }

  /** @param {Element} stanza @returns {boolean} whether it was a result, asked for or not */
  receive(stanza) {
    const result = readResult(stanza);
    if (result) this.#results.get(result.queryId)?.push(result.message);
    return Boolean(result);
  }

  /** @param {{before?: string, after?: string}} where */
  async page(where) {
    const queryId = this.newId();
    this.#results.set(queryId, []);
    const iq = $iq({ type: 'set', to: this.jid }).c('query', { xmlns: NS.mam, queryid: queryId });
    iq.c('set', { xmlns: NS.rsm }).c('max', {}, String(PAGE));
    const [name, value] = 'before' in where ? ['before', where.before] : ['after', where.after];
    if (value) iq.c(name, {}, value);
    else iq.c(name).up();
    try {
      const fin = readFin(await this.session.request(iq));
      return { messages: this.#results.get(queryId) ?? [], complete: fin.complete, lastId: fin.last };
    } finally {
      this.#results.delete(queryId);
    }
  }
}
