import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toldBack } from '../src/ui/log-rows.js';

test('what one has done by a button is told once: by the note that undoes it', () => {
  const at = new Date(2026, 10, 23, 14);
  const line = (body, seconds = 1) => ({ body, at: new Date(+at + seconds * 1000) });
  const notes = [{ at, component: 'reporter', undo: 'orders:17:#restore A1;#restore A1' }, { at, component: 'topics', undo: 'name:A2' }];
  assert.equal(toldBack('Ann', line('Ann says: #assign A1 Kim'), notes), true);
  for (const other of [line('Kim says: #assign A1 Kim'), line('Ann says: #assign A2 Kim'), line('Ann says: #restore A1'), line('Ann says: #assign A1 Kim', 60), line('#assign A1 Kim')]) {
    assert.equal(toldBack('Ann', other, notes), false, other.body);
  }
});
