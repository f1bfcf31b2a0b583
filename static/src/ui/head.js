/**
 * The head of a talk: its name, its state in words, who is here, who is invited, and what can be done with the topic.
 */
import { html, nothing } from 'lit';
import { clock, day, when } from '../words.js';
import { plural, t } from '../words/language.js';
import { slowness } from './busy.js';
import { chip } from './chips.js';
import { icon, mark } from './icons.js';
import { guestsOf, headcount, peopleHere } from './people.js';
import { initial, tint } from './plain.js';
import { ended } from './todo.js';

const CHIPS = 4;

function state(app) {
  const { topic, now, room } = app;
  const offline = app.session.state !== 'online';
  const people = room?.state === 'in' ? headcount(app, room) : 0;
  if (topic.state === 'live' && offline) return html`<span>${t`Live at ${clock(app.lostAt)}`}</span>`;
  if (topic.state === 'live') return html`<span class="lv">${t`Live`}</span><span>${plural(Math.max(people, 1), '# person here', '# people here')}</span>${topic.start ? html`<span class="num" data-testid="planned">${topic.start <= now ? t`since ${clock(topic.start)}` : t`planned for ${day(topic.start, now)}, ${clock(topic.start)}`}</span>` : nothing}`;
  if (topic.state === 'planned') return html`<span data-testid="planned">${topic.start ? when(topic.start, now) : t`Starts when the first guest arrives`}</span>`;
  if (topic.state === 'published') return html`<span>${t`Published`}</span>${topic.document ? html`<a href=${topic.document} target="_blank" rel="noopener" @click=${(e) => app.session.state === 'online' && app.deeds.read(e, topic, topic.document)}>${t`Open the document`}</a>` : nothing}`;
  const outcome = app.client.outcomes.get(topic.id);
  return html`<span>${ended(topic, outcome, now)}</span><span>${outcome?.mode === 'grace' && outcome.until ? t`Goes out at ${clock(outcome.until)} unless held` : t`Not published yet.`}</span>`;
}

function more(app) {
  const { topic, room, deeds, chosen } = app;
  const muted = chosen.mutes(topic.id);
  const mute = () => { chosen.mute(topic.id, !muted); app.requestUpdate(); };
  const may = !app.isGuest;
  const item = (sign, words, run, kind = '') => html`<li><button class=${kind} type="button" @click=${(e) => app.menu(e, run)}>${icon(sign)}${words}</button></li>`;
  return html`<details class="menu"><summary class="ico" aria-label=${t`More for this topic`}>${icon('more')}</summary><menu>
    ${may ? item('mail', t`Invite`, () => app.wish('', topic)) : nothing}${item('people', t`People`, () => app.show('people'))}
    ${may ? item('pen', t`Rename`, () => deeds.rename(topic)) : nothing}${may ? item('clock', t`Change the time`, () => deeds.move(topic)) : nothing}
    ${item(muted ? 'bell' : 'mute', muted ? t`Let it ask for me again` : t`Mute it`, mute)}
    ${!may || !room ? nothing : item('lock', room.onRecord ? t`Go off the record` : t`Back on the record`, () => deeds.record(topic, !room.onRecord))}
    ${topic.state === 'live' && app.isOwner ? item('check', t`End meeting`, () => deeds.end(topic)) : nothing}
    ${app.isOwner ? item('close', t`Delete`, () => deeds.remove(topic), 'danger') : nothing}</menu></details>`;
}

/** Who is expected and not here: a bounce first. */
function guests(app, here) {
  const { topic } = app;
  if (!['planned', 'live'].includes(topic.state)) return nothing;
  const all = guestsOf(topic, here).sort((a, b) => Number(b.state === 'bounced') - Number(a.state === 'bounced'));
  if (!all.length) return nothing;
  const rest = all.length - CHIPS;
  return html`<ul class="guests" aria-label=${t`Invited`}>${all.slice(0, CHIPS).map((guest) => html`<li class=${guest.state === 'bounced' ? 'always' : ''}>${chip(app, guest)}</li>`)}
    ${rest > 0 ? html`<li><button class="btn quiet s" type="button" @click=${() => app.show('people')}>${t`and ${rest} more`}</button></li>` : nothing}</ul>`;
}

/** @param {any} app */
export function head(app) {
  const { topic, room, client } = app;
  const here = room ? peopleHere(app, room) : [];
  const faces = here.filter((one) => !one.reporter).slice(0, 4);
  const outcome = client.outcomes.get(topic.id);
  const slow = slowness(app, 'invitations');
  return html`<header class="head"><button class="ico drawer" type="button" aria-label=${t`Topics`} aria-expanded=${app.drawer} @click=${() => app.openDrawer(!app.drawer)}>${icon('topics')}</button>
    <h2 id="talk-title" dir="auto" tabindex="-1">${topic.name}</h2><div class="sub">${state(app)}${outcome?.known ? html`<span>${outcome.label}</span>` : nothing}</div>
    <div class="do"><button class="stack" type="button" aria-label=${t`Here: ${here.map((one) => one.nick).join(', ') || t`nobody yet`}`} data-testid="people" @click=${() => app.show('people')}>
      ${faces.map(({ nick }) => html`<span class="av ${tint(nick)}" aria-hidden="true">${initial(nick)}</span>`)}${here.some((one) => one.reporter) ? html`<span class="av r" aria-hidden="true">${mark()}</span>` : nothing}<span class="faces" aria-hidden="true">${icon('people')}</span>
      ${here.length ? nothing : html`<span class="av" aria-hidden="true">${icon('people')}</span>`}</button>
    ${app.isGuest ? nothing : html`<button class="btn s" type="button" data-testid="invite" title=${slow?.words ?? nothing} aria-disabled=${slow?.gone ? 'true' : nothing} @click=${() => !slow?.gone && app.wish('', topic)}>${icon(slow ? 'hourglass' : 'people')}${t`Invite`}${slow ? html`<span class="vh">. ${slow.words}</span>` : nothing}</button>`}
    ${topic.state === 'live' && app.isOwner ? html`<button class="btn s opt" type="button" @click=${() => app.deeds.end(topic)}>${t`End meeting`}</button>` : nothing}
    ${more(app)}</div></header>${guests(app, here)}`;
}
