/**
 * The bar that publishes: what is missing, who waits for whom, where the document goes and whether it has arrived there.
 */
import { html, nothing } from 'lit';
import { clock, distance, list } from '../words.js';
import { plural, t } from '../words/language.js';
import { slowness } from './busy.js';
import { exportMenu } from './export.js';
import { icon } from './icons.js';
import { stateOf } from './record-state.js';
import { isOpen } from './spine.js';

const TARGETS = { wordpress: 'WordPress', jcr: 'Jackrabbit', hippo: 'Hippo CMS', git: 'Git', webhook: 'Webhook' };
const visibility = () => /** @type {Record<string, string>} */ ({ public: t`Public archive`, link: t`Whoever has the link`, members: t`Members only` });
const named = (name) => (name === 'archive' ? t`Archive` : (TARGETS[name] ?? name));
const LAST_MINUTES_MS = 10 * 60_000;

function target(app, one) {
  const name = named(one.name);
  const where = one.url ? html`<a href=${one.url} target="_blank" rel="noopener">${name}</a>` : html`<b>${name}</b>`;
  const words = {
    published: t`${where} has it.`,
    queued: t`${where} gets it in a moment.`,
    working: t`${where} is getting it now.`,
    waiting: html`${one.again ? t`${where} does not take it yet, tried again at ${clock(one.again)}.` : t`${where} does not take it yet.`} ${one.reason}`,
    failed: html`${t`${where} did not take it.`} ${one.reason}`,
  }[one.state];
  return html`<li class=${one.state} data-target=${one.name} data-state=${one.state}>${icon(/** @type {any} */ ({ published: 'check', failed: 'alert' }[one.state] ?? 'hourglass'))}<span>${words ?? where}</span></li>`;
}

function targets(app, outcome) {
  if (!outcome.targets.length) return nothing;
  return html`<ul class="targets" aria-label=${t`Where it goes`}>${outcome.targets.map((one) => target(app, one))}</ul>`;
}

function meter(outcome) {
  const filled = outcome.attributes.filter((a) => a.values.length).length;
  const all = outcome.attributes.length;
  if (!all || !outcome.interview || !outcome.known) return nothing;
  return html`<div class="meter" role="img" aria-label=${plural(all, '{1} of # attribute filled', '{1} of # attributes filled', filled)}>${outcome.attributes.map((_, i) => html`<i class=${i < filled ? 'f' : ''}></i>`)}</div>`;
}

/** The targets beside the archive, each to be chosen or not; there is nothing to choose for a document that is not public. */
function goesTo(app, topic) {
  if (!topic.targets.length || topic.visibility !== 'public') return nothing;
  const chosen = topic.targets.filter((one) => one.chosen).map((one) => one.name);
  const other = (name) => (chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]);
  return html`<li role="separator"><hr></li>${topic.targets.map(({ name, chosen: on }) => html`<li><button type="button" aria-pressed=${on} data-testid="goes-${name}"
    @click=${(e) => app.menu(e, () => app.deeds.send(topic, other(name)))}>${icon(on ? 'check' : 'globe')}${on ? t`Goes to ${named(name)}` : t`Does not go to ${named(name)}`}</button></li>`)}`;
}

/** Who may read it and where it goes, in one line. */
function readers(topic) {
  const chosen = topic.visibility === 'public' ? topic.targets.filter((one) => one.chosen).map((one) => named(one.name)) : [];
  return list([visibility()[topic.visibility] ?? topic.visibility, ...chosen]);
}

function where(app, topic, offline) {
  const words = readers(topic);
  if (!app.isOwner || offline) return html`<span class="where">${icon('eye')}${words}</span>`;
  return html`<details class="menu up start"><summary class="btn quiet s" data-testid="readers" aria-label=${t`Who may read it: ${words}`}>${icon('eye')}${words}</summary><menu>
    ${Object.entries(visibility()).map(([value, name]) => html`<li><button type="button" aria-pressed=${value === topic.visibility} @click=${(e) => app.menu(e, () => app.deeds.show(topic, value))}>${icon(value === topic.visibility ? 'check' : 'eye')}${name}</button></li>`)}${goesTo(app, topic)}</menu></details>`;
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
  if (news) return html`<b>${t`Changed since version ${version}.`}</b> ${news}.`;
  if (failed.length) return html`<b>${t`Published, but not everywhere.`}</b> ${t`${list(failed)} did not take it; the archive has it.`}`;
  if (waiting.length) return html`<b>${t`Published.`}</b> ${plural(waiting.length, '{1} does not answer yet. The archive has it; I keep trying.', '{1} do not answer yet. The archive has it; I keep trying.', list(waiting))}`;
  if (way.length) return html`<b>${t`Publishing.`}</b> ${plural(way.length, '{1} is getting it now.', '{1} are getting it now.', list(way))}`;
  return html`<b>${version > 1 ? t`Published, version ${version}.` : t`Published.`}</b> ${t`Further talk makes a new version.`}`;
}

