import assert from 'node:assert/strict';
import test from 'node:test';
import { byEnd, byStart, ended, groupOf, rowLine, toConfirm } from '../src/ui/todo.js';

const NOW = new Date(2026, 10, 23, 14, 15);
const at = (/** @type {number} */ d, /** @type {number} */ h) => new Date(2026, 10, d, h);
const ANN = { account: 'ann@localhost', name: 'Ann' };
const KIM = { account: 'kim@localhost', name: 'Kim' };
const topic = (/** @type {any} */ more) => ({ id: 't', name: 'Hiring', state: 'ended', owner: 'ann@localhost', start: at(19, 15), minutes: 60, invitees: [], ...more });
const entry = (/** @type {any} */ more) => ({ kind: 'action', owner: 'Kim', found: true, status: 'open', ...more });
const outcome = (/** @type {any[]} */ entries, more = {}) => /** @type {any} */ ({ mode: 'listening', known: true, entries, ...more });

test('what I found of mine to confirm waits for me; what is another’s does not', () => {
  const kept = outcome([entry({}), entry({ owner: 'Tom' }), entry({ found: false }), entry({ kind: 'link' })]);
  assert.equal(toConfirm(kept, KIM, false), 1);
  assert.equal(groupOf(topic({}), kept, KIM, NOW), 'waiting');
  assert.equal(groupOf(topic({}), outcome([entry({ owner: 'Tom' })]), KIM, NOW), 'ended');
  assert.equal(rowLine(topic({}), kept, KIM, NOW, 0), 'Ended Thu, 1 to confirm');
});

test('what has ended waits for its owner until it is published', () => {
  assert.equal(groupOf(topic({}), undefined, ANN, NOW), 'waiting');
  assert.equal(rowLine(topic({}), undefined, ANN, NOW, 0), 'Ended Thu, not published yet');
  assert.equal(rowLine(topic({}), outcome([]), ANN, NOW, 0), 'Ended Thu, ready to approve');
  assert.equal(rowLine(topic({ start: at(2, 15) }), outcome([], { mode: 'grace' }), ANN, NOW, 0), 'Ended Mon 2 Nov, goes out soon');
  assert.equal(groupOf(topic({ state: 'published' }), undefined, ANN, NOW), 'published');
});

test('what is published says when it was held, and no day that is still to come', () => {
  const published = topic({ state: 'published' });
  assert.equal(rowLine(published, undefined, ANN, NOW, 0), 'Published Thu 19 Nov');
  assert.equal(rowLine({ ...published, start: at(24, 15) }, undefined, ANN, NOW, 0), 'Published');
  assert.equal(rowLine({ ...published, start: at(2, 15) }, outcome([], { ended: at(19, 16) }), ANN, NOW, 0), 'Published Thu 19 Nov');
});

test('it says when a talk ended, and when its document goes out', () => {
  const today = new Date(2026, 10, 23, 13, 43);
  const grace = outcome([], { mode: 'grace', ended: today, until: new Date(2026, 10, 23, 14, 30) });
  assert.equal(rowLine(topic({ start: at(23, 13) }), grace, ANN, NOW, 0), 'Ended 13:43, goes out at 14:30');
  assert.equal(rowLine(topic({ start: at(23, 13) }), outcome([]), ANN, NOW, 0), 'Ended today, ready to approve');
  assert.equal(ended(topic({}), outcome([], { ended: at(20, 16) }), NOW), 'Ended Fri 16:00');
  assert.equal(ended(topic({ start: null }), undefined, NOW), 'Ended');
});

test('what nobody came to is not coming up once its time is over', () => {
  const missed = topic({ state: 'planned', start: at(23, 13), minutes: 60 });
  assert.deepEqual([groupOf(missed, undefined, ANN, NOW), groupOf(missed, undefined, KIM, NOW)], ['waiting', 'ended']);
  assert.equal(rowLine(missed, undefined, ANN, NOW, 0), 'Was planned for Mon 23 Nov, nobody came');
  assert.equal(groupOf({ ...missed, minutes: 90 }, undefined, ANN, NOW), 'planned');
  assert.equal(groupOf({ ...missed, start: null }, undefined, ANN, NOW), 'planned');
  assert.equal(groupOf({ ...missed, state: 'live' }, undefined, ANN, NOW), 'live');
});

test('a live topic says how long it runs and who is there', () => {
  const live = topic({ state: 'live', start: new Date(2026, 10, 23, 14, 1) });
  assert.equal(rowLine(live, undefined, ANN, NOW, 4), '14 min, 4 here');
  assert.equal(rowLine({ ...live, start: at(24, 9) }, undefined, ANN, NOW, 1), '1 here');
});

test('a live topic that all have left says since when, and waits for its owner once its time is over', () => {
  const left = topic({ state: 'live', start: at(23, 13), minutes: 90, empty: at(23, 14) });
  assert.equal(rowLine(left, undefined, ANN, NOW, 0), 'Nobody has been here since 14:00');
  assert.equal(rowLine(left, undefined, ANN, NOW, 1), '1 h, 1 here');
  assert.equal(rowLine({ ...left, empty: at(20, 16) }, undefined, ANN, NOW, 0), 'Nobody has been here since Fri 16:00');
  assert.equal(groupOf(left, undefined, ANN, NOW), 'live');
  const over = { ...left, minutes: 60 };
  assert.deepEqual([groupOf(over, undefined, ANN, NOW), groupOf(over, undefined, KIM, NOW)], ['waiting', 'ended']);
  assert.equal(groupOf({ ...left, start: null, empty: at(23, 13) }, undefined, KIM, NOW), 'live');
  assert.equal(groupOf({ ...left, start: null, empty: at(23, 12) }, undefined, KIM, NOW), 'ended');
});

test('a planned topic counts down, and counts who is coming', () => {
  const planned = topic({ state: 'planned', start: at(23, 17), invitees: [{ state: 'accepted' }, { state: 'offered' }, { state: 'revoked' }] });
  assert.equal(rowLine(planned, undefined, ANN, NOW, 0), 'In 2 h 45 min, 17:00, 1 of 2 coming');
});

test('what comes next stands first, and so does what ended last', () => {
  const all = [topic({ id: 'a', start: at(24, 9) }), topic({ id: 'b', start: at(23, 9) }), topic({ id: 'c', start: null })];
  assert.deepEqual([...all].sort(byStart).map((t) => t.id), ['b', 'a', 'c']);
  assert.deepEqual([...all].sort(byEnd).map((t) => t.id), ['a', 'b', 'c']);
});
