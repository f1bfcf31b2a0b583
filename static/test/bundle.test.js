/** The built bundle: what the first view needs comes at once, and each part once. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const dist = new URL('../dist/', import.meta.url);
const read = (/** @type {string} */ name) => readFileSync(new URL(name, dist), 'utf8');
const built = { skip: existsSync(new URL('index.html', dist)) ? false : 'the dashboard is not built' };
/** The parts that a part cannot do without. */
const needs = (/** @type {string} */ text) => [...text.matchAll(/(?:from|import)"\.\/([^"]+)"/gu)].map(([, name]) => name);

test('the first script is one file', built, () => {
  const scripts = [...read('index.html').matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/gu)].map(([, name]) => name);
  assert.equal(scripts.length, 1);
  assert.deepEqual(needs(read(scripts[0])), []);
});

test('every part that a part names is there, and is made once', built, () => {
  const parts = readdirSync(new URL('assets/', dist)).filter((name) => name.endsWith('.js'));
  for (const part of parts) {
    const text = read(`assets/${part}`);
    for (const name of [...needs(text), ...[...text.matchAll(/import\("\.\/([^"]+)"\)/gu)].map(([, one]) => one)]) assert.ok(parts.includes(name), `${part} names ${name}`);
  }
  assert.equal(parts.filter((part) => read(`assets/${part}`).includes('litHtmlVersions')).length, 1);
});
