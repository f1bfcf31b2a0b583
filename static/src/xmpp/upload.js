/**
 * Places for files (XEP-0363 1.2): where this server gives them, how large a file may be, and one place at a time. Sends no
 * file itself: that is HTTP.
 */
import { $iq } from 'strophe.js';
import { locale, t } from '../words/language.js';
import { NS } from './names.js';
import { RequestError } from './read.js';
import { attr, kid, kids, text } from './xml.js';

const MAX_ASKED = 20;
const HEADERS = ['authorization', 'cookie', 'expires'];

/** @typedef {{put: string, get: string, headers: [string, string][]}} Place */

export class Upload {
  #service = /** @type {Promise<{jid: string, most: number} | null> | null} */ (null);

  /** @param {Pick<import('./session.js').Session, 'request'> & {domain: string}} session */
  constructor(session) {
    this.session = session;
  }

  /** @returns {Promise<{jid: string, most: number} | null>} who gives places and for how many bytes (0: any); `null` if nobody does */
  async service() {
    this.#service ??= this.#find();
    const found = await this.#service;
    if (!found) this.#service = null;
    return found;
  }

  async #find() {
    const usual = await this.#info(`upload.${this.session.domain}`);
    if (usual) return usual;
    const answer = await this.#ask(this.session.domain, NS.items);
    for (const item of kids(kid(answer, 'query'), 'item').slice(0, MAX_ASKED)) {
      const found = await this.#info(attr(item, 'jid'));
      if (found) return found;
    }
    return null;
  }

  /** @param {string} jid */
  async #info(jid) {
    const query = kid(await this.#ask(jid, NS.info), 'query');
    if (!kids(query, 'feature').some((el) => attr(el, 'var') === NS.upload)) return null;
    const fields = kids(query, 'x', NS.forms).flatMap((form) => kids(form, 'field'));
    const most = fields.find((field) => attr(field, 'var') === 'max-file-size');
    return { jid, most: Number(text(kid(most, 'value'))) || 0 };
  }

  /** @param {string} to @param {string} xmlns @returns {Promise<Element | null>} */
  async #ask(to, xmlns) {
    try {
      return await this.session.request($iq({ type: 'get', to }).c('query', { xmlns }));
    } catch (error) {
      if (error instanceof RequestError && !['offline', 'timeout'].includes(error.condition)) return null;
      throw error;
    }
  }

  /**
   * @param {{name: string, size: number, type: string}} file
   * @returns {Promise<Place>} rejects with RequestError, whose words say why
   */
  async place({ name, size, type }) {
    const service = await this.service();
    if (!service) throw new RequestError('service-unavailable', t`This server keeps no files.`);
    if (service.most && size > service.most) throw new RequestError('not-acceptable', t`It may have ${bytes(service.most)} here, and has ${bytes(size)}.`);
    const asked = { xmlns: NS.upload, filename: name, size: String(size), ...(type ? { 'content-type': type } : {}) };
    const answer = await this.session.request($iq({ type: 'get', to: service.jid }).c('request', asked));
    const slot = kid(answer, 'slot', NS.upload);
    const put = kid(slot, 'put');
    const headers = kids(put, 'header').map((el) => /** @type {[string, string]} */ ([attr(el, 'name'), text(el).replace(/[\r\n]/gu, '')]));
    return { put: attr(put, 'url'), get: attr(kid(slot, 'get'), 'url'), headers: headers.filter(([header]) => HEADERS.includes(header.toLowerCase())) };
  }
}

/** @param {number} n @returns {string} 24 kB */
export function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB'];
  const step = Math.min(3, Math.max(0, Math.floor(Math.log10(Math.max(n, 1)) / 3)));
  const value = n / 1000 ** step;
  return `${(value < 10 && step ? Number(value.toFixed(1)) : Math.round(value)).toLocaleString(locale(), { minimumFractionDigits: value < 10 && step ? 1 : 0 })} ${units[step]}`;
}
