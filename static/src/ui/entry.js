/**
 * The lines of the record under their headings: each one click from its words, changed in place, moved by keys, menu or mouse.
 */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { day, distance } from '../words.js';
import { t } from '../words/language.js';
import { byOwner, neighbour } from './amend.js';
import { tally } from './cards.js';
import { edit, editor, isEdited } from './entry-edit.js';
import { icon } from './icons.js';
import { deedsOf } from './record-deeds.js';
import { stateOf } from './record-state.js';
import { decode } from './route.js';
import { changes, mayChange, source, words } from './source.js';
import { isOpen, statusName } from './spine.js';

const possible = () => ({ action: t`Possible actions`, decision: t`Possible decisions`, question: t`Possible questions` });
const titles = () => ({
  decision: t`Decisions`, action: t`Actions`, question: t`Open questions`, proposal: t`Proposals`,
  'possible decision': possible().decision, 'possible action': possible().action, 'possible question': possible().question,
  topic: t`Points`, idea: t`Ideas`, help: t`Help wanted`, info: t`Notes`, link: t`Links`,
});
/** What came of it, and what else was written down, each in its order. */
export const RESULTS = ['decision', 'action', 'question', 'proposal', 'possible decision', 'possible action', 'possible question'];
export const REST = ['topic', 'idea', 'help', 'info', 'link'];
const ways = () => ({ consensus: t`by consensus`, ruling: t`the chair’s ruling`, vote: t`by vote` });
const DONE = ['done', 'carried', 'cancelled', 'answered', 'rejected'];

