/**
 * What somebody who comes late has to know: what was kept meanwhile, each a link; and which point of the agenda it is.
 */
import { html, nothing } from 'lit';
import { hours, list } from '../words.js';
import { plural, t } from '../words/language.js';
import { isOpen } from './spine.js';

const MINUTE = 60_000;
const KINDS = /** @type {const} */ (['decision', 'action', 'question']);
const counted = (kind, n) => ({
  decision: () => plural(n, '# decision', '# decisions'), action: () => plural(n, '# action', '# actions'), question: () => plural(n, '# open question', '# open questions'),
}[kind]());
const SHOWN = 6;
const MOST_STEPS = 8;

/**
 * @param {import('../xmpp/read.js').Outcome | undefined} outcome
 * @param {Date} since @param {Date} until
 * @param {string[]} names mine
 * @returns {{minutes: number, kinds: [string, import('../xmpp/read.js').Entry[]][], mine: import('../xmpp/read.js').Entry[]} | null} `null` if nothing was kept then
 */
export function missed(outcome, since, until, names) {
  const kept = (outcome?.entries ?? []).filter((entry) => entry.at && entry.at >= since && entry.at <= until && !(entry.found && !entry.sure) && !['cancelled', 'rejected'].includes(entry.status));
  const kinds = KINDS.map((kind) => /** @type {[string, any[]]} */ ([kind, kept.filter((entry) => entry.kind === kind)])).filter(([, some]) => some.length);
  if (!kinds.length) return null;
  const me = names.filter(Boolean).map((name) => name.toLowerCase());
  const mine = kept.filter((entry) => entry.kind === 'action' && entry.owner.toLowerCase().split(/,\s*|\s+and\s+/u).some((owner) => me.includes(owner)));
  return { minutes: Math.max(1, Math.round((until.getTime() - since.getTime()) / MINUTE)), kinds, mine };
}

const spell = (minutes) => {
  if (minutes < 60) return t`${minutes} min`;
  return minutes < 60 * 24 ? hours(minutes) : plural(Math.round(minutes / 1440), '# day', '# days');
};

/** @param {any} app @param {ReturnType<typeof missed>} found */
export function missedCard(app, found) {
  if (!found) return nothing;
  const all = found.kinds.flatMap(([, some]) => some);
  const row = (entry) => html`<li><a href="#/t/${app.topic.id}/o/${encodeURIComponent(entry.id)}" @click=${() => app.go('outcome')}><span class="mark ${entry.kind} ${isOpen(entry) ? 'open' : ''}">${entry.id}</span><span dir="auto">${entry.text}</span></a>${found.mine.includes(entry) ? html`<b>${t`for you`}</b>` : nothing}</li>`;
  const first = [...found.mine, ...all.filter((entry) => !found.mine.includes(entry))].slice(0, SHOWN);
  return html`<div class="missed" data-testid="missed"><p>${t`You missed ${spell(found.minutes)}:`} ${list(found.kinds.map(([kind, some]) => counted(kind, some.length)))}${found.mine.length ? t`, ${found.mine.length} for you` : ''}.</p>
    <ul>${all.filter((entry) => first.includes(entry)).map(row)}</ul>${all.length > SHOWN ? html`<p class="hint">${plural(all.length - SHOWN, '# more stands in the outcome.', '# more stand in the outcome.')}</p>` : nothing}</div>`;
}

/** Which point it is, if there is an agenda. @param {any} app @param {any} [jump] to what is new, if that is out of sight */
export function agendaLine(app, jump = nothing) {
  const points = app.client.outcomes.get(app.topic.id)?.entries.filter((entry) => entry.kind === 'topic') ?? [];
  const now = points.filter((point) => point.status !== 'planned').at(-1);
  if (points.length < 2 || !['planned', 'live'].includes(app.topic.state) || !now) return jump === nothing ? nothing : html`<p class="point-line">${jump}</p>`;
  const minutes = now.at ? Math.max(0, Math.round((app.now - now.at) / MINUTE)) : 0;
  const at = points.indexOf(now);
  const steps = points.length > MOST_STEPS ? nothing : html`<span class="meter" aria-hidden="true">${points.map((_, i) => html`<i class=${i <= at ? 'f' : ''}></i>`)}</span>`;
  return html`<p class="point-line" data-testid="agenda">${steps}<span>${t`Point ${at + 1} of ${points.length}:`} <a href="#/t/${app.topic.id}/o/${encodeURIComponent(now.id)}" dir="auto">${now.text}</a>${minutes ? t`, ${minutes} min` : ''}</span>${jump}</p>`;
}
