/**
 * What waits for an answer: the open vote, and one card for all that was found or proposed. Whoever may not decide sees who
 * does; what was answered shrinks to a line with a way back.
 */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { day, either } from '../words.js';
import { plural, t } from '../words/language.js';
import { edit, editor, isEdited } from './entry-edit.js';
import { icon } from './icons.js';
import { isReporter } from './people.js';
import { isProposal, openOf, placeOf as placeIn, putIn } from './proposing.js';
import { deedsOf } from './record-deeds.js';
import { stateOf } from './record-state.js';
import { source } from './source.js';
import { kindName } from './spine.js';

const ANSWERED_MS = 10 * 60_000;
const HEARD_MS = 4000; // until the reporter has taken an answer
const MOST_ROWS = 2; // decisions stay in sight below

/** @typedef {import('../xmpp/read.js').Outcome} Outcome @typedef {import('../xmpp/read.js').Entry} Entry */

/** @returns {[string, string[]][]} options with who took them, in the order of the first votes */
function shares(votes) {
  const by = new Map();
  for (const vote of votes) by.set(vote.option, [...(by.get(vote.option) ?? []), vote.by]);
  return [...by];
}

export const tally = (votes) => shares(votes).map(([option, names]) => html`<span title=${names.join(', ')}>${option} <b class="num">${names.length}</b></span>`);

/** Owner and chair decide, and who is to do it; for proposals everybody has a voice. @param {any} app @param {Outcome} outcome @param {Entry} entry */
export function decides(app, outcome, entry) {
  const me = app.room?.nick ?? app.client.name;
  return app.isOwner || outcome.chair === me || (entry.found && entry.owner === me);
}

function deciders(app, outcome, entry) {
  const names = [entry.found ? entry.owner : '', outcome.chair || app.topic.ownerName || t`the owner`].filter(Boolean);
  return either([...new Set(names)]);
}

/** What was answered here a while ago. @param {any} app @param {number} [ms] */
export const answeredHere = (app, ms = ANSWERED_MS) => (stateOf(app).answered.get(app.topic.id) ?? []).filter((each) => Date.now() - each.at < ms);

/** What waits for an answer, but for what has just got one. @param {any} app @param {Outcome | undefined} outcome */
export function waiting(app, outcome) {
  const just = answeredHere(app, HEARD_MS).map((each) => each.id);
  return openOf(outcome).filter((entry) => !just.includes(entry.id));
}

// There is one card on the screen, and it stands in the talk; on a phone the outcome is a screen of its own.
const isApart = (app) => app.pane === 'outcome' && matchMedia('(max-width: 759px)').matches;

/** The message that carries the card of all that waits, in a talk that is not published. @param {any} app @param {Outcome | undefined} outcome @returns {any} `null` if none does */
export function placeOf(app, outcome) {
  if (!app.room || !outcome || outcome.mode === 'published' || isApart(app)) return null;
  return placeIn(app.room.log, waiting(app, outcome), (nick) => isReporter(app, app.room, nick));
}

/** Whether the talk shows what became of it. */
function isTold(app, outcome, id) {
  const entry = outcome.entries.find((one) => one.id === id);
  return app.room?.log.some((line) => (entry && isProposal(entry) && line.id === entry.source) || (isReporter(app, app.room, line.nick) && putIn(line).some((one) => one.id === id)));
}

