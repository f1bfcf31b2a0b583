/**
 * What of the record stands in the talk itself, on the leaf: the card of what is proposed, at the newest message that proposes;
 * one line for what was answered; the question that the reporter asks, to be answered there.
 */
import { html, nothing } from 'lit';
import { clock } from '../words.js';
import { t } from '../words/language.js';
import { answered, answeredHere, card, decides, placeOf, waiting } from './cards.js';
import { icon } from './icons.js';
import { isReporter } from './people.js';
import { becameOf, isProposal, lastOrders, putIn } from './proposing.js';
import { deedsOf } from './record-deeds.js';

const MOST_ROWS = 5;
const UNDO_MS = 24 * 3_600_000;
const KINDS = { A: 'action', D: 'decision', Q: 'question' };

/** @typedef {{place: any, open: import('../xmpp/read.js').Entry[], orders: Map<string, {verb: string, by: string, at: Date}>}} Standing */

/** How what was proposed stands, for all rows of the log at once. @param {any} app @param {import('../xmpp/read.js').Outcome | undefined} outcome @returns {Standing} */
export function standing(app, outcome) {
  let orders = /** @type {any} */ (null); // the whole log is read for them, where there is something to tell
  return {
    place: placeOf(app, outcome), open: waiting(app, outcome),
    get orders() { return (orders ??= lastOrders(app.room.log, (nick) => isReporter(app, app.room, nick))); },
  };
}

/** Which entries a message proposes. @param {any} line @param {import('../xmpp/read.js').Outcome | undefined} outcome @param {boolean} reporter */
export function proposedBy(line, outcome, reporter) {
  if (reporter) return putIn(line).map(({ id }) => id);
  return (line.id && outcome?.entries.filter((entry) => isProposal(entry) && entry.source === line.id).map((entry) => entry.id)) || [];
}

/** A message that proposes. @param {any} app @param {any} line @param {any} outcome @param {boolean} reporter @param {Standing} how @returns {any} its words if they are told otherwise, and what follows them */
export function proposed(app, line, outcome, reporter, how) {
  if (line.withdrawn) return null;
  const here = how.place?.id === line.id;
  if (reporter) {
    const put = putIn(line);
    if (!put.length) return null;
    const rows = put.map((one) => told(app, outcome, one, how, here, line)).filter((row) => row !== nothing);
    return { instead: html`${rows.length ? html`<div class="settled">${rows}</div>` : nothing}${here ? cardOf(app, outcome, put.map(({ id }) => id), how) : nothing}` };
  }
  const ids = proposedBy(line, outcome, false);
  if (!ids.length) return null;
  const recent = answeredHere(app).filter((each) => ids.includes(each.id)).map((each) => answered(app, each));
  if (!here) return { after: recent };
  // What one proposes is the card; with more on it, the words stand before.
  const made = html`${cardOf(app, outcome, ids, how)}${recent}`;
  return how.open.length === 1 ? { instead: made } : { after: made };
}

const cardOf = (app, outcome, ids, { open }) => card(app, outcome, [...open].sort((a, b) => Number(ids.includes(b.id)) - Number(ids.includes(a.id))), MOST_ROWS, true);

/** One line for what the reporter has put to the room; nothing for what stands on the card. */
function told(app, outcome, { id, text }, how, here, line) {
  const { place, open } = how;
  const entry = outcome?.entries.find((one) => one.id === id);
  const waits = open.some((one) => one.id === id);
  if (waits && here) return nothing;
  const typed = how.orders.get(id);
  const order = typed && typed.verb !== 'restore' ? typed : (thumbOf(line) ?? typed);
  const just = answeredHere(app).find((each) => each.id === id);
  const became = outcome && !waits ? becameOf(entry, order?.verb) : 'open';
  const kept = became === 'kept' || became === 'changed' || (became === 'open' && !waits && Boolean(just));
  const undo = just ?? (mayUndo(app, outcome, entry, order) ? { id, words: '', undo: [`#restore ${id}`], at: 0 } : null);
  const off = became === 'refused' || became === 'gone';
  return html`<p class="answered" data-testid="answered" data-answer=${id} data-became=${waits ? 'open' : became}><span class="mark ${KINDS[id[0]] ?? ''} ${kept ? '' : 'open'}">${id}${waits ? '?' : ''}</span>
    <span><span class="what ${off ? 'off' : ''}" dir="auto">${entry?.text ?? text}</span> <span class="hint">${kept ? icon('check') : nothing}${saying(became, order, just, waits, place, app)}
    ${undo && !waits ? html`<button class="text" type="button" aria-label=${t`Undo: ${just?.words ?? id}`} @click=${() => deedsOf(app).unsettle(app.topic, undo)}>${t`Undo`}</button>` : nothing}</span></span></p>`;
}

