import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Files } from '../src/ui/files.js';
import { settle } from './fakes.js';

test('the browser asks before a page goes with files on their way, and no longer than that', async () => {
  const page = new EventTarget();
  const asks = () => !page.dispatchEvent(new Event('beforeunload', { cancelable: true }));
  const session = { domain: 'localhost', request: () => new Promise(() => {}) };
  const files = new Files(session, () => {}, /** @type {any} */ (page));
  assert.equal(asks(), false);
  files.add({}, [new File(['words'], 'plan.txt', { type: 'text/plain' })]);
  await settle();
  assert.equal(asks(), true);
  files.remove(files.all[0]);
  assert.equal(asks(), false);
  files.add({}, [new File([], 'nothing.txt')]); // fails at once
  await settle();
  assert.equal(files.all[0].state, 'failed');
  assert.equal(asks(), false);
});
