/** From BOSH to WebSocket and from one WebSocket to the next: what is on its way then arrives once. */
import { DOMParser } from '@xmldom/xmldom';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { $iq, $msg } from 'strophe.js';
import { Session } from '../src/xmpp/session.js';
import { PlayedConnection, Store, TOKEN, settle } from './fakes.js';
import * as sitting from './sitting.js';

const KEY = 'strophe-bosh-session';
const SM = 'xmlns="urn:xmpp:sm:3"';

/** A browser's WebSocket, and the server at its other end. */
class PlayedSocket {
  static made = /** @type {PlayedSocket[]} */ ([]);
  static get last() {
    return /** @type {PlayedSocket} */ (PlayedSocket.made.at(-1));
  }

  readyState = 0;
  sent = /** @type {string[]} */ ([]);
  onopen = () => {};
  onclose = () => {};
  onmessage = (/** @type {{data: string}} */ _event) => {};

  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    PlayedSocket.made.push(this);
  }

  send(text) {
    this.sent.push(text);
  }

  close() {
    this.readyState = 3;
  }

  async opens() {
    this.readyState = 1;
    this.onopen();
    await settle();
  }

  async ends() {
    this.readyState = 3;
    this.onclose();
    await settle();
  }

  async says(...texts) {
    for (const data of texts) this.onmessage({ data });
    await settle();
  }

  /** Up to where it may resume. */
  async signsIn() {
    await this.opens();
    await this.says('<open xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>', '<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>');
  }

  /** What was sent and not asked for before. */
  read() {
    return this.sent.splice(0);
  }
}
Object.assign(globalThis, { WebSocket: PlayedSocket, DOMParser });

const resumed = (h) => `<resumed ${SM} previd="id-1" h="${h}"/>`;
const message = (id, type = 'groupchat') => `<message xmlns="jabber:client" from="r@c/kim" type="${type}" id="${id}"/>`;
const ids = (texts) => texts.map((text) => /<message [^>]*\bid="(\w+)"/.exec(text)?.[1]).filter(Boolean);

function made(store = new Store()) {
  PlayedSocket.made = [];
  const parts = sitting.made(store, { websocket: 'ws://localhost/xmpp-websocket' });
  const heard = /** @type {string[]} */ ([]);
  parts.session.on('stanza', (stanza) => heard.push(stanza.getAttribute('id')));
  return { ...parts, heard, conn: parts.last };
}

async function signedIn(parts = made()) {
  await sitting.signedIn(parts);
  parts.states.length = 0;
  return parts;
}

/** Loading the module takes turns of the event loop, not of the clock. */
const loaded = () => new Promise((go) => { setTimeout(go, 20); });

/** Up to where the server counts over BOSH. */
async function ready(parts = undefined) {
  const at = parts ?? (await signedIn());
  await at.clock.pass(3);
  await loaded();
  await PlayedSocket.last.signsIn();
  return at;
}

async function moved(parts = undefined) {
  const at = await ready(parts);
  const bosh = at.conn();
  await bosh.play(`<enabled ${SM} id="id-1" resume="true" max="15"/>`);
  await PlayedSocket.last.says(resumed(0));
  PlayedSocket.last.read();
  return { ...at, bosh };
}

const say = (session, id) => session.send($msg({ to: 'r@c', type: 'groupchat', id }));

test('after three quiet seconds the session goes on over WebSocket, and nobody hears of it', async () => {
  const { session, clock, conn, states, heard } = await signedIn();
  await clock.pass(2);
  say(session, 'early');
  await clock.pass(2);
  await loaded();
  assert.equal(PlayedSocket.made.length, 0);
  await clock.pass(3);
  await loaded();
  const socket = PlayedSocket.last;
  assert.deepEqual([socket.url, socket.protocol], ['ws://localhost/xmpp-websocket', 'xmpp']);
  await socket.opens();
  const [open, auth] = socket.read();
  assert.match(open, /^<open [^>]*to="localhost"/);
  const said = Buffer.from(/>([^<]*)</.exec(auth)?.[1] ?? '', 'base64').toString();
  assert.equal(said, 'n,a=ann@localhost,\u0001auth=Bearer secret-token\u0001\u0001');
  assert.deepEqual(conn().of('enable'), []); // nothing has happened before the other connection stands
  await socket.says('<success xmlns="urn:ietf:params:xml:ns:xmpp-sasl"/>');
  assert.equal(conn().of('enable').length, 1);
  await conn().play(`<enabled ${SM} id="id-1" resume="true" max="15"/>`);
  assert.equal(socket.read().at(-1), `<resume ${SM} previd="id-1" h="0"/>`);
  await socket.says(resumed(0), message('m1'));
  assert.deepEqual([states, heard.filter(Boolean), session.state], [[], ['m1'], 'online']);
  assert.equal(conn().closed, 'reset'); // without a word to the server
});

