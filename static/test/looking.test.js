import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draft, search } from '../src/xmpp/looking.js';
import { xml } from './fakes.js';

/** A client whose reporter answers one request. */
function asked(answer) {
  const sent = /** @type {any[]} */ ([]);
  const session = { request: async (/** @type {any} */ iq) => { sent.push(iq.tree()); return xml(`<iq type="result">${answer}</iq>`); } };
  const components = { host: (/** @type {string} */ name) => `${name}.localhost`, turn: (/** @type {string} */ _, /** @type {Function} */ send) => send() };
  return { client: /** @type {any} */ ({ session, components }), sent };
}

test('a search tells what was found, where, and which part of it', async () => {
  const { client, sent } = asked('<search xmlns="urn:ccm:reporter:0" words="mirror" behind="true"><hit kind="document" topic="t1" name="Audit" url="https://x/archive/audit" at="2026-11-24T14:05:00Z">All <mark>mirrors</mark>.</hit><hit kind="message" topic="t1" name="Audit" id="s1" by="Kim" at="2026-11-24T14:05:00Z">Slow <mark>mirrors</mark></hit><set xmlns="http://jabber.org/protocol/rsm"><first index="20">20</first><last>21</last><count>22</count></set></search>');
  const found = await search(client, 'mirror', { after: 20 });
  assert.deepEqual([found.total, found.behind, found.hits.map((hit) => [hit.kind, hit.id || hit.url])], [22, true, [['document', 'https://x/archive/audit'], ['message', 's1']]]);
  assert.deepEqual(found.hits[0].parts, [{ text: 'All ', found: false }, { text: 'mirrors', found: true }, { text: '.', found: false }]);
  const [iq] = sent;
  assert.deepEqual([iq.getAttribute('to'), iq.firstChild.getAttribute('words')], ['reporter.localhost', 'mirror']);
  assert.match(String(iq), /<max>20<\/max><after>19<\/after>/);
});

test('a draft has its points with their sentences and the messages these rest on', async () => {
  const { client } = asked('<draft xmlns="urn:ccm:reporter:0" topic="t1" version="2" title="Audit" label="Meeting" lines="12"><headline>Two decisions.</headline><point title="Mirrors" minutes="5" source="s1"><sentence sources="s1 s2">Kim checks.</sentence></point><present>Ann</present><absent>Tom</absent></draft>');
  const made = await draft(client, 't1');
  assert.deepEqual([made.title, made.headline, made.version, made.lines, made.present, made.absent], ['Audit', 'Two decisions.', 2, 12, ['Ann'], ['Tom']]);
  assert.deepEqual(made.points, [{ title: 'Mirrors', minutes: '5', source: 's1', sentences: [{ text: 'Kim checks.', sources: ['s1', 's2'] }] }]);
});
