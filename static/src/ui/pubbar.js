/**
 * What publishes: while people talk a bar below the record says what is missing; when they are through, it says at the head
 * of the record how it stands with the document, who waits for whom, where it goes and whether it has arrived there.
 */
import { html, nothing } from 'lit';
import { clock, distance, list } from '../words.js';
import { plural, t } from '../words/language.js';
import { slowness } from './busy.js';
import { icon, stateMark } from './icons.js';
import { stateOf } from './record-state.js';
import { isOut, isThrough, missing, standing } from './standing.js';
import { ended } from './todo.js';

const TARGETS = { wordpress: 'WordPress', jcr: 'Jackrabbit', hippo: 'Hippo CMS', git: 'Git', webhook: 'Webhook' };
const visibility = () => /** @type {Record<string, string>} */ ({ public: t`Public archive`, link: t`Whoever has the link`, members: t`Members only` });
const named = (name) => (name === 'archive' ? t`Archive` : (TARGETS[name] ?? name));
const LAST_MINUTES_MS = 10 * 60_000;
const MOST_MISSING = 4;

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
  if (!outcome.targets.some((one) => one.name !== 'archive' || one.state !== 'published')) return nothing; // its link is there
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

/** Leads to the card of what is to be confirmed. */
function toConfirm(app, open) {
  const go = () => {
    const line = app.querySelector('#outcome .awaits a'); // the card stands in the talk
    if (line) return line.click();
    const cards = app.querySelector('#outcome .cards');
    cards?.scrollIntoView({ block: 'nearest' });
    cards?.querySelector('button')?.focus();
  };
  return html`<button class="text" type="button" data-testid="to-confirm" @click=${go}>${t`${open} to confirm`}</button>`;
}

// -- while people talk

/** What is missing, and who asks for it; on a phone the first of it. */
function collecting(app, outcome) {
  const { confirm, unwritten: { length } } = missing(outcome);
  if (!outcome.known) return html`<b>${t`Nothing is kept yet.`}</b> <span class="more">${t`The reporter asks for what is missing before publishing.`}</span>`;
  if (length) return html`<b>${confirm ? html`${toConfirm(app, confirm)}, ` : nothing}${t`${length} to write.`}</b> <span class="more">${length === 1 && !confirm ? t`The reporter asks for it before publishing.` : t`The reporter asks for them before publishing.`}</span>`;
  if (confirm) return html`<b>${toConfirm(app, confirm)}.</b> <span class="more">${t`What nobody confirms stands apart as possible.`}</span>`;
  return html`<b>${outcome.interview ? t`Everything is filled.` : t`Ready.`}</b> ${t`Publishing makes it readable for all it is meant for.`}`;
}

// -- when they are through

/** One line above it: since when. */
function since(app, outcome) {
  return app.topic.state === 'ended' ? html`<p class="when">${stateMark('ended')}${ended(app.topic, outcome, app.now)}</p>` : nothing;
}

/** What a reader of the document would miss; what is to be confirmed stands below. */
function stillMissing(outcome) {
  const { unwritten, nobody, undated } = missing(outcome);
  const all = [...unwritten, ...nobody.map((id) => t`who does ${id}`), ...undated.map((id) => t`when ${id} is due`)];
  const some = all.slice(0, MOST_MISSING);
  if (all.length > some.length) some.push(t`${all.length - some.length} more`);
  return some.length ? html`<p class="hint" data-testid="missing">${t`Still missing: ${list(some)}.`}</p>` : nothing;
}

