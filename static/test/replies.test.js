import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { $msg } from 'strophe.js';
import { DIGEST, FEATURES, IDENTITY, NODE } from '../src/xmpp/caps.js';
import { NS } from '../src/xmpp/names.js';
import { readMessage } from '../src/xmpp/read.js';
import { quotation, write } from '../src/xmpp/replies.js';
import { replyTo } from '../src/xmpp/requests.js';
import { xml } from './fakes.js';

const ROOM = 'k3@conference.localhost';

/** What others read of what is written. */
function sent(said) {
  const message = $msg({ to: ROOM, type: 'groupchat', id: 'o1' });
  write(message, said, ROOM);
  return String(message).replace('<message', `<message from="${ROOM}/Ann"`);
}

test('a reply names its message, quotes it for others, and is shown without the quotation', () => {
  const wire = sent({ body: 'Good.', reply: { id: '7', nick: 'Kim', words: 'We bake 🎂\nand tea' } });
  const body = /<body>([^<]*)<\/body>/u.exec(wire)?.[1].replaceAll('&gt;', '>');
  assert.equal(body, '> Kim wrote:\n> We bake 🎂\n> and tea\nGood.');
  const read = readMessage(xml(wire));
  assert.equal(read.body, 'Good.');
  assert.deepEqual(read.reply, { id: '7', nick: 'Kim', words: 'We bake 🎂 and tea' });
});

test('a quotation is short, and an order to the reporter has none', () => {
  assert.ok(quotation({ id: '7', nick: 'Kim', words: 'x'.repeat(5000) }).length < 300);
  const wire = sent({ body: '#action Kim to call', reply: { id: '7', nick: 'Kim', words: 'I call' } });
  assert.match(wire, /<body>#action/);
  assert.equal(readMessage(xml(wire)).reply?.id, '7');
});

for (const [what, marks] of [['no span', ''], ['a span beyond the end', '<body start="0" end="99"/>'], ['a span of all', '<body start="0" end="5"/>'], ['a span backwards', '<body start="3" end="1"/>'], ['no number', '<body start="a" end="-2"/>']]) {
  test(`a reply of another client with ${what} keeps its words`, () => {
    const read = readMessage(xml(`<message from="${ROOM}/Kim"><body>Hello</body><reply xmlns="${NS.reply}" id="7"/><fallback xmlns="${NS.fallback}" for="${NS.reply}">${marks}</fallback></message>`));
    assert.equal(read.body, 'Hello');
  });
}

test('a file comes with name, size and measures, and as a mere address for other clients', () => {
  const url = 'https://x.example/upload/a/photo.png';
  const file = { url, name: 'photo.png', size: 24000, type: 'image/png', width: 640, height: 480 };
  const wire = sent({ body: url, file });
  assert.match(wire, /<x xmlns=['"]jabber:x:oob['"]><url>https:\/\/x.example/);
  assert.deepEqual(readMessage(xml(wire)).file, file);
});

test('an address beside other words is no file, nor is one that no browser should follow', () => {
  const oob = (body, url) => readMessage(xml(`<message from="${ROOM}/Kim"><body>${body}</body><x xmlns="jabber:x:oob"><url>${url}</url></x></message>`)).file;
  assert.equal(oob('look at https://x.example/a', 'https://x.example/a'), null);
  assert.equal(oob('javascript:alert(1)', 'javascript:alert(1)'), null);
  assert.equal(oob('https://x.example/a%20b.pdf', 'https://x.example/a%20b.pdf')?.name, 'a b.pdf');
});

test('the digest of what we can do is that of the list', () => {
  const text = `${IDENTITY.category}/${IDENTITY.type}//${IDENTITY.name}<${[...FEATURES].sort().map((feature) => `${feature}<`).join('')}`;
  assert.equal(DIGEST, createHash('sha1').update(text).digest('base64'));
  const answer = String(replyTo(xml(`<iq type="get" id="1" from="localhost"><query xmlns="${NS.info}" node="${NODE}#${DIGEST}"/></iq>`)));
  assert.match(answer, /type=['"]result['"]/);
  assert.match(answer, /urn:xmpp:mds:displayed:0\+notify/);
});

test('a message says in which language it is, if its sender told one', () => {
  const lang = (/** @type {string} */ on, /** @type {string} */ inside = '') => readMessage(xml(`<message from="${ROOM}/Kim"${on}><body${inside}>Bonjour</body></message>`)).lang;
  assert.deepEqual([lang(''), lang(' xml:lang="fr"'), lang(' xml:lang="fr"', ' xml:lang="fr-CA"'), lang(' xml:lang="no such tag"')], ['', 'fr', 'fr-CA', '']);
});
