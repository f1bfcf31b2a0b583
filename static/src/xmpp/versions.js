/**
 * What was published, and what one version says otherwise than another, asked of the reporter (docs/protocol.md).
 */
import { $iq } from 'strophe.js';
import { NS } from './names.js';
import { instant } from './read.js';
import { attr, kid, kids, text } from './xml.js';

/**
 * @typedef {{number: number, at: Date | null, by: string, headline: string}} Version
 * @typedef {{kind: 'same' | 'ins' | 'del', text: string}} Part
 * @typedef {{from: number, to: number, more: boolean, groups: {title: string, rows: Part[][]}[]}} Changes
 */

/** @param {import('./client.js').Client} client @param {string} name @param {Record<string, string>} attributes */
async function ask(client, name, attributes) {
  const iq = $iq({ type: 'get', to: client.components.host('reporter') }).c(name, { xmlns: NS.reporter, ...attributes });
  return kid(await client.components.turn('reporter', () => client.session.request(iq)), name);
}

/** @param {import('./client.js').Client} client @param {string} topic @returns {Promise<Version[]>} the newest first */
export async function versions(client, topic) {
  const list = await ask(client, 'versions', { topic });
  return kids(list, 'version').map((el) => ({ number: Number(attr(el, 'number')), at: instant(attr(el, 'at')), by: attr(el, 'by'), headline: attr(el, 'headline') }));
}

/** @param {import('./client.js').Client} client @param {string} topic @param {number} from @param {number} to @returns {Promise<Changes>} */
export async function changes(client, topic, from, to) {
  const el = await ask(client, 'changes', { topic, from: String(from), to: String(to) });
  return {
    from: Number(attr(el, 'from')),
    to: Number(attr(el, 'to')),
    more: attr(el, 'more') === 'true',
    groups: kids(el, 'group').map((group) => ({ title: attr(group, 'title'), rows: kids(group, 'row').map((row) => kids(row).map(readPart)) })),
  };
}

/** @param {Element} el @returns {Part} */
const readPart = (el) => ({ kind: el.localName === 'ins' || el.localName === 'del' ? el.localName : 'same', text: text(el) });
