import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allOrders, begun, namesLike, orders } from '../src/ui/completion.js';

const at = (text) => begun(text, text.length);

test('a name begins with @ after a blank, an order with / or # at the beginning', () => {
  assert.deepEqual(at('ask @Ki'), { kind: '@', start: 4, typed: 'ki', sign: '@' });
  assert.deepEqual(at('@'), { kind: '@', start: 0, typed: '', sign: '@' });
  assert.equal(at('@Kim Vis')?.typed, 'kim vis');
  assert.deepEqual(at('/act'), { kind: '/', start: 0, typed: 'act', sign: '/' });
  assert.equal(at('#')?.sign, '#');
  assert.equal(begun('/act now', 4)?.typed, 'act');
});

for (const text of ['kim@example', 'a / b', 'either/or', '@Kim will do this', '#action Kim to call', 'issue #4']) {
  test(`nothing begins in “${text}”`, () => assert.equal(at(text), null));
}

test('names are found by their beginning, then by their other words', () => {
  assert.deepEqual(namesLike(['Tom Kimble', 'Kim', 'Ann', 'Kim'], 'ki'), ['Kim', 'Tom Kimble']);
});

test('orders are found by their beginning and by what people call them', () => {
  assert.deepEqual(orders('', '/').slice(0, 3).map((o) => o.name), ['/action', '/decision', '/question']);
  assert.equal(orders('end', '/')[0].name, '/endmeeting');
  assert.equal(orders('agreed', '#')[0].insert, '#decision ');
  assert.equal(orders('off', '/')[0].done, true);
  assert.deepEqual(orders('zebra', '/'), []);
});

test('the reporter understands every order that is offered', () => {
  const known = readFileSync(new URL('../../ccm/reporter/marks.py', import.meta.url), 'utf8');
  for (const [word] of allOrders()) assert.ok(known.includes(`"${word.split(' ')[0]}"`), word);
});
