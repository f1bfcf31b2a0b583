import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const SOURCES = new URL('../src/', import.meta.url);
const SHEETS = [...readdirSync(SOURCES).filter((name) => name.endsWith('.css')).map((name) => new URL(name, SOURCES)), new URL('../../ccm/web/assets/tokens.css', import.meta.url)];
const PHYSICAL = /(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)[\w-]*|(?:left|right)|border-(?:top|bottom)-(?:left|right)-radius)\s*:|(?:text-align|float|clear)\s*:\s*(?:left|right)/gu;
const FOUR = /(?<![\w-])(?:padding|margin|inset|border-width|scroll-margin|scroll-padding)\s*:\s*([^;}]+)/gu;

/** Values of a shorthand; what stands in brackets is one. @param {string} value */
const values = (value) => value.trim().match(/(?:[^\s()]+\((?:[^()]|\([^()]*\))*\)|[^\s()]+)/gu) ?? [];

/** What says left or right and means it, in a page that may run the other way. @param {string} css */
function physical(css) {
  const rules = css.replace(/\/\*[\s\S]*?\*\//gu, '');
  const shorthands = [...rules.matchAll(FOUR)].filter(([, value]) => values(value).length === 4 && values(value)[1] !== values(value)[3]).map(([all]) => all);
  return [...(rules.match(PHYSICAL) ?? []), ...shorthands];
}

for (const sheet of SHEETS) {
  test(`${sheet.pathname.split('/').at(-1)} says start and end, not left and right`, () => assert.deepEqual(physical(readFileSync(sheet, 'utf8')), []));
}

test('what says left or right is found', () => {
  assert.deepEqual(physical('a { margin-left: 2px; left: 0; padding: 1px 2px 3px 4px; text-align: right }'), ['margin-left:', 'left:', 'text-align: right', 'padding: 1px 2px 3px 4px']);
  assert.deepEqual(physical('a { padding: 4px max(20px, 1vw) 2px max(20px, 1vw); inset-inline: 2px 4px; color: var(--left) }'), []);
});
