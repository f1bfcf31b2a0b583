/**
 * The outcome: what will be published, as the reporter has it now, each line one click from the words it came from; and
 * the bar that publishes it.
 */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { clock, count, day, distance, list, nextMeeting } from '../words.js';
import { slowness } from './busy.js';
import { icon } from './icons.js';
import { isOpen, markedKinds } from './spine.js';

const POSSIBLE = { action: 'Possible actions', decision: 'Possible decisions', question: 'Possible questions' };
const KINDS = [
  ['action', 'Actions'],
  ['decision', 'Decisions'],
  ['question', 'Open questions'],
  ['proposal', 'Proposals'],
  ['possible action', POSSIBLE.action],
  ['possible decision', POSSIBLE.decision],
  ['possible question', POSSIBLE.question],
  ['topic', 'Points'],
  ['idea', 'Ideas'],
  ['help', 'Help wanted'],
  ['info', 'Notes'],
  ['link', 'Links'],
];
const HOW = { consensus: 'by consensus', ruling: 'the chair’s ruling', vote: 'by vote' };
const DONE = ['done', 'carried', 'cancelled', 'answered', 'rejected'];
const TARGETS = { archive: 'Archive', wordpress: 'WordPress', jcr: 'Jackrabbit', hippo: 'Hippo CMS', git: 'Git', webhook: 'Webhook' };
const MODES = { listening: 'Writing along', interviewing: 'Asking for the rest', grace: 'Draft, complete', published: 'Published' };

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

/** Ask for one word of an action and give it to the reporter as a command. */
function order(app, entry, [title, label, value, verb, hint], command) {
  const { topic } = app;
  const run = async (words) => { if (words !== value) await app.client.command(topic.id, command(words)); };
  app.show({ kind: 'value', component: 'reporter', title, label, value, verb, hint, what: 'It stands as it was.', run });
}

const assign = (app, entry) => order(app, entry, ['Who does it', `Name for ${entry.id}`, entry.owner, 'Give it', 'Empty means nobody yet. It is said in the talk.'], (words) => `#assign ${entry.id} ${words || 'nobody'}`);
const date = (app, entry) => order(app, entry, ['When it is due', `Day for ${entry.id}`, entry.due, 'Set the day', 'For example “Friday” or “27 November”. Empty means no date. It is said in the talk.'], (words) => `#due ${entry.id} ${words || 'never'}`);

const entryChanges = (app, entry) => changes(app, entry.id, [
  ['pen', 'Correct it', () => app.deeds.reword(entry.id, entry.text, (words) => [`#edit ${entry.id} ${words}`])],
  ...(entry.kind === 'action' ? [['people', entry.owner ? 'Somebody else does it' : 'Who does it', () => assign(app, entry)], ['clock', entry.due ? 'Another day' : 'When it is due', () => date(app, entry)]] : []),
  ...(entry.kind === 'action' && entry.status !== 'done' ? [['check', 'It is done', () => app.room.say(`#done ${entry.id}`)]] : []),
  ['close', 'Take it off the record', () => app.room.say(`#drop ${entry.id}`), 'danger'],
]);

function attribute(app, outcome, a) {
  const asked = outcome.mode === 'interviewing' && outcome.asking === a.name;
  const wet = app.wet.has(`${outcome.topic}/${a.name}`);
  const found = app.route.kind === 'o' && app.route.target === a.name;
  const values = a.values.map((v) => html`<div class="v"><p dir="auto">${v.text}</p>${source(app, v.id, v.at)}</div>`);
  return html`<div class="${wet ? 'wet' : ''} ${found ? 'found-entry' : ''}" data-attribute=${a.name} data-filled=${a.values.length > 0}>
    <dt dir="auto">${a.label}</dt>${a.values.length ? html`<dd>${values}${attributeChanges(app, a)}</dd>` : html`<dd class="miss"><b>Asked now.</b> Anyone may answer: just write.</dd>`}</div>`;
}

