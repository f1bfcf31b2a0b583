import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../src/xmpp/client.js';
import { Session } from '../src/xmpp/session.js';
import { PlayedConnection, Store, TOKEN, TurnedClock, settle } from './fakes.js';

const TOPIC = (more = '', state = 'live') => `<topic xmlns="urn:ccm:topics:0" id="k3f9x2" name="Licence audit" room="k3f9x2@conference.localhost" state="${state}" start="2026-11-24T14:00:00Z" minutes="60" owner="ann@localhost" owner-name="Ann" revision="3" ${more}><invitee id="i1" address="kim@example.org" name="Kim" state="offered"/></topic>`;
const EVENT = (node, item) => `<message type="headline" from="${node.split(':')[2]}.localhost"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="${node}">${item}</items></event></message>`;

async function online() {
  let connection = /** @type {any} */ (null);
  let ids = 0;
  const [store, clock] = [new Store(), new TurnedClock()];
  const connect = (service, options) => (connection = new PlayedConnection(service, options));
  online.last = () => connection;
  const session = new Session({ service: '/http-bind', domain: 'localhost', resource: 'web-1', connect, store, clock, newId: () => `id${(ids += 1)}` });
  const client = new Client({ session, store, clock, zone: () => 'Europe/Berlin', language: 'en' });
  const notes = /** @type {any[]} */ ([]);
  client.on('note', (note) => notes.push(note));
  session.signIn('ann', 'pw');
  await connection.up('ann@localhost/web-1');
  await connection.answer('token', TOKEN);
  await connection.answer('topics', `<topics xmlns="urn:ccm:topics:0">${TOPIC()}</topics>`);
  return { client, session, connection, notes, store };
}

test('after sign-in the components hear of me and the list of topics is read', async () => {
  const { client, connection } = await online();
  const asked = connection.sent.filter((el) => el.getAttribute('type') === 'subscribe').map((el) => el.getAttribute('to'));
  assert.deepEqual(asked, ['topics.localhost', 'invitations.localhost', 'reporter.localhost']);
  const [topic] = client.topics.values();
  assert.deepEqual([topic.name, topic.state, topic.start?.toISOString(), topic.invitees[0].state], ['Licence audit', 'live', '2026-11-24T14:00:00.000Z', 'offered']);
  assert.equal(client.listed, true);
});

test('an invitation needs the address only and carries zone and language', async () => {
  const { client, connection, notes } = await online();
  const invited = client.invite({ address: 'kim@example.org' });
  const iq = await connection.answer('invite', `<done xmlns="urn:ccm:invitations:0"><invitee id="i7" address="kim@example.org" state="offered"/>${TOPIC()}<correction xmlns="urn:ccm:topics:0" code="name-guessed" now="Licence audit">I called it Licence audit.</correction></done>`);
  const payload = iq.firstChild;
  assert.deepEqual(['address', 'topic', 'name', 'start', 'tz', 'xml:lang'].map((n) => payload.getAttribute(n)), ['kim@example.org', null, null, null, 'Europe/Berlin', 'en']);
  assert.equal((await invited).topic?.id, 'k3f9x2');
  assert.deepEqual([notes[0].text, notes[0].topic, notes[0].invitee, notes[0].made], ['I called it Licence audit.', 'k3f9x2', 'i7', true]);
});

test('an address that looks mistyped is a question, not a note', async () => {
  const { client, connection, notes } = await online();
  const invited = client.invite({ address: 'kim@gmial.com' });
  await connection.answer('invite', '<done xmlns="urn:ccm:invitations:0"><correction xmlns="urn:ccm:topics:0" code="address-suspect" was="kim@gmial.com" now="kim@gmail.com">Did you mean gmail.com?</correction></done>');
  assert.equal((await invited).corrections[0].now, 'kim@gmail.com');
  assert.deepEqual(notes, []);
});

test('topics change and go by events; an older revision changes nothing', async () => {
  const { client, connection } = await online();
  await connection.play(EVENT('urn:ccm:topics:0', `<item id="k3f9x2">${TOPIC('document="http://localhost/a"', 'published').replace('revision="3"', 'revision="4"')}</item>`));
  assert.equal(client.topics.get('k3f9x2')?.state, 'published');
  await connection.play(EVENT('urn:ccm:topics:0', `<item id="k3f9x2">${TOPIC()}</item>`));
  assert.equal(client.topics.get('k3f9x2')?.state, 'published');
  await connection.play(EVENT('urn:ccm:topics:0', '<retract id="k3f9x2"/>'));
  assert.equal(client.topics.size, 0);
});

const NODE = 'urn:ccm:reporter:0#k3f9x2';
const HEAD = (revision, more = '') => `<item id="outcome"><outcome xmlns="urn:ccm:reporter:0" topic="k3f9x2" type="project" label="Project" mode="listening" revision="${revision}" ${more}/></item>`;
const ITEM = (id, xml) => `<item id="${id}">${xml.replace(' ', ' xmlns="urn:ccm:reporter:0" ')}</item>`;
const ACTION = (id, words, more = '') => ITEM(id, `<entry kind="action" id="${id}" owner="Kim" status="open" by="Kim" source="s2" ${more}>${words}</entry>`);

