import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../src/xmpp/emitter.js';
import { RequestError } from '../src/xmpp/read.js';
import { Room } from '../src/xmpp/room.js';
import { Store, TurnedClock, settle, xml } from './fakes.js';

const ROOM = 'k3f9x2@conference.localhost';

/** A session whose requests a test answers. */
class Line extends Emitter {
  state = 'online';
  sent = /** @type {any[]} */ ([]);
  asked = /** @type {any[]} */ ([]);

  send(stanza) {
    if (this.state !== 'online') return false;
    this.sent.push(stanza.tree());
    return true;
  }

  request(iq) {
    const element = iq.tree();
    return new Promise((resolve, reject) => this.asked.push({ element, text: String(iq), resolve, reject }));
  }

  bodies() {
    return this.sent.filter((el) => el.nodeName === 'message').map((el) => [...el.childNodes].find((c) => c.nodeName === 'body')?.textContent).filter(Boolean);
  }
}

function made(store = new Store()) {
  const session = new Line();
  const clock = new TurnedClock();
  let ids = 0;
  const room = new Room({ jid: ROOM, nick: 'Ann', session: /** @type {any} */ (session), store, clock, newId: () => `o${(ids += 1)}` });
  return { room, session, clock, store };
}

const presence = (nick, more = '') => xml(`<presence from="${ROOM}/${nick}"><x xmlns="http://jabber.org/protocol/muc#user"><item affiliation="member" role="participant" jid="${nick.toLowerCase()}@localhost/x"/>${more}</x></presence>`);
const said = (id, nick, body, origin = `c${id}`) => xml(`<message type="groupchat" id="${origin}" from="${ROOM}/${nick}"><body>${body}</body><origin-id xmlns="urn:xmpp:sid:0" id="${origin}"/><stanza-id xmlns="urn:xmpp:sid:0" by="${ROOM}" id="${id}"/></message>`);

async function page(parts, messages, { complete = true } = {}) {
  const query = parts.session.asked.findLast((one) => one.text.includes('urn:xmpp:mam:2') && !one.done);
  query.done = true;
  const queryId = /queryid="([^"]+)"/.exec(query.text)?.[1];
  for (const [id, nick, body, origin = `c${id}`] of messages) {
    parts.room.receive(xml(`<message from="${ROOM}"><result xmlns="urn:xmpp:mam:2" queryid="${queryId}" id="${id}"><forwarded xmlns="urn:xmpp:forward:0"><delay xmlns="urn:xmpp:delay" stamp="2026-11-23T13:00:00Z"/><message xmlns="jabber:client" type="groupchat" id="${origin}" from="${ROOM}/${nick}"><body>${body}</body></message></forwarded></result></message>`));
  }
  const last = messages.at(-1)?.[0] ?? '';
  query.resolve(xml(`<iq type="result"><fin xmlns="urn:xmpp:mam:2" complete="${complete}"><set xmlns="http://jabber.org/protocol/rsm"><last>${last}</last></set></fin></iq>`));
  await settle();
  return query.text;
}

async function entered(parts = made(), messages = /** @type {any[]} */ ([['1', 'Kim', 'hello']])) {
  parts.room.join();
  parts.room.receive(presence('Kim'));
  parts.room.receive(presence('Ann', '<status code="110"/>'));
  await page(parts, messages);
  return parts;
}

const bodies = (room) => room.lines.map((line) => line.body);

test('entering asks the room for no history and the archive for the newest page', async () => {
  const parts = made();
  parts.room.join();
  assert.match(String(parts.session.sent[0].firstChild.firstChild.getAttribute('maxstanzas')), /^0$/);
  parts.room.receive(presence('Ann', '<status code="110"/>'));
  const query = await page(parts, [['1', 'Kim', 'hello']]);
  assert.match(query, /<before\/>/);
  assert.equal(parts.room.state, 'in');
  assert.deepEqual(bodies(parts.room), ['hello']);
  assert.equal(parts.room.complete, true);
});

test('what is said while the archive is read stands after it, once', async () => {
  const parts = made();
  parts.room.join();
  parts.room.receive(presence('Ann', '<status code="110"/>'));
  parts.room.receive(said('2', 'Kim', 'second'));
  parts.room.receive(said('3', 'Kim', 'third'));
  await page(parts, [['1', 'Kim', 'first'], ['2', 'Kim', 'second']]);
  assert.deepEqual(bodies(parts.room), ['first', 'second', 'third']);
});

test('my message is sending until the room reflects it, then stands once in its order', async () => {
  const parts = await entered();
  parts.room.say('mine');
  assert.equal(parts.room.lines.at(-1)?.state, 'sending');
  const { originId } = parts.room.outbox[0];
  parts.room.receive(said('2', 'Kim', 'theirs'));
  assert.deepEqual(bodies(parts.room), ['hello', 'theirs', 'mine']);
  parts.room.receive(said('3', 'Ann', 'mine', originId));
  assert.deepEqual(parts.room.lines.map((l) => [l.body, l.state]), [['hello', 'sent'], ['theirs', 'sent'], ['mine', 'sent']]);
  assert.equal(parts.store.kept.size, 0);
});

