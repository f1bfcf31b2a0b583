import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { day, distance, failure, list, longDay, topicLine, when } from '../src/words.js';
import { LANGUAGES, language, locale, onLanguage, plural, speak, spoken, t } from '../src/words/language.js';
import { literals, read, scripts } from './sentences.js';

const NOW = new Date(2026, 10, 23, 14, 15);
const OTHERS = Object.keys(LANGUAGES).filter((code) => code !== 'en');
/** What is the same in both languages on purpose. @type {Record<string, string[]>} */
const SAME = { de: ['in {1}', 'In {1}', 'In {1}, {2}', 'Kim to call by Friday', 'Links', 'Live', 'Offline'] };
/** What is a name, a key, or is said to the reporter, which reads English. @type {Record<string, string[]>} */
const NAMES = {
  'ui/app.js': ['CCM'], 'ui/sign-in.js': ['CCM'], 'ui/topics.js': ['CCM'], 'ui/inside.js': [', CCM'], 'ui/record-deeds.js': ['Reporter, drop the ….', 'Reporter, change the … to: …'],
  'ui/completion.js': ['Kim, Tom'], 'ui/key-list.js': ['Alt ↑ ↓', 'Alt 1 2 3', 'Alt Z'], 'ui/pubbar.js': ['Hippo CMS'], 'ui/wish.js': ['Esc'],
};

after(() => speak('en', []));

const found = scripts().map((file) => read(file));
const sentences = new Map(found.flatMap((one) => one.sentences).map((one) => [one.text, one]));
const places = (/** @type {string} */ words) => new Set(words.match(/\{\d\}/gu));
const catalogueOf = async (/** @type {string} */ code) => /** @type {import('../src/words/language.js').Catalogue} */ ((await import(`../src/words/${code}.js`)).catalogue);

test('nothing is said in one language alone: no words stand in a template, and no sentence outside t and plural', () => {
  const stray = found.flatMap((one) => one.stray).filter(({ file, text }) => !NAMES[file]?.includes(text));
  assert.deepEqual(stray, [], 'say it as t`…` (docs/extending.md, “Another language”)');
});

test('every sentence is said when it is shown, not when its module is loaded: the language may change', () => {
  assert.deepEqual(found.flatMap((one) => one.sentences).filter((one) => !one.late), []);
});

test('what stands in a template is found in its text and in what a screen reader says', () => {
  assert.deepEqual(literals(['<p class="row" title="To ', '">', ' Undo <b>', '</b></p><i @click=', ' aria-label=', '></i>']), ['To', 'Undo']);
  const { stray } = read('x.js', "const a = () => html`<p>${x ? 'Not sent yet.' : t`Sent`}</p>`; const b = `${n} is coming.`; say('Your words are kept');");
  assert.deepEqual(stray.map(({ text }) => text), ['Not sent yet.', 'Your words are kept']);
});

for (const code of OTHERS) {
  test(`${LANGUAGES[code]} has every sentence, and none that is said no more`, async () => {
    const has = Object.keys(await catalogueOf(code));
    assert.deepEqual([...sentences.keys()].filter((key) => !has.includes(key)), [], `add them to src/words/${code}/`);
    assert.deepEqual(has.filter((key) => !sentences.has(key)), [], `take them out of src/words/${code}/`);
  });

  test(`${LANGUAGES[code]} puts the same values into each sentence, and bends it as its numbers ask`, async () => {
    const wanted = new Intl.PluralRules(code).resolvedOptions().pluralCategories;
    for (const [key, value] of Object.entries(await catalogueOf(code))) {
      const bent = Boolean(sentences.get(key)?.one);
      assert.equal(typeof value, bent ? 'object' : 'string', key);
      if (bent) assert.deepEqual(Object.keys(value).sort(), [...wanted].sort(), key);
      for (const words of typeof value === 'string' ? [value] : Object.values(value)) assert.deepEqual([...places(words)].sort(), [...places(key)].sort(), `${key}: ${words}`);
    }
  });

  test(`${LANGUAGES[code]} says nothing in English but what is meant so`, async () => {
    const catalogue = await catalogueOf(code);
    assert.deepEqual(Object.keys(catalogue).filter((key) => catalogue[key] === key).sort(), [...SAME[code]].sort());
  });

  test(`${LANGUAGES[code]} says each sentence once, in one of its parts`, async () => {
    const parts = readdirSync(new URL(`../src/words/${code}/`, import.meta.url));
    const all = await Promise.all(parts.map(async (name) => Object.keys(Object.values(await import(`../src/words/${code}/${name}`))[0])));
    assert.equal(all.flat().length, Object.keys(await catalogueOf(code)).length);
  });
}

