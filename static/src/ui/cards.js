/**
 * What waits for an answer: the open vote, and one card for all that was found or proposed. Whoever may not decide sees who
 * does; what was answered shrinks to a line with a way back.
 */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { day, either } from '../words.js';
import { plural, t } from '../words/language.js';
import { edit } from './entry-edit.js';
import { icon } from './icons.js';
import { deedsOf } from './record-deeds.js';
import { stateOf } from './record-state.js';
import { source } from './source.js';
import { isOpen } from './spine.js';

const ANSWERED_MS = 10 * 60_000;
const HEARD_MS = 4000; // until the reporter has taken an answer
const MOST_ROWS = 5;

/** @returns {[string, string[]][]} options with who took them, in the order of the first votes */
function shares(votes) {
  const by = new Map();
  for (const vote of votes) by.set(vote.option, [...(by.get(vote.option) ?? []), vote.by]);
  return [...by];
}

export const tally = (votes) => shares(votes).map(([option, names]) => html`<span title=${names.join(', ')}>${option} <b class="num">${names.length}</b></span>`);

/** Owner and chair decide, and who is to do it; for proposals everybody has a voice. */
function decides(app, outcome, entry) {
  const me = app.room?.nick ?? app.client.name;
  return app.isOwner || outcome.chair === me || (entry.found && entry.owner === me);
}

function deciders(app, outcome, entry) {
  const names = [entry.found ? entry.owner : '', outcome.chair || app.topic.ownerName || t`the owner`].filter(Boolean);
  return either([...new Set(names)]);
}

function one(app, outcome, entry) {
  const { topic } = app;
  const may = decides(app, outcome, entry);
  const proposal = !entry.found;
  const say = (verdict) => deedsOf(app).settle(topic, [entry], verdict);
  const voice = proposal && !may;
  return html`<li data-proposal=${entry.id}><div class="t"><span class="mark ${entry.kind} open">${entry.id}?</span><p dir="auto">${entry.text}</p>${source(app, entry.source, entry.at)}</div>
    <p class="hint facts">${entry.kind === 'action' ? html`<span>${t`Owner ${html`<b dir="auto">${entry.owner || t`nobody yet`}</b>`}`}</span>${entry.due ? html`<span>${t`Due ${html`<b>${day(new Date(`${entry.due}T12:00:00`), app.now)}</b>`}`}${entry.phrase ? t` from “${entry.phrase}”` : ''}</span>` : nothing}` : nothing}
      ${proposal ? html`<span>${t`${html`<b dir="auto">${entry.by}</b>`} proposes it`}</span>` : nothing}${tally(entry.votes)}</p>
    ${may || voice ? html`<div class="row"><button class="btn s ${voice ? '' : 'prime'}" type="button" data-testid="ok" aria-label=${voice ? t`For ${entry.id}` : t`OK, ${entry.id} is right`} @click=${() => say('ok')}>${icon('check')}${voice ? t`For` : proposal ? t`Agreed` : t`OK, keep it`}</button>
      <button class="btn s" type="button" data-testid="no" aria-label=${voice ? t`Against ${entry.id}` : t`No, ${entry.id} is not right`} @click=${() => say('no')}>${voice ? t`Against` : t`No`}</button>
      ${voice ? nothing : html`<button class="btn s quiet" type="button" aria-label=${t`Change ${entry.id} before it is kept`} @click=${() => edit(app, entry)}>${icon('pen')}${t`Change`}</button>`}</div>` : nothing}
    ${may ? nothing : html`<p class="hint">${voice ? t`${deciders(app, outcome, entry)} settles it; yours is a voice.` : t`${deciders(app, outcome, entry)} decides.`}</p>`}</li>`;
}

function answered(app) {
  const state = stateOf(app);
  const kept = (state.answered.get(app.topic.id) ?? []).filter((each) => Date.now() - each.at < ANSWERED_MS);
  return kept.map((each) => html`<p class="answered" data-testid="answered">${icon('check')}<span>${each.words}.</span><button class="text" type="button" aria-label=${t`Undo: ${each.words}`} @click=${() => deedsOf(app).unsettle(app.topic, each)}>${t`Undo`}</button></p>`);
}

/** One card for all. @param {any} app @param {import('../xmpp/read.js').Outcome} outcome */
export function cards(app, outcome) {
  const just = (stateOf(app).answered.get(app.topic.id) ?? []).filter((each) => Date.now() - each.at < HEARD_MS).map((each) => each.id);
  const open = outcome.entries.filter((e) => isOpen(e) && e.status !== 'rejected' && !just.includes(e.id));
  const lines = answered(app);
  if (!open.length && !lines.length) return nothing;
  const shown = open.slice(0, MOST_ROWS);
  const mine = shown.filter((e) => decides(app, outcome, e));
  const title = open.length === 1 ? (open[0].found ? t`Did I get this right?` : t`Proposed`) : t`${open.length} to confirm`;
  return html`${open.length ? html`<section class="prop cards" role="group" aria-labelledby="cards-title" data-testid="cards"><h3 id="cards-title">${title}</h3>
      <ol>${repeat(shown, (e) => e.id, (e) => one(app, outcome, e))}</ol>
      ${mine.length > 1 ? html`<div class="row all"><button class="btn s" type="button" data-testid="all" @click=${() => deedsOf(app).settle(app.topic, mine, 'ok')}>${icon('check')}${t`All ${mine.length} are right`}</button></div>` : nothing}
      ${open.length > shown.length ? html`<p class="hint">${plural(open.length - shown.length, '# more after these.', '# more after these.')}</p>` : nothing}</section>` : nothing}${lines}`;
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