test('what was said and heard since the server counts is told, and what the other side lacks is said again', async () => {
  const at = await ready();
  const { session, conn, heard } = at;
  const bosh = conn();
  say(session, 's1');
  const answer = session.request($iq({ type: 'get', to: 'topics.localhost' }).c('topics', {}));
  // One answer of BOSH brings all of this; what it brings before does not count.
  await bosh.play(message('before'));
  const both = [bosh.play(`<enabled ${SM} id="id-1" resume="true"/>`), bosh.play(message('m1')), bosh.play(message('m2'))];
  await Promise.all(both);
  const socket = PlayedSocket.last;
  assert.equal(socket.read().at(-1), `<resume ${SM} previd="id-1" h="2"/>`);
  say(session, 's2'); // between the two
  await bosh.play(message('m3')); // comes too late to count
  await socket.says(resumed(1), message('m3'));
  const said = socket.read();
  assert.match(said[0], /<topics/);
  assert.deepEqual(ids(said), ['s2']);
  assert.deepEqual(bosh.of('message').length, 1);
  assert.deepEqual(heard.filter(Boolean), ['before', 'm1', 'm2', 'm3']);
  const id = /id="([^"]+)"/.exec(said[0])?.[1];
  await socket.says(`<iq xmlns="jabber:client" type="result" id="${id}" from="topics.localhost"><topics/></iq>`);
  assert.equal((await answer).getAttribute('type'), 'result');
});

test('where WebSocket is refused, the session stays on BOSH and says nothing', async () => {
  for (const how of ['ends', 'failure', 'silence']) {
    const { session, clock, conn, states } = await signedIn();
    await clock.pass(3);
    await loaded();
    const socket = PlayedSocket.last;
    if (how === 'ends') await socket.ends();
    else if (how === 'failure') await socket.says('<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><not-authorized/></failure>');
    else await clock.pass(6);
    await clock.pass(600);
    assert.deepEqual([states, PlayedSocket.made.length, socket.readyState], [[], 1, 3]);
    say(session, 's1');
    assert.equal(conn().of('message').length, 1);
    assert.deepEqual(conn().of('enable'), []);
  }
});

test('a server that does not count over BOSH keeps the session there', async () => {
  for (const how of ['failed', 'silence', 'late', 'socket']) {
    const { session, clock, conn, states, heard } = await ready();
    const socket = PlayedSocket.last;
    if (how === 'failed') await conn().play(`<failed ${SM}/>`);
    else if (how === 'socket') await socket.ends();
    if (how !== 'failed') await clock.pass(6);
    if (how === 'late') await conn().play(`<enabled ${SM} id="id-1" resume="true"/>`);
    say(session, 's1');
    await conn().play(message('m1'));
    assert.deepEqual([states, heard.filter(Boolean), conn().of('message').length], [[], ['m1'], 1]);
    assert.equal(socket.readyState, 3);
    assert.ok(!socket.sent.some((text) => text.startsWith('<resume')));
  }
});

test('a session that could not be taken over comes back over BOSH by its token', async () => {
  for (const how of [`<failed ${SM}><item-not-found xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></failed>`, '']) {
    const { session, clock, conn, connections } = await ready();
    await conn().play(`<enabled ${SM} id="id-1" resume="true"/>`);
    if (how) await PlayedSocket.last.says(how);
    else await clock.pass(6);
    assert.equal(session.state, 'lost');
    await clock.pass(1);
    assert.equal(connections.length, 2);
    assert.equal(conn().asked.secret, 'secret-token');
  }
});

test('what is said is kept until it is acknowledged, and what was heard is told when asked', async () => {
  const { session } = await moved();
  const socket = PlayedSocket.last;
  say(session, 's1');
  say(session, 's2');
  const said = socket.read();
  assert.deepEqual(ids(said), ['s1', 's2']);
  assert.equal(said.filter((text) => text === `<r ${SM}/>`).length, 1);
  await socket.says(message('m1'), `<r ${SM}/>`);
  assert.deepEqual(socket.read(), [`<a ${SM} h="1"/>`]);
  await socket.says(`<a ${SM} h="1"/>`);
  assert.deepEqual(socket.read(), [`<r ${SM}/>`]); // for the other one
  await socket.says(message('note', 'chat'));
  assert.deepEqual(socket.read(), [`<a ${SM} h="2"/>`]); // it is in no room's archive
});

test('a socket that ends is replaced at once, and nobody hears of it', async () => {
  const { session, states, heard } = await moved();
  const first = PlayedSocket.last;
  await first.says(message('m1'));
  say(session, 's1');
  await first.ends();
  const second = PlayedSocket.last;
  assert.notEqual(first, second);
  say(session, 's2');
  await second.signsIn();
  assert.equal(second.read().at(-1), `<resume ${SM} previd="id-1" h="1"/>`);
  await second.says(resumed(1), message('m2'));
  assert.deepEqual(ids(second.read()), ['s2']);
  await first.says(message('m1'));
  assert.deepEqual([states, heard.filter(Boolean)], [[], ['m1', 'm2']]);
});

