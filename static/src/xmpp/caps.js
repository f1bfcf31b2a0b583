/**
 * What this client can do, as it tells others (XEP-0030, XEP-0115 1.6). The digest is that of the list below; a test holds it.
 */
import { $iq } from 'strophe.js';
import { NS } from './names.js';
import { attr } from './xml.js';

export const IDENTITY = Object.freeze({ category: 'client', type: 'web', name: 'CCM' });
export const FEATURES = Object.freeze([
  NS.caps, NS.chatStates, NS.conference, NS.info, NS.muc, NS.oob, NS.markers, NS.correct, NS.fallback, NS.displayed, `${NS.displayed}+notify`,
  NS.retract, NS.ping, NS.reactions, NS.reply, NS.sharing, NS.sid,
]);
export const NODE = 'urn:ccm:dashboard';
export const DIGEST = 'wY+14v/kVKKC/7ACRhNeqNSeo4c=';

/** @param {any} presence a builder @returns {any} the same with what we can do */
export const capable = (presence) => presence.c('c', { xmlns: NS.caps, hash: 'sha-1', node: NODE, ver: DIGEST });

/** @param {Element} iq a question for it @param {Element} query @returns {any} the answer */
export function told(iq, query) {
  const node = attr(query, 'node');
  const answer = $iq({ to: attr(iq, 'from'), id: attr(iq, 'id'), type: 'result' }).c('query', { xmlns: NS.info, ...(node ? { node } : {}) });
  answer.c('identity', { ...IDENTITY }).up();
  for (const feature of FEATURES) answer.c('feature', { var: feature }).up();
  return answer;
}
