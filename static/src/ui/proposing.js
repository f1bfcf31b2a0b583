/**
 * Which messages propose something, where what is open stands, and what became of it. The reporter's line has the orders that
 * answer it, for those whose client knows no cards: here they are buttons. Pure.
 */
import { isOpen } from './spine.js';

const PUT = /^(?:.+?, )?([A-Z]\d+)\? (.+?)\.? #ok \1 \/ #no \1$/u;
const HEAD = /^Did I get this right\? /u;
const ORDER = /^(?:(.+?) says: )?[#/](ok|no|edit|assign|due|done|reopen|cancel|drop|restore) ((?:[A-Z]\d+[ ,]*)+)/u;

/** @typedef {import('../xmpp/read.js').Outcome} Outcome @typedef {import('../xmpp/read.js').Entry} Entry */

/** What the reporter puts to the room. @param {{body: string, withdrawn?: boolean}} line of the reporter @returns {{id: string, text: string}[]} */
export function putIn({ body, withdrawn }) {
  if (withdrawn || !body.includes(' / #no ')) return [];
  const [first, ...rest] = body.split('\n');
  const put = (HEAD.test(first) ? rest : [first, ...rest]).map((one) => PUT.exec(one));
  return put.every(Boolean) ? put.map((found) => ({ id: /** @type {any} */ (found)[1], text: /** @type {any} */ (found)[2].replace(/^UNASSIGNED: /u, '') })) : [];
}

/** What waits for an answer. @param {Outcome | undefined} outcome @returns {Entry[]} */
export const openOf = (outcome) => outcome?.entries.filter((entry) => isOpen(entry) && entry.status !== 'rejected') ?? [];

/** What people put up themselves: it stands in their own words. @param {Entry} entry */
export const isProposal = (entry) => entry.kind === 'idea' && entry.id.startsWith('P');

/**
 * The one message that carries the card of all that is open: the newest that proposes any of it.
 * @param {any[]} lines @param {Entry[]} open @param {(nick: string) => boolean} isReporter
 * @returns {any} `null` if none of them is here
 */
export function placeOf(lines, open, isReporter) {
  if (!open.length) return null;
  const ids = new Set(open.map((entry) => entry.id));
  const sources = new Set(open.filter(isProposal).map((entry) => entry.source));
  return lines.findLast((line) => line.id && !line.withdrawn && (sources.has(line.id) || (isReporter(line.nick) && putIn(line).some(({ id }) => ids.has(id))))) ?? null;
}

/**
 * The last order about each entry, typed or given by a button.
 * @param {any[]} lines @param {(nick: string) => boolean} isReporter
 * @returns {Map<string, {verb: string, by: string, at: Date}>}
 */
export function lastOrders(lines, isReporter) {
  const last = new Map();
  for (const { body, nick, at, withdrawn } of lines) {
    if (withdrawn || !/^[#/]|says: #/u.test(body)) continue;
    const [, through, verb, ids] = ORDER.exec(body) ?? [];
    if (!verb || Boolean(through) !== isReporter(nick)) continue;
    for (const [id] of (/^(?:ok|no)$/u.test(verb) ? ids : ids.split(/[ ,]/u)[0]).matchAll(/[A-Z]\d+/gu)) last.set(id, { verb, by: through ?? nick, at });
  }
  return last;
}

/**
 * @param {Entry | undefined} entry as it stands now @param {string | undefined} verb of the last order about it
 * @returns {'open' | 'kept' | 'changed' | 'refused' | 'gone'}
 */
export function becameOf(entry, verb) {
  if (!entry) return verb === 'no' || verb === 'drop' ? 'refused' : 'gone';
  if (entry.status === 'rejected') return 'refused';
  if (isOpen(entry)) return 'open';
  return ['edit', 'assign', 'due'].includes(verb ?? '') ? 'changed' : 'kept';
}