test('where one socket after the other ends, the session goes on over BOSH and is in no hurry to leave it', async () => {
  const at = await moved();
  const { session, clock, conn, states } = at;
  await PlayedSocket.last.ends();
  await PlayedSocket.last.signsIn();
  await PlayedSocket.last.says(resumed(0));
  await clock.pass(5);
  await PlayedSocket.last.ends();
  assert.equal(session.state, 'lost');
  await clock.pass(1);
  await conn().up('ann@localhost/web-1');
  assert.deepEqual(states.filter((state) => state !== 'lost'), ['online']);
  const count = PlayedSocket.made.length;
  await clock.pass(25);
  await loaded();
  assert.equal(PlayedSocket.made.length, count);
  await clock.pass(6);
  await loaded();
  assert.equal(PlayedSocket.made.length, count + 1);
});

test('a line that swallows everything is left after some seconds, one on which nobody says anything is asked', async () => {
  const { session, clock } = await moved();
  await clock.pass(39);
  assert.deepEqual(PlayedSocket.last.read(), []);
  await PlayedSocket.last.says(message('m1'));
  await clock.pass(41);
  assert.deepEqual(PlayedSocket.last.read(), [`<r ${SM}/>`]);
  await clock.pass(13);
  assert.equal(session.state, 'online'); // another socket is tried
  await clock.pass(6);
  assert.equal(session.state, 'lost');
});

test('a stream that the server ended is not taken up again', async () => {
  const error = (condition) => `<stream:error xmlns:stream="http://etherx.jabber.org/streams"><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>`;
  for (const [condition, state] of [['conflict', 'over'], ['system-shutdown', 'lost']]) {
    const { session } = await moved();
    const count = PlayedSocket.made.length;
    await PlayedSocket.last.says(error(condition));
    assert.deepEqual([session.state, PlayedSocket.made.length], [state, count]);
  }
});

test('a page that is loaded anew goes on with its session', async () => {
  const { session, store, heard } = await moved();
  await PlayedSocket.last.says(message('m1'));
  assert.deepEqual(heard.filter(Boolean), ['m1']);
  store.setItem(KEY, JSON.stringify(session.connection)); // as page-life.js does when the page goes
  const next = made(store);
  const back = next.session.resume();
  await loaded();
  await PlayedSocket.last.signsIn();
  assert.equal(PlayedSocket.last.read().at(-1), `<resume ${SM} previd="id-1" h="1"/>`);
  await PlayedSocket.last.says(resumed(7), message('m2'));
  assert.equal(await back, true);
  assert.deepEqual([next.states, next.heard.filter(Boolean), next.connections.length], [['connecting', 'online'], ['m2'], 0]);
  assert.equal(next.session.restored, true);
  say(next.session, 's1');
  await PlayedSocket.last.says(`<a ${SM} h="8"/>`);
  await PlayedSocket.last.ends();
  await PlayedSocket.last.signsIn();
  PlayedSocket.last.read();
  await PlayedSocket.last.says(resumed(8));
  assert.deepEqual(ids(PlayedSocket.last.read()), []);
});

test('a page that is loaded anew too late signs in by its token', async () => {
  const { store } = await moved();
  const next = made(store);
  next.session.resume();
  await loaded();
  await PlayedSocket.last.signsIn();
  await PlayedSocket.last.says(`<failed ${SM}/>`);
  assert.equal(next.conn().asked.secret, 'secret-token');
});

test('whoever goes on with it is given the count; signing out ends it', async () => {
  const one = await moved();
  await PlayedSocket.last.says(message('m1'));
  assert.deepEqual(one.session.handOver(), { jid: 'ann@localhost/web-1', sid: 'id-1', h: 1 });
  assert.deepEqual([PlayedSocket.last.readyState, PlayedSocket.last.read(), one.store.getItem(KEY)], [3, [], null]);

  const other = await moved();
  other.session.signOut();
  const said = PlayedSocket.last.read();
  assert.match(said[0], /<revoke [^>]*>secret-token</);
  assert.equal(said.at(-1), '<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>');
  assert.equal(PlayedSocket.last.readyState, 3);
  await other.clock.pass(100);
  assert.equal(other.session.state, 'out');
});

test('without an address for it nothing is loaded or opened', async () => {
  const parts = made();
  const plain = new Session({ service: '/http-bind', domain: 'localhost', resource: 'web-1', store: new Store(), clock: parts.clock, connect: () => parts.connections[0] });
  parts.connections.push(new PlayedConnection('/http-bind', {}));
  const done = plain.signIn('ann', 'pw');
  await parts.conn().up('ann@localhost/web-1');
  await parts.conn().answer('token', TOKEN);
  await done;
  await parts.clock.pass(60);
  await loaded();
  assert.equal(PlayedSocket.made.length, 0);
});
