/**
 * The record as a file: of what is published, the archive's own forms; before that, the draft as Markdown.
 */
import { html, nothing } from 'lit';
import { t } from '../words/language.js';
import { icon } from './icons.js';
import { statusName } from './spine.js';

const forms = () => [['md', 'Markdown'], ['html', 'HTML'], ['json', 'JSON'], ['ics', t`Calendar of the actions`]];
const headings = () => [['action', t`Actions`, t`No actions were recorded.`], ['decision', t`Decisions`, t`No decisions were recorded.`], ['question', t`Open questions`], ['idea', t`Ideas`], ['info', t`Notes`], ['link', t`Links`]];

/** The address of a form of a document. @param {string} url of its page @param {string} form */
export function formOf(url, form) {
  const [page, query] = url.split('?', 2);
  return `${page}${form === 'html' ? '' : `.${form}`}${query ? `?${query}` : ''}`;
}

const plain = (text) => text.replace(/([\\`*_[\]<>#|])/gu, '\\$1').replace(/\s+/gu, ' ').trim();

/** @param {string} name of the topic @param {import('../xmpp/read.js').Outcome} outcome @returns {string} as it stands now */
export function markdown(name, outcome) {
  const out = [`# ${plain(name)}`, '', outcome.known ? t`${outcome.label}, draft` : t`Draft`, ''];
  for (const a of outcome.attributes.filter((one) => one.values.length)) out.push(`**${plain(a.label)}:** ${a.values.map((v) => plain(v.text)).join(' ')}`, '');
  for (const [kind, title, none] of headings()) {
    const some = outcome.entries.filter((e) => e.kind === kind && e.status !== 'rejected');
    if (!some.length && !none) continue;
    out.push(`## ${title}`, '', ...(some.length ? some.map(line) : [none]), '');
  }
  return `${out.join('\n').trim()}\n`;
}

function line(entry) {
  const facts = [entry.found ? t`to confirm` : '', entry.kind === 'action' ? entry.owner || t`nobody yet` : '', entry.due, entry.status === 'open' ? '' : statusName(entry.status)].filter(Boolean);
  return `- ${entry.id} ${plain(entry.text)}${facts.length ? ` (${plain(facts.join(', '))})` : ''}`;
}

/** Let the browser keep it. @param {string} href @param {string} name of the file */
function keep(href, name) {
  const link = document.createElement('a');
  Object.assign(link, { href, download: name });
  link.click();
}

/** @param {any} app @param {string} form */
async function fetched(app, form) {
  const { topic, deeds } = app;
  const url = await deeds.attempt(app.client.reading(topic.id), t`There is no file.`, topic.id);
  if (!url) return;
  const { pathname, search, origin } = new URL(formOf(url, form), location.href);
  const name = `${pathname.split('/').at(-1)}${form === 'html' ? '.html' : ''}`;
  keep(origin === location.origin ? pathname + search : formOf(url, form), name);
}

/** @param {any} app @param {import('../xmpp/read.js').Outcome} outcome */
function drafted(app, outcome) {
  const url = URL.createObjectURL(new Blob([markdown(app.topic.name, outcome)], { type: 'text/markdown' }));
  keep(url, `${app.topic.name.replace(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()}-draft.md`);
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** The page prints as the archive lays it out. @param {any} app */
async function printed(app) {
  const tab = window.open('', '_blank'); // while the click counts
  if (!tab) return;
  const url = await app.client.reading(app.topic.id).catch(() => '');
  if (!url) return void tab.close();
  tab.addEventListener('load', () => tab.print());
  tab.location.replace(url);
}

/** @param {any} app @param {import('../xmpp/read.js').Outcome} outcome @param {boolean} published */
export function exportMenu(app, outcome, published) {
  const item = (/** @type {string} */ words, /** @type {() => any} */ run) => html`<li><button type="button" @click=${(/** @type {Event} */ e) => app.menu(e, run)}>${icon('record')}${words}</button></li>`;
  if (!published && !outcome.entries.length) return nothing;
  return html`<details class="menu export"><summary class="btn s quiet" data-testid="files">${icon('down')}${t`Save`}</summary><menu>
    ${published ? html`${forms().map(([form, words]) => item(words, () => fetched(app, form)))}${item(t`Print`, () => printed(app))}` : html`${item(t`Draft as Markdown`, () => drafted(app, outcome))}${item(t`Print the draft`, () => window.print())}`}</menu></details>`;
}
