/**
 * The outcome: what will be published, as the reporter has it now, each line one click from the words it came from; and
 * the bar that publishes it.
 */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { clock, count, day, distance } from '../words.js';
import { slowness } from './busy.js';
import { icon } from './icons.js';

const KINDS = [
  ['action', 'Actions'],
  ['decision', 'Decisions'],
  ['question', 'Open questions'],
  ['topic', 'Points'],
  ['idea', 'Ideas'],
  ['help', 'Help wanted'],
  ['info', 'Notes'],
  ['link', 'Links'],
];
const MODES = { listening: 'Writing along', interviewing: 'Asking for the rest', grace: 'Draft, complete', published: 'Published' };

/**
 * Which messages have a tab on the spine.
 * @param {import('../xmpp/read.js').Outcome | undefined} outcome
 * @returns {Map<string, {label: string, kind: string, name: string, open: boolean, target: string}[]>} by stanza-id
 */
export function tabsOf(outcome) {
  const tabs = new Map();
  const add = (id, tab) => id && tabs.set(id, [...(tabs.get(id) ?? []), tab]);
  for (const attribute of outcome?.attributes ?? []) {
    for (const value of attribute.values) {
      add(value.id, { label: attribute.label.toLowerCase(), kind: '', name: `Filled: ${attribute.label}`, open: false, target: attribute.name });
    }
  }
  for (const entry of outcome?.entries ?? []) {
    const open = ['proposed', 'possible'].includes(entry.status);
    add(entry.source, { label: open ? `${entry.id}?` : entry.id, kind: entry.kind, name: `${open ? 'Proposed' : 'Kept'} as ${entry.kind} ${entry.id}`, open, target: entry.id });
  }
  return tabs;
}

function source(app, id, at) {
  if (!id || !at) return nothing;
  return html`<a class="src" href="#/t/${app.topic.id}/m/${encodeURIComponent(id)}" aria-label="Show the message of ${clock(at)}" @click=${() => app.go('talk')}>${icon('back')} ${clock(at)}</a>`;
}

// Corrections are said in the talk, where everybody sees them, and the reporter acts on them (docs/reporter.md).
function changes(app, name, deeds) {
  if (app.session.state !== 'online' || app.room?.state !== 'in') return nothing;
  return html`<details class="menu fix"><summary class="ico" aria-label="Change ${name}">${icon('more')}</summary><menu>
    ${deeds.map(([sign, verb, run, kind]) => html`<li><button class=${kind ?? ''} type="button" @click=${(e) => app.menu(e, run)}>${icon(sign)}${verb}</button></li>`)}</menu></details>`;
}

const dropped = (a) => `Reporter, drop the ${a.name.replaceAll('_', ' ')}.`;
const attributeChanges = (app, a) => changes(app, a.label, [
  ['pen', 'Say it otherwise', () => app.deeds.reword(a.label, a.values.at(-1).text, (words) => [dropped(a), `${a.label}: ${words}`])],
  ['close', 'Take it off the record', () => app.room.say(dropped(a)), 'danger'],
]);

const entryChanges = (app, entry) => changes(app, entry.id, [
  ['pen', 'Correct it', () => app.deeds.reword(entry.id, entry.text, (words) => [`#edit ${entry.id} ${words}`])],
  ...(entry.kind === 'action' && entry.status !== 'done' ? [['check', 'It is done', () => app.room.say(`#done ${entry.id}`)]] : []),
  ['close', 'Take it off the record', () => app.room.say(`#drop ${entry.id}`), 'danger'],
]);

function attribute(app, outcome, a) {
  const asked = outcome.mode === 'interviewing' && outcome.asking === a.name;
  const wet = app.wet.has(`${outcome.topic}/${a.name}`);
  const found = app.route.kind === 'o' && app.route.target === a.name;
  const values = a.values.map((v) => html`<div class="v"><p dir="auto">${v.text}</p>${source(app, v.id, v.at)}</div>`);
  const missing = asked
    ? html`<b>Asked now.</b> Anyone may answer: just write.`
    : outcome.mode === 'published' ? 'Not said.' : 'Not said yet.';
  return html`<div class="${wet ? 'wet' : ''} ${found ? 'found-entry' : ''}" data-attribute=${a.name} data-filled=${a.values.length > 0}>
    <dt dir="auto">${a.label}</dt>${a.values.length ? html`<dd>${values}${attributeChanges(app, a)}</dd>` : html`<dd class="miss">${missing}</dd>`}</div>`;
}

