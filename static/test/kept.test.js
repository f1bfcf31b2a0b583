import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetDrafts, keyOf, passOn } from '../src/ui/kept.js';
import { Store } from './fakes.js';

/** @param {Record<string, string>} given */
function storeOf(given) {
  const store = new Store();
  for (const [key, value] of Object.entries(given)) store.setItem(key, value);
  return { store: /** @type {any} */ (store), left: () => Object.fromEntries(store.kept) };
}

test('signing out takes the drafts of that account, and nothing else', () => {
  const { store, left } = storeOf({
    [keyOf('draft', 'ann@localhost', 'k3')]: 'half a thought', [keyOf('draft', 'kim@localhost', 'k3')]: 'another',
    [keyOf('draft', 'ann@localhost.example', 'k3')]: 'a third', [keyOf('read', 'ann@localhost', 'k3@r')]: '7',
  });
  forgetDrafts(store, 'ann@localhost');
  assert.deepEqual(Object.values(left()), ['another', 'a third', '7']);
});

test('what a guest left goes on under the account that the guest has become', () => {
  const { store, left } = storeOf({
    [keyOf('draft', 'g1@guests.localhost', 'k3')]: 'half a thought', [keyOf('read', 'g1@guests.localhost', 'k3@r')]: '7',
    [keyOf('opened', 'g1@guests.localhost', 'k3')]: '1', 'ccm-theme': 'dark',
  });
  passOn(store, 'g1@guests.localhost', 'zoe@localhost');
  assert.deepEqual(left(), {
    'ccm-theme': 'dark', [keyOf('draft', 'zoe@localhost', 'k3')]: 'half a thought',
    [keyOf('read', 'zoe@localhost', 'k3@r')]: '7', [keyOf('opened', 'zoe@localhost', 'k3')]: '1',
  });
});