/** What was said, what is asked now, when people meet again; the rest in one line. */
function attributes(app, outcome) {
  const next = nextMeeting(outcome, app.topic, app.now);
  const rows = outcome.attributes.filter((a) => !(next && a.name === 'next_meeting'));
  const shown = rows.filter((a) => a.values.length || (outcome.mode === 'interviewing' && outcome.asking === a.name));
  const rest = rows.filter((a) => !shown.includes(a));
  return html`<dl class="attr">${repeat(shown, (a) => a.name, (a) => attribute(app, outcome, a))}
    ${next ? html`<div data-testid="next"><dt>Next meeting</dt><dd><div class="v"><p>${next}</p></div></dd></div>` : nothing}</dl>
    ${rest.length && (shown.length || outcome.known) ? html`<p class="unsaid" data-testid="unsaid">Not said${outcome.mode === 'published' ? '' : ' yet'}: ${list(rest.map((a) => a.label))}.</p>` : nothing}`;
}

const isEmpty = (outcome) => !outcome.poll && !outcome.entries.length && !outcome.attributes.some((a) => a.values.length);

function due(entry, now) {
  const date = entry.due ? new Date(`${entry.due}T12:00:00`) : null;
  if (!date || Number.isNaN(date.getTime())) return entry.due ? html`<span>${entry.due}</span>` : nothing;
  return html`<span title=${entry.phrase ? `from “${entry.phrase}”, ${distance(date, now)}` : nothing}>${day(date, now)}${entry.assumed ? ' (assumed)' : ''}</span>`;
}

/** @returns {[string, string[]][]} options with who took them, in the order of the first votes */
function shares(votes) {
  const by = new Map();
  for (const vote of votes) by.set(vote.option, [...(by.get(vote.option) ?? []), vote.by]);
  return [...by];
}

const tally = (votes) => shares(votes).map(([option, names]) => html`<span title=${names.join(', ')}>${option} <b class="num">${names.length}</b></span>`);

function facts(entry) {
  if (entry.kind !== 'decision') return nothing;
  return html`${entry.how ? html`<span>${HOW[entry.how] ?? entry.how}</span>` : nothing}${tally(entry.votes)}${entry.supersedes ? html`<span>instead of ${entry.supersedes}</span>` : nothing}`;
}

// Who may settle it is the reporter's to say; it answers in the talk.
function verdict(app, entry) {
  if (app.session.state !== 'online') return html`<span>to confirm</span>`;
  const say = (word) => app.deeds.settle(app.topic, entry.id, word);
  return html`<span class="verdict">${entry.kind === 'idea' ? tally(entry.votes) : html`<span>found in the talk</span>`}
    <button class="btn s" type="button" data-testid="ok" aria-label="OK, ${entry.id} is right" @click=${() => say('ok')}>${icon('check')}OK</button>
    <button class="btn s quiet" type="button" data-testid="no" aria-label="No, ${entry.id} is not right" @click=${() => say('no')}>${icon('close')}No</button></span>`;
}

function entryRow(app, outcome, entry, minutes) {
  const wet = app.wet.has(`${outcome.topic}/${entry.id}`);
  const found = app.route.kind === 'o' && app.route.target === entry.id;
  const open = isOpen(entry);
  const isLink = entry.kind === 'link' && /^https?:\/\/\S+$/u.test(entry.text);
  return html`<li class="ent ${wet ? 'wet' : ''} ${found ? 'found-entry' : ''} ${open ? 'unsettled' : ''}" data-entry=${entry.id}>
    <span class="mark ${entry.kind} ${open ? 'open' : ''}">${entry.id}${open ? '?' : ''}</span>
    <p dir="auto">${isLink ? html`<a href=${entry.text} target="_blank" rel="noopener noreferrer">${entry.text}</a>` : entry.text}</p>
    ${source(app, entry.source, entry.at) === nothing ? html`<span></span>` : source(app, entry.source, entry.at)}
    <div class="meta">${entry.kind === 'action' ? (entry.owner ? html`<b dir="auto">${entry.owner}</b>` : html`<span class="none">Nobody yet</span>`) : nothing}
      ${due(entry, app.now)}${facts(entry)}
      ${entry.kind !== 'action' && entry.kind !== 'topic' && entry.by ? html`<span><b dir="auto">${entry.by}</b>${entry.kind === 'question' ? ' asked' : ''}</span>` : nothing}
      ${minutes ? html`<span>${minutes}</span>` : nothing}${DONE.includes(entry.status) ? html`<span>${entry.status}</span>` : nothing}${open ? verdict(app, entry) : nothing}${entryChanges(app, entry)}</div></li>`;
}

