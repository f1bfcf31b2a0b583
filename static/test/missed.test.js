import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missed } from '../src/ui/missed.js';

const at = (clock) => new Date(`2026-11-24T${clock}:00Z`);
const entry = (kind, id, clock, more = {}) => ({ kind, id, at: at(clock), owner: '', status: 'open', found: false, sure: true, ...more });
const outcome = /** @type {any} */ ({
  entries: [
    entry('decision', 'D1', '14:05'), entry('action', 'A3', '14:06', { owner: 'Tom' }), entry('action', 'A4', '14:08', { owner: 'Ann' }),
    entry('topic', 'T1', '14:07'), entry('action', 'A5', '14:09', { found: true, sure: false }), entry('action', 'A6', '14:09', { status: 'cancelled' }), entry('action', 'A7', '14:30'),
  ],
});

test('who comes late learns what was kept meanwhile, and what of it is theirs', () => {
  const found = missed(outcome, at('14:00'), at('14:14'), ['ann', '']);
  assert.equal(found?.minutes, 14);
  assert.deepEqual(found?.kinds.map(([word, some]) => [word, some.map((one) => one.id)]), [['decision', ['D1']], ['action', ['A3', 'A4']]]);
  assert.deepEqual(found?.mine.map((one) => one.id), ['A4']);
});

test('where nothing was kept there is no card', () => {
  assert.equal(missed(outcome, at('14:10'), at('14:14'), ['Ann']), null);
  assert.equal(missed(undefined, at('14:10'), at('14:14'), ['Ann']), null);
});