test('the German is typeset as German', async () => {
  const words = Object.values(await catalogueOf('de')).flatMap((value) => (typeof value === 'string' ? [value] : Object.values(value))).join('\n');
  assert.doesNotMatch(words, /["”!]|(?<![\p{L}])[Dd]u\b|\b[Dd]ein|[^\s\u00a0]…|[^\u00a0]…/u);
  assert.equal(words.split('„').length, words.split('“').length);
});

test('dates and distances are those of the language', async () => {
  assert.equal(when(new Date(2026, 10, 24, 15), NOW).replace(/ \S+,(?= tomorrow)/u, ' CET,'), 'Tue 24 Nov, 15:00 CET, tomorrow');
  await speak('de', []);
  assert.match(when(new Date(2026, 10, 24, 15), NOW), /^Di\., 24\. Nov\., 15:00 \S+, morgen$/u);
  assert.equal(longDay(new Date(2026, 10, 24)), 'Dienstag, 24. November');
  assert.equal(day(new Date(2027, 0, 5), NOW), 'Di., 5. Jan. 2027');
  assert.deepEqual([25, 27, 22].map((d) => distance(new Date(2026, 10, d, 9), NOW)), ['übermorgen', 'in 4 Tagen', 'gestern']);
  assert.equal(distance(new Date(2026, 10, 23, 15, 1), NOW), 'in 46\u00a0Min.');
  assert.equal(topicLine(/** @type {any} */ ({ state: 'planned', start: new Date(2026, 10, 23, 16, 30) }), NOW), 'In 2\u00a0Std. 15\u00a0Min., 16:30');
  assert.equal(list(['Ann', 'Kim', 'Tom']), 'Ann, Kim und Tom');
  assert.equal(failure({ condition: 'offline' }, t`It is not held.`), 'Es ist nicht angehalten. Sie sind offline; Ihre Worte sind noch da.');
  assert.equal(plural(1, '# message', '# messages'), '1 Nachricht');
  assert.equal(plural(12345, '# message', '# messages'), '12.345 Nachrichten');
});

test('markup in a sentence stands where the language wants it', async () => {
  const bold = /** @type {any} */ ({ bold: 'Kim' });
  await speak('en', []);
  assert.deepEqual(t`${bold} proposes it`, ['', bold, ' proposes it']);
  await speak('de', []);
  assert.deepEqual(t`Owner ${bold}`, ['Zuständig: ', bold, '']);
});

test('the language is the chosen one, else the first of the browser’s that there is, else English; who listens hears of it', async () => {
  let heard = 0;
  const off = onLanguage(() => { heard += 1; });
  const spokenNow = [];
  for (const [chosen, wanted] of /** @type {[string, string[]][]} */ ([['', ['fr-FR', 'de-AT', 'en']], ['en', ['de']], ['', ['fr']], ['', ['en-US']]])) {
    await speak(chosen, wanted);
    spokenNow.push(`${language()} ${locale()}`);
  }
  off();
  await speak('de', []);
  assert.deepEqual(spokenNow, ['de de-AT', 'en en-GB', 'en en-GB', 'en en-GB']);
  assert.equal(heard, 4);
});

test('requests tell the language one writes in: the chosen one with its place, else the browser’s own, even where the page has no words for it', () => {
  assert.deepEqual([spoken('', ['fr-FR', 'de']), spoken('de', ['fr-FR', 'de-CH']), spoken('de', []), spoken('', [])], ['fr-FR', 'de-CH', 'de', 'en']);
});
