import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOf, isOut, isThrough, missing, standing } from '../src/ui/standing.js';

const TOPIC = /** @type {any} */ ({ state: 'live', start: null, document: '' });
const ENDED = { ...TOPIC, state: 'ended' };
const filled = { label: 'Goal', values: [{ text: 'One place' }] };
const open = { label: 'Audience', values: [] };
const target = (/** @type {string} */ state, name = 'wordpress') => ({ name, state });
/** @param {any} [more] @returns {any} */
const outcome = (more) => ({ mode: 'listening', known: true, interview: true, version: 0, news: '', document: '', ended: null, targets: [], attributes: [filled], entries: [], ...more });
const action = (/** @type {any} */ more) => ({ kind: 'action', id: 'A1', status: 'open', owner: 'Kim', due: '2026-11-27', found: false, ...more });

test('what is missing is who does it, when it is due, what is to be confirmed and what nobody wrote', () => {
  const entries = [action({}), action({ id: 'A2', owner: '', due: '' }), action({ id: 'A3', due: '' }), action({ id: 'A4', due: '', status: 'done' }), action({ id: 'A5', due: '', found: true })];
  assert.deepEqual(missing(outcome({ entries, attributes: [filled, open] })), { confirm: 1, unwritten: ['Audience'], nobody: ['A2'], undated: ['A3'] });
  assert.deepEqual(missing(outcome({ interview: false, attributes: [open] })).unwritten, []);
});

for (const [state, more, topic] of /** @type {[string, any, any][]} */ ([
  ['collecting', { attributes: [open] }, TOPIC],
  ['collecting', { known: false, attributes: [] }, TOPIC],
  ['ready', {}, TOPIC],
  ['ended', {}, ENDED],
  ['asking', { mode: 'interviewing' }, ENDED],
  ['grace', { mode: 'grace', version: 1, document: 'x' }, ENDED],
  ['published', { mode: 'published', version: 1, document: 'x', targets: [target('published', 'archive')] }, TOPIC],
  ['published', { version: 1 }, { ...TOPIC, state: 'published', document: 'x' }],
  ['arriving', { mode: 'published', version: 1, document: 'x', targets: [target('working')] }, TOPIC],
  ['parked', { mode: 'published', version: 1, document: 'x', targets: [target('working', 'git'), target('waiting')] }, TOPIC],
  ['failed', { mode: 'published', version: 1, document: 'x', targets: [target('waiting'), target('failed', 'git')] }, TOPIC],
  ['changed', { version: 1, document: 'x', news: 'D3 is new' }, TOPIC],
])) {
  test(`${state}: ${JSON.stringify(more)} of a topic that is ${topic.state}`, () => {
    assert.equal(standing(outcome(more), topic), state);
    assert.equal(isThrough(standing(outcome(more), topic)), !['collecting', 'ready'].includes(state));
    assert.equal(isOut(standing(outcome(more), topic)), Boolean(more.version) && state !== 'grace');
  });
}

test('what was asked for here is under way, whatever was told last', () => {
  assert.equal(standing(outcome({ mode: 'grace' }), ENDED, true), 'publishing');
});

test('a talk that was opened again has not ended', () => {
  const ended = new Date('2026-11-23T14:43:00Z');
  const later = new Date('2026-11-30T14:00:00Z');
  assert.equal(endOf(outcome({ ended }), ENDED), ended);
  assert.equal(endOf(outcome({ ended }), TOPIC), null);
  assert.equal(endOf(outcome({ ended }), { ...ENDED, start: later }), null);
});
