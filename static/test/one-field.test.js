import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inOneLine, putRight, readWish } from '../src/one-field.js';
import { readRoute } from '../src/ui/route.js';

for (const [sentence, line, name, start] of [
  ['ann@x.org, bob@y.org tomorrow 3pm budget', 'ann@x.org, bob@y.org', 'Budget', 'tomorrow 3pm'],
  ['Ann <ann@x.org>; "Vos, Kim" <kim@y.org>, bob@z.org', 'Ann <ann@x.org>, "Vos, Kim" <kim@y.org>, bob@z.org', '', ''],
  ['budget with Ann van der Berg <ann@x.org> friday 10:00', 'Ann van der Berg <ann@x.org>', 'Budget', 'friday 10:00'],
  ['ann@x.org ANN@x.org', 'ANN@x.org', '', ''],
]) {
  test(`several people are one line of addresses: ${sentence}`, () => {
    const wish = readWish(sentence);
    assert.deepEqual([inOneLine(wish.people), wish.name, wish.start], [line, name, start]);
  });
}

for (const [sentence, name, start = ''] of [
  ['talk to kim@example.net about a community garden tool library', 'Community garden tool library'],
  ['Meet with kim@x.org tomorrow 3pm about the budget', 'Budget', 'tomorrow 3pm'],
  ['let’s chat with kim@x.org and bob@y.org about licences', 'Licences'],
  ['call kim@x.org about the roof on friday', 'Roof', 'on friday'],
  ['speak to kim@x.org', ''],
  ['discuss the licence audit with kim@x.org', 'Licence audit'],
  ['I want to talk about our logo, kim@x.org', 'Logo'],
  ['meeting with kim@x.org about hiring tue 10:00', 'Hiring', 'tue 10:00'],
  ['mit kim@x.org über die Lizenz sprechen', 'Lizenz'],
  ['morgen 15 Uhr mit kim@x.org über den neuen Garten reden', 'Neuen Garten', 'morgen 15 Uhr'],
  ['kim@x.org Treffen über das Budget', 'Budget'],
  ['kim@x.org call for papers', 'Call for papers'],
  ['kim@x.org meet the team', 'Meet the team'],
  ['kim@x.org Call centre budget', 'Call centre budget'],
  ['kim@x.org a talk on licences', 'Licences'],
  ['kim@x.org A new logo', 'A new logo'],
  ['kim@x.org Talking points', 'Talking points'],
]) {
  test(`how one proposes to talk is no part of the name: ${sentence}`, () => {
    const wish = readWish(sentence);
    assert.deepEqual([wish.name, wish.start], [name, start]);
  });
}

test('ten addresses in one paste are ten people', () => {
  const ten = Array.from({ length: 10 }, (_, i) => `p${i}@example.org`);
  assert.deepEqual(readWish(ten.join(', ')).addresses, ten);
});

test('a route names a topic, and whom the link is for', () => {
  const { topic, kind, target } = readRoute('#/t/k3f9x2/m/a%20b');
  assert.deepEqual([topic, kind, target], ['k3f9x2', 'm', 'a b']);
  const as = readRoute('#/as/ann%40example.org/t/k3f9x2');
  assert.deepEqual([as.address, as.topic, as.rest], ['ann@example.org', 'k3f9x2', '#/t/k3f9x2']);
  const guest = readRoute('#/guest/g1%40guests.localhost/s3cret/t/k3f9x2');
  assert.deepEqual([guest.guest, guest.topic, guest.rest], [{ jid: 'g1@guests.localhost', code: 's3cret' }, 'k3f9x2', '#/t/k3f9x2']);
  assert.deepEqual(readRoute('#/t/100%').topic, '100%');
  assert.deepEqual(readRoute('#nonsense').topic, '');
});

test('what is put right in one row leaves the others as they are, and stays while one writes on', () => {
  const read = readWish('talk to kim@example.net about a tool library tomorrow at 3pm');
  const named = putRight(read, { name: 'Garden tools' });
  assert.deepEqual([named.name, named.addresses, named.start], ['Garden tools', ['kim@example.net'], 'tomorrow at 3pm']);
  const timed = putRight(read, { name: 'Garden tools', start: 'Friday 10:00' });
  assert.deepEqual([timed.name, timed.addresses, timed.start], ['Garden tools', ['kim@example.net'], 'Friday 10:00']);
  const put = { people: [{ address: 'lou@gmial.com', name: 'Lou' }], instead: ['kim@example.net'] };
  assert.deepEqual(putRight(read, put).addresses, ['lou@gmial.com']);
  assert.equal(putRight(read, put).suspect?.better, 'lou@gmail.com');
  const more = putRight(readWish('talk to kim@example.net about a tool library tomorrow at 3pm, tom@example.net'), put);
  assert.deepEqual([more.addresses, more.name, more.start], [['lou@gmial.com', 'tom@example.net'], read.name, read.start]);
  assert.deepEqual(putRight(read, {}), read);
});
