import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tabs } from '../src/xmpp/tabs.js';

/** Channels that hear one another, and a clock that ends every wait when told to. */
function world() {
  const channels = [];
  const timers = new Set();
  const channel = () => {
    const made = {
      onmessage: null,
      postMessage(data) {
        for (const other of channels) if (other !== made) queueMicrotask(() => other.onmessage({ data: structuredClone(data) }));
      },
    };
    channels.push(made);
    return made;
  };
  const clock = { now: () => 0, setTimeout: (f) => { timers.add(f); return f; }, clearTimeout: (f) => timers.delete(f) };
  return { channel, clock, late: () => { for (const f of [...timers]) f(); } };
}

const answer = { firstElementChild: null, childNodes: [], children: [] };

function tab({ channel, clock }, { account = '', state = 'out', topics = [] } = {}) {
  const done = [];
  const session = {
    account, state, domain: 'localhost',
    request: async () => answer,
    signInByToken: async (jid, token) => { done.push(['in', jid, token]); },
  };
  const client = {
    accept: async (code) => { done.push(['accept', code]); },
    topic: async (id) => (topics.includes(id) ? { id } : null),
  };
  let count = 0;
  const tabs = new Tabs({ session, client, channel: channel(), clock, newId: () => `${account}${(count += 1)}` });
  return { tabs, done, session };
}

const settled = async () => { for (let i = 0; i < 20; i += 1) await Promise.resolve(); };

test('nobody is signed in elsewhere: it takes a moment and nothing happens', async () => {
  const w = world();
  const here = tab(w);
  tab(w, { account: 'i1@guests.localhost', state: 'online' });
  const borrowed = here.tabs.borrow({ topic: 't', code: 'c' });
  await settled();
  w.late();
  assert.equal(await borrowed, false);
  assert.deepEqual(here.done, []);
});

test('an account takes the place of the guest before it lends', async () => {
  const w = world();
  const here = tab(w);
  const other = tab(w, { account: 'zoe@localhost', state: 'online' });
  const borrowed = here.tabs.borrow({ topic: 't', code: 'c' });
  await settled();
  w.late();
  await borrowed;
  assert.deepEqual(other.done, [['accept', 'c']]);
});

test('of several that could lend, one does', async () => {
  const w = world();
  const here = tab(w);
  const others = [tab(w, { account: 'zoe@localhost', state: 'online' }), tab(w, { account: 'zoe@localhost', state: 'online' })];
  for (const [index, other] of others.entries()) other.tabs.name = `tab ${index}`;
  const borrowed = here.tabs.borrow({ topic: 't', code: 'c' });
  await settled();
  w.late();
  await borrowed;
  assert.deepEqual(others.map((other) => other.done.length), [1, 0]);
});

test('without a code only who takes part lends', async () => {
  const w = world();
  const here = tab(w);
  const other = tab(w, { account: 'zoe@localhost', state: 'online', topics: ['mine'] });
  const asked = [];
  other.session.request = async () => { asked.push('token'); return answer; };
  const not = here.tabs.borrow({ topic: 'theirs', code: '' });
  await settled();
  w.late();
  assert.equal(await not, false);
  const yes = here.tabs.borrow({ topic: 'mine', code: '' });
  await settled();
  w.late();
  await yes;
  assert.deepEqual(asked, ['token']);
  assert.deepEqual(other.done, []);
});
