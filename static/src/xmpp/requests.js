/**
 * Requests that wait for their answer: each has an id, the address it went to and a time limit. Knows no connection.
 */
import { $iq } from 'strophe.js';
import { told } from './caps.js';
import { NS } from './names.js';
import { RequestError, readError } from './read.js';
import { attr, kid } from './xml.js';

export class Requests {
  #waiting = /** @type {Map<string, {resolve: Function, reject: Function, timer: any, to: string}>} */ (new Map());

  /** @param {import('./session.js').Clock} clock @param {() => string} newId */
  constructor(clock, newId) {
    this.clock = clock;
    this.newId = newId;
  }

  /**
   * @param {Element} iq gets an id
   * @param {number} seconds until it counts as unanswered
   * @returns {Promise<Element>} the result; rejects with RequestError
   */
  add(iq, seconds) {
    const id = this.newId();
    iq.setAttribute('id', id);
    return new Promise((resolve, reject) => {
      const timer = this.clock.setTimeout(() => {
        this.#waiting.delete(id);
        reject(new RequestError('timeout'));
      }, seconds * 1000);
      this.#waiting.set(id, { resolve, reject, timer, to: attr(iq, 'to') });
    });
  }

  /** @param {Element} iq a result or an error @param {string[]} own addresses that the server may answer from for us @returns {boolean} whether it was waited for */
  answer(iq, own) {
    const id = attr(iq, 'id');
    const waiting = this.#waiting.get(id);
    const from = attr(iq, 'from');
    if (!waiting || (waiting.to && from !== waiting.to && !own.includes(from))) return false;
    this.#waiting.delete(id);
    this.clock.clearTimeout(waiting.timer);
    if (attr(iq, 'type') === 'result') waiting.resolve(iq);
    else waiting.reject(readError(iq));
    return true;
  }

  /** @param {string} condition why none of them is answered any more */
  rejectAll(condition) {
    for (const { reject, timer } of this.#waiting.values()) {
      this.clock.clearTimeout(timer);
      reject(new RequestError(condition));
    }
    this.#waiting.clear();
  }
}

/** @param {Element} iq a get or set that somebody sends us @returns {any} what it is answered with */
export function replyTo(iq) {
  const answer = { to: attr(iq, 'from'), id: attr(iq, 'id') };
  if (attr(iq, 'type') === 'get' && kid(iq, 'ping', NS.ping)) return $iq({ ...answer, type: 'result' });
  const query = attr(iq, 'type') === 'get' && kid(iq, 'query', NS.info);
  if (query) return told(iq, query);
  return $iq({ ...answer, type: 'error' }).c('error', { type: 'cancel' }).c('service-unavailable', { xmlns: NS.stanzas });
}
