import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Preferences } from '../src/ui/preferences.js';
import { Reading } from '../src/ui/reading.js';
import { Store, TurnedClock } from './fakes.js';

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
  store.setItem('ccm-read:ann@localhost:k3@conference.localhost', '17');
  assert.equal(reading.isNew(topic({})), false);
});

/** A room with some messages of Kim's, and Ann who reads them. */
function reader(store = new Store()) {
  let drawn = 0;
  const clock = new TurnedClock();
  const log = ['1', '2', '3'].map((id) => ({ id, mine: false, body: `@Ann ${id}`, nick: 'Kim' }));
  const room = { jid: 'k3@conference.localhost', log, catchingUp: false, readBy: new Map(), occupants: new Map(), nick: 'Ann' };
  const app = { client: { name: 'Ann', rooms: new Map([[room.jid, room]]), topics: new Map() }, chosen: new Preferences(/** @type {any} */ (new Store())), requestUpdate: () => { drawn += 1; }, session: { account: 'ann@localhost' } };
  return { reading: new Reading(app, /** @type {any} */ (store), clock), room, clock, store, drawn: () => drawn };
}

test('what was on the screen for a second is read, and what came in the last moment is not yet', async () => {
  const { reading, room, clock, store } = reader();
  store.setItem(`ccm-read:ann@localhost:${room.jid}`, '1');
  let last = '2';
  reading.look(room, () => last);
  last = '3';
  assert.equal(store.getItem(`ccm-read:ann@localhost:${room.jid}`), '1');
  await clock.pass(1.1);
  assert.equal(store.getItem(`ccm-read:ann@localhost:${room.jid}`), '2');
  await clock.pass(1.1);
  assert.equal(store.getItem(`ccm-read:ann@localhost:${room.jid}`), '3');
});

test('what was seen for less than a second stays unread, but is not counted while it is seen', async () => {
  const { reading, room, clock, store } = reader();
  store.setItem(`ccm-read:ann@localhost:${room.jid}`, '1');
  reading.look(room, () => '3');
  assert.deepEqual(reading.counts(topic({})), { unread: 0, mentions: 0 });
  reading.look(room, () => '');
  await clock.pass(2);
  assert.deepEqual(reading.counts(topic({})), { unread: 2, mentions: 2 });
});

test('what comes after one was there is unread, however soon one looked elsewhere', () => {
  const { reading, room } = reader();
  reading.look(room, () => '3');
  assert.deepEqual(reading.counts(topic({})), { unread: 0, mentions: 0 });
  reading.look(room, () => '');
  room.log.push({ id: '4', mine: false, body: 'And now?', nick: 'Kim' });
  assert.deepEqual(reading.counts(topic({})), { unread: 1, mentions: 0 });
});

test('what is muted calls nobody from elsewhere', async () => {
  const { reading, room, store } = reader();
  store.setItem(`ccm-read:ann@localhost:${room.jid}`, '1');
  assert.deepEqual(reading.sum([topic({}), topic({ id: 'k4', room: 'k4@conference.localhost' })]), { unread: 2, mentions: 2 });
  reading.app.chosen.mute('k3', true);
  assert.deepEqual(reading.sum([topic({})]), { unread: 0, mentions: 0 });
});

test('reading only goes forward', () => {
  const { reading, room, store } = reader();
  reading.seen(room, '3');
  reading.seen(room, '1');
  assert.equal(store.getItem(`ccm-read:ann@localhost:${room.jid}`), '3');
  assert.equal(reading.firstUnread(room), '');
});

test('who has seen a message is told of those who are here', () => {
  const { reading, room } = reader();
  room.occupants = new Map([['Ann', {}], ['Kim', {}], ['Tom', {}]]);
  room.readBy = new Map([['Tom', '2'], ['Ann', '3'], ['Gone', '3']]);
  assert.deepEqual(reading.seenBy(room, room.log[1]), ['Tom']);
  assert.deepEqual(reading.seenBy(room, room.log[2]), []);
});

test('looking at what was looked at before draws nothing anew', () => {
  const { reading, room, drawn } = reader();
  for (const last of ['', '', '3', '3', '']) reading.look(room, () => last);
  assert.equal(drawn(), 2);
});

test('what another account has read in this browser says nothing about me', () => {
  const { reading, room, store } = reader();
  store.setItem('ccm-read:kim@localhost:k3@conference.localhost', '9');
  store.setItem('ccm-opened:kim@localhost:k3', '1');
  assert.equal(reading.isNew(topic({})), true);
  assert.equal(reading.knows(room), false);
  reading.seen(room, '2');
  assert.equal(reading.firstUnread(room), '3');
});

test('without a name nobody is mentioned', () => {
  const { reading } = reader();
  reading.app.client.name = '';
  assert.equal(reading.mentions(/** @type {any} */ ({ body: 'at 5 @ the pub' })), false);
});
