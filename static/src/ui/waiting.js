/**
 * A topic that has not begun, before one comes in: how long it is, what it is about, and my answer. Who only looks is not
 * there, so the talk does not begin by it.
 */
import { html, nothing } from 'lit';
import { daysBetween, when } from '../words.js';
import { plural, t } from '../words/language.js';
import { answersFor } from './chips.js';
import { icon } from './icons.js';

/** @param {Date} start @param {Date} now @returns {[string, string]} a number and what it counts */
export function countdown(start, now) {
  const minutes = Math.max(0, Math.round((start.getTime() - now.getTime()) / 60_000));
  const days = daysBetween(start, now);
  if (minutes < 1) return [t`now`, ''];
  if (minutes < 60) return [String(minutes), plural(minutes, 'minute', 'minutes')];
  if (minutes < 24 * 60) return [`${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`, t`hours`];
  return [String(days), plural(days, 'day', 'days')];
}

/** @param {any} app */
export function waitingRoom(app) {
  const { topic, now } = app;
  const [number, what] = countdown(topic.start, now);
  const points = app.client.outcomes.get(topic.id)?.entries.filter((entry) => entry.kind === 'topic') ?? [];
  const mine = topic.invitees.find((guest) => guest.jid && guest.jid === app.session.account);
  const answers = mine ? answersFor(app, mine) : [];
  const online = app.session.state === 'online';
  return html`<div class="scroll wait" data-testid="waiting-room" tabindex="0" role="group" aria-label=${t`Before it begins`}>
    <p class="count"><b>${number}</b> ${what}</p><p class="hint">${when(topic.start, now)}, ${plural(topic.minutes, '# minute', '# minutes')}${topic.ownerName ? html`, ${t`with ${html`<b dir="auto">${topic.ownerName}</b>`}`}` : nothing}</p>
    ${answers.length ? html`<div class="answers" role="group" aria-label=${t`Do you come?`}>${answers.map(([state, verb, sign, run]) => html`<button class="btn" type="button" aria-pressed=${mine?.state === state} aria-disabled=${online ? nothing : 'true'} @click=${() => online && run()}>${icon(sign)}${verb}</button>`)}</div>` : nothing}
    ${points.length ? html`<h3>${t`Agenda`}</h3><ol class="agenda">${points.map((point) => html`<li dir="auto">${point.text}</li>`)}</ol>` : nothing}
    <div class="in"><button class="btn prime big" type="button" data-testid="join-early" aria-disabled=${online ? nothing : 'true'} @click=${() => online && app.joinEarly(topic)}>${icon('talk')}${t`Join early`}</button>
      <p class="hint">${t`Nobody is told that you look. It begins when you join.`}</p></div></div>`;
}
