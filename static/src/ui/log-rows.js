/**
 * The rows of the log: messages in blocks, the marks of days and of what is new, notes, and the card for who comes late.
 */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { clock, daysBetween, invitedFor, longDay } from '../words.js';
import { plural, t } from '../words/language.js';
import { answerOf, messageRow, quietRow, together } from './message.js';
import { missed, missedCard } from './missed.js';
import { isReporter } from './people.js';
import { tabsOf } from './spine.js';
import { proposedBy, standing } from './talk-cards.js';

const MOST_NOTES = 20;
const SETTLED = /^(P\d+) is (?:agreed: D\d+|rejected)\.$/u; // the tab beside the answer says it
const TOLD_MS = 30_000;
const idsOf = ({ body }) => body.match(/\b[A-Z]\d+/gu) ?? [''];

/**
 * Whether a note with a way back tells what one has just done by a button: then the reporter's line of it is told to who listens alone.
 * @param {string} nick one's own @param {{body: string, at: Date}} line @param {{at: Date, component: string, undo: string}[]} notes
 */
export function toldBack(nick, line, notes) {
  if (!line.body.startsWith(`${nick} says: #`) || line.body.includes('#restore')) return false;
  const [id] = idsOf(line);
  return notes.some(({ at, component, undo }) => component === 'reporter' && undo.split(/[ ;]/u).includes(id) && Math.abs(+at - +line.at) < TOLD_MS);
}

/**
 * @param {any} talk the pane
 * @param {{shown: import('./log-window.js').LogWindow, firstNew: string, arrived: {id: string, at: Date} | null}} where *firstNew*: id of the
 *   first message that is new to me; *arrived*: after which one I came, for the first time
 */
export function logRows(talk, { shown, firstNew, arrived }) {
  const { app } = talk;
  const { room, topic } = app;
  const outcome = app.client.outcomes.get(topic.id);
  const tabs = tabsOf(outcome);
  const how = standing(app, outcome);
  const all = room.lines;
  const { from, to } = shown.range(all);
  const lines = all.slice(from, to);
  const seen = app.toastInFrame ? [] : app.notes.shown; // they come here when they go there
  const told = app.notes.of(topic.id);
  const notes = told.filter((n) => !seen.includes(n) && (!from || n.at >= lines[0].at) && (to === all.length || n.at < all[to].at)).slice(-MOST_NOTES);
  // Lines stay in the archive's order, whatever the clocks say.
  const items = /** @type {any[]} */ (lines.map((line) => ({ at: line.at, key: line.key, line })));
  for (const note of notes) {
    const after = items.findIndex((one) => one.at > note.at);
    items.splice(after < 0 ? items.length : after, 0, { at: note.at, key: `n${+note.at}${note.text}`, note });
  }
  const card = (since) => missedCard(app, missed(outcome, since, arrived?.at ?? app.now, [app.client.name, room.nick]));
  const rows = /** @type {{key: string, view: any}[]} */ ([]);
  const day = (key, words) => rows.push({ key, view: html`<li class="day">${words}</li>` });
  const fresh = (key, words) => rows.push({ key, view: html`<li class="day fresh" id=${key}>${words}</li>` });
  const missedRow = (view) => { if (view !== nothing) rows.push({ key: 'missed', view: html`<li>${view}</li>` }); };
  let before = /** @type {any} */ (null);
  let dayBefore = /** @type {Date | null} */ (null);
  let onCard = /** @type {string[]} */ ([]); // what the message before proposes, which tells its answers itself
  let answers = ''; // what the quiet line before was about
  for (const { at, key, line, note } of items) {
    if (!dayBefore || daysBetween(at, dayBefore)) {
      day(`d${key}`, longDay(at)); // a wrong clock may bring a day twice
      before = null;
    }
    dayBefore = at;
    if (line?.id && line.id === firstNew) {
      fresh('new', t`New since ${clock(at)}`);
      missedRow(card(at));
      before = null;
    }
    const reporter = line && isReporter(app, room, line.nick);
    const answer = reporter ? answerOf(line) : '';
    if (answer && !tabs.has(line.id) && (idsOf(line).every((id) => onCard.includes(id)) || toldBack(room.nick, line, told))) {
      rows.push({ key, view: quietRow(line, answer) });
      continue;
    }
    const settled = reporter ? (SETTLED.exec(line.body)?.[1] ?? '') : '';
    if (settled && settled === answers) {
      rows.push({ key, view: quietRow(line, line.body) });
      continue;
    }
    answers = answer ? idsOf(line)[0] : '';
    onCard = line ? proposedBy(line, outcome, reporter) : [];
    if (note) rows.push({ key, view: html`<li class="sys"><span dir="auto">${note.text}</span> ${app.notes.actions(note)}</li>` });
    else rows.push({ key, view: messageRow(talk, line, { same: together(line, before), tabs: tabs.get(line.id) ?? [], outcome, standing: how }) });
    before = note || answer ? null : line; // who speaks after a quiet line is named
    const late = line?.id && line.id === arrived?.id ? card(room.log[0].at) : nothing;
    if (late !== nothing) {
      fresh('came', t`You came at ${clock(/** @type {any} */ (arrived).at)}`);
      missedRow(late);
      before = null;
    }
  }
  return repeat(rows, (r) => r.key, (r) => r.view);
}

/** @param {any} app what stands there instead of messages */
export function emptyLog(app) {
  const { topic, room } = app;
  if (room.state === 'refused') {
    return html`<div class="nobody"><p>${t`You are not in this talk.`} ${room.refusal?.words || (topic.ownerName ? t`Ask ${topic.ownerName} for an invitation.` : t`Ask its owner for an invitation.`)}</p><button class="btn" type="button" @click=${() => room.join()}>${t`Try again`}</button></div>`;
  }
  if (room.lines.length || app.notes.of(topic.id).length) return nothing;
  if (room.state !== 'in' || room.catchingUp) return app.slow ? html`<div class="ghost" aria-hidden="true"><i></i><i></i><i></i></div>` : nothing;
  const names = topic.invitees.filter((i) => ['offered', 'accepted', 'tentative'].includes(i.state)).map((i) => i.name || i.address).filter(Boolean);
  const at = topic.start ? clock(topic.start) : '';
  const invited = !names.length ? '' : ` ${invitedFor(names, at)}`;
  return html`<div class="nobody"><p>${t`Nobody has said anything yet.`}${invited}</p><button class="btn s" type="button" @click=${() => app.deeds.copy(location.href)}>${t`Copy link`}</button></div>`;
}
