/**
 * What the document is about: what was said of each attribute, what is asked now, when people meet again.
 */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { list, nextMeeting } from '../words.js';
import { t } from '../words/language.js';
import { edit, editor, isEdited } from './entry-edit.js';
import { deedsOf } from './record-deeds.js';
import { changes, source, words } from './source.js';

/** What is changed as one: all that was said of it. */
const whole = (a) => ({ kind: 'attribute', id: a.name, label: a.label, text: a.values.map((v) => v.text).join(' '), owner: '', due: '' });
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function filled(app, outcome, a) {
  const one = whole(a);
  if (isEdited(app, one)) return html`<dd>${editor(app, outcome, one)}</dd>`;
  const change = () => edit(app, one);
  return html`<dd>${a.values.map((v) => words(app, capital(v.text), change))}</dd>
    <dd class="tail">${a.values.map((v) => source(app, v.id, v.at))}${changes(app, a.label, [['pen', t`Change it`, change]], () => deedsOf(app).unsay(a.name))}</dd>`;
}

function attribute(app, outcome, a) {
  const asked = outcome.mode === 'interviewing' && outcome.asking === a.name;
  const wet = app.wet.has(`${outcome.topic}/${a.name}`);
  const found = app.route.kind === 'o' && app.route.target === a.name;
  return html`<div class="${wet ? 'wet' : ''} ${found ? 'found-entry' : ''} ${asked ? 'asked' : ''}" data-attribute=${a.name} data-filled=${a.values.length > 0}>
    <dt dir="auto">${a.label}</dt>${a.values.length ? filled(app, outcome, a) : html`<dd class="miss"><b>${t`Asked now.`}</b> ${a.question ? html`<span class="q" dir="auto">${a.question}</span> ` : nothing}${t`Anyone may answer: just write.`}</dd>`}</div>`;
}

/** The rest stands in one line. @param {any} app @param {import('../xmpp/read.js').Outcome} outcome */
export function attributes(app, outcome) {
  const next = nextMeeting(outcome, app.topic, app.now);
  const rows = outcome.attributes.filter((a) => !(next && a.name === 'next_meeting'));
  const shown = rows.filter((a) => a.values.length || (outcome.mode === 'interviewing' && outcome.asking === a.name));
  const rest = rows.filter((a) => !shown.includes(a));
  if (!shown.length && !next) return unsaid(outcome, rest);
  return html`<h3>${t`What it is about`}</h3><dl class="attr">${repeat(shown, (a) => a.name, (a) => attribute(app, outcome, a))}
    ${next ? html`<div data-testid="next"><dt>${t`Next meeting`}</dt><dd><p>${next}</p></dd></div>` : nothing}</dl>${unsaid(outcome, rest)}`;
}

function unsaid(outcome, rest) {
  if (!rest.length || !outcome.known) return nothing;
  return html`<p class="unsaid" data-testid="unsaid">${outcome.mode === 'published' ? t`Not said: ${list(rest.map((a) => a.label))}.` : t`Not said yet: ${list(rest.map((a) => a.label))}.`}</p>`;
}