test('different messages of the same id are all shown, and one without any id too', async () => {
  const parts = await entered();
  const bare = (id, nick, body) => xml(`<message type="groupchat" id="1" from="${ROOM}/${nick}"><body>${body}</body>${id ? `<stanza-id xmlns="urn:xmpp:sid:0" by="${ROOM}" id="${id}"/>` : ''}</message>`);
  parts.room.receive(bare('2', 'Kim', 'first of this session'));
  parts.room.receive(bare('3', 'Kim', 'first of the next one'));
  parts.room.receive(bare('', 'Kim', 'off the record'));
  parts.room.receive(bare('', 'Kim', 'still off the record'));
  assert.deepEqual(bodies(parts.room), ['hello', 'first of this session', 'first of the next one', 'off the record', 'still off the record']);
  assert.equal(new Set(parts.room.lines.map((line) => line.key)).size, 5);
});

test('what has a real origin-id, or is mine and off the record, stands once', async () => {
  const parts = await entered();
  parts.room.receive(said('2', 'Kim', 'once', 'same'));
  parts.room.receive(said('3', 'Kim', 'once', 'same'));
  parts.room.say('mine');
  const { originId } = parts.room.outbox[0];
  parts.room.receive(xml(`<message type="groupchat" id="${originId}" from="${ROOM}/Kim"><body>not mine</body></message>`));
  assert.equal(parts.room.outbox.length, 1);
  parts.room.receive(xml(`<message type="groupchat" id="${originId}" from="${ROOM}/Ann"><body>mine</body></message>`));
  assert.equal(parts.room.outbox.length, 0);
  assert.deepEqual(bodies(parts.room), ['hello', 'once', 'not mine', 'mine']);
});

test('after five seconds a message is slow, after a minute it is not sent and may be tried again', async () => {
  const parts = await entered();
  parts.room.say('mine');
  await parts.clock.pass(6);
  assert.equal(parts.room.outbox[0].state, 'slow');
  await parts.clock.pass(60);
  assert.equal(parts.room.outbox[0].state, 'failed');
  const { originId } = parts.room.outbox[0];
  parts.room.retry(parts.room.outbox[0]);
  assert.equal(parts.room.outbox[0].state, 'sending');
  assert.equal(parts.room.outbox[0].originId, originId);
});

test('after a lost connection nothing is lost and nothing is doubled', async () => {
  const parts = await entered();
  const { room, session } = parts;
  room.say('arrived, though nobody told me');
  const [arrived] = room.outbox;
  session.state = 'lost';
  room.lost();
  room.say('written while away');
  assert.deepEqual(room.outbox.map((line) => line.state), ['kept', 'kept']);
  session.state = 'online';
  session.sent = [];
  room.join();
  room.receive(presence('Ann', '<status code="110"/>'));
  const query = await page(parts, [['2', 'Kim', 'what I missed'], ['3', 'Ann', arrived.body, arrived.originId]]);
  assert.match(query, /<after>1<\/after>/);
  assert.deepEqual(session.bodies(), ['written while away']);
  assert.deepEqual(bodies(room), ['hello', 'what I missed', arrived.body, 'written while away']);
  assert.equal(room.missed, 2);
});

test('a gap of several pages is read to its end, in order', async () => {
  const parts = await entered();
  parts.room.lost();
  parts.room.join();
  parts.room.receive(presence('Ann', '<status code="110"/>'));
  await page(parts, [['2', 'Kim', 'b'], ['3', 'Kim', 'c']], { complete: false });
  const query = await page(parts, [['4', 'Kim', 'd']]);
  assert.match(query, /<after>3<\/after>/);
  assert.deepEqual(bodies(parts.room), ['hello', 'b', 'c', 'd']);
});

test('an archive that no longer knows my last message is read anew', async () => {
  const parts = await entered();
  parts.room.lost();
  parts.room.join();
  parts.room.receive(presence('Ann', '<status code="110"/>'));
  const query = parts.session.asked.findLast((one) => one.text.includes('urn:xmpp:mam:2'));
  query.done = true;
  query.reject(new RequestError('item-not-found'));
  await settle();
  await page(parts, [['9', 'Kim', 'anew']]);
  assert.deepEqual(bodies(parts.room), ['anew']);
});

test('what is unsent survives a reload of the page', async () => {
  const before = await entered();
  before.session.state = 'lost';
  before.room.lost();
  before.room.say('kept over the reload');
  const after = made(before.store);
  assert.deepEqual(after.room.lines.map((l) => [l.body, l.state]), [['kept over the reload', 'kept']]);
  await entered(after);
  assert.deepEqual(after.session.bodies(), ['kept over the reload']);
});

