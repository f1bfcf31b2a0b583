/**
 * What is asked of the reporter now and then: a search, and the draft of a document (docs/protocol.md).
 */
import { $iq } from 'strophe.js';
import { NS } from './names.js';
import { instant } from './read.js';
import { attr, kid, kids, text } from './xml.js';

const PAGE = 20;

/**
 * @param {import('./client.js').Client} client
 * @param {string} words
 * @param {{topic?: string, after?: number}} [where] *after*: how many results are there already
 * @returns {Promise<import('./read.js').Found>}
 */
export async function search(client, words, { topic = '', after = 0 } = {}) {
  const iq = $iq({ type: 'get', to: client.components.host('reporter') }).c('search', { xmlns: NS.reporter, words, ...(topic ? { topic } : {}) });
  iq.c('set', { xmlns: NS.rsm }).c('max', {}, String(PAGE));
  if (after) iq.c('after', {}, String(after - 1));
  const found = kid(await client.components.turn('reporter', () => client.session.request(iq)), 'search');
  return {
    hits: kids(found, 'hit').map(readHit),
    total: Number(text(kid(kid(found, 'set', NS.rsm), 'count'))) || 0,
    behind: attr(found, 'behind') === 'true',
  };
}

/** @param {Element} el @returns {import('./read.js').Hit} */
function readHit(el) {
  const parts = [...el.childNodes].map((node) => ({ text: node.textContent ?? '', found: node.nodeType === 1 }));
  const [kind, topic, name, id, url, by] = ['kind', 'topic', 'name', 'id', 'url', 'by'].map((n) => attr(el, n));
  return { kind: kind === 'document' ? 'document' : 'message', topic, name, id, url, by, at: instant(attr(el, 'at')), parts };
}

/** @param {import('./client.js').Client} client @param {string} topic @returns {Promise<import('./read.js').Draft>} */
export async function draft(client, topic) {
  const iq = $iq({ type: 'get', to: client.components.host('reporter') }).c('draft', { xmlns: NS.reporter, topic });
  const el = kid(await client.components.turn('reporter', () => client.session.request(iq)), 'draft');
  return {
    title: attr(el, 'title'),
    headline: text(kid(el, 'headline')),
    label: attr(el, 'label'),
    version: Number(attr(el, 'version')) || 1,
    lines: Number(attr(el, 'lines')) || 0,
    points: kids(el, 'point').map((point) => ({
      title: attr(point, 'title'),
      minutes: attr(point, 'minutes'),
      source: attr(point, 'source'),
      sentences: kids(point, 'sentence').map((s) => ({ text: text(s), sources: attr(s, 'sources').split(' ').filter(Boolean) })),
    })),
    present: kids(el, 'present').map(text),
    absent: kids(el, 'absent').map(text),
  };
}
