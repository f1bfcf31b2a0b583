import assert from 'node:assert/strict';
import { test } from 'node:test';
import { called, together } from '../src/ui/message.js';

const line = (minute, more = {}) => ({ nick: 'Kim', author: 'o1', at: new Date(2026, 10, 23, 14, minute), offRecord: false, ...more });

test('one person\'s messages within minutes are one block', () => {
  assert.equal(together(line(2), line(0)), true);
  assert.equal(together(line(9), line(0)), false);
  assert.equal(together(line(0), null), false);
});

test('a nick that somebody else has taken begins a block, and so does a clock that goes back', () => {
  assert.equal(together(line(2, { author: 'o2' }), line(0)), false);
  assert.equal(together(line(2, { author: '' }), line(0)), true);
  assert.equal(together(line(0), line(30)), false);
});

test('of two names that fit the longer one is called, however it is written', () => {
  assert.deepEqual(called('@ann lee, @Ann and @Annabel', ['Ann', 'Ann Lee']), ['', '@ann lee', ', ', '@Ann', ' and @Annabel']);
  assert.deepEqual(called('nobody @ home', ['Kim']), ['nobody @ home']);
});