test('an older page goes before the first line', async () => {
  const parts = made();
  parts.room.join();
  parts.room.receive(presence('Ann', '<status code="110"/>'));
  await page(parts, [['5', 'Kim', 'five']], { complete: false });
  const older = parts.room.older();
  const query = await page(parts, [['3', 'Kim', 'three'], ['4', 'Kim', 'four']]);
  await older;
  assert.match(query, /<before>5<\/before>/);
  assert.deepEqual(bodies(parts.room), ['three', 'four', 'five']);
  assert.equal(parts.room.complete, true);
});

test('a taken nick is varied', async () => {
  const parts = made();
  parts.room.join();
  parts.room.receive(xml(`<presence type="error" from="${ROOM}/Ann"><error type="cancel"><conflict xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></presence>`));
  assert.equal(parts.session.sent.at(-1).getAttribute('to'), `${ROOM}/Ann (2)`);
  parts.room.receive(presence('Ann (2)', '<status code="110"/>'));
  assert.equal(parts.room.nick, 'Ann (2)');
});

test('a members-only room that does not know me says why', async () => {
  const parts = made();
  parts.room.join();
  parts.room.receive(xml(`<presence type="error" from="${ROOM}/Ann"><error type="auth"><registration-required xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">Ask Ann for an invitation.</text></error></presence>`));
  assert.equal(parts.room.state, 'refused');
  assert.equal(parts.room.refusal?.words, 'Ask Ann for an invitation.');
});

test('a room that no longer has me is entered again', async () => {
  const parts = await entered();
  const checked = parts.room.check();
  parts.session.asked.at(-1).reject(new RequestError('not-acceptable'));
  await checked;
  assert.equal(parts.room.state, 'joining');
});

test('a refused message stays with its reason', async () => {
  const parts = await entered();
  parts.room.say('too long');
  const { originId } = parts.room.outbox[0];
  parts.room.receive(xml(`<message type="error" id="${originId}" from="${ROOM}"><error type="modify"><not-allowed xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">Make it shorter.</text></error></message>`));
  assert.deepEqual([parts.room.outbox[0].state, parts.room.outbox[0].why], ['failed', 'Make it shorter.']);
});

test('corrections, withdrawals and reactions change the line they are about', async () => {
  const parts = await entered();
  parts.room.receive(xml(`<message type="groupchat" id="n1" from="${ROOM}/Kim"><body>hello, all</body><replace xmlns="urn:xmpp:message-correct:0" id="c1"/><stanza-id xmlns="urn:xmpp:sid:0" by="${ROOM}" id="2"/></message>`));
  parts.room.receive(xml(`<message type="groupchat" id="n2" from="${ROOM}/Ann"><reactions xmlns="urn:xmpp:reactions:0" id="1"><reaction>+1</reaction></reactions></message>`));
  const [line] = parts.room.log;
  assert.deepEqual([line.body, line.edited, [...(line.reactions.get('+1') ?? [])]], ['hello, all', true, ['Ann']]);
  parts.room.receive(xml(`<message type="groupchat" id="n3" from="${ROOM}/Kim"><retract xmlns="urn:xmpp:message-retract:1" id="1"/></message>`));
  assert.deepEqual([line.withdrawn, line.body], [true, '']);
});

test('somebody else cannot correct or withdraw my words', async () => {
  const parts = await entered();
  parts.room.receive(xml(`<message type="groupchat" id="n1" from="${ROOM}/Eve"><body>changed</body><replace xmlns="urn:xmpp:message-correct:0" id="c1"/></message>`));
  parts.room.receive(xml(`<message type="groupchat" id="n2" from="${ROOM}/Eve"><retract xmlns="urn:xmpp:message-retract:1" id="1"/></message>`));
  assert.deepEqual([parts.room.log[0].body, parts.room.log[0].withdrawn], ['hello', false]);
});

test('off the record is told by the room and shown on what is said then', async () => {
  const parts = await entered();
  parts.room.receive(xml(`<message type="groupchat" from="${ROOM}/Reporter"><record xmlns="urn:ccm:record:0" on="false"/></message>`));
  assert.equal(parts.room.onRecord, false);
  parts.room.receive(xml(`<message type="groupchat" id="x" from="${ROOM}/Kim"><body>between us</body></message>`));
  assert.equal(parts.room.log.at(-1)?.offRecord, true);
});

test('who enters while the room is off the record learns it', async () => {
  const parts = await entered();
  const asked = parts.session.asked.find((one) => one.text.includes('urn:ccm:record:0'));
  asked.resolve(xml('<iq type="result"><record xmlns="urn:ccm:record:0" on="false"/></iq>'));
  await settle();
  assert.equal(parts.room.onRecord, false);
});

