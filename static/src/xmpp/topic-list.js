/**
 * The list of topics, fetched page by page (XEP-0059), and what was told of them while it was on its way.
 */
import { $iq } from 'strophe.js';
import { NS } from './names.js';
import { readTopic } from './read.js';
import { kid, kids, text } from './xml.js';

const LIST_PAGE = 50;
const MAX_TOPICS = 500;

/** @typedef {Map<string, import('./read.js').Topic>} Topics by id */

/** @param {import('./session.js').Session} session @param {string} host of the component @returns {Promise<Topics>} */
export async function topicList(session, host) {
  const found = new Map();
  for (let after = ''; found.size < MAX_TOPICS; ) {
    const iq = $iq({ type: 'get', to: host }).c('topics', { xmlns: NS.topics });
    iq.c('set', { xmlns: NS.rsm }).c('max', {}, String(LIST_PAGE));
    if (after) iq.c('after', {}, after);
    const list = kid(await session.request(iq), 'topics');
    const page = kids(list, 'topic').map(readTopic);
    for (const topic of page) found.set(topic.id, topic);
    const set = kid(list, 'set', NS.rsm);
    const last = text(kid(set, 'last')) || page.at(-1)?.id || '';
    const count = Number(text(kid(set, 'count')) || (page.length < LIST_PAGE ? found.size : MAX_TOPICS));
    if (!page.length || last === after || found.size >= count) break;
    after = last;
  }
  return found;
}

/**
 * A list is as old as its first page: what was pushed since it was asked for holds, and what was taken away is gone.
 * @param {Topics} list @param {Topics} before when it was asked for @param {Topics} now @returns {Topics}
 */
export function withNews(list, before, now) {
  const all = new Map(list);
  for (const [id, topic] of now) if (topic !== before.get(id) && topic.revision >= (list.get(id)?.revision ?? 0)) all.set(id, topic);
  for (const id of before.keys()) if (!now.has(id)) all.delete(id);
  return all;
}
