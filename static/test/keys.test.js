import assert from 'node:assert/strict';
import test from 'node:test';
import { typedUntil } from '../src/ui/keys.js';

/** @param {string} key @param {object} [more] */
const press = (key, more = {}) => {
  const event = Object.assign(new Event('keydown', { cancelable: true }), { key, ctrlKey: false, metaKey: false, altKey: false, ...more });
  globalThis.window.dispatchEvent(event);
  return event.defaultPrevented;
};

test('what is typed before a dialogue is there goes into its field', async () => {
  globalThis.window = /** @type {any} */ (new EventTarget());
  let open = (/** @type {any} */ _) => {};
  const typed = typedUntil(new Promise((resolve) => { open = resolve; }));
  for (const key of ['m', 'i', 'x', 'Backspace', 'r', 'Shift', ' ', '🙂']) press(key);
  assert.equal(press('r', { ctrlKey: true }), false, 'the browser keeps its own keys');
  open(null);
  assert.equal(await typed, 'mir 🙂');
  assert.equal(press('x'), false, 'later keys go where they belong');
});

test('a dialogue that cannot be loaded keeps no keys', async () => {
  globalThis.window = /** @type {any} */ (new EventTarget());
  await assert.rejects(typedUntil(Promise.reject(new Error('offline'))));
  assert.equal(press('x'), false);
});
