import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../src/xmpp/emitter.js';
import { PlainClient } from '../src/xmpp/plain-client.js';
import { RequestError } from '../src/xmpp/read.js';
import { Store, TurnedClock, settle, xml } from './fakes.js';

const ITEMS = {
  'example.org': '<item jid="proxy.example.org"/><item jid="rooms.example.org"/>',
  'rooms.example.org': '<item jid="tea@rooms.example.org" name="Tea"/>',
};
const INFO = { 'proxy.example.org': 'proxy', 'rooms.example.org': 'conference' };

function at(name) {
  const session = /** @type {any} */ (new Emitter());
  Object.assign(session, {
    state: 'online', domain: 'example.org', jid: 'ann@example.org/web', account: 'ann@example.org', name,
    sent: [],
    send: (stanza) => session.sent.push(String(stanza.tree())),
    request: async (iq) => {
      const element = iq.tree();
      const to = element.getAttribute('to');
      const asked = element.firstChild.getAttribute('xmlns');
      if (asked.endsWith('disco#items')) return xml(`<iq type="result"><query xmlns="${asked}">${ITEMS[to]}</query></iq>`);
      if (asked.endsWith('disco#info')) return xml(`<iq type="result"><query xmlns="${asked}"><identity category="${INFO[to]}"/></query></iq>`);
      throw new RequestError('remote-server-not-found');
    },
  });
  return new PlainClient({ session, store: new Store(), clock: new TurnedClock(), zone: () => 'UTC', language: 'en' });
}

test('at another server its rooms stand in place of topics', async () => {
  const client = at('');
  await client.list();
  assert.deepEqual([...client.topics.values()].map(({ id, name, room }) => [id, name, room]), [['tea', 'Tea', 'tea@rooms.example.org']]);
  assert.equal((await client.topic('hidden'))?.room, 'hidden@rooms.example.org');
  await assert.rejects(client.outcome('tea'), (error) => error.condition === 'item-not-found');
});

test('a room that the server does not list stays while it is open', async () => {
  const client = at('');
  await client.list();
  client.open(/** @type {any} */ (await client.topic('hidden')));
  await client.topic('looked-at');
  await client.list();
  await settle();
  assert.deepEqual([...client.topics.keys()].sort(), ['hidden', 'tea']);
});

test('CCM whose topics are away stays CCM', async () => {
  const client = at('Ann');
  await assert.rejects(client.list());
  assert.equal(client.plain, '');
});