function publishedBar(app, outcome, url, { offline, slow }) {
  const { topic } = app;
  const { news, version } = outcome;
  const may = news && !app.isGuest && !offline && !slow?.gone && !app.publishing;
  return html`<div class="pubbar" data-bar="published">${meter(outcome)}<p class="hint" role="status" data-testid="news">${arrival(outcome)}</p>${targets(app, outcome)}
    <div class="row small">${app.isOwner ? where(app, topic, offline) : nothing}<button class="btn s quiet" type="button" @click=${() => app.deeds.copy(url)}>${t`Copy link`}</button>
      ${offline ? nothing : html`<button class="btn s quiet" type="button" data-testid="versions" @click=${() => showVersions(app, topic)}>${icon('clock')}${t`Versions`}</button>${exportMenu(app, outcome, true)}`}</div>
    <div class="row end">${may ? html`<button class="btn prime" type="button" data-testid="again" @click=${() => app.deeds.publish(topic)}>${icon('globe')}${t`Publish version ${version + 1}`}</button>` : nothing}
      <a class="btn ${may ? '' : 'prime'}" data-testid="document" href=${url} target="_blank" rel="noopener" @click=${(e) => !offline && app.deeds.read(e, topic, url)}>${icon('globe')}${t`Open the document`}</a></div></div>`;
}

// -- before

/** Leads to the card of what is to be confirmed. */
function toConfirm(app, open) {
  const go = () => {
    const cards = app.querySelector('#outcome .cards');
    cards?.scrollIntoView({ block: 'nearest' });
    cards?.querySelector('button')?.focus();
  };
  return html`<button class="text" type="button" data-testid="to-confirm" @click=${go}>${t`${open} to confirm`}</button>`;
}

/** What is missing, and who asks for it; on a phone the first of it. */
function collecting(app, outcome) {
  const missing = outcome.interview ? outcome.attributes.filter((a) => !a.values.length).length : 0;
  const open = outcome.entries.filter((e) => isOpen(e) && e.status !== 'rejected').length;
  if (!outcome.known) return html`<b>${t`Nothing is kept yet.`}</b> <span class="more">${t`The reporter asks for what is missing before publishing.`}</span>`;
  if (missing) return html`<b>${open ? html`${toConfirm(app, open)}, ` : nothing}${t`${missing} to write.`}</b> <span class="more">${missing === 1 && !open ? t`The reporter asks for it before publishing.` : t`The reporter asks for them before publishing.`}</span>`;
  if (open) return html`<b>${toConfirm(app, open)}.</b> <span class="more">${t`What nobody confirms stands apart as possible.`}</span>`;
  return html`<b>${outcome.interview ? t`Everything is filled.` : t`Ready.`}</b> ${t`Publishing makes it readable for all it is meant for.`}`;
}

/** Its end is told at once and the seconds to those who look, not to those who listen. */
function grace(app, until) {
  if (!until) return html`<b>${t`Ready.`}</b> ${t`Goes out by itself.`}`;
  const left = until.getTime() - Date.now();
  if (left < LAST_MINUTES_MS) app.soon();
  const seconds = Math.max(0, Math.round(left / 1000));
  const rest = left < LAST_MINUTES_MS ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` : distance(until, app.now);
  return html`<b>${t`Ready.`}</b> ${t`Goes out by itself at ${clock(until)}, unless somebody holds it.`} <span class="num left" aria-hidden="true">${rest}</span>`;
}

function stateOfBar(app, outcome, { offline, slow }) {
  const all = outcome.interview && outcome.attributes.some((a) => !a.values.length);
  const state = { why: collecting(app, outcome), disabled: false, waits: false, verb: all ? t`Publish…` : t`Publish`, name: 'collecting' };
  if (!all && outcome.known) state.name = 'ready';
  if (outcome.mode === 'interviewing') {
    const asked = outcome.attributes.find((a) => a.name === outcome.asking);
    Object.assign(state, { name: 'asking', why: html`<b>${asked ? t`Asked now: ${asked.label}.` : t`The reporter is asking.`}</b> ${t`Answer in the talk; “skip” and “stop” work too.`}`, disabled: true });
  }
  if (outcome.mode === 'grace') Object.assign(state, { name: 'grace', why: grace(app, outcome.until), verb: app.isOwner || outcome.chair === app.room?.nick ? t`Approve and publish` : t`Publish` });
  if (app.publishing) Object.assign(state, { name: 'publishing', disabled: true, why: html`<b>${t`Publishing.`}</b> ${t`Asked the reporter.`}` });
  if (slow) Object.assign(state, slow.gone ? { why: t`The reporter is away. It catches up when it is back.`, disabled: true } : { why: slow.words, waits: true });
  if (offline) Object.assign(state, { why: t`Publishing needs the connection. Nothing is lost meanwhile.`, disabled: true });
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
  return html`<div class="pubbar" data-bar=${state.name}>${meter(outcome)}<p class="hint" id="publish-why" role=${outcome.mode === 'grace' ? nothing : 'status'}>${state.why}${held ? html` <button class="text" type="button" data-testid="hold" @click=${() => app.deeds.hold(topic)}>${t`Hold it`}</button>` : nothing}</p>${targets(app, outcome)}
    <div class="row small">${where(app, topic, about.offline)}${about.offline ? nothing : exportMenu(app, outcome, false)}</div>
    <div class="row end">${about.offline ? nothing : html`<button class="btn" type="button" data-testid="preview" @click=${() => app.preview()}>${t`Preview`}</button>`}
      <button class="btn ${state.disabled ? '' : 'prime'}" type="button" data-testid="publish" aria-disabled=${state.disabled ? 'true' : nothing} aria-describedby="publish-why"
        @click=${() => !state.disabled && app.deeds.publish(topic)}>${icon(state.waits ? 'hourglass' : outcome.mode === 'grace' ? 'check' : 'globe')}${state.verb}</button></div></div>`;
}