/** What a link is called: what somebody put here, by its name. */
const called = (url) => decode(/\/upload\/[\w-]{32}\/([^/?#]+)$/u.exec(url)?.[1] ?? url);

/** A link is opened by a click, so it is not changed by one. */
const isLink = (entry) => entry.kind === 'link' && /^https?:\/\/\S+$/u.test(entry.text);

function due(entry, now) {
  const date = entry.due ? new Date(`${entry.due}T12:00:00`) : null;
  if (!date || Number.isNaN(date.getTime())) return entry.due ? html`<span>${entry.due}</span>` : nothing;
  return html`<span title=${entry.phrase ? t`from “${entry.phrase}”, ${distance(date, now)}` : distance(date, now)}>${day(date, now)}${entry.assumed ? t` (assumed)` : ''}</span>`;
}

function facts(entry) {
  if (entry.kind !== 'decision') return nothing;
  return html`${entry.how ? html`<span>${ways()[entry.how] ?? entry.how}</span>` : nothing}${tally(entry.votes)}${entry.supersedes ? html`<span>${t`instead of ${entry.supersedes}`}</span>` : nothing}`;
}

function owner(app, entry) {
  if (entry.kind !== 'action') return nothing;
  if (entry.owner) return html`<b dir="auto">${entry.owner}</b>`;
  return html`<span class="none">${t`Nobody yet`}</span>${mayChange(app) ? html`<button class="text" type="button" data-testid="assign" aria-label=${t`Assign ${entry.id}`} @click=${() => edit(app, entry, 'owner')}>${t`Assign`}</button>` : nothing}`;
}

function menu(app, entry, shown) {
  const { topic } = app;
  const deeds = deedsOf(app);
  const turn = (how) => () => deeds.turn(topic, entry, how);
  const action = entry.kind === 'action';
  const moves = [[-1, 'up', t`Move up`, 'before'], [1, 'down', t`Move down`, 'after']].flatMap(([step, sign, verb, side]) => {
    const other = neighbour(shown, entry, /** @type {any} */ (step));
    return other && !entry.found ? [[sign, verb, () => deeds.place(topic, entry, other, /** @type {any} */ (side))]] : [];
  });
  return changes(app, entry.id, /** @type {any} */ ([
    ...(isLink(entry) ? [] : [['pen', t`Change it`, () => edit(app, entry)]]),
    ...(action && entry.status === 'open' ? [['check', t`It is done`, turn('done')], ['out', t`It is cancelled`, turn('cancel')]] : []),
    ...(action && ['done', 'cancelled'].includes(entry.status) ? [['reply', t`It is open again`, turn('reopen')]] : []),
    ...(entry.kind === 'question' && entry.status === 'open' ? [['check', t`It is answered`, turn('done')]] : []),
    ...moves,
  ]), () => deeds.drop(topic, entry));
}

function says(app, entry) {
  if (isLink(entry)) return html`<p dir="auto"><a class="say" href=${entry.text} target="_blank" rel="noopener noreferrer">${called(entry.text)}</a></p>`;
  return words(app, entry.text, () => edit(app, entry), 'how-to-move');
}

function row(app, outcome, entry, shown, minutes) {
  const wet = app.wet.has(`${outcome.topic}/${entry.id}`);
  const found = app.route.kind === 'o' && app.route.target === entry.id;
  const open = isOpen(entry);
  const mark = html`<span class="mark ${entry.kind} ${open ? 'open' : ''}">${entry.id}${open ? '?' : ''}</span>`;
  const over = DONE.includes(entry.status);
  return html`<li class="ent ${wet ? 'wet' : ''} ${found ? 'found-entry' : ''} ${open ? 'unsettled' : ''} ${over ? 'over' : ''}" data-entry=${entry.id} @keydown=${(e) => moveByKey(app, entry, shown, e)}
    @dragover=${(e) => hover(app, entry, shown, e)} @drop=${(e) => put(app, entry, shown, e)}>
    ${isEdited(app, entry) ? html`${mark}${editor(app, outcome, entry)}` : html`<span class="grip" draggable=${entry.found ? 'false' : 'true'} @dragstart=${(e) => drag(app, entry, e)}>${mark}</span>${says(app, entry)}
    <div class="meta">${owner(app, entry)}${due(entry, app.now)}${facts(entry)}
      ${entry.kind !== 'action' && entry.kind !== 'topic' && entry.by ? html`<span>${entry.kind === 'question' ? t`${html`<b dir="auto">${entry.by}</b>`} asked` : html`<b dir="auto">${entry.by}</b>`}</span>` : nothing}
      ${minutes ? html`<span>${minutes}</span>` : nothing}${over ? html`<span class="status">${statusName(entry.status)}</span>` : nothing}${open ? html`<span class="status">${t`to confirm`}</span>` : nothing}<span class="tail">${source(app, entry.source, entry.at)}${menu(app, entry, shown)}</span></div>`}</li>`;
}

// -- moving

function moveByKey(app, entry, shown, event) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!event.altKey || !step || !event.target.closest('.say')) return;
  event.preventDefault();
  event.stopPropagation();
  const other = entry.found ? null : neighbour(shown, entry, /** @type {any} */ (step));
  if (other) return deedsOf(app).place(app.topic, entry, other, step < 0 ? 'before' : 'after');
  app.spoken = entry.kind === 'action' ? t`${entry.id} cannot go further among those of one owner.` : t`${entry.id} cannot go further.`;
  return app.requestUpdate();
}

function drag(app, entry, event) {
  stateOf(app).dragged = entry.id;
  event.dataTransfer.effectAllowed = 'move';
  event.dataTransfer.setData('text/plain', entry.text);
}

/** Which entry is dragged over this one, if it may stand there. */
function dragged(app, entry, shown) {
  const one = shown.find((e) => e.id === stateOf(app).dragged);
  const same = one && one.id !== entry.id && (entry.kind !== 'action' || one.owner.toLowerCase() === entry.owner.toLowerCase());
  return same && !entry.found ? one : null;
}

const hover = (app, entry, shown, event) => { if (dragged(app, entry, shown)) event.preventDefault(); };

function put(app, entry, shown, event) {
  const one = dragged(app, entry, shown);
  if (!one) return;
  event.preventDefault();
  stateOf(app).dragged = '';
  deedsOf(app).place(app.topic, one, entry, shown.indexOf(one) > shown.indexOf(entry) ? 'before' : 'after');
}

// -- all of them

/** Under which heading an entry stands. */
function headingOf(entry) {
  if (entry.found && !entry.sure && Object.hasOwn(possible(), entry.kind)) return `possible ${entry.kind}`;
  if (entry.kind === 'idea' && entry.id.startsWith('P')) return entry.status === 'proposed' ? 'proposal' : '';
  return entry.kind;
}

/** How long each point took: until the next one, or until now. @returns {Map<string, string>} by its id */
function durations(outcome, topic, now) {
  const all = outcome.entries.filter((e) => e.kind === 'topic');
  const points = all.filter((e) => e.at && e.status !== 'planned').sort((a, b) => a.at - b.at);
  const said = new Map(all.filter((e) => e.status === 'planned').map((e) => [e.id, t`not reached yet`]));
  points.forEach((point, i) => {
    const end = points[i + 1]?.at ?? (topic.state === 'live' ? now : null);
    const minutes = end ? Math.max(1, Math.round((end - point.at) / 60_000)) : 0;
    if (minutes) said.set(point.id, points[i + 1] ? t`${minutes} min` : t`${minutes} min, now`);
  });
  return said;
}

/** @param {any} app @param {import('../xmpp/read.js').Outcome} outcome @param {string[]} kinds of RESULTS or REST */
export function entries(app, outcome, kinds) {
  const minutes = durations(outcome, app.topic, app.now);
  return html`${kinds.map((kind) => {
    const some = outcome.entries.filter((e) => headingOf(e) === kind);
    if (!some.length) return nothing;
    const shown = kind.endsWith('action') ? byOwner(some) : some;
    return html`<h3>${titles()[kind]} <span class="num">${some.length}</span></h3><ol data-kind=${kind}>${repeat(shown, (e) => e.id, (e) => row(app, outcome, e, shown, minutes.get(e.id)))}</ol>`;
  })}${kinds === RESULTS ? html`<p hidden><span id="how-to-change">${t`Enter changes it.`}</span><span id="how-to-move">${t`Alt and arrows move it.`}</span></p>` : nothing}`;
}
