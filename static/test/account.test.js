import assert from 'node:assert/strict';
import test from 'node:test';
import { Account } from '../src/xmpp/account.js';

test('signing out everywhere revokes every token of the account at its server', async () => {
  const sent = /** @type {Element[]} */ ([]);
  const session = { domain: 'localhost', request: async (/** @type {any} */ iq) => void sent.push(iq.tree()) };
  await new Account(/** @type {any} */ ({ session })).revokeAll();
  const [iq] = sent;
  assert.deepEqual([iq.getAttribute('type'), iq.getAttribute('to')], ['set', 'localhost']);
  const [revoke] = [...iq.childNodes];
  assert.deepEqual([revoke.nodeName, /** @type {Element} */ (revoke).getAttribute('xmlns'), revoke.childNodes.length], ['revoke', 'urn:ccm:token:0', 0]);
});