/** What is left of the grace, told to those who look, not to those who listen. */
function left(app, until) {
  const ms = until.getTime() - Date.now();
  if (ms < LAST_MINUTES_MS) app.soon();
  const seconds = Math.max(0, Math.round(ms / 1000));
  return html`<span class="num left" aria-hidden="true">${ms < LAST_MINUTES_MS ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` : distance(until, app.now)}</span>`;
}

function goesOut(outcome) {
  const { until } = outcome;
  if (missing(outcome).unwritten.length) return until ? t`Draft: goes out at ${clock(until)} unless held.` : t`Draft: goes out by itself unless held.`;
  return until ? t`Draft complete: goes out at ${clock(until)} unless held.` : t`Draft complete: goes out by itself unless held.`;
}

function asked(outcome) {
  const now = outcome.attributes.find((a) => a.name === outcome.asking);
  const then = missing(outcome).unwritten.filter((label) => label !== now?.label);
  return html`<b>${now ? t`Asked now: ${now.label}.` : t`The reporter is asking.`}</b> ${then.length ? t`Then: ${list(then)}.` : t`Then the draft is complete.`}`;
}

/** Of what is published: one sentence, and what is being done about it. */
function arrival(outcome, state) {
  const { news, version } = outcome;
  const names = (...states) => outcome.targets.filter((one) => states.includes(one.state)).map((one) => named(one.name));
  const [failed, waiting, way] = [names('failed'), names('waiting'), names('queued', 'working')];
  if (state === 'changed') return html`<b>${t`Changed since version ${version}.`}</b> ${news}.`;
  if (state === 'failed') return html`<b>${t`Published, but not everywhere.`}</b> ${t`${list(failed)} did not take it; the archive has it.`}`;
  if (state === 'parked') return html`<b>${t`Published, not everywhere yet.`}</b> ${plural(waiting.length, '{1} does not answer yet. The archive has it; I keep trying.', '{1} do not answer yet. The archive has it; I keep trying.', list(waiting))}`;
  if (state === 'arriving') return html`<b>${t`Publishing.`}</b> ${plural(way.length, '{1} is getting it now.', '{1} are getting it now.', list(way))}`;
  return html`<b>${version > 1 ? t`Published, version ${version}.` : t`Published.`}</b> ${t`Further talk makes a new version.`}`;
}

function says(app, outcome, state) {
  if (state === 'publishing') return html`<b>${t`Publishing.`}</b> ${t`Asked the reporter.`}`;
  if (state === 'asking') return asked(outcome);
  if (state === 'grace') return html`<b>${goesOut(outcome)}</b>`;
  if (state === 'ended') return html`<b>${t`Not published yet.`}</b> ${missing(outcome).unwritten.length ? t`It goes out when somebody publishes it; the reporter asks for the rest first.` : t`It goes out when somebody publishes it.`}`;
  return arrival(outcome, state);
}

// -- what can be done

/** Why it cannot be published just now, or has to wait. */
function trouble(app) {
  if (app.session.state !== 'online') return { off: true, words: t`Publishing needs the connection. Nothing is lost meanwhile.` };
  const slow = slowness(app, 'reporter');
  if (!slow) return null;
  return slow.gone ? { off: true, words: t`The reporter is away. It catches up when it is back.` } : { off: false, words: slow.words };
}

function publishButton(app, outcome, state, wrong) {
  const { topic } = app;
  const off = wrong?.off || ['asking', 'publishing'].includes(state);
  const approves = state === 'grace' && (app.isOwner || outcome.chair === app.room?.nick);
  const verb = approves ? t`Approve and publish` : missing(outcome).unwritten.length && state !== 'grace' ? t`Publish…` : t`Publish`;
  return html`<button class="btn ${off ? '' : 'prime'}" type="button" data-testid="publish" aria-disabled=${off ? 'true' : nothing} aria-describedby="publish-why"
    @click=${() => !off && app.deeds.publish(topic)}>${icon(wrong && !off ? 'hourglass' : approves ? 'check' : 'globe')}${verb}</button>`;
}

function documentButtons(app, outcome, wrong) {
  const { topic } = app;
  const url = outcome.document || topic.document;
  const offline = app.session.state !== 'online';
  const may = outcome.news && !app.isGuest && !wrong?.off;
  return html`${may ? html`<button class="btn prime" type="button" data-testid="again" @click=${() => app.deeds.publish(topic)}>${icon('globe')}${t`Publish version ${outcome.version + 1}`}</button>` : nothing}
    <a class="btn ${may ? '' : 'prime'}" data-testid="document" href=${url} target="_blank" rel="noopener" @click=${(e) => !offline && app.deeds.read(e, topic, url)}>${icon('globe')}${t`Open the document`}</a>
    <span class="also"><button class="btn quiet s" type="button" @click=${() => app.deeds.copy(url)}>${t`Copy link`}</button>
    ${offline ? nothing : html`<button class="btn quiet s" type="button" data-testid="versions" @click=${() => showVersions(app, topic)}>${t`Versions`}</button>`}</span>`;
}

function holdButton(app) {
  if (app.session.state !== 'online') return nothing;
  return html`<button class="btn" type="button" data-testid="hold" @click=${() => app.deeds.hold(app.topic)}>${t`Hold it`}</button>`;
}

/** Leads to where the reporter asks. */
function answering(app) {
  const go = async () => {
    app.go('talk');
    await app.updateComplete;
    app.querySelector('ccm-talk :is([data-testid=asked] textarea, #w)')?.focus();
  };
  return html`<button class="btn" type="button" data-testid="answer-there" @click=${go}>${icon('talk')}${t`Answer in the talk`}</button>`;
}

function buttons(app, outcome, state, wrong) {
  if (isOut(state)) return documentButtons(app, outcome, wrong);
  if (state === 'asking') return answering(app);
  return html`${publishButton(app, outcome, state, wrong)}${state === 'grace' ? holdButton(app) : nothing}`;
}

/** At the head of the record, once people are through. @param {any} app @param {import('../xmpp/read.js').Outcome} outcome */
export function stand(app, outcome) {
  const state = standing(outcome, app.topic, app.publishing);
  if (!isThrough(state)) return nothing;
  const wrong = trouble(app);
  const done = isOut(state);
  return html`<section class="stand" data-bar=${state} aria-label=${t`How it stands`}>${done ? nothing : since(app, outcome)}
    <div class="line"><p class="hint" id="publish-why" role="status" data-testid=${done ? 'news' : 'why'}>${done ? stateMark('published') : nothing}${says(app, outcome, state)}</p>${state === 'grace' && outcome.until ? left(app, outcome.until) : nothing}</div>
    ${wrong && !done ? html`<p class="hint">${wrong.words}</p>` : nothing}${['ended', 'grace'].includes(state) ? stillMissing(outcome) : nothing}${targets(app, outcome)}
    ${app.isGuest && !done ? nothing : html`<div class="row">${buttons(app, outcome, state, wrong)}</div>`}</section>`;
}

/** Below the record. @param {any} app @param {import('../xmpp/read.js').Outcome} outcome */
export function bar(app, outcome) {
  const { topic } = app;
  const state = standing(outcome, topic, app.publishing);
  const through = isThrough(state);
  const wrong = trouble(app);
  const offline = app.session.state !== 'online';
  const done = isOut(state);
  if (done && !app.isOwner) return nothing;
  if (app.isGuest) return through ? nothing : html`<div class="pubbar" data-bar=${state}>${meter(outcome)}<p class="hint" role="status">${collecting(app, outcome)}</p></div>`;
  const preview = offline || done ? nothing : html`<button class="btn quiet s" type="button" data-testid="preview" @click=${() => app.preview()}>${t`Preview`}</button>`;
  return html`<div class="pubbar ${through ? 'slim' : ''}" data-bar=${through ? nothing : state}>
    ${through ? nothing : html`${meter(outcome)}<p class="hint" id="publish-why" role="status">${wrong ? wrong.words : collecting(app, outcome)}</p>${targets(app, outcome)}`}
    <div class="row"><span>${where(app, topic, offline)}</span><span class="end">${preview}${through ? nothing : publishButton(app, outcome, state, wrong)}</span></div></div>`;
}