/** One row of a card. @param {any} app @param {Outcome} outcome @param {Entry} entry @param {boolean} [alone] in the talk, as the only one */
function one(app, outcome, entry, alone = false) {
  const { topic } = app;
  const may = decides(app, outcome, entry);
  const proposal = !entry.found;
  const say = (verdict) => deedsOf(app).settle(topic, [entry], verdict);
  const voice = proposal && !may;
  const who = deciders(app, outcome, entry);
  const mark = html`<span class="mark ${entry.kind} open">${entry.id}?</span>`;
  if (isEdited(app, entry, true)) return html`<li data-proposal=${entry.id}><div class="t">${mark}${editor(app, outcome, entry)}</div></li>`;
  return html`<li data-proposal=${entry.id}><div class="t">${mark}<p dir="auto">${entry.text}</p>${alone ? nothing : source(app, entry.source, entry.at)}</div>
    <div class="deal">${entry.kind === 'action' || (proposal && !alone) || entry.votes.length ? html`<p class="hint facts">${entry.kind === 'action' ? html`<span>${t`Owner ${html`<b dir="auto">${entry.owner || t`nobody yet`}</b>`}`}</span>${entry.due ? html`<span>${t`Due ${html`<b>${day(new Date(`${entry.due}T12:00:00`), app.now)}</b>`}`}${entry.phrase && (alone || !app.room) ? t` from “${entry.phrase}”` : ''}</span>` : nothing}` : nothing}
      ${proposal && !alone ? html`<span>${t`${html`<b dir="auto">${entry.by}</b>`} proposes it`}</span>` : nothing}${tally(entry.votes)}</p>` : nothing}
    ${may || voice ? html`<div class="row"><button class="btn s ${voice ? '' : 'prime'}" type="button" data-testid="ok" aria-label=${voice ? t`For ${entry.id}` : t`OK, ${entry.id} is right`} @click=${() => say('ok')}>${voice ? t`For` : proposal ? t`Agreed` : t`OK, keep it`}</button>
      <button class="btn s" type="button" data-testid="no" aria-label=${voice ? t`Against ${entry.id}` : t`No, ${entry.id} is not right`} @click=${() => say('no')}>${voice ? t`Against` : t`No`}</button>
      ${voice ? nothing : html`<button class="btn s quiet" type="button" data-testid="change" aria-label=${t`Change ${entry.id} before it is kept`} @click=${() => edit(app, entry, 'text', true)}>${icon('pen')}${t`Change`}</button>`}</div>` : nothing}
    ${may && !alone ? nothing : html`<p class="hint">${voice ? t`${who} settles it; yours is a voice.` : t`${who} decides.`}${may ? html` <span class="typed">${t`${html`<kbd>${`#ok ${entry.id}`}</kbd>`} works too.`}</span>` : nothing}</p>`}</div></li>`;
}

/** What a group of one is called. @param {Entry} entry */
const nameOf = (entry) => (isProposal(entry) ? t`Proposal ${entry.id}` : t`Proposed ${kindName(entry.kind)} ${entry.id}`);

/** @param {any} app @param {Outcome} outcome @param {Entry[]} open @param {number} most @param {boolean} talk whether it stands there */
export function card(app, outcome, open, most, talk) {
  const shown = open.slice(0, most);
  const mine = shown.filter((entry) => decides(app, outcome, entry));
  const [first] = open;
  const alone = talk && open.length === 1;
  const title = open.length > 1 ? t`${open.length} to confirm` : first.found ? t`Did I get this right?` : t`Proposed`;
  return html`<section class="prop cards" role="group" data-alone=${alone || nothing} aria-label=${alone ? nameOf(first) : nothing} aria-labelledby=${alone ? nothing : 'cards-title'} data-testid="cards">${alone ? nothing : html`<h3 id="cards-title">${title}</h3>`}
      <ol>${repeat(shown, (entry) => entry.id, (entry) => one(app, outcome, entry, alone))}</ol>
      ${mine.length > 1 ? html`<div class="row all"><button class="btn s" type="button" data-testid="all" @click=${() => deedsOf(app).settle(app.topic, mine, 'ok')}>${icon('check')}${t`All ${mine.length} are right`}</button></div>` : nothing}
      ${open.length > shown.length ? html`<p class="hint">${plural(open.length - shown.length, '# more after these.', '# more after these.')}</p>` : nothing}</section>`;
}

/** An answer that was given here, with its way back. @param {any} app @param {import('./record-state.js').Answered} each */
export const answered = (app, each) => html`<p class="answered" data-testid="answered" data-answer=${each.id}>${icon('check')}<span>${each.words}.</span><button class="text" type="button" aria-label=${t`Undo: ${each.words}`} @click=${() => deedsOf(app).unsettle(app.topic, each)}>${t`Undo`}</button></p>`;

/** In the outcome: what waits, unless it stands in the talk beside it. @param {any} app @param {Outcome} outcome */
export function cards(app, outcome) {
  const open = waiting(app, outcome);
  const place = placeOf(app, outcome);
  const lines = answeredHere(app).filter((each) => isApart(app) || !isTold(app, outcome, each.id)).map((each) => answered(app, each));
  const seek = () => { app.go('talk'); app.querySelector('ccm-talk')?.seek(place.id); };
  if (place) return html`<p class="awaits">${t`${html`<a href="#/t/${app.topic.id}/m/${encodeURIComponent(place.id)}" @click=${seek}>${t`${open.length} to confirm`}</a>`} in the talk.`}</p>${lines}`;
  return html`${open.length ? card(app, outcome, open, MOST_ROWS, false) : nothing}${lines}`;
}

/** @param {any} app @param {import('../xmpp/read.js').Outcome} outcome */
export function poll(app, outcome) {
  const { poll: vote } = outcome;
  if (!vote) return nothing;
  const mine = vote.votes.find((v) => v.by === app.room?.nick)?.option;
  const online = app.session.state === 'online';
  const say = (words) => online && app.deeds.order(app.topic, words, t`Your voice was not given.`);
  return html`<section class="prop poll" aria-labelledby="poll-title" data-testid="poll"><h3 id="poll-title">${t`Vote, open`} ${source(app, vote.source, vote.at)}</h3><p dir="auto">${vote.question}</p>
    <div class="options">${vote.options.map((option) => {
      const names = vote.votes.filter((v) => v.option === option).map((v) => v.by);
      return html`<button class="option" type="button" aria-pressed=${option === mine} aria-disabled=${online ? nothing : 'true'} @click=${() => say(`#vote ${option}`)}>
        <span class="o">${option === mine ? icon('check') : nothing}${option}</span><span class="num">${names.length}</span><meter aria-hidden="true" min="0" max=${Math.max(1, vote.votes.length)} value=${names.length}></meter>${names.length ? html`<small dir="auto">${names.join(', ')}</small>` : nothing}</button>`;
    })}</div>
    <div class="row"><p class="hint">${vote.by ? html`${t`${html`<b dir="auto">${vote.by}</b>`} asks.`} ` : nothing}${mine ? t`Your last voice counts.` : t`One voice each; everybody sees it.`}</p>${online ? html`<button class="btn s quiet" type="button" @click=${() => say('#endvote')}>${t`End the vote`}</button>` : nothing}</div></section>`;
}