test('the outcome fills by events, each value with its source, and what is removed goes', async () => {
  const { client, connection } = await online();
  const audience = ITEM('attribute.audience', '<attribute name="audience" label="Audience"><value by="Ann" id="s1" at="2026-11-24T14:05:00Z">IT people.</value></attribute>');
  await connection.play(EVENT(NODE, HEAD(17) + audience + ACTION('A1', 'Check')));
  const got = client.outcomes.get('k3f9x2');
  assert.deepEqual([got?.revision, got?.attributes[0].values[0].id, got?.entries[0].source], [17, 's1', 's2']);
  await connection.play(EVENT(NODE, HEAD(18, 'after="17" removed="A1"') + ACTION('A2', 'Write', 'provenance="detected" confidence="700" sure="false"')));
  await connection.play(EVENT(NODE, '<retract id="A1"/>'));
  const then = client.outcomes.get('k3f9x2');
  assert.deepEqual([then?.attributes.length, then?.entries.map((e) => [e.id, e.found, e.sure])], [1, [['A2', true, false]]]);
  await connection.play(EVENT(NODE, HEAD(18, 'after="17"') + ACTION('A9', 'Again')));
  assert.equal(client.outcomes.get('k3f9x2')?.entries.length, 1);
});

test('after a gap the whole outcome is fetched and counts, whatever its revision', async () => {
  const { client, connection } = await online();
  await connection.play(EVENT(NODE, HEAD(4)));
  await connection.play(EVENT(NODE, HEAD(6, 'after="5"') + ACTION('A3', 'Late')));
  assert.deepEqual([connection.of('outcome').length, client.outcomes.get('k3f9x2')?.entries.length], [1, 0]);
  await connection.answer('outcome', '<outcome xmlns="urn:ccm:reporter:0" topic="k3f9x2" revision="2"><entry kind="action" id="A3" status="open">Late</entry></outcome>');
  assert.deepEqual([client.outcomes.get('k3f9x2')?.revision, client.outcomes.get('k3f9x2')?.entries[0].text], [2, 'Late']);
  await connection.play(EVENT('urn:ccm:reporter:0#other', HEAD(6, 'after="5"').replace('k3f9x2', 'other')));
  assert.deepEqual([connection.of('outcome').length, client.outcomes.has('other')], [1, false]);
});

test('an open vote and the targets of a publication are part of it', async () => {
  const { client, connection } = await online();
  const poll = ITEM('vote', '<poll question="Ship it?" by="Ann" source="s9"><option name="yes"/><option name="no"/><vote option="yes" by="Kim"/></poll>');
  const target = ITEM('target.wordpress', '<target name="wordpress" state="waiting" reason="503." again="2026-11-24T14:05:00Z"/>');
  await connection.play(EVENT(NODE, HEAD(3) + poll + target));
  const got = client.outcomes.get('k3f9x2');
  assert.deepEqual([got?.poll?.options, got?.poll?.votes, got?.targets[0].state, got?.entries.length], [['yes', 'no'], [{ option: 'yes', by: 'Kim' }], 'waiting', 0]);
});

test('events and notes of strangers are not believed', async () => {
  const { client, connection, notes } = await online();
  await connection.play(EVENT('urn:ccm:topics:0', '<retract id="k3f9x2"/>').replace('topics.localhost', 'topics.evil.example'));
  await connection.play('<message type="chat" from="eve@localhost/x"><body>Published!</body></message>');
  assert.equal(client.topics.size, 1);
  assert.deepEqual(notes, []);
});

test('a busy component and one that is gone are known by their presence', async () => {
  const { client, connection } = await online();
  await connection.play('<presence from="invitations.localhost"><show>dnd</show><status>Many letters.</status></presence>');
  assert.deepEqual([client.components.get('invitations')?.state, client.components.get('invitations')?.words], ['busy', 'Many letters.']);
  await connection.play('<presence from="invitations.localhost" type="unavailable"/>');
  assert.equal(client.components.get('invitations')?.state, 'gone');
  await connection.play('<presence from="invitations.localhost"/>');
  assert.equal(client.components.get('invitations')?.state, 'here');
});

test('a bounce that comes later is told', async () => {
  const { connection, notes } = await online();
  await connection.play('<message type="chat" from="invitations.localhost"><body>Your invitation to Kaliya came back.</body><correction xmlns="urn:ccm:topics:0" code="mail-failed" was="k@example.org" topic="k3f9x2">Your invitation to Kaliya came back.</correction></message>');
  assert.deepEqual([notes[0].code, notes[0].topic, notes[0].text], ['mail-failed', 'k3f9x2', 'Your invitation to Kaliya came back.']);
});

