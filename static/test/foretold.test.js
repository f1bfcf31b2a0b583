import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWish } from '../src/one-field.js';
import { Foretold } from '../src/ui/foretold.js';
import { xml } from './fakes.js';

const READ = '<reading xmlns="urn:ccm:topics:0" name="Audit, 24 Nov" start="2026-11-24T14:00:00Z" minutes="60" tz="Europe/Berlin"><correction code="name-varied" was="Audit" now="Audit, 24 Nov">Audit, 24 Nov, because Audit exists.</correction></reading>';

/** A field whose pauses and answers come when the test says so. */
function stage(state = 'here') {
  const waits = /** @type {Function[]} */ ([]);
  const asked = /** @type {any[]} */ ([]);
  const clock = { setTimeout: (/** @type {Function} */ run) => waits.push(run) - 1, clearTimeout: (/** @type {number} */ i) => { if (i !== null) waits[i] = () => {}; } };
  const session = { request: (/** @type {any} */ iq) => new Promise((resolve, reject) => asked.push({ payload: iq.tree().firstChild, answer: (/** @type {string} */ said) => resolve(xml(`<iq type="result">${said}</iq>`)), reject })) };
  const client = { plain: false, session, language: 'en', zone: () => 'Europe/Berlin', components: { get: () => ({ state }), host: () => 'topics.localhost' } };
  const seen = { changes: 0 };
  const foretold = new Foretold(() => { seen.changes += 1; }, /** @type {any} */ (clock));
  return { foretold, client, asked, seen, pause: () => waits.splice(0).forEach((run) => run()), settle: () => new Promise((resolve) => setImmediate(resolve)) };
}

test('what is typed is asked once, when the typing pauses, and read as the server reads it', async () => {
  const { foretold, client, asked, seen, pause, settle } = stage();
  for (const words of ['audit tue', 'audit tue 3pm', 'audit tue 3pm']) foretold.ask(client, readWish(words));
  pause();
  assert.equal(asked.length, 1);
  assert.deepEqual(['name', 'start', 'tz'].map((n) => asked[0].payload.getAttribute(n)), ['Audit', 'tue 3pm', 'Europe/Berlin']);
  asked[0].answer(READ);
  await settle();
  const wish = readWish('audit tue 3pm');
  assert.equal(seen.changes, 1);
  assert.equal(foretold.time(wish)?.start?.toISOString(), '2026-11-24T14:00:00.000Z');
  assert.deepEqual([foretold.name(wish)?.name, foretold.name(wish)?.told[0].was], ['Audit, 24 Nov', 'Audit']);
  assert.equal(foretold.time(readWish('audit wed 3pm')), null);
  assert.equal(foretold.name(readWish('audit wed 3pm'))?.name, 'Audit, 24 Nov');
});

test('a late answer to older words is dropped', async () => {
  const { foretold, client, asked, seen, pause, settle } = stage();
  foretold.ask(client, readWish('audit tue 3pm'));
  pause();
  foretold.ask(client, readWish('audit wed 3pm'));
  asked[0].answer(READ);
  await settle();
  assert.deepEqual([seen.changes, foretold.time(readWish('audit tue 3pm'))], [0, null]);
});

test('a busy or absent server is not asked, and one that does not know the question leaves the words as they are', async () => {
  for (const state of ['busy', 'gone']) {
    const { foretold, client, asked, pause } = stage(state);
    foretold.ask(client, readWish('audit tue 3pm'));
    pause();
    assert.equal(asked.length, 0);
  }
  const { foretold, client, asked, seen, pause, settle } = stage();
  foretold.ask(client, readWish('audit tue 3pm'));
  pause();
  asked[0].reject(new Error('service-unavailable'));
  await settle();
  assert.deepEqual([seen.changes, foretold.time(readWish('audit tue 3pm'))], [0, null]);
});
