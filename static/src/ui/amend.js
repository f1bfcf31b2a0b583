/**
 * What a person changes of an entry, as orders to the reporter, which reads names and days itself; and their way back.
 * Pure.
 */
import { day, distance, list } from '../words.js';
import { t } from '../words/language.js';

/** @typedef {import('../xmpp/read.js').Entry} Entry */

/** @param {string} text */
export const tidy = (text) => text.replace(/\s+/gu, ' ').trim();

/** What stands in the field for the day. @param {Entry} entry @param {Date} now */
export function dayOf(entry, now) {
  const date = entry.due ? new Date(`${entry.due}T12:00:00`) : null;
  return date && !Number.isNaN(date.getTime()) ? day(date, now) : entry.due;
}

/**
 * @param {Entry} entry as it stands
 * @param {{text: string, owner?: string, due?: string}} wish as it was typed
 * @param {Date} now
 * @returns {string[]} orders, in the order in which they are given: a new text may name owner and day, too
 */
export function orders(entry, wish, now) {
  const text = tidy(wish.text);
  const made = text && text !== tidy(entry.text) ? [`#edit ${entry.id} ${text}`] : [];
  if (entry.kind !== 'action') return made;
  const owner = tidy(wish.owner ?? entry.owner);
  if (owner.toLowerCase() !== entry.owner.toLowerCase()) made.push(`#assign ${entry.id} ${owner || 'nobody'}`);
  const due = tidy(wish.due ?? dayOf(entry, now));
  if (due !== dayOf(entry, now)) made.push(`#due ${entry.id} ${due || 'never'}`);
  return made;
}

/** The orders that take others back. @param {Entry} entry @param {string[]} given */
export const wayBack = (entry, given) => given.map(() => `#restore ${entry.id}`);

/**
 * What is so now, in the product's order: what, when, why.
 * @param {Entry} before
 * @param {Entry} now as the reporter has it
 * @param {{text: string, owner?: string, due?: string}} wish
 * @param {Date} today
 */
export function told(before, now, wish, today) {
  const parts = [];
  if (now.text !== before.text) parts.push(t`reads as you wrote it`);
  if (now.owner !== before.owner) parts.push(now.owner ? t`is ${now.owner}’s` : t`is nobody’s yet`);
  if (now.due !== before.due) {
    const date = new Date(`${now.due}T12:00:00`);
    const read = wish.due && tidy(wish.due) !== dayOf(now, today) ? t`, from “${tidy(wish.due)}”` : '';
    parts.push(now.due ? `${t`is due ${day(date, today)}, ${distance(date, today)}`}${read}${now.assumed ? t`, as I assume` : ''}` : t`has no date`);
  }
  if (!parts.length) return t`${now.id} stands as it was. I say in the talk what I could not read.`;
  return `${now.id} ${list(parts)}.`;
}

/** As the document prints them: nobody's first, then by owner, each as arranged. @param {Entry[]} entries */
export function byOwner(entries) {
  const key = (/** @type {Entry} */ e) => e.owner.toLowerCase();
  return [...entries].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/**
 * The neighbour that an entry changes places with.
 * @param {Entry[]} shown those of its heading, as they stand
 * @param {Entry} entry
 * @param {-1 | 1} step
 * @returns {Entry | null} none at the ends, and none among actions of somebody else
 */
export function neighbour(shown, entry, step) {
  const other = shown[shown.findIndex((e) => e.id === entry.id) + step] ?? null;
  return other && (entry.kind !== 'action' || other.owner.toLowerCase() === entry.owner.toLowerCase()) ? other : null;
}