test('rooms are left and entered with the connection, under the account’s name', async () => {
  const { client, connection } = await online();
  const room = client.open([...client.topics.values()][0]);
  assert.equal(connection.sent.at(-1).getAttribute('to'), 'k3f9x2@conference.localhost/Ann');
  await connection.status('DISCONNECTED');
  await settle();
  assert.equal(room.state, 'out');
});

const MOVED = `<correction xmlns="urn:ccm:topics:0" code="time-moved" was="yesterday at 3" now="2026-11-25T14:00:00Z" undo="u1"><alternative id="a1">Thu 26 Nov, 15:00 CET</alternative>Moved to Wednesday.</correction>`;

test('a correction says what can be done about it: undo and other readings', async () => {
  const { client, connection, notes } = await online();
  const moved = client.reschedule('k3f9x2', 'yesterday at 3');
  await connection.answer('reschedule', `<done xmlns="urn:ccm:topics:0">${TOPIC().replace('revision="3"', 'revision="4"')}${MOVED}</done>`);
  await moved;
  assert.deepEqual([notes[0].text, notes[0].undo, notes[0].component, notes[0].alternatives], ['Moved to Wednesday.', 'u1', 'topics', [{ id: 'a1', label: 'Thu 26 Nov, 15:00 CET' }]]);
});

test('undo and choose are asked of the component that told the correction', async () => {
  const { client, connection } = await online();
  const chosen = client.choose('invitations', 'u1', 'a1');
  const asked = await connection.answer('choose', `<done xmlns="urn:ccm:invitations:0">${TOPIC()}</done>`);
  assert.deepEqual([asked.getAttribute('to'), asked.firstChild.getAttribute('id'), asked.firstChild.getAttribute('alternative')], ['invitations.localhost', 'u1', 'a1']);
  await chosen;
  const undone = client.undo('topics', 'u1');
  await connection.answer('undo', '<done xmlns="urn:ccm:topics:0"><gone id="k3f9x2"/><correction code="undone">It is as it was.</correction></done>');
  await undone;
  assert.equal(client.topics.size, 0);
});

test('an invitation of somebody on this server is told with the room to come to', async () => {
  const { client, connection, notes } = await online();
  await connection.play('<message from="invitations.localhost"><body>Kim invites you to talk: Budget.</body><x xmlns="jabber:x:conference" jid="b1@conference.localhost"/></message>');
  assert.deepEqual([notes[0].text, notes[0].room], ['Kim invites you to talk: Budget.', 'b1@conference.localhost']);
  await connection.answer('topics', `<topics xmlns="urn:ccm:topics:0">${TOPIC().replaceAll('k3f9x2', 'b1')}</topics>`);
  assert.deepEqual([...client.topics.keys()], ['b1']);
});

test('what is told while a list is on its way is newer than the list', async () => {
  const { client, connection } = await online();
  const push = (/** @type {string} */ item) => connection.play(EVENT('urn:ccm:topics:0', item));
  const other = (/** @type {string} */ id, state = 'planned', revision = 1) => TOPIC('', state).replaceAll('k3f9x2', id).replace('revision="3"', `revision="${revision}"`);
  await push(`<item id="gone">${other('gone')}</item>`);
  const listed = client.list();
  await push(`<item id="k3f9x2">${TOPIC('', 'ended').replace('revision="3"', 'revision="4"')}</item><item id="new">${other('new')}</item><retract id="gone"/>`);
  await connection.answer('topics', `<topics xmlns="urn:ccm:topics:0">${TOPIC()}${other('gone')}</topics>`);
  await listed;
  assert.deepEqual([...client.topics.values()].map((t) => [t.id, t.state]), [['k3f9x2', 'ended'], ['new', 'planned']]);
});

test('a list that comes in small pages is read to its end', async () => {
  const { client, connection } = await online();
  const listed = client.list();
  const set = (last) => `<set xmlns="http://jabber.org/protocol/rsm"><last>${last}</last><count>2</count></set>`;
  await connection.answer('topics', `<topics xmlns="urn:ccm:topics:0">${TOPIC()}${set('k3f9x2')}</topics>`);
  const iq = await connection.answer('topics', `<topics xmlns="urn:ccm:topics:0">${TOPIC().replace('k3f9x2', 'other')}${set('other')}</topics>`);
  await listed;
  assert.match(String(iq), /<after>k3f9x2<\/after>/);
  assert.deepEqual([...client.topics.keys()], ['k3f9x2', 'other']);
});

test('what one account left unsent is never said by another that signs in instead', async () => {
  const { client, session, connection, store } = await online();
  const [topic] = client.topics.values();
  client.open(topic).say('from Ann alone');
  assert.match(store.getItem(`ccm-unsent:${topic.room}`) ?? '', /from Ann alone/);
  await connection.status('CONNFAIL', 'conflict'); // over: somebody must sign in again
  assert.equal(session.state, 'over');
  session.signIn('kim', 'pw');
  await online.last().up('kim@localhost/web-1');
  await online.last().answer('token', TOKEN);
  assert.equal(store.getItem(`ccm-unsent:${topic.room}`), null);
  assert.equal(client.rooms.size, 0);
});