/** Under which heading an entry stands; what was found counts as kept only where nobody marked anything of its kind. */
function headingOf(entry, marked) {
  if (entry.found && POSSIBLE[entry.kind] && (marked.has(entry.kind) || !entry.sure)) return `possible ${entry.kind}`;
  if (entry.kind === 'idea' && entry.id.startsWith('P')) return entry.status === 'proposed' ? 'proposal' : '';
  return entry.kind;
}

/** How long each point took: until the next one, or until now. @returns {Map<string, string>} by its id */
function durations(outcome, topic, now) {
  const points = outcome.entries.filter((e) => e.kind === 'topic' && e.at && e.status !== 'planned');
  const words = new Map(outcome.entries.filter((e) => e.kind === 'topic' && e.status === 'planned').map((e) => [e.id, 'not reached yet']));
  points.forEach((point, i) => {
    const end = points[i + 1]?.at ?? (topic.state === 'live' ? now : null);
    const minutes = end ? Math.max(1, Math.round((end - point.at) / 60_000)) : 0;
    if (minutes) words.set(point.id, `${minutes} min${points[i + 1] ? '' : ', now'}`);
  });
  return words;
}

function entries(app, outcome) {
  const marked = markedKinds(outcome);
  const minutes = durations(outcome, app.topic, app.now);
  return KINDS.map(([kind, title]) => {
    const some = outcome.entries.filter((e) => headingOf(e, marked) === kind);
    if (!some.length) return nothing;
    if (kind === 'action') some.sort((a, b) => Number(Boolean(a.owner)) - Number(Boolean(b.owner)));
    return html`<h3>${title} <span class="num">${some.length}</span></h3><ol data-kind=${kind}>${repeat(some, (e) => e.id, (e) => entryRow(app, outcome, e, minutes.get(e.id)))}</ol>`;
  });
}

function poll(app, outcome) {
  const { poll: vote } = outcome;
  if (!vote) return nothing;
  const mine = vote.votes.find((v) => v.by === app.room?.nick)?.option;
  const online = app.session.state === 'online';
  return html`<section class="prop poll" aria-labelledby="poll-title" data-testid="poll"><h3 id="poll-title">Vote, open ${source(app, vote.source, vote.at)}</h3><p dir="auto">${vote.question}</p>
    <div class="options">${vote.options.map((option) => {
      const names = vote.votes.filter((v) => v.option === option).map((v) => v.by);
      return html`<button class="btn s" type="button" aria-pressed=${option === mine} aria-disabled=${online ? nothing : 'true'} title=${names.join(', ') || nothing} @click=${() => online && app.deeds.command(app.topic, `#vote ${option}`)}>${option === mine ? icon('check') : nothing}${option}<span class="num">${names.length}</span></button>`;
    })}${online ? html`<button class="btn s quiet" type="button" @click=${() => app.deeds.command(app.topic, '#endvote')}>End the vote</button>` : nothing}</div>
    <p class="hint">${vote.by ? html`<b dir="auto">${vote.by}</b> asks. ` : nothing}${mine ? 'Your last voice counts.' : 'One voice each; everybody sees it.'}</p></section>`;
}

function target(app, one) {
  const name = TARGETS[one.name] ?? one.name;
  const where = one.url ? html`<a href=${one.url} target="_blank" rel="noopener">${name}</a>` : html`<b>${name}</b>`;
  const words = {
    published: 'has it.',
    queued: 'gets it in a moment.',
    working: 'is getting it now.',
    waiting: html`does not take it yet${one.again ? html`, tried again at ${clock(one.again)}` : nothing}. ${one.reason}`,
    failed: html`did not take it. ${one.reason}`,
  }[one.state];
  return html`<li class=${one.state} data-target=${one.name} data-state=${one.state}>${icon({ published: 'check', failed: 'alert' }[one.state] ?? 'hourglass')}<span>${where} ${words}</span></li>`;
}

