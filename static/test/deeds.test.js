import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deeds } from '../src/ui/deeds.js';

test('who was invited is told with the time, whatever else was guessed', () => {
  const told = /** @type {string[]} */ ([]);
  const deeds = new Deeds({ notes: { tell: ({ text }) => told.push(text) } });
  const topic = { id: 't1', name: 'Tool library', state: 'planned', start: new Date(2026, 10, 24, 15) };
  const [kim, tom] = [{ name: 'Kim', address: 'kim@example.net' }, { name: '', address: 'tom@example.net' }];
  deeds.invited({ topic, invitees: [kim], corrections: [{ code: 'time-guessed', text: 'Tool library is Tue 24 Nov' }] });
  deeds.invited({ topic: { ...topic, start: null }, invitees: [kim, tom], corrections: [] });
  deeds.invited({ topic: { ...topic, state: 'live' }, invitees: [kim], corrections: [] });
  deeds.invited({ topic, invitees: [kim, tom], corrections: [{ code: 'invited', text: 'I invited Kim and Tom to Tool library.' }] });
  deeds.invited({ topic, invitees: [], corrections: [{ code: 'address-suspect', was: 'tom@gmial.com' }] });
  assert.deepEqual(told, ['Kim is invited for Tue 24 Nov, 15:00.', 'Kim and tom@example.net are invited.', 'Kim is invited.']);
});