function due(entry, now) {
  const date = entry.due ? new Date(`${entry.due}T12:00:00`) : null;
  if (!date || Number.isNaN(date.getTime())) return entry.due ? html`<span>${entry.due}</span>` : nothing;
  return html`<span title=${entry.phrase ? `from “${entry.phrase}”, ${distance(date, now)}` : nothing}>${day(date, now)}</span>`;
}

function entryRow(app, outcome, entry) {
  const wet = app.wet.has(`${outcome.topic}/${entry.id}`);
  const found = app.route.kind === 'o' && app.route.target === entry.id;
  const proposed = ['proposed', 'possible'].includes(entry.status);
  const isLink = entry.kind === 'link' && /^https?:\/\/\S+$/u.test(entry.text);
  return html`<li class="ent ${wet ? 'wet' : ''} ${found ? 'found-entry' : ''}" data-entry=${entry.id}>
    <span class="mark ${entry.kind} ${proposed ? 'open' : ''}">${entry.id}${proposed ? '?' : ''}</span>
    <p dir="auto">${isLink ? html`<a href=${entry.text} target="_blank" rel="noopener noreferrer">${entry.text}</a>` : entry.text}</p>
    ${source(app, entry.source, entry.at) === nothing ? html`<span></span>` : source(app, entry.source, entry.at)}
    <div class="meta">${entry.kind === 'action' ? (entry.owner ? html`<b dir="auto">${entry.owner}</b>` : html`<span class="none">Nobody yet</span>`) : nothing}
      ${due(entry, app.now)}
      ${entry.kind !== 'action' && entry.by ? html`<span><b dir="auto">${entry.by}</b>${entry.kind === 'question' ? ' asked' : ''}</span>` : nothing}
      ${proposed ? html`<span>to confirm</span>` : ['done', 'carried', 'cancelled'].includes(entry.status) ? html`<span>${entry.status}</span>` : nothing}${entryChanges(app, entry)}</div></li>`;
}

function entries(app, outcome) {
  return KINDS.map(([kind, title]) => {
    const some = outcome.entries.filter((e) => e.kind === kind);
    if (!some.length) return nothing;
    if (kind === 'action') some.sort((a, b) => Number(Boolean(a.owner)) - Number(Boolean(b.owner)));
    return html`<h3>${title} <span class="num">${some.length}</span></h3><ol>${repeat(some, (e) => e.id, (e) => entryRow(app, outcome, e))}</ol>`;
  });
}

function meter(outcome) {
  const filled = outcome.attributes.filter((a) => a.values.length).length;
  const all = outcome.attributes.length;
  if (!all) return nothing;
  return html`<div class="meter" role="img" aria-label="${filled} of ${count(all, 'attribute')} filled">${outcome.attributes.map((_, i) => html`<i class=${i < filled ? 'f' : ''}></i>`)}</div>`;
}

const VISIBILITY = { public: 'Public archive', link: 'Whoever has the link', members: 'Members only' };

