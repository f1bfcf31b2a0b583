import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogWindow, MOST_ROWS } from '../src/ui/log-window.js';
import { daysBetween } from '../src/words.js';

const START = Date.parse('2026-01-05T10:00:00Z');
const talk = (n, step = 60_000) => Array.from({ length: n }, (_, i) => ({ key: `k${i}`, at: new Date(START + i * step) }));
const days = (rows, { from, to }) => rows.slice(from, to).filter((row, i, some) => !i || daysBetween(row.at, some[i - 1].at)).length;
const inPage = (rows, range) => range.to - range.from + days(rows, range);

for (const [what, step] of [['in an hour', 300], ['over years', 86_400_000], ['over weeks', 3_600_000]]) {
  test(`of ten thousand messages said ${what} there are never more than 200 rows, on the way up and down`, () => {
    const rows = talk(10_000, step);
    const shown = new LogWindow();
    let last = shown.range(rows);
    assert.equal(last.to, 10_000);
    let steps = 0;
    for (; shown.up(rows); steps += 1) {
      const now = shown.range(rows);
      assert.ok(now.from < last.from && now.to > last.from, 'what was at the top is still there');
      assert.ok(inPage(rows, now) <= 200);
      last = now;
    }
    assert.equal(last.from, 0);
    for (; shown.down(rows); steps += 1) {
      const now = shown.range(rows);
      assert.ok(now.to > last.to && now.from < last.to, 'what was at the bottom is still there');
      assert.ok(inPage(rows, now) <= 200);
      last = now;
    }
    assert.equal(last.to, 10_000);
    assert.ok(steps < 1000);
  });
}

test('what comes is shown while the end is followed, and moves nothing while one reads', () => {
  const rows = talk(300);
  const shown = new LogWindow();
  shown.stay(rows);
  const before = shown.range(rows);
  const more = talk(1000);
  const after = shown.range(more);
  assert.equal(after.from, before.from);
  assert.ok(after.to - after.from <= MOST_ROWS);
  shown.follow();
  assert.equal(shown.range(more).to, 1000);
});

test('older pages that come before do not move it', () => {
  const rows = talk(300);
  const shown = new LogWindow();
  shown.stay(rows.slice(100));
  const { from } = shown.range(rows.slice(100));
  assert.equal(rows[shown.range(rows).from].key, rows[from + 100].key);
});

test('any message can be shown, also of a talk that was read anew, and of one without any', () => {
  const rows = talk(5000);
  const shown = new LogWindow();
  for (const index of [0, 2500, 4999]) {
    shown.around(rows, index);
    const { from, to } = shown.range(rows);
    assert.ok(from <= index && index < to);
  }
  const anew = rows.slice(4990).map((row) => ({ ...row, key: `x${row.key}` }));
  assert.deepEqual(shown.range(anew), { from: 0, to: 10 });
  assert.deepEqual(shown.range([]), { from: 0, to: 0 });
  assert.equal(shown.up([]), false);
  assert.equal(shown.down([]), false);
});
