import assert from 'node:assert/strict';
import test from 'node:test';
import { jumps } from '../src/ui/jump.js';

const topic = (/** @type {string} */ id, /** @type {string} */ name, state = 'planned', /** @type {string[]} */ people = []) =>
  ({ id, name, state, ownerName: 'Ann Visser', invitees: people.map((address) => ({ name: '', address })) });
const TOPICS = [
  topic('a', 'Open data portal', 'live', ['kim@example.org']),
  topic('b', 'Budget 2027, second reading'),
  topic('c', 'Database move', 'published', ['tom@example.org']),
  topic('d', 'Café réunion', 'ended'),
];
const ids = (/** @type {string} */ typed, /** @type {string[]} */ recent = []) => jumps(TOPICS, typed, recent).map((one) => one.id);

test('words that begin the name come before words that begin another part of it', () => {
  assert.deepEqual(ids('dat'), ['c', 'a']);
});

test('every word must be there, in whatever order, case or accents', () => {
  assert.deepEqual(ids('SECOND bud'), ['b']);
  assert.deepEqual(ids('cafe reunion'), ['d']);
  assert.deepEqual(ids('budget portal'), []);
});

test('a topic is found by who takes part', () => {
  assert.deepEqual(ids('tom'), ['c']);
  assert.deepEqual(ids('kim port'), ['a']);
});

test('without words those that were open last come first, and the one that is open is no place to go', () => {
  assert.deepEqual(ids('', ['b', 'd']), ['d', 'a', 'c']);
  assert.deepEqual(ids(''), ['a', 'b', 'd', 'c']);
});