function targets(app, outcome) {
  if (!outcome.targets.length) return nothing;
  return html`<ul class="targets" aria-label="Where it goes">${outcome.targets.map((one) => target(app, one))}</ul>`;
}

function meter(outcome) {
  const filled = outcome.attributes.filter((a) => a.values.length).length;
  const all = outcome.attributes.length;
  if (!all || !outcome.interview || !outcome.known) return nothing;
  return html`<div class="meter" role="img" aria-label="${filled} of ${count(all, 'attribute')} filled">${outcome.attributes.map((_, i) => html`<i class=${i < filled ? 'f' : ''}></i>`)}</div>`;
}

const VISIBILITY = { public: 'Public archive', link: 'Whoever has the link', members: 'Members only' };

/** The targets beside the archive, each to be chosen or not; there is nothing to choose for a document that is not public. */
function goesTo(app, topic) {
  if (!topic.targets.length || topic.visibility !== 'public') return nothing;
  const chosen = topic.targets.filter((one) => one.chosen).map((one) => one.name);
  const other = (name) => (chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  return html`<li role="separator"><hr></li>${topic.targets.map(({ name, chosen: on }) => html`<li><button type="button" aria-pressed=${on} data-testid="goes-${name}"
    @click=${(e) => app.menu(e, () => app.deeds.send(topic, other(name)))}>${icon(on ? 'check' : 'globe')}${on ? 'Goes' : 'Does not go'} to ${TARGETS[name] ?? name}</button></li>`)}`;
}

function bar(app, outcome) {
  const offline = app.session.state !== 'online';
  const slow = slowness(app, 'reporter');
  const topic = app.topic;
  const missing = outcome.attributes.filter((a) => !a.values.length);
  const where = app.isOwner && !offline
    ? html`<details class="menu up start"><summary class="btn quiet s" aria-label="Who may read it: ${VISIBILITY[topic.visibility]}">${icon('eye')}${VISIBILITY[topic.visibility]}</summary><menu>
        ${Object.entries(VISIBILITY).map(([value, words]) => html`<li><button type="button" aria-pressed=${value === topic.visibility} @click=${(e) => app.menu(e, () => app.deeds.show(topic, value))}>${icon(value === topic.visibility ? 'check' : 'eye')}${words}</button></li>`)}${goesTo(app, topic)}</menu></details>`
    : html`<span class="where">${icon('eye')}${VISIBILITY[topic.visibility] ?? topic.visibility}</span>`;
  const url = outcome.document || topic.document;
  if ((outcome.mode === 'published' || (outcome.mode === 'listening' && outcome.version)) && url) {
    const { news, version } = outcome;
    const may = news && !app.isGuest && !offline && !slow?.gone && !app.publishing;
    return html`<div class="pubbar">${meter(outcome)}<p class="hint" role="status" data-testid="news">${news ? html`<b>Changed since version ${version}.</b> ${news}.` : html`<b>Published.</b> Further talk makes a new version.`}</p>${targets(app, outcome)}
      <div class="row"><button class="btn" type="button" @click=${() => app.deeds.copy(url)}>Copy link</button>
      <span>${may ? html`<button class="btn prime" type="button" data-testid="again" @click=${() => app.deeds.publish(topic)}>${icon('globe')}Publish version ${version + 1}</button>` : nothing}
      <a class="btn ${may ? '' : 'prime'}" data-testid="document" href=${url} target="_blank" rel="noopener" @click=${(e) => !offline && app.deeds.read(e, topic, url)}>${icon('globe')}Open the document</a></span></div></div>`;
  }
  const state = { why: html`<b>${count(missing.length, 'attribute')} missing.</b> The reporter asks for ${missing.length === 1 ? 'it' : 'them'} before publishing.`, disabled: false, waits: false, verb: 'Publish…' };
  if (!missing.length || !outcome.interview) Object.assign(state, { why: html`<b>${missing.length ? 'Ready.' : 'Everything is filled.'}</b> Publishing makes it readable for all it is meant for.`, verb: 'Publish' });
  if (!outcome.known) state.why = html`<b>Nothing is kept yet.</b> The reporter asks for what is missing before publishing.`;
  if (outcome.mode === 'interviewing') {
    const asked = outcome.attributes.find((a) => a.name === outcome.asking);
    Object.assign(state, { why: html`<b>${asked ? `Asked now: ${asked.label}.` : 'The reporter is asking.'}</b> Answer in the talk; “skip” and “stop” work too.`, disabled: true });
  }
  if (outcome.mode === 'grace') Object.assign(state, { why: html`<b>Ready.</b> ${outcome.until ? `Goes out by itself at ${clock(outcome.until)}.` : 'Goes out by itself.'}`, verb: 'Approve and publish' });
  if (app.publishing) Object.assign(state, { disabled: true, why: html`<b>Asked the reporter.</b>` });
  if (slow) Object.assign(state, slow.gone ? { why: 'The reporter is away. It catches up when it is back.', disabled: true } : { why: slow.words, waits: true });
  if (offline) Object.assign(state, { why: 'Publishing needs the connection. Nothing is lost meanwhile.', disabled: true });
  if (app.isGuest) return html`<div class="pubbar">${meter(outcome)}<p class="hint" role="status">${state.why}</p></div>`;
  return html`<div class="pubbar">${meter(outcome)}<p class="hint" id="publish-why" role="status">${state.why}</p>${targets(app, outcome)}
    <div class="row">${where}<span>
      ${offline ? nothing : html`<button class="btn" type="button" data-testid="preview" @click=${() => app.preview()}>Preview</button>`}
      ${outcome.mode === 'grace' && !offline ? html`<button class="btn" type="button" data-testid="hold" @click=${() => app.deeds.hold(topic)}>Hold it</button>` : nothing}
      <button class="btn ${state.disabled ? '' : 'prime'}" type="button" data-testid="publish" aria-disabled=${state.disabled ? 'true' : nothing} aria-describedby="publish-why"
        @click=${() => !state.disabled && app.deeds.publish(topic)}>${icon(state.waits ? 'hourglass' : outcome.mode === 'grace' ? 'check' : 'globe')}${state.verb}</button></span></div></div>`;
}

/** @param {any} app */
export function outcomePane(app) {
  const topic = app.topic;
  const outcome = topic && app.client.outcomes.get(topic.id);
  const empty = outcome && isEmpty(outcome);
  return html`<aside class="pane record" id="outcome" aria-labelledby="outcome-title" data-mode=${outcome?.mode ?? nothing}>
    <header><h2 id="outcome-title" tabindex="-1">Outcome</h2>
      <div class="sub">${topic ? html`<span class="ctx" dir="auto">${topic.name}</span>` : nothing}
        ${outcome ? html`${outcome.known ? html`<b data-testid="type">${outcome.label || outcome.type}</b>` : nothing}<span>${MODES[outcome.mode] ?? outcome.mode}</span>` : nothing}</div></header>
    <div class="scroll" tabindex="0" role="group" aria-label="Outcome so far">
      ${!topic ? html`<p class="lead">While you talk, the reporter writes here what came of it: who does what by when, what was decided, what is still open. You correct it, approve it and publish it.</p>` : nothing}
      ${topic && !outcome ? html`<p class="lead">${app.client.listed ? 'Nothing kept so far. I write down who does what by when, what was decided, what is open.' : ''}</p>` : nothing}
      ${empty ? html`<p class="lead">Nothing kept so far. I write down who does what by when, what was decided, what is open.</p>` : nothing}
      ${outcome ? html`${poll(app, outcome)}${attributes(app, outcome)}${entries(app, outcome)}` : nothing}
    </div>
    ${outcome ? bar(app, outcome) : nothing}<p class="vh" role="status">${app.spoken}</p></aside>`;
}
