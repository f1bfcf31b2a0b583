import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reading } from '../src/ui/reading.js';
import { Store } from './fakes.js';

const topic = (more) => /** @type {any} */ ({ id: 'k3', room: 'k3@conference.localhost', owner: 'kim@localhost', state: 'planned', ...more });

test('a topic that somebody asked me into is new until it was shown', () => {
  const reading = new Reading({ session: { account: 'ann@localhost' } }, /** @type {any} */ (new Store()));
  assert.equal(reading.isNew(topic({})), true);
  reading.opened(topic({}));
  assert.equal(reading.isNew(topic({})), false);
  assert.equal(reading.isNew(topic({ id: 'k4' })), true);
});

test('my own topics, those that are over and those that were read before are not new', () => {
  const store = new Store();
  const reading = new Reading({ session: { account: 'ann@localhost' } }, /** @type {any} */ (store));
  assert.equal(reading.isNew(topic({ owner: 'ann@localhost' })), false);
  assert.equal(reading.isNew(topic({ state: 'published' })), false);
  store.setItem('ccm-read:k3@conference.localhost', '17');
  assert.equal(reading.isNew(topic({})), false);
});
