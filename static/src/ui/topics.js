/**
 * The topics column: one field's door, topics grouped by what they ask of me, and who is signed in.
 */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { clock } from '../words.js';
import { plural, t } from '../words/language.js';
import { slowness } from './busy.js';
import { icon, mark, stateMark } from './icons.js';
import { headcount } from './people.js';
import { initial } from './plain.js';
import { byEnd, byStart, groupNames, groupOf, rowLine } from './todo.js';

const SHOWN_PUBLISHED = 5;

const me = (app) => ({ account: app.session.account, name: app.client.name });

/** 2 mentions, 12 unread. @param {{unread: number, mentions: number}} counts */
export const unreadWords = ({ unread, mentions }) => `${mentions ? `${plural(mentions, '# mention', '# mentions')}, ` : ''}${t`${unread} unread`}`;

/** @param {any} app */
function row(app, topic) {
  const { unread, mentions } = app.reading.counts(topic);
  const fresh = !unread && app.reading.isNew(topic);
  const room = app.client.rooms.get(topic.room);
  const stale = app.session.state !== 'online';
  const muted = app.chosen.mutes(topic.id);
  const here = room?.state === 'in' ? headcount(app, room) : 0;
  const empty = topic.empty && !here;
  const live = topic.state === 'live' && !empty;
  const line = live && stale ? t`Live at ${clock(app.lostAt)}` : rowLine(topic, app.client.outcomes.get(topic.id), me(app), app.now, here);
  return html`<li><a class="topic ${(unread || fresh) && !muted ? 'new' : ''}" href="#/t/${topic.id}" data-testid="topic" data-id=${topic.id} data-state=${topic.state}
      aria-current=${app.topic?.id === topic.id ? 'page' : nothing} @click=${() => app.go('talk')}>
    ${stateMark(topic.state, stale || empty)}<b dir="auto">${topic.name}</b><small><span class="vh">, </span>${live && !stale ? html`<span class="lv">${t`Live`}</span>, ` : nothing}${line}${muted ? t`, muted` : ''}</small>
    ${unread ? html`<span class="cnt">${mentions && !muted ? html`<i aria-hidden="true">@${mentions}</i>` : nothing}<span aria-hidden="true">${unread}</span>
      <span class="vh">, ${unreadWords({ unread, mentions })}</span></span>` : nothing}
    ${fresh ? html`<span class="cnt"><i>${t`New`}</i></span>` : nothing}</a></li>`;
}

/** @param {any} app @param {string} [words] */
export function wishDoor(app, words = t`New topic or invitation`) {
  const slow = slowness(app, 'topics') ?? slowness(app, 'invitations');
  const off = slowness(app, 'topics')?.gone;
  return html`<div class="ask"><button class="box" type="button" data-testid="new" aria-disabled=${off ? 'true' : nothing} aria-describedby=${slow ? 'why-slow' : nothing} @click=${() => !off && app.wish('')}>
      ${icon(slow ? 'hourglass' : 'plus')}${words}<kbd>N</kbd></button>
    ${slow ? html`<p class="hint" id="why-slow" data-testid="why-slow">${slow.words}</p>` : nothing}</div>`;
}

/** @param {any} app */
function connection(app) {
  if (app.session.state === 'online') return t`Connected`;
  if (app.session.state === 'over') return t`Signed out`;
  if (app.session.state === 'connecting') return t`Connecting…`;
  return app.waiting ? plural(app.waiting, 'Offline, # message waits', 'Offline, # messages wait') : t`Offline`;
}

/** @param {any} app */
export function topicsPane(app) {
  const topics = [...app.client.topics.values()];
  return html`<nav class="pane topics" id="topics" aria-label=${t`Topics`}>
    <header><a class="brand" href="#/">${mark()}CCM</a>
      <span>${topics.length ? html`<button class="ico" type="button" data-testid="search" aria-label=${t`Search or jump`} title=${t`Search or jump (Ctrl K)`} @click=${() => app.search()}>${icon('search')}</button>` : nothing}
      <button class="ico help" type="button" aria-label=${t`Keys`} title=${t`Keys (?)`} @click=${() => app.show('keys')}><kbd>?</kbd></button></span></header>
    ${(topics.length || !app.client.listed) && !app.isGuest ? wishDoor(app) : nothing}
    ${app.isGuest ? html`<div class="ask"><button class="box" type="button" data-testid="keep-place" @click=${() => app.keepPlace()}>${icon('lock')}${t`Keep your place`}</button>
      <p class="hint">${t`You are a guest here until after the meeting.`}</p></div>` : nothing}
    <div class="scroll" tabindex="0" role="group" aria-label=${t`Topic list`}>
      ${topics.length ? groups(app, topics) : nothing}
      ${!topics.length && app.client.listed ? html`<p class="hint none-yet">${t`Your topics will stand here, with the next meeting on top.`}</p>` : nothing}
    </div>
    ${app.notify.offer()}
    <div class="me"><span class="av" aria-hidden="true">${initial(app.client.name)}</span>
      <div><b dir="auto">${app.client.name}</b><span data-testid="connection">${connection(app)}</span></div>
      <details class="menu up"><summary class="ico" aria-label=${t`You`}>${icon('more')}</summary><menu>
        <li><button type="button" data-testid="settings" @click=${(e) => app.menu(e, () => app.showSettings())}>${icon('sliders')}${t`Settings`}</button></li>
        <li><button type="button" data-testid="notes" @click=${(e) => app.menu(e, () => app.show('notes'))}>${icon('pen')}${t`What I guessed and did`}</button></li>
        ${app.isGuest ? nothing : html`<li><button type="button" data-testid="account" @click=${(e) => app.menu(e, () => app.showAccount())}>${icon('lock')}${t`Your account`}</button></li>`}
        <li><a href="/archive/" target="_blank" rel="noopener">${icon('globe')}${t`Published documents`}</a></li>
        <li><button type="button" data-testid="sign-out" @click=${(e) => app.menu(e, () => app.signOut())}>${icon('out')}${t`Sign out`}</button></li></menu></details></div>
  </nav>`;
}

/** The groups that are not empty, each under its heading. @param {any} app @param {import('../xmpp/read.js').Topic[]} topics */
function groups(app, topics) {
  const found = new Map(Object.keys(groupNames()).map((key) => [key, /** @type {any[]} */ ([])]));
  for (const topic of topics) found.get(groupOf(topic, app.client.outcomes.get(topic.id), me(app), app.now))?.push(topic);
  return [...found].map(([key, some]) => {
    if (!some.length) return nothing;
    some.sort(['live', 'planned'].includes(key) ? byStart : byEnd);
    const folded = key === 'published' && !app.allPublished && some.length > SHOWN_PUBLISHED;
    const shown = folded ? some.filter((topic, i) => i < SHOWN_PUBLISHED || topic.id === app.topic?.id) : some;
    return html`<h2 class="grp" id="grp-${key}">${groupNames()[key]}</h2><ul aria-labelledby="grp-${key}">${repeat(shown, (t) => t.id, (t) => row(app, t))}</ul>
      ${key === 'published' ? html`<p class="archive">${folded ? html`<button class="text" type="button" data-testid="all-published" @click=${() => { app.allPublished = true; app.requestUpdate(); }}>${t`All ${some.length} published`}</button>` : nothing}
        <a href="/archive/" target="_blank" rel="noopener">${t`Search the archive`}</a></p>` : nothing}`;
  });
}