function saying(became, order, just, waits, place, app) {
  if (waits && place) return html`<a href="#/t/${app.topic.id}/m/${encodeURIComponent(place.id)}" @click=${() => app.querySelector('ccm-talk')?.seek(place.id)}>${t`Waits for an answer`}</a>`;
  if (waits) return t`Only possible: nobody confirmed it.`;
  if (became === 'open') return just ? `${just.words}.` : '';
  if (became === 'gone') return t`No longer proposed.`;
  if (became === 'changed') return t`Kept, as ${order.by} changed it.`;
  if (became === 'refused') return order?.by ? t`${order.by} said no.` : t`Not kept.`;
  return order?.verb === 'ok' ? t`${order.by} confirmed it.` : t`Kept.`;
}

function mayUndo(app, outcome, entry, order) {
  if (!outcome || !order || app.room.state !== 'in' || Date.now() - order.at.getTime() > UNDO_MS) return false;
  return ['ok', 'no'].includes(order.verb) && (order.by === app.room.nick || decides(app, outcome, entry ?? { found: false }));
}

const THUMB = /^(?:👍|\+1)/u;

/** Whose thumb is below what the reporter asks: an order as good as a typed one. @returns {{verb: string, by: string, at: Date} | undefined} */
function thumbOf({ reactions, at }) {
  const [, who] = [...reactions].find(([word]) => THUMB.test(word)) ?? [];
  return who && { verb: 'ok', by: [...who].at(-1), at };
}

/** A thumb of who decides is a yes. Below its own line the reporter takes it so, and here the way back stands at once. @param {any} app @param {any} line @param {string} word that was chosen */
export function agree(app, line, word) {
  if (!THUMB.test(word) || line.reactions.get(word)?.has(app.room.nick)) return;
  const outcome = app.client.outcomes.get(app.topic.id);
  const asked = isReporter(app, app.room, line.nick);
  const ids = proposedBy(line, outcome, asked);
  const mine = waiting(app, outcome).filter((entry) => ids.includes(entry.id) && decides(app, outcome, entry));
  if (asked) for (const entry of mine) deedsOf(app).answered(app.topic, entry, 'ok');
  else if (mine.length) deedsOf(app).settle(app.topic, mine, 'ok');
}

// -- the interview

/** The reporter's question. @param {any} talk @param {any} line @param {any} outcome */
export function asked(talk, line, outcome) {
  const { app } = talk;
  const attribute = outcome?.attributes.find((a) => a.question && line.body.includes(a.question));
  if (!attribute) return null;
  const lead = line.body.slice(0, line.body.indexOf(attribute.question)).trim();
  const answer = attribute.values.at(-1);
  const newest = app.room.log.findLast((other) => other.nick === line.nick && other.body.includes(attribute.question));
  const open = outcome.mode === 'interviewing' && outcome.asking === attribute.name && newest === line;
  return html`${lead ? html`<p dir="auto">${lead}</p>` : nothing}<div class="prop" role="group" aria-label=${t`Question for ${attribute.label}`} data-testid="asked">
    <div class="t"><span class="mark open" aria-hidden="true">?</span><p dir="auto">${attribute.question}</p></div>
    ${open ? answering(talk, attribute) : nothing}
    ${!open && answer ? html`<p class="hint"><span class="state">${icon('check')}${answer.at ? t`${answer.by} answered at ${clock(answer.at)}` : t`${answer.by} answered`}</span></p>` : nothing}</div>`;
}

function answering(talk, attribute) {
  const { app } = talk;
  const order = (words) => app.deeds.order(app.topic, words, t`The question stands.`);
  const send = (form) => {
    const field = form.elements.namedItem('answer');
    const words = field.value.trim();
    field.focus();
    if (!words) return;
    field.value = '';
    app.room.say(words);
    talk.said();
  };
  const key = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || matchMedia('(pointer: coarse)').matches) return;
    event.preventDefault();
    send(event.currentTarget.form);
  };
  return html`<form @submit=${(e) => { e.preventDefault(); send(e.currentTarget); }}>
      <textarea class="field" name="answer" rows="1" dir="auto" aria-label=${t`Answer for ${attribute.label}`} placeholder=${t`Your answer`} @keydown=${key}></textarea>
      <div class="row"><button class="btn prime s" type="submit">${t`Answer`}</button><button class="btn s" type="button" @click=${() => order('#skip')}>${attribute.values.length ? t`Keep it` : t`Skip it`}</button><button class="btn s quiet" type="button" @click=${() => order('#stop')}>${t`Stop asking`}</button></div>
      <p class="hint">${t`For “${attribute.label}”. Anyone may answer.`}</p></form>`;
}
