import assert from 'node:assert/strict';
import { test } from 'node:test';
import { becameOf, lastOrders, openOf, placeOf, putIn } from '../src/ui/proposing.js';

const isReporter = (nick) => nick === 'Reporter';
const said = (id, nick, body) => ({ id, nick, body, at: new Date(0) });
const entry = (id, more = {}) => ({ id, kind: 'action', status: 'open', found: true, source: `s${id}`, text: '', ...more });
const ASKED = 'A1? Ann: Publish the text, due Wed 25 Nov. #ok A1 / #no A1\nTom, A2? UNASSIGNED: Book a load test. Or two?. #ok A2 / #no A2';

test('the reporter\'s line is read as what it puts to the room', () => {
  assert.deepEqual(putIn({ body: ASKED }), [{ id: 'A1', text: 'Ann: Publish the text, due Wed 25 Nov' }, { id: 'A2', text: 'Book a load test. Or two?' }]);
  const last = 'Did I get this right? “Publish again, reporter” takes your answers along.\nD1? One licence. #ok D1 / #no D1';
  assert.deepEqual(putIn({ body: last }), [{ id: 'D1', text: 'One licence' }]);
  assert.deepEqual(putIn({ body: `${'x'.repeat(160)}`.replace(/^/u, 'A4? Kim: ').concat('…. #ok A4 / #no A4') })[0].id, 'A4');
});

test('a line that says anything else stays words', () => {
  for (const body of ['A1? Call. #ok A1 / #no A2', 'Which one? #ok A1 or #ok A2, or #ok all.', `${ASKED}\nAnd more.`, 'Confirm what I found: #ok A1, #no A1.']) assert.deepEqual(putIn({ body }), [], body);
  assert.deepEqual(putIn({ body: ASKED, withdrawn: true }), []);
});

test('all that is open stands at the newest message that proposes some of it', () => {
  const open = [entry('A1'), entry('P1', { kind: 'idea', status: 'proposed', found: false, source: 'm3' })];
  const lines = [said('m1', 'Reporter', ASKED), said('m2', 'Kim', ASKED), said('m3', 'Kim', 'PROPOSED: Wait.'), said('m4', 'Kim', 'Well.')];
  assert.equal(placeOf(lines, open, isReporter).id, 'm3');
  assert.equal(placeOf(lines, open.slice(0, 1), isReporter).id, 'm1');
  assert.equal(placeOf(lines, [entry('A9')], isReporter), null);
  assert.equal(placeOf(lines, [], isReporter), null);
  assert.equal(placeOf([...lines, said('', 'Reporter', 'A1? Ann: Publish. #ok A1 / #no A1')], open.slice(0, 1), isReporter).id, 'm1');
});

test('who said yes or no last, by a button or by typing', () => {
  const lines = [
    said('1', 'Reporter', 'Ann Lee says: #ok A1 A2'), said('2', 'Kim', '#no A2'), said('3', 'Kim', 'Ann says: #ok A3'), said('4', 'Tom', '#edit A1 Publish the text A2'),
    said('5', 'Reporter', '#ok A4 / #no A4'), said('6', 'Kim', 'that is #ok A5'),
  ];
  assert.deepEqual([...lastOrders(lines, isReporter)], [['A1', { verb: 'edit', by: 'Tom', at: new Date(0) }], ['A2', { verb: 'no', by: 'Kim', at: new Date(0) }]]);
});

test('what became of it', () => {
  assert.equal(becameOf(entry('A1'), undefined), 'open');
  assert.equal(becameOf(entry('A1', { found: false }), 'ok'), 'kept');
  assert.equal(becameOf(entry('A1', { found: false }), 'due'), 'changed');
  assert.equal(becameOf(undefined, 'no'), 'refused');
  assert.equal(becameOf(undefined, undefined), 'gone');
  assert.equal(becameOf(entry('P1', { kind: 'idea', status: 'rejected', found: false }), 'no'), 'refused');
  assert.deepEqual(openOf(/** @type {any} */ ({ entries: [entry('A1'), entry('A2', { found: false }), entry('P1', { found: false, status: 'rejected' })] })).map((e) => e.id), ['A1']);
});