test('my own words are corrected and withdrawn, and a correction is kept until the room has it', async () => {
  const parts = await entered();
  parts.room.receive(xml(`<message type="groupchat" id="a1" from="${ROOM}/Ann"><body>by Friday</body><stanza-id xmlns="urn:xmpp:sid:0" by="${ROOM}" id="5"/></message>`));
  const line = /** @type {any} */ (parts.room.log.at(-1));
  parts.room.say('by Thursday', line);
  const [kept] = parts.room.outbox;
  assert.match(String(parts.session.sent.at(-1)), /<replace [^>]*id=['"]a1['"]/);
  assert.equal(JSON.parse(parts.store.getItem(`ccm-unsent:${ROOM}`) ?? '[]')[0].replaces, 'a1');
  parts.room.receive(xml(`<message type="groupchat" id="${kept.originId}" from="${ROOM}/Ann"><body>by Thursday</body><replace xmlns="urn:xmpp:message-correct:0" id="a1"/><origin-id xmlns="urn:xmpp:sid:0" id="${kept.originId}"/><stanza-id xmlns="urn:xmpp:sid:0" by="${ROOM}" id="6"/></message>`));
  assert.deepEqual([parts.room.lines.length, parts.room.outbox.length, line.body, line.edited], [2, 0, 'by Thursday', true]);
  parts.room.withdraw(line);
  assert.match(String(parts.session.sent.at(-1)), /<retract [^>]*id=['"]5['"]/);
});

test('a reply that is unsent survives a reload, goes out as one, and stays one when its words are corrected', async () => {
  const before = await entered();
  before.session.state = 'lost';
  before.room.lost();
  before.room.say('Good.', undefined, { reply: { id: '1', nick: 'Kim', words: 'hello' } });
  const after = await entered(made(before.store));
  const wire = String(after.session.sent.at(-1));
  assert.match(wire, /<body>&gt; Kim wrote:\n&gt; hello\nGood\.<\/body><reply [^>]*id=['"]1['"]/);
  const { originId } = after.room.outbox[0];
  after.room.receive(xml(`<message type="groupchat" id="${originId}" from="${ROOM}/Ann"><body>Good.</body><reply xmlns="urn:xmpp:reply:0" id="1"/><origin-id xmlns="urn:xmpp:sid:0" id="${originId}"/><stanza-id xmlns="urn:xmpp:sid:0" by="${ROOM}" id="2"/></message>`));
  after.room.say('Better.', after.room.log.at(-1));
  assert.match(String(after.session.sent.at(-1)), /Better\..*<reply [^>]*id=['"]1['"].*<replace/s);
});

test('up to where somebody has read is told by the room, and is no message', async () => {
  const parts = await entered();
  parts.room.receive(xml(`<message type="groupchat" from="${ROOM}/Kim"><displayed xmlns="urn:xmpp:chat-markers:0" id="1"/></message>`));
  assert.deepEqual([...parts.room.readBy], [['Kim', '1']]);
  assert.equal(parts.room.lines.length, 1);
});

test('what is told as said is the line that came, whatever order the clocks and the archive gave it', async () => {
  const parts = await entered();
  const told = /** @type {string[]} */ ([]);
  parts.room.on('said', (line) => told.push(line.body));
  parts.room.receive(said('2', 'Kim', 'a new one'));
  parts.room.receive(said('2', 'Kim', 'a new one')); // once more
  parts.room.receive(xml(`<message type="groupchat" id="e1" from="${ROOM}/Kim"><body>as it should stand</body><replace xmlns="urn:xmpp:message-correct:0" id="c1"/><stanza-id xmlns="urn:xmpp:sid:0" by="${ROOM}" id="3"/></message>`));
  assert.deepEqual(told, ['a new one']);
  assert.equal(parts.room.log[0].body, 'as it should stand');
});

test('who writes is told so again while it lasts, and that it ended, once', async () => {
  const parts = await entered();
  const { room, session, clock } = parts;
  const states = () => session.sent.splice(0).flatMap((el) => [...el.childNodes].filter((c) => c.getAttribute('xmlns')?.endsWith('chatstates')).map((c) => c.nodeName));
  states();
  room.writing.typed(true);
  await clock.pass(3);
  room.writing.typed(true);
  assert.deepEqual(states(), ['composing']);
  await clock.pass(3);
  room.writing.typed(true);
  assert.deepEqual(states(), ['composing']);
  await clock.pass(60);
  assert.deepEqual(states(), ['paused']);
  room.writing.typed(true);
  room.writing.typed(false);
  room.writing.typed(false);
  assert.deepEqual(states(), ['composing', 'active']);
  room.writing.typed(true);
  room.say('done');
  await clock.pass(60);
  assert.deepEqual(states(), ['composing', 'active']); // the message tells it
});
