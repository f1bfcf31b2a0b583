import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byOwner, neighbour, orders, told, wayBack } from '../src/ui/amend.js';
import { formOf, markdown } from '../src/ui/export.js';
import { heard, readOutcome } from '../src/xmpp/outcome.js';
import { changes, versions } from '../src/xmpp/versions.js';
import { xml } from './fakes.js';

const NOW = new Date('2026-11-23T10:00:00');
/** @param {any} [more] @returns {any} */
const entry = (more) => ({ kind: 'action', id: 'A1', text: 'Kim to call Bo', owner: 'Kim', due: '2026-11-27', phrase: 'by Friday', status: 'open', by: 'Ann', at: null, source: 's1', topic: '', how: '', supersedes: '', found: false, sure: true, assumed: false, votes: [], ...more });

test('only what was changed is ordered, the text first', () => {
  assert.deepEqual(orders(entry(), { text: 'Kim to call Bo', owner: 'Kim', due: 'Fri 27 Nov' }, NOW), []);
  assert.deepEqual(orders(entry(), { text: ' Kim to ring\nBo ', owner: 'Tom', due: 'tomorrow' }, NOW), ['#edit A1 Kim to ring Bo', '#assign A1 Tom', '#due A1 tomorrow']);
  assert.deepEqual(orders(entry(), { text: '', owner: ' ', due: '' }, NOW), ['#assign A1 nobody', '#due A1 never']);
  assert.deepEqual(orders(entry({ kind: 'decision', id: 'D2', owner: '' }), { text: 'We wait.' }, NOW), ['#edit D2 We wait.']);
  assert.deepEqual(wayBack(entry(), ['#edit A1 x', '#due A1 never']), ['#restore A1', '#restore A1']);
});

test('what the reporter read is told with where it was read from', () => {
  const wish = { text: 'Kim to call Bo', owner: 'Tom', due: 'next tuesday' };
  assert.equal(told(entry(), entry({ owner: 'Tom', due: '2026-12-01', assumed: true }), wish, NOW), 'A1 is Tom’s and is due Tue 1 Dec, in 8 days, from “next tuesday”, as I assume.');
  assert.equal(told(entry(), entry({ owner: '', due: '' }), { ...wish, owner: '', due: '' }, NOW), 'A1 is nobody’s yet and has no date.');
  assert.match(told(entry(), entry(), { ...wish, due: 'soonish' }, NOW), /stands as it was/u);
});

test('actions stand by owner, nobody’s first, and move among those of one owner', () => {
  const all = [entry(), entry({ id: 'A2', owner: 'ann' }), entry({ id: 'A3', owner: '' }), entry({ id: 'A4' })];
  const shown = byOwner(all);
  assert.deepEqual(shown.map((e) => e.id), ['A3', 'A2', 'A1', 'A4']);
  assert.equal(neighbour(shown, all[3], -1)?.id, 'A1');
  assert.equal(neighbour(shown, all[0], -1), null);
  assert.equal(neighbour(shown, all[3], 1), null);
});

test('entries stand by number until somebody arranged them, however late they were heard of', () => {
  const entries = (/** @type {string} */ ids) => ids.split(' ').map((id) => `<entry kind="decision" id="${id}">x</entry>`).join('');
  const whole = readOutcome(xml(`<outcome xmlns="urn:ccm:reporter:0" topic="t" revision="1">${entries('D10 D2 A1')}</outcome>`));
  assert.deepEqual(whole.entries.map((e) => e.id), ['A1', 'D2', 'D10']);
  const event = '<items node="urn:ccm:reporter:0#t"><item id="D3"><entry xmlns="urn:ccm:reporter:0" kind="decision" id="D3">y</entry></item><item id="outcome"><outcome xmlns="urn:ccm:reporter:0" topic="t" revision="2" after="1" chair="Ann" order="D10 A1 D2 D3"/></item></items>';
  const next = heard(whole, xml(event));
  assert.deepEqual([next?.entries.map((e) => e.id), next?.chair], [['D10', 'A1', 'D2', 'D3'], 'Ann']);
});

test('a form of a document keeps the key of its page', () => {
  assert.equal(formOf('https://x/archive/audit?key=k', 'md'), 'https://x/archive/audit.md?key=k');
  assert.equal(formOf('https://x/archive/audit', 'html'), 'https://x/archive/audit');
});

test('the draft is Markdown in which nothing that was typed is markup', () => {
  const outcome = /** @type {any} */ ({ known: true, label: 'Project', attributes: [{ label: 'Goal', values: [{ text: 'One *place*' }] }], entries: [entry({ text: '# no heading [x]', owner: '', found: true })] });
  const text = markdown('Open data', outcome);
  assert.match(text, /^# Open data\n\nProject, draft\n\n\*\*Goal:\*\* One \\\*place\\\*\n/u);
  assert.match(text, /- A1 \\# no heading \\\[x\\\] \(to confirm, nobody yet, 2026-11-27\)/u);
  assert.match(text, /No decisions were recorded\./u);
});

test('versions and what changed are read part by part', async () => {
  const client = (/** @type {string} */ answer) => /** @type {any} */ ({ session: { request: async () => xml(`<iq type="result">${answer}</iq>`) }, components: { host: () => 'reporter.localhost', turn: (/** @type {string} */ _, /** @type {Function} */ send) => send() } });
  const list = await versions(client('<versions xmlns="urn:ccm:reporter:0" topic="t"><version number="2" at="2026-11-24T14:05:00Z" by="Ann" headline="Two."/><version number="1" at="2026-11-24T13:05:00Z" by=""/></versions>'), 't');
  assert.deepEqual(list.map((one) => [one.number, one.by, one.headline]), [[2, 'Ann', 'Two.'], [1, '', '']]);
  const made = await changes(client('<changes xmlns="urn:ccm:reporter:0" topic="t" from="1" to="2" more="true"><group title="Actions"><row><same>A1 by </same><del>Friday</del><ins>Monday</ins></row></group></changes>'), 't', 1, 2);
  assert.deepEqual([made.from, made.to, made.more, made.groups[0].rows[0].map((part) => part.kind)], [1, 2, true, ['same', 'del', 'ins']]);
});
