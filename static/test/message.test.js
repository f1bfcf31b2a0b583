import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf, called, draftOf, keptLine, together } from '../src/ui/message.js';

const line = (minute, more = {}) => ({ nick: 'Kim', author: 'o1', at: new Date(2026, 10, 23, 14, minute), offRecord: false, ...more });

test('one person\'s messages within minutes are one block', () => {
  assert.equal(together(line(2), line(0)), true);
  assert.equal(together(line(9), line(0)), false);
  assert.equal(together(line(0), null), false);
});

test('a nick that somebody else has taken begins a block, and so does a clock that goes back', () => {
  assert.equal(together(line(2, { author: 'o2' }), line(0)), false);
  assert.equal(together(line(2, { author: '' }), line(0)), true);
  assert.equal(together(line(0), line(30)), false);
});

test('of two names that fit the longer one is called, however it is written', () => {
  assert.deepEqual(called('@ann lee, @Ann and @Annabel', ['Ann', 'Ann Lee']), ['', '@ann lee', ', ', '@Ann', ' and @Annabel']);
  assert.deepEqual(called('nobody @ home', ['Kim']), ['nobody @ home']);
});

test('what was given by a button is one quiet line, and nothing else is', () => {
  for (const [body, told] of [
    ['Tom says: #ok A3', 'Tom confirms A3.'], ['Ann Lee says: #no A3 D2', 'Ann Lee says no to A3 D2.'], ['Tom says: #vote yes', 'Tom votes “yes”.'], ['Tom says: #skip', 'Tom skips the question.'],
    ['Tom says: #edit A3 List them', 'Tom changes A3 to “List them”.'], ['Tom says: #assign A3 Ann', 'Tom gives A3 to Ann.'], ['Tom says: #assign A3 Tom', 'Tom takes A3.'], ['Tom says: #due A3 friday', 'Tom sets the day of A3: friday.'], ['Tom says: #move A3 before A1', 'Tom moves A3.'], ['Tom says: #restore A3', 'Tom undoes the last change of A3.'],
  ]) assert.equal(answerOf({ body }), told);
  for (const body of ['Tom says: #ok A3, but later', '#ok A3', 'A3? Tom: List. #ok A3 / #no A3', 'Tom says: #topic Hosting', 'Tom says: #edit it', 'Tom says: #endvote']) assert.equal(answerOf({ body }), '', body);
  assert.equal(answerOf({ body: 'Tom says: #ok A3', withdrawn: true }), '');
});

test('a draft is a line in the talk: how much there is of what is kept', () => {
  const body = 'Draft of version 2, project “Portal”:\nGoal: One place.\nActions:\n  A1 Ann: Publish\n  A2 UNASSIGNED: Book\nDecisions:\n  D1 CC BY 4.0\nOpen questions:\n  Q1 Who?\nPossible, confirm with #ok:\n  A3? List\n  A4? Call';
  assert.equal(draftOf({ body }), 'The draft of version 2: 2 actions, 1 decision and 1 open question.');
  assert.equal(draftOf({ body: 'Draft of version 1, meeting:\nNo actions were recorded.\nNo decisions were recorded.' }), 'The draft of version 1: 0 actions and 0 decisions.');
  assert.equal(draftOf({ body: 'Draft of version 1 is good' }), '');
});

test('an action that is kept from what somebody says of themselves names them, wherever the sentence begins', () => {
  const kept = (body, more = {}) => keptLine({ nick: 'Kim', body, ...more }, 'action', true);
  assert.equal(kept('Great. I’ll ask the council'), 'Action: Kim: Great. I’ll ask the council');
  assert.equal(kept('we paint the shed'), 'Action: Kim: we paint the shed');
  assert.equal(kept('Lou should ask, I think'), 'Action: Lou should ask, I think');
  assert.equal(kept('Great. I’ll ask the council', { mine: true }), 'Action: Great. I’ll ask the council');
  assert.equal(kept('Action: Lou to ask'), 'Action: Lou to ask');
  assert.equal(keptLine({ nick: 'Kim', body: '#info who pays?' }, 'question', true), 'Question: who pays?');
  assert.equal(keptLine({ nick: 'Kim', body: 'I’ll ask' }, 'Goal', false), 'Goal: I’ll ask');
});
