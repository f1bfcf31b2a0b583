/**
 * A topic's outcome, read whole and kept up to date by the events of its node (docs/protocol.md, Live outcome). Pure.
 */
import { instant } from './read.js';
import { attr, kid, kids, text } from './xml.js';

/** @typedef {import('./read.js').Outcome} Outcome */

/** @param {Element} element `<outcome/>` with its children @returns {Outcome} */
export function readOutcome(element) {
  return withHead(element, new Map(kids(element).map((part) => [idOf(part), readPart(part)])));
}

/**
 * What an event makes of the copy that is held.
 * @param {Outcome | undefined} known
 * @param {Element} items of an event of the topic's node
 * @returns {Outcome | null | undefined} the same object when there is nothing new, `null` when something was missed
 */
export function heard(known, items) {
  const all = kids(items, 'item');
  const head = kid(all.find((item) => attr(item, 'id') === 'outcome'), 'outcome');
  if (!head) return known; // retractions, which the head has told
  const after = attr(head, 'after');
  if (known && Number(attr(head, 'revision')) === known.revision) return known;
  if (after && Number(after) !== known?.revision) return null;
  const parts = new Map(after ? known?.parts : []);
  for (const item of all) {
    const [part] = kids(item);
    if (part && part !== head) parts.set(attr(item, 'id'), readPart(part));
  }
  for (const id of attr(head, 'removed').split(' ')) parts.delete(id);
  return withHead(head, parts);
}

/** @param {Element} head @param {Map<string, any>} parts @returns {Outcome} */
function withHead(head, parts) {
  const of = (/** @type {string} */ kind) => [...parts.values()].filter((part) => part.part === kind);
  const settled = attr(head, 'settled') !== 'false' || (attr(head, 'mode') || 'listening') !== 'listening';
  return {
    topic: attr(head, 'topic'),
    room: attr(head, 'room'),
    type: attr(head, 'type'),
    label: attr(head, 'label'),
    mode: attr(head, 'mode') || 'listening',
    revision: Number(attr(head, 'revision')) || 0,
    asking: attr(head, 'asking'),
    document: attr(head, 'document'),
    until: instant(attr(head, 'until')),
    ended: instant(attr(head, 'ended')),
    next: attr(head, 'next'),
    version: Number(attr(head, 'version')) || 0,
    interview: attr(head, 'interview') !== 'false',
    known: settled || ['entry', 'poll'].some((kind) => of(kind).length) || of('attribute').some((a) => a.values.length),
    news: attr(head, 'news'),
    chair: attr(head, 'chair'),
    attributes: of('attribute'),
    entries: inOrder(of('entry'), attr(head, 'order')),
    targets: of('target'),
    poll: of('poll')[0] ?? null,
    parts,
  };
}

// Events tell what is new, not where it stands: that is by number, or as people arranged it.
function inOrder(entries, order) {
  const places = new Map(order ? order.split(' ').map((id, place) => [id, place]) : []);
  const number = (/** @type {any} */ entry) => Number(entry.id.slice(1)) || 0;
  const place = (/** @type {any} */ entry) => places.get(entry.id) ?? places.size;
  return entries.sort((a, b) => place(a) - place(b) || a.id.charCodeAt(0) - b.id.charCodeAt(0) || number(a) - number(b));
}

/** @param {Element} element */
function idOf(element) {
  const name = attr(element, 'name');
  return { attribute: `attribute.${name}`, target: `target.${name}`, poll: 'vote' }[element.localName] ?? attr(element, 'id');
}

const READERS = {
  attribute: (el) => ({
    name: attr(el, 'name'),
    label: attr(el, 'label') || attr(el, 'name'),
    question: attr(el, 'question'),
    values: kids(el, 'value').map((v) => ({ by: attr(v, 'by'), id: attr(v, 'id'), at: instant(attr(v, 'at')), text: text(v) })),
  }),
  entry: (el) => ({
    ...plain(el, ['kind', 'id', 'owner', 'due', 'phrase', 'status', 'by', 'source', 'topic', 'how', 'supersedes']),
    text: text(el),
    at: instant(attr(el, 'at')),
    found: attr(el, 'provenance') === 'detected',
    sure: attr(el, 'sure') !== 'false',
    assumed: attr(el, 'assumed') === 'true',
    votes: votesOf(el),
  }),
  target: (el) => ({ ...plain(el, ['name', 'state', 'url', 'reason']), again: instant(attr(el, 'again')) }),
  poll: (el) => ({ ...plain(el, ['question', 'by', 'source']), at: instant(attr(el, 'at')), options: kids(el, 'option').map((o) => attr(o, 'name')), votes: votesOf(el) }),
};

const plain = (el, names) => Object.fromEntries(names.map((name) => [name, attr(el, name)]));
const votesOf = (el) => kids(el, 'vote').map((v) => ({ option: attr(v, 'option'), by: attr(v, 'by') }));

/** @param {Element} element */
function readPart(element) {
  const part = element.localName;
  return { part, ...(READERS[part]?.(element) ?? {}) };
}