function bar(app, outcome) {
  const offline = app.session.state !== 'online';
  const slow = slowness(app, 'reporter');
  const topic = app.topic;
  const missing = outcome.attributes.filter((a) => !a.values.length);
  const where = app.isOwner && !offline
    ? html`<details class="menu up start"><summary class="btn quiet s" aria-label="Who may read it: ${VISIBILITY[topic.visibility]}">${icon('eye')}${VISIBILITY[topic.visibility]}</summary><menu>
        ${Object.entries(VISIBILITY).map(([value, words]) => html`<li><button type="button" aria-pressed=${value === topic.visibility} @click=${(e) => app.menu(e, () => app.deeds.show(topic, value))}>${icon(value === topic.visibility ? 'check' : 'eye')}${words}</button></li>`)}</menu></details>`
    : html`<span class="where">${icon('eye')}${VISIBILITY[topic.visibility] ?? topic.visibility}</span>`;
  const url = outcome.document || topic.document;
  if (outcome.mode === 'published' && url) {
    return html`<div class="pubbar">${meter(outcome)}<p class="hint" role="status"><b>Published.</b> Further talk makes a new version.</p>
      <div class="row"><button class="btn" type="button" @click=${() => app.deeds.copy(url)}>Copy link</button>
      <a class="btn prime" data-testid="document" href=${url} target="_blank" rel="noopener">${icon('globe')}Open the document</a></div></div>`;
  }
  const state = { why: html`<b>${count(missing.length, 'attribute')} missing.</b> The reporter asks for ${missing.length === 1 ? 'it' : 'them'} before publishing.`, disabled: false, waits: false, verb: 'Publish…' };
  if (!missing.length) Object.assign(state, { why: html`<b>Everything is filled.</b> Publishing makes it readable for all it is meant for.`, verb: 'Publish' });
  if (outcome.mode === 'interviewing') {
    const asked = outcome.attributes.find((a) => a.name === outcome.asking);
    Object.assign(state, { why: html`<b>${asked ? `Asked now: ${asked.label}.` : 'The reporter is asking.'}</b> Answer in the talk; “skip” and “stop” work too.`, disabled: true });
  }
  if (outcome.mode === 'grace') Object.assign(state, { why: html`<b>Ready.</b> ${outcome.until ? `Goes out by itself at ${clock(outcome.until)}.` : 'Goes out by itself.'}`, verb: 'Approve and publish' });
  if (app.publishing) Object.assign(state, { disabled: true, why: html`<b>Asked the reporter.</b>` });
  if (slow) Object.assign(state, slow.gone ? { why: 'The reporter is away. It catches up when it is back.', disabled: true } : { why: slow.words, waits: true });
  if (offline) Object.assign(state, { why: 'Publishing needs the connection. Nothing is lost meanwhile.', disabled: true });
  if (app.isGuest) return html`<div class="pubbar">${meter(outcome)}<p class="hint" role="status">${state.why}</p></div>`;
  return html`<div class="pubbar">${meter(outcome)}<p class="hint" id="publish-why" role="status">${state.why}</p>
    <div class="row">${where}<span>
      ${outcome.mode === 'grace' && !offline ? html`<button class="btn" type="button" data-testid="hold" @click=${() => app.deeds.hold(topic)}>Hold it</button>` : nothing}
      <button class="btn ${state.disabled ? '' : 'prime'}" type="button" data-testid="publish" aria-disabled=${state.disabled ? 'true' : nothing} aria-describedby="publish-why"
        @click=${() => !state.disabled && app.deeds.publish(topic)}>${icon(state.waits ? 'hourglass' : outcome.mode === 'grace' ? 'check' : 'globe')}${state.verb}</button></span></div></div>`;
}

/** @param {any} app */
export function outcomePane(app) {
  const topic = app.topic;
  const outcome = topic && app.client.outcomes.get(topic.id);
  const empty = outcome && !outcome.entries.length && !outcome.attributes.some((a) => a.values.length);
  return html`<aside class="pane record" id="outcome" aria-labelledby="outcome-title" data-mode=${outcome?.mode ?? nothing}>
    <header><h2 id="outcome-title" tabindex="-1">Outcome</h2>
      <div class="sub">${topic ? html`<span class="ctx" dir="auto">${topic.name}</span>` : nothing}
        ${outcome ? html`<b data-testid="type">${outcome.label || outcome.type}</b><span>${MODES[outcome.mode] ?? outcome.mode}</span>` : nothing}</div></header>
    <div class="scroll" tabindex="0" role="group" aria-label="Outcome so far">
      ${!topic ? html`<p class="lead">While you talk, the reporter writes here what came of it: who does what by when, what was decided, what is still open. You correct it, approve it and publish it.</p>` : nothing}
      ${topic && !outcome ? html`<p class="lead">${app.client.listed ? 'Nothing kept so far. I write down who does what by when, what was decided, what is open.' : ''}</p>` : nothing}
      ${empty ? html`<p class="lead">Nothing kept so far. I write down who does what by when, what was decided, what is open.</p>` : nothing}
      ${outcome ? html`<dl class="attr">${repeat(outcome.attributes, (a) => a.name, (a) => attribute(app, outcome, a))}</dl>${entries(app, outcome)}` : nothing}
    </div>
    ${outcome ? bar(app, outcome) : nothing}<p class="vh" role="status">${app.spoken}</p></aside>`;
}
