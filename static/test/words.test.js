import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWish } from '../src/one-field.js';
import { day, distance, failure, list, nextMeeting, topicLine } from '../src/words.js';
import { plural } from '../src/words/language.js';
import { RequestError } from '../src/xmpp/read.js';

const NOW = new Date(2026, 10, 23, 14, 15);
const at = (d, h, m = 0) => new Date(2026, 10, d, h, m);

for (const [sentence, addresses, name, start] of /** @type {[string, string[], string, string][]} */ ([
  ['kim@example.org', ['kim@example.org'], '', ''],
  ['kim@example.org tomorrow 3pm budget', ['kim@example.org'], 'Budget', 'tomorrow 3pm'],
  ['kim@example.org budget 2027 tomorrow 10:00', ['kim@example.org'], 'Budget 2027', 'tomorrow 10:00'],
  ['kaliya@example.org, tom@example.org licence audit, tue 3pm', ['kaliya@example.org', 'tom@example.org'], 'Licence audit', 'tue 3pm'],
  ['retrospective now', [], 'Retrospective', 'now'],
  ['kim@example.org about hosting on 24 November at 15:00', ['kim@example.org'], 'Hosting', 'on 24 November at 15:00'],
  ['kim@example.org stand-up in 20 minutes', ['kim@example.org'], 'Stand-up', 'in 20 minutes'],
  ['kim@example.org Umzug morgen um 15 Uhr', ['kim@example.org'], 'Umzug', 'morgen um 15 Uhr'],
  ['kim@localhost yesterday at 3', ['kim@localhost'], '', 'yesterday at 3'],
  ['kim@example.org 2026-11-24T15:00 plan', ['kim@example.org'], 'Plan', '2026-11-24T15:00'],
  ['Version 3 of the plan', [], 'Version 3 of the plan', ''],
])) {
  test(`“${sentence}” is read as who, about and when`, () => {
    const wish = readWish(sentence);
    assert.deepEqual([wish.addresses, wish.name, wish.start], [addresses, name, start]);
  });
}

test('a mail domain one letter off is asked about, others are not', () => {
  assert.equal(readWish('kim@gmial.com').suspect?.better, 'kim@gmail.com');
  assert.equal(readWish('kim@gmail.com').suspect, null);
  assert.equal(readWish('kim@example.org').suspect, null);
});

test('distances are said in days, hours or minutes', () => {
  assert.deepEqual([at(24, 15), at(22, 9), at(27, 9), at(23, 15, 1), at(23, 13, 15), NOW].map((d) => distance(d, NOW)), ['tomorrow', 'yesterday', 'in 4 days', 'in 46 min', '1 h ago', 'now']);
});

test('a day says its year only when it is another one', () => {
  assert.equal(day(at(24, 15), NOW), 'Tue 24 Nov');
  assert.equal(day(new Date(2027, 0, 5), NOW), 'Tue 5 Jan 2027');
});

test('a topic’s second row is one sentence', () => {
  const topic = /** @type {any} */ ({ state: 'planned', start: at(23, 15, 1) });
  assert.equal(topicLine(topic, NOW), 'Starts in 46 min, 15:01');
  assert.equal(topicLine({ ...topic, start: at(23, 16, 30) }, NOW), 'In 2 h 15 min, 16:30');
  assert.equal(topicLine({ ...topic, start: at(24, 15) }, NOW), 'Tomorrow 15:00');
  assert.equal(topicLine({ ...topic, start: null }, NOW), 'Starts when the first guest arrives');
  assert.equal(topicLine({ ...topic, state: 'live' }, NOW, 4), '4 here');
});

test('counts and lists read as a person says them', () => {
  assert.deepEqual([plural(1, '# person', '# people'), plural(2, '# person', '# people'), list(['Ann', 'Kim', 'Tom'])], ['1 person', '2 people', 'Ann, Kim and Tom']);
});

test('the next meeting stands in the topic’s own time', () => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  assert.equal(nextMeeting({ next: '2026-12-01T15:00' }, { zone }, NOW), 'Tue 1 Dec, 15:00');
  assert.equal(nextMeeting({ next: '2026-12-01T15:00' }, { zone: 'Pacific/Apia' }, NOW), 'Tue 1 Dec, 15:00 (Pacific/Apia)');
  assert.equal(nextMeeting({ next: '' }, { zone }, NOW), '');
});

test('a failure says what did not happen, what is kept and what to do, in the other side’s words where there are some', () => {
  assert.match(failure(new RequestError('offline'), 'It is not held.'), /^It is not held\. You are offline/);
  assert.equal(failure(new RequestError('not-acceptable', 'Give a name.'), 'Not renamed.'), 'Not renamed. Give a name.');
  assert.match(failure(new RequestError('remote-server-not-found'), 'Not sent.'), /Everything else works/);
});
