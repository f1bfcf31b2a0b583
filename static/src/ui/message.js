/**
 * One message in the log: who said it, its words, what it answers, its file, what became of it, and its tools.
 */
import { html, nothing } from 'lit';
import { clock, daysBetween, list, when } from '../words.js';
import { plural, t } from '../words/language.js';
import { bytes } from '../xmpp/upload.js';
import { icon, mark } from './icons.js';
import { isReporter } from './people.js';
import { initial, tint } from './plain.js';
import { agree, asked, proposed } from './talk-cards.js';

const GROUP_MS = 5 * 60_000;
const URL_IN_TEXT = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]]/gu;
const OWN_FILES = /^\/(?:[^?#]*\/)?upload\/[A-Za-z0-9_-]{32}\/[^/?#]*$/u;
const IMAGES = /^image\/(?:png|jpeg|gif|webp|avif)$|\.(?:png|jpe?g|gif|webp|avif)$/iu;
const SHOWN_ATTRIBUTES = 5;
// What makes words something for the record: the tab beside them says so, too.
const SIGN = /^\s*(?:[#/][a-z]{2,}|(?:ACTION|DECISION|AGREED|RESOLVED|PROPOSED|QUESTION|TOPIC|IDEA|INFO|LINK):)(?=\s)/iu;

// A nick may have another owner by now.
const isOnes = (one, other) => !one || !other || one === other;

const ORDER = /^(.+?) says: #([a-z]+) ?(.*)$/u;
const IDS = /^(?:[A-Z]\d+[ ,]*)+$/u;
const ONE = /^[A-Z]\d+(?= |$)/u;

/** What a button says in the talk by the reporter's mouth: one quiet line. @param {any} line @returns {string} `''` if it is none */
export function answerOf(line) {
  const [, who, verb, rest] = ORDER.exec(line.withdrawn ? '' : line.body) ?? [];
  if (!who) return '';
  if (verb === 'ok' || verb === 'no') return !IDS.test(rest) ? '' : verb === 'ok' ? t`${who} confirms ${rest.trim()}.` : t`${who} says no to ${rest.trim()}.`;
  if (verb === 'skip') return t`${who} skips the question.`;
  if (verb === 'stop') return t`${who} ends the questions.`;
  if (verb === 'vote' && rest) return t`${who} votes “${rest}”.`;
  const id = ONE.exec(rest)?.[0] ?? '';
  if (!id) return '';
  const words = rest.slice(id.length).trim();
  return {
    edit: () => t`${who} changes ${id} to “${words}”.`, assign: () => (words === who ? t`${who} takes ${id}.` : t`${who} gives ${id} to ${words}.`), due: () => t`${who} sets the day of ${id}: ${words}.`, move: () => t`${who} moves ${id}.`,
    done: () => t`${who} says that ${id} is done.`, cancel: () => t`${who} cancels ${id}.`, reopen: () => t`${who} opens ${id} again.`,
    drop: () => t`${who} takes ${id} off the record.`, restore: () => t`${who} undoes the last change of ${id}.`,
  }[verb]?.() ?? '';
}

/** What stands in the talk for the text of a draft, which is one click away. @param {any} line @returns {string} `''` if it is none */
export function draftOf(line) {
  const [first, ...rest] = line.body.split('\n');
  const [, version] = /^Draft of version (\d+), .*:$/u.exec(first) ?? [];
  if (!version) return '';
  // What is only possible has a question mark.
  const count = (/** @type {string} */ letter) => rest.filter((one) => new RegExp(`^  ${letter}\\d+ `, 'u').test(one)).length;
  const [actions, decisions, questions] = ['A', 'D', 'Q'].map(count);
  const parts = [plural(actions, '# action', '# actions'), plural(decisions, '# decision', '# decisions'), ...(questions ? [plural(questions, '# open question', '# open questions')] : [])];
  return t`The draft of version ${version}: ${list(parts)}.`;
}

const drafted = (app, line) => {
  const words_ = line.withdrawn ? '' : draftOf(line);
  return words_ && html`<p>${words_} <button class="text" type="button" @click=${() => app.preview()}>${t`Look at the draft`}</button></p>`;
};

/** Whether two messages stand as one block. */
export const together = (line, before) => Boolean(before) && before.nick === line.nick && isOnes(before.author, line.author) && Math.abs(line.at - before.at) < GROUP_MS && !daysBetween(line.at, before.at) && before.offRecord === line.offRecord && !line.reply;

/** What a card above it tells already: only for whoever listens. @param {any} line @param {string} words */
export const quietRow = (line, words) => html`<li class="msg told" data-key=${line.key} data-id=${line.id || nothing}><span class="vh">${words}</span></li>`;

/** @param {any} talk the pane @param {any} line @param {{same: boolean, tabs: any[], outcome: any, standing: import('./talk-cards.js').Standing}} shown */
export function messageRow(talk, line, { same: joined, tabs, outcome, standing }) {
  const { app } = talk;
  const { room, route, topic } = app;
  const reporter = isReporter(app, room, line.nick);
  const answer = reporter ? answerOf(line) : '';
  const same = joined || Boolean(answer);
  const proposal = proposed(app, line, outcome, reporter, standing);
  const role = room.occupants.get(line.nick)?.affiliation === 'owner' && !reporter ? t`owner` : '';
  const called = !line.mine && app.reading.mentions(line);
  const at = html`<time datetime=${line.at.toISOString()} title=${when(line.at, app.now)}>${clock(line.at)}</time>`;
  const name = html`<b dir="auto">${line.nick}</b>`;
  const active = talk.isActive(line);
  const classes = `msg ${same ? 'same' : ''} ${line.offRecord ? 'off' : ''} ${called ? 'called' : ''} ${active ? 'active' : ''} ${route.kind === 'm' && route.target === line.id ? 'found' : ''}`;
  return html`<li class=${classes} tabindex="-1" data-testid="message" data-key=${line.key} data-id=${line.id || nothing} data-state=${line.state} data-mine=${String(line.mine)} data-nick=${line.nick}>
    <span class="av ${reporter ? 'r' : tint(line.nick)}" aria-hidden="true">${reporter ? mark() : initial(line.nick)}</span>
    <div>${same ? html`<span class="vh">${name} ${at}</span>` : html`<div class="who">${name}${role ? html`<span class="role">${role}</span>` : nothing}${at}</div>`}
      ${line.withdrawn ? html`<p class="hint">${t`${line.nick} withdrew this.`}</p>` : html`${quote(talk, line)}${answer ? html`<span class="state">${line.reactions.size ? icon('check') : nothing}<span dir="auto">${answer}</span></span>` : proposal?.instead || (reporter && (drafted(app, line) || asked(talk, line, outcome))) || words(line, room)}${proposal?.after ?? nothing}`}
      ${line.edited && !line.withdrawn ? html`<span class="state">${icon('pen')}${t`edited`}</span>` : nothing}
      ${line.offRecord && line.state === 'sent' ? html`<span class="state">${icon('lock')}${t`off the record`}</span>` : nothing}
      ${reactions(app, line, tabs.length > 0 || answer !== '')}${state(app, line)}${talk.picking === line.key ? talk.pickerView(line) : nothing}</div>
    <div class="m">${tabs.map((tab) => html`<a class="mark ${tab.kind} ${tab.open ? 'open' : ''} ${route.kind === 'o' && route.target === tab.target ? 'lit' : ''}" aria-label=${tab.name}
      href="#/t/${topic.id}/o/${encodeURIComponent(tab.target)}" @click=${() => app.go('outcome')}><span>${tab.label}</span></a>`)}</div>${active ? tools(talk, line, outcome) : nothing}</li>`;
}

// -- words

// What is not language says nothing of its direction: signs, names and addresses stand apart.
function words(line, room) {
  if (line.file) return shared(line.file);
  const found = [];
  const sign = SIGN.exec(line.body)?.[0] ?? '';
  let from = sign.length;
  if (sign) found.push(html`<bdi class="sign">${sign}</bdi>`);
  for (const match of line.body.matchAll(URL_IN_TEXT)) {
    found.push(named(line.body.slice(from, match.index), room), html`<a href=${match[0]} target="_blank" rel="noopener noreferrer" dir="ltr">${match[0]}</a>`);
    from = match.index + match[0].length;
  }
  found.push(named(line.body.slice(from), room));
  return html`<p dir="auto" lang=${line.lang || nothing}>${found}</p>`;
}

function named(text, room) {
  if (!text.includes('@')) return text;
  return called(text, [...room.occupants.keys()]).map((part, i) => (i % 2 ? html`<bdi class="at">${part}</bdi>` : part));
}

/** @param {string} text @param {string[]} nicks @returns {string[]} words and calls by turns; of two names that fit the longer one counts */
export function called(text, nicks) {
  const names = nicks.filter((n) => n.length > 1).sort((a, b) => b.length - a.length).map((n) => n.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&'));
  return names.length ? text.split(new RegExp(`(@(?:${names.join('|')}))(?![\\p{L}\\p{N}])`, 'giu')) : [text];
}

// Pictures are only fetched from where this server keeps them: others would learn who looks.
function shared({ url, name, size, type, width, height }) {
  const told = html`<b dir="auto">${name}</b>${size ? html` <span>${bytes(size)}</span>` : nothing}`;
  const at = URL.canParse(url) ? new URL(url) : null;
  if (at?.origin === location.origin && OWN_FILES.test(at.pathname) && IMAGES.test(type || name)) {
    return html`<a class="pic" href=${url} target="_blank" rel="noopener noreferrer" data-testid="picture"><img src=${url} alt=${name} loading="lazy" decoding="async" width=${width || nothing} height=${height || nothing}><span>${told}</span></a>`;
  }
  return html`<a class="file" href=${url} target="_blank" rel="noopener noreferrer" data-testid="file">${icon('file')}<span>${told}${at && at.origin !== location.origin ? html`<small>${t`at ${at.host}`}</small>` : nothing}</span></a>`;
}

function quote(talk, line) {
  if (!line.reply) return nothing;
  const { room, topic } = talk.app;
  const { id, nick, words: kept } = line.reply;
  const original = room.log.find((other) => other.id === id);
  const text = original?.withdrawn ? t`withdrawn` : original?.file?.name || original?.body || kept || t`an earlier message`;
  return html`<a class="quote" href="#/t/${topic.id}/m/${encodeURIComponent(id)}" @click=${() => talk.seek(id)}>${icon('reply')}<span class="vh">${t`In reply to`} </span><b dir="auto">${original?.nick || nick}</b><span dir="auto">${text.replace(/\s+/gu, ' ').slice(0, 160)}</span></a>`;
}

// -- what became of it

function state(app, line) {
  const { room } = app;
  if (line.state === 'sending') return html`<span class="state">${icon('clock')}${t`Sending…`}</span>`;
  if (line.state === 'slow') return html`<span class="state">${icon('clock')}${t`Still sending.`}</span>`;
  if (line.state === 'kept') return html`<span class="state">${icon('clock')}${t`Kept here, goes out when you are back`}</span>`;
  if (line.state !== 'failed') return nothing;
  return html`<span class="state bad">${icon('alert')}<span>${t`Not sent. ${line.why || t`Your words are here.`}`}</span>
    <button class="text" type="button" @click=${() => room.retry(line)}>${t`Try again`}</button>
    <button class="text" type="button" @click=${() => app.deeds.copy(line.body)}>${t`Copy`}</button>
    <button class="text" type="button" @click=${() => room.discard(line)}>${t`Remove`}</button></span>`;
}

// The reporter's own mark says what the tab beside the message says already.
function reactions(app, line, kept) {
  const { room } = app;
  const shown = [...line.reactions].filter(([, who]) => !kept || [...who].some((nick) => !isReporter(app, room, nick)));
  if (!shown.length) return nothing;
  return html`<div class="rx">${shown.map(([word, who]) => html`<button type="button" aria-pressed=${who.has(room.nick)}
    aria-label="${word} ${plural(who.size, '# person', '# people')}${who.has(room.nick) ? t`, you too` : ''}" title=${list([...who])} @click=${() => { agree(app, line, word); room.react(line, word); }}>${word} <span class="num">${who.size}</span></button>`)}</div>`;
}

// -- tools

const can = (app, line) => line.id && !line.withdrawn && app.room?.state === 'in' && app.session.state === 'online';

/** What keeps a message as an action, decision or question (*marks*), or under an attribute. In an action “I” and “we” are whoever said it. */
export function keptLine(line, kind, marks) {
  const text = line.body.replace(/^\s*(?:[#/]\w+|(?:action|agreed|decision|question|resolved|todo|topic):)\s*/iu, '').replace(/\s+/gu, ' ').trim();
  const theirs = kind === 'action' && !line.mine && /^(?:I|I['’]\w+|we|ich|wir)\b|[.!,] (?:I|we)(?:['’]?ll| will| can)\b/iu.test(text);
  return marks ? `${kind[0].toUpperCase()}${kind.slice(1)}: ${theirs ? `${line.nick}: ` : ''}${text}` : `${kind}: ${text}`;
}

/** Whether somebody may change it. */
export const isOwn = (app, line) => Boolean(line.mine && !line.file && can(app, line));

// They stand at the message that is pointed at or has the focus: a hundred stops on the way to the composer are too many.
function tools(talk, line, outcome) {
  const { app } = talk;
  if (!can(app, line)) return nothing;
  const at = clock(line.at);
  const deed = (sign, words_, run, kind = '') => html`<li><button class=${kind} type="button" @click=${(e) => app.menu(e, run)}>${icon(sign)}${words_}</button></li>`;
  const seen = app.reading.seenBy(app.room, line);
  const attributes = (outcome?.attributes ?? []).slice(0, SHOWN_ATTRIBUTES);
  const keep = line.file || isReporter(app, app.room, line.nick) ? nothing : html`<details class="menu" @toggle=${(e) => talk.unfold(e)}><summary class="btn quiet s" aria-label=${line.mine ? t`Keep your message of ${at} as…` : t`Keep ${line.nick}’s message of ${at} as…`}>${icon('keep')}<span>${t`Keep as…`}</span></summary><menu>
    ${[['action', t`Action`, 'A'], ['decision', t`Decision`, 'D'], ['question', t`Question`, 'Q']].map(([kind, word, letter]) => html`<li><button type="button" data-testid="keep-${kind}" @click=${(e) => app.menu(e, () => talk.keep(line, kind))}><span class="mark ${kind}" aria-hidden="true">${letter}</span>${word}</button></li>`)}
    ${attributes.length ? html`<li role="separator"><hr></li>${attributes.map((a) => deed('record', a.label, () => talk.keep(line, a.label)))}` : nothing}</menu></details>`;
  return html`<div class="tools" role="group" aria-label=${line.mine ? t`What to do with your message of ${at}` : t`What to do with ${line.nick}’s message of ${at}`} data-testid="tools">
    <button class="ico" type="button" aria-label=${t`React`} title=${t`React (E)`} @click=${() => talk.pick(line)}>${icon('smile')}</button>
    <button class="ico" type="button" aria-label=${t`Reply`} title=${t`Reply (R)`} @click=${() => talk.answer(line)}>${icon('reply')}</button>${keep}
    <details class="menu own" @toggle=${(e) => talk.unfold(e)}><summary class="ico" aria-label=${line.mine ? t`Change your message of ${at}` : t`More for this message of ${at}`} title=${t`More`}>${icon('more')}</summary><menu>
      ${isOwn(app, line) ? deed('pen', t`Edit`, () => app.deeds.edit(line)) : nothing}${line.mine ? html`${deed('close', t`Withdraw`, () => app.deeds.withdraw(line), 'danger')}<li role="separator"><hr></li>` : nothing}
      ${deed('talk', t`Copy its words`, () => app.deeds.copy(line.body))}${deed('arrow', t`Copy a link to it`, () => app.deeds.copy(`${location.origin}${location.pathname}#/t/${app.topic.id}/m/${encodeURIComponent(line.id)}`))}
      ${seen.length ? html`<li class="hint">${t`Seen by ${list(seen)}`}</li>` : nothing}</menu></details></div>`;
}
