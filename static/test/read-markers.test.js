import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../src/xmpp/emitter.js';
import { NS } from '../src/xmpp/names.js';
import { RequestError } from '../src/xmpp/read.js';
import { ReadMarkers } from '../src/xmpp/read-markers.js';
import { TurnedClock, settle, xml } from './fakes.js';

const ROOM = 'k3@conference.localhost';
const item = (id, room = ROOM) => `<item id="${room}"><displayed xmlns="${NS.displayed}"><stanza-id xmlns="${NS.sid}" by="${room}" id="${id}"/></displayed></item>`;

class Line extends Emitter {
  state = 'online';
  account = 'ann@localhost';
  sent = /** @type {string[]} */ ([]);
  asked = /** @type {any[]} */ ([]);
  send(stanza) { this.sent.push(String(stanza)); return true; }
  request(iq) { return new Promise((resolve, reject) => this.asked.push({ text: String(iq), resolve, reject })); }
}

function made() {
  const session = new Line();
  const clock = new TurnedClock();
  const markers = new ReadMarkers(/** @type {any} */ (session), clock);
  const read = /** @type {any[]} */ ([]);
  markers.on('read', (...told) => read.push(told));
  return { session, clock, markers, read };
}

test('what other devices have read is fetched, and heard while it changes', async () => {
  const { session, read } = made();
  assert.match(session.sent[0], /<c [^>]*caps/);
  session.asked[0].resolve(xml(`<iq type="result"><pubsub xmlns="${NS.pubsub}"><items node="${NS.displayed}">${item('5')}</items></pubsub></iq>`));
  await settle();
  const event = (from) => xml(`<message from="${from}"><event xmlns="${NS.event}"><items node="${NS.displayed}">${item('8')}</items></event></message>`);
  session.emit('stanza', event('ann@localhost'));
  session.emit('stanza', event('eve@localhost'));
  assert.deepEqual(read, [[ROOM, '5'], [ROOM, '8']]);
});

test('a position is kept and told at once, and then only once in a while', async () => {
  const { session, clock, markers } = made();
  markers.seen(ROOM, '5', '4');
  for (const id of ['6', '7', '8']) markers.seen(ROOM, id, id);
  const published = () => session.asked.filter((one) => one.text.includes('<publish ')).map((one) => /stanza-id [^>]*id=['"](\w+)['"]/u.exec(one.text)?.[1]);
  assert.deepEqual(published(), ['5']);
  await clock.pass(6);
  assert.deepEqual(published(), ['5', '8']);
  assert.deepEqual(session.sent.filter((one) => one.includes(NS.markers)).map((one) => /displayed [^>]*id=['"](\w+)['"]/u.exec(one)?.[1]), ['4', '8']);
  await clock.pass(60);
  markers.seen(ROOM, '8', '8');
  assert.equal(published().length, 2);
});

test('who lets nobody know tells the room nothing, and a guest keeps nothing', async () => {
  const { session, clock, markers } = made();
  markers.seen(ROOM, '5');
  session.asked.at(-1).reject(new RequestError('forbidden'));
  await settle();
  await clock.pass(6);
  markers.seen(ROOM, '6');
  assert.equal(session.asked.filter((one) => one.text.includes('<publish ')).length, 1);
  assert.equal(session.sent.some((one) => one.includes(NS.markers)), false);
});

test('what was read while the line was away is told when it is back', async () => {
  const { session, clock, markers } = made();
  session.asked[0].reject(new RequestError('item-not-found'));
  await settle();
  session.state = 'lost';
  markers.seen(ROOM, '5', '5');
  await clock.pass(6);
  session.state = 'online';
  session.emit('state', 'online');
  session.asked.at(-1).reject(new RequestError('item-not-found'));
  await settle();
  assert.match(session.asked.at(-1).text, /<publish /);
  assert.equal(session.sent.filter((one) => one.includes(NS.markers)).length, 1);
  session.asked.at(-1).reject(new RequestError('timeout')); // and once more, if nobody answered
  await settle();
  await clock.pass(6);
  session.emit('state', 'online');
  session.asked.at(-1).reject(new RequestError('item-not-found'));
  await settle();
  assert.equal(session.asked.filter((one) => one.text.includes('<publish ')).length, 2);
  assert.equal(session.sent.filter((one) => one.includes(NS.markers)).length, 1);
});

test('a server that is busy for a moment keeps the next position', async () => {
  const { session, clock, markers } = made();
  markers.seen(ROOM, '5');
  session.asked.at(-1).reject(new RequestError('resource-constraint'));
  await settle();
  await clock.pass(6);
  markers.seen(ROOM, '6');
  assert.equal(session.asked.filter((one) => one.text.includes('<publish ')).length, 2);
});

test('what was read while the line was away is not told if another device is further by now', async () => {
  const { session, markers } = made();
  session.state = 'lost';
  markers.seen(ROOM, '5', '5');
  session.state = 'online';
  session.emit('state', 'online');
  session.asked.at(-1).resolve(xml(`<iq type="result"><pubsub xmlns="${NS.pubsub}"><items node="${NS.displayed}">${item('8')}</items></pubsub></iq>`));
  await settle();
  assert.equal(session.asked.some((one) => one.text.includes('<publish ')), false);
});
