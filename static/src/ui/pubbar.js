/**
 * The bar that publishes: what is missing, who waits for whom, where the document goes and whether it has arrived there.
 */
import { html, nothing } from 'lit';
import { clock, count, distance, list } from '../words.js';
import { slowness } from './busy.js';
import { exportMenu } from './export.js';
import { icon } from './icons.js';
import { stateOf } from './record-state.js';
import { isOpen } from './spine.js';

const TARGETS = { archive: 'Archive', wordpress: 'WordPress', jcr: 'Jackrabbit', hippo: 'Hippo CMS', git: 'Git', webhook: 'Webhook' };
const VISIBILITY = { public: 'Public archive', link: 'Whoever has the link', members: 'Members only' };
const named = (name) => TARGETS[name] ?? name;
const LAST_MINUTES_MS = 10 * 60_000;

function target(app, one) {
  const name = named(one.name);
  const where = one.url ? html`<a href=${one.url} target="_blank" rel="noopener">${name}</a>` : html`<b>${name}</b>`;
  const words = {
    published: 'has it.',
    queued: 'gets it in a moment.',
    working: 'is getting it now.',
    waiting: html`does not take it yet${one.again ? html`, tried again at ${clock(one.again)}` : nothing}. ${one.reason}`,
    failed: html`did not take it. ${one.reason}`,
  }[one.state];
  return html`<li class=${one.state} data-target=${one.name} data-state=${one.state}>${icon(/** @type {any} */ ({ published: 'check', failed: 'alert' }[one.state] ?? 'hourglass'))}<span>${where} ${words}</span></li>`;
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

/** The targets beside the archive, each to be chosen or not; there is nothing to choose for a document that is not public. */
function goesTo(app, topic) {
  if (!topic.targets.length || topic.visibility !== 'public') return nothing;
  const chosen = topic.targets.filter((one) => one.chosen).map((one) => one.name);
  const other = (name) => (chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  return html`<li role="separator"><hr></li>${topic.targets.map(({ name, chosen: on }) => html`<li><button type="button" aria-pressed=${on} data-testid="goes-${name}"
    @click=${(e) => app.menu(e, () => app.deeds.send(topic, other(name)))}>${icon(on ? 'check' : 'globe')}${on ? 'Goes' : 'Does not go'} to ${named(name)}</button></li>`)}`;
}

/** Who may read it and where it goes, in one line. */
function readers(topic) {
  const chosen = topic.visibility === 'public' ? topic.targets.filter((one) => one.chosen).map((one) => named(one.name)) : [];
  return list([VISIBILITY[topic.visibility] ?? topic.visibility, ...chosen]);
}

function where(app, topic, offline) {
  const words = readers(topic);
  if (!app.isOwner || offline) return html`<span class="where">${icon('eye')}${words}</span>`;
  return html`<details class="menu up start"><summary class="btn quiet s" data-testid="readers" aria-label="Who may read it: ${words}">${icon('eye')}${words}</summary><menu>
    ${Object.entries(VISIBILITY).map(([value, name]) => html`<li><button type="button" aria-pressed=${value === topic.visibility} @click=${(e) => app.menu(e, () => app.deeds.show(topic, value))}>${icon(value === topic.visibility ? 'check' : 'eye')}${name}</button></li>`)}${goesTo(app, topic)}</menu></details>`;
}

function showVersions(app, topic) {
  stateOf(app).versions = topic.id;
  import('./versions.js');
  app.requestUpdate();
}

// -- published

/** How it stands with the newest version, in one sentence. */
function arrival(outcome) {
  const { news, version } = outcome;
  const names = (state) => outcome.targets.filter((one) => one.state === state).map((one) => named(one.name));
  const [failed, waiting, way] = [names('failed'), names('waiting'), [...names('queued'), ...names('working')]];
  if (news) return html`<b>Changed since version ${version}.</b> ${news}.`;
  if (failed.length) return html`<b>Published, but not everywhere.</b> ${list(failed)} did not take it; the archive has it.`;
  if (waiting.length) return html`<b>Published.</b> ${list(waiting)} ${waiting.length === 1 ? 'does' : 'do'} not answer yet. The archive has it; I keep trying.`;
  if (way.length) return html`<b>Publishing.</b> ${list(way)} ${way.length === 1 ? 'is' : 'are'} getting it now.`;
  return html`<b>Published${version > 1 ? `, version ${version}` : ''}.</b> Further talk makes a new version.`;
}

function publishedBar(app, outcome, url, { offline, slow }) {
  const { topic } = app;
  const { news, version } = outcome;
  const may = news && !app.isGuest && !offline && !slow?.gone && !app.publishing;
  return html`<div class="pubbar" data-bar="published">${meter(outcome)}<p class="hint" role="status" data-testid="news">${arrival(outcome)}</p>${targets(app, outcome)}
    <div class="row small">${app.isOwner ? where(app, topic, offline) : nothing}<button class="btn s quiet" type="button" @click=${() => app.deeds.copy(url)}>Copy link</button>
      ${offline ? nothing : html`<button class="btn s quiet" type="button" data-testid="versions" @click=${() => showVersions(app, topic)}>${icon('clock')}Versions</button>${exportMenu(app, outcome, true)}`}</div>
    <div class="row end">${may ? html`<button class="btn prime" type="button" data-testid="again" @click=${() => app.deeds.publish(topic)}>${icon('globe')}Publish version ${version + 1}</button>` : nothing}
      <a class="btn ${may ? '' : 'prime'}" data-testid="document" href=${url} target="_blank" rel="noopener" @click=${(e) => !offline && app.deeds.read(e, topic, url)}>${icon('globe')}Open the document</a></div></div>`;
}

// -- before

/** What is missing, and who asks for it. */
function collecting(outcome) {
  const missing = outcome.interview ? outcome.attributes.filter((a) => !a.values.length).length : 0;
  const open = outcome.entries.filter((e) => isOpen(e) && e.status !== 'rejected').length;
  if (!outcome.known) return html`<b>Nothing is kept yet.</b> The reporter asks for what is missing before publishing.`;
  if (missing) return html`<b>${open ? `${open} to confirm, ` : ''}${missing} to write.</b> The reporter asks for ${missing === 1 && !open ? 'it' : 'them'} before publishing.`;
  if (open) return html`<b>${open} to confirm.</b> What nobody confirms stands apart as possible.`;
  return html`<b>${outcome.interview ? 'Everything is filled.' : 'Ready.'}</b> Publishing makes it readable for all it is meant for.`;
}

/** Its end is told at once and the seconds to those who look, not to those who listen. */
function grace(app, until) {
  if (!until) return html`<b>Ready.</b> Goes out by itself.`;
  const left = until.getTime() - Date.now();
  if (left < LAST_MINUTES_MS) app.soon();
  const seconds = Math.max(0, Math.round(left / 1000));
  const rest = left < LAST_MINUTES_MS ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` : distance(until, app.now);
  return html`<b>Ready.</b> Goes out by itself at ${clock(until)}, unless somebody holds it. <span class="num left" aria-hidden="true">${rest}</span>`;
}

function stateOfBar(app, outcome, { offline, slow }) {
  const all = outcome.interview && outcome.attributes.some((a) => !a.values.length);
  const state = { why: collecting(outcome), disabled: false, waits: false, verb: all ? 'Publish…' : 'Publish', name: 'collecting' };
  if (!all && outcome.known) state.name = 'ready';
  if (outcome.mode === 'interviewing') {
    const asked = outcome.attributes.find((a) => a.name === outcome.asking);
    Object.assign(state, { name: 'asking', why: html`<b>${asked ? `Asked now: ${asked.label}.` : 'The reporter is asking.'}</b> Answer in the talk; “skip” and “stop” work too.`, disabled: true });
  }
  if (outcome.mode === 'grace') Object.assign(state, { name: 'grace', why: grace(app, outcome.until), verb: app.isOwner || outcome.chair === app.room?.nick ? 'Approve and publish' : 'Publish' });
  if (app.publishing) Object.assign(state, { name: 'publishing', disabled: true, why: html`<b>Publishing.</b> Asked the reporter.` });
  if (slow) Object.assign(state, slow.gone ? { why: 'The reporter is away. It catches up when it is back.', disabled: true } : { why: slow.words, waits: true });
  if (offline) Object.assign(state, { why: 'Publishing needs the connection. Nothing is lost meanwhile.', disabled: true });
  return state;
}

/** @param {any} app @param {import('../xmpp/read.js').Outcome} outcome */
export function bar(app, outcome) {
  const { topic } = app;
  const about = { offline: app.session.state !== 'online', slow: slowness(app, 'reporter') };
  const url = outcome.document || topic.document;
  if ((outcome.mode === 'published' || (outcome.mode === 'listening' && outcome.version)) && url) return publishedBar(app, outcome, url, about);
  const state = stateOfBar(app, outcome, about);
  if (app.isGuest) return html`<div class="pubbar" data-bar=${state.name}>${meter(outcome)}<p class="hint" role="status">${state.why}</p></div>`;
  const held = outcome.mode === 'grace' && !about.offline;
  return html`<div class="pubbar" data-bar=${state.name}>${meter(outcome)}<p class="hint" id="publish-why" role=${outcome.mode === 'grace' ? nothing : 'status'}>${state.why}${held ? html` <button class="text" type="button" data-testid="hold" @click=${() => app.deeds.hold(topic)}>Hold it</button>` : nothing}</p>${targets(app, outcome)}
    <div class="row small">${where(app, topic, about.offline)}${about.offline ? nothing : exportMenu(app, outcome, false)}</div>
    <div class="row end">${about.offline ? nothing : html`<button class="btn" type="button" data-testid="preview" @click=${() => app.preview()}>Preview</button>`}
      <button class="btn ${state.disabled ? '' : 'prime'}" type="button" data-testid="publish" aria-disabled=${state.disabled ? 'true' : nothing} aria-describedby="publish-why"
        @click=${() => !state.disabled && app.deeds.publish(topic)}>${icon(state.waits ? 'hourglass' : outcome.mode === 'grace' ? 'check' : 'globe')}${state.verb}</button></div></div>`;
}
