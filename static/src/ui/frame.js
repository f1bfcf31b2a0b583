/**
 * What stands around the panes: the banner of the connection, the talk's pane in all its states, the tabs of a phone.
 */
import { html, nothing } from 'lit';
import { t } from '../words/language.js';
import { decides, waiting } from './cards.js';
import { head } from './head.js';
import { icon } from './icons.js';
import { unreadWords, wishDoor } from './topics.js';
import { waitingRoom } from './waiting.js';

const tries = () => [
  ['kim@example.org', t`A topic with one guest, starting when they arrive`],
  [t`kim@example.org, tom@example.org budget 2027 tomorrow 10:00`, t`Named, planned, with a calendar file for all of you`],
  [t`retrospective now`, t`A room for you alone; invite from there`],
];

/** @param {any} app */
export function banner(app) {
  const { session } = app;
  if (session.state !== 'lost' || !app.lostLong) return html`<div role="status"></div>`;
  const seconds = Math.max(0, Math.round((session.retryAt - Date.now()) / 1000));
  if (seconds > 0) app.soon();
  return html`<div role="status"><div class="banner" data-testid="banner">${icon('offline')}
    <p><b>${t`You are offline.`}</b> <span aria-hidden="true">${seconds ? t`Trying again in ${html`<span class="num">${seconds} s</span>`}.` : t`Trying again now.`}</span> ${t`What you write is kept.`}</p>
    <button class="btn s" type="button" @click=${() => session.tryNow()}>${t`Try now`}</button></div></div>`;
}

const door = (app) => html`<button class="ico drawer" type="button" aria-label=${t`Topics`} @click=${() => app.openDrawer(true)}>${icon('topics')}</button>`;

/** Why there is no topic to show, though the route names one. */
function absent(app) {
  const why = app.missing.get(app.route.topic);
  if (!why) return app.slow && app.session.state !== 'lost' ? html`<p>${t`Fetching the topic…`}</p>` : nothing;
  if (why === 'later') return html`<p>${t`That topic could not be fetched just now. I try again.`}</p><a class="btn" href="#/">${t`To my topics`}</a>`;
  return html`<p data-testid="absent">${t`That topic is not among yours. It may have been deleted, or the invitation is for another address than ${app.session.account}.`}</p><a class="btn" href="#/">${t`To my topics`}</a>`;
}

/** @param {any} app @param {number} tick */
export function talkPane(app, tick) {
  const { client, session, topic } = app;
  if (topic) return html`<section class="pane talk" id="talk" aria-labelledby="talk-title">${head(app)}${app.room ? nothing : html`${waitingRoom(app)}${foot(app)}`}<ccm-talk .app=${app} .tick=${tick}></ccm-talk></section>`;
  if (!client.listed) return html`<section class="pane talk" id="talk" aria-label=${t`Talk`}>${app.slow && session.state !== 'lost' ? html`<div class="nobody"><p>${t`Connecting…`}</p></div>` : nothing}</section>`;
  if (app.route.topic) return html`<section class="pane talk" id="talk" aria-label=${t`Talk`}>${door(app)}<div class="nobody" role="status">${absent(app)}</div>${foot(app)}</section>`;
  return html`<section class="pane talk" id="talk" aria-labelledby="hero">${door(app)}<div class="hero ${client.topics.size ? 'again' : ''}"><h2 id="hero">${t`Whom do you want to talk something through with?`}</h2>${wishDoor(app, t`An e-mail address is enough`)}
    ${client.topics.size ? html`<p class="hint beside">${t`Choose a topic on the left, or press ${html`<kbd>N</kbd>`} for a new one: an e-mail address is enough.`}</p>` : html`<div class="try"><p class="hint">${t`For example`}</p>${tries().map(([words, what]) => html`<button type="button" @click=${() => app.wish(words)}><span>${words}<small>${what}</small></span>${icon('arrow')}</button>`)}</div>`}</div>${foot(app)}</section>`;
}

const foot = (app) => html`<div class="foot">${app.toastInFrame ? nothing : app.notes.view()}</div>`;

/** Of a phone: what waits in other topics, in this talk, in its outcome. @param {any} app */
export function tabs(app) {
  const { client, reading, topic } = app;
  const outcome = topic && client.outcomes.get(topic.id);
  const talks = (some) => {
    const counts = reading.sum(some);
    return counts.unread ? { n: counts.mentions || counts.unread, calls: counts.mentions, words: unreadWords(counts) } : null;
  };
  const open = outcome ? waiting(app, outcome).filter((entry) => decides(app, outcome, entry)).length : 0;
  const tab = (pane, name, words, count) => html`<a href=${location.hash || '#/'} aria-current=${app.pane === pane ? 'page' : nothing} @click=${(e) => { e.preventDefault(); app.go(pane); }}>${icon(name)}${words}${count
    ? html`<span class="n ${count.calls ? 'calls' : ''}" aria-hidden="true">${count.n}</span><span class="vh">, ${count.words}</span>` : nothing}</a>`;
  return html`<nav class="tabs" aria-label=${t`Parts of the dashboard`}>${tab('topics', 'topics', t`Topics`, talks([...client.topics.values()].filter((one) => one !== topic)))}
    ${tab('talk', 'talk', t`Talk`, topic ? talks([topic]) : null)}${tab('outcome', 'record', t`Outcome`, open ? { n: open, calls: true, words: t`${open} to confirm` } : null)}</nav>`;
}
