import assert from 'node:assert/strict';
import test from 'node:test';
import { Notify, thisBrowser } from '../src/ui/notify.js';
import { Preferences } from '../src/ui/preferences.js';
import { Store } from './fakes.js';

const NOW = new Date(2026, 10, 23, 14, 0);
const topic = (/** @type {string} */ id, /** @type {any} */ more = {}) => ({ id, name: `Topic ${id}`, room: `${id}@r`, state: 'live', owner: 'ann@localhost', start: null, invitees: [], ...more });
const line = (/** @type {string} */ id, /** @type {string} */ body, /** @type {any} */ more = {}) => ({ id, nick: 'Kim', body, at: NOW, mine: false, ...more });

/** @param {{topics?: any[], open?: string, looks?: boolean, permission?: string, chosen?: Record<string, string>}} [given] */
function made({ topics = [topic('a'), topic('b')], open = '', looks = true, permission = 'granted', chosen = { 'ccm-notify': 'on' } } = {}) {
  const shown = /** @type {any[]} */ ([]);
  const read = new Map();
  const later = /** @type {(() => void)[]} */ ([]);
  const preferences = new Preferences(new Store());
  for (const [key, value] of Object.entries(chosen)) preferences.set(/** @type {any} */ (key), value);
  const app = /** @type {any} */ ({
    chosen: preferences, now: NOW, route: { topic: open }, topic: topics.find((one) => one.id === open) ?? null, room: null,
    client: { topics: new Map(topics.map((one) => [one.id, one])), name: 'Ann' }, session: { account: 'ann@localhost', domain: 'localhost' },
    reading: { mentions: (/** @type {any} */ one) => one.body.includes('@Ann'), counts: (/** @type {any} */ one) => ({ mentions: one.missed ?? 0 }) },
    notes: { told: /** @type {string[]} */ ([]), tell(/** @type {any} */ note) { this.told.push(note.text); } }, requestUpdate() {}, go() {},
  });
  const browser = {
    permission: () => permission, ask: async () => permission, looks: () => looks, later: (/** @type {() => void} */ f) => void later.push(f),
    read: (/** @type {string} */ room) => read.get(room) ?? '', show: (/** @type {string} */ title, /** @type {any} */ options, /** @type {any} */ click) => void shown.push({ title, ...options, click }),
  };
  const notify = new Notify(app, browser);
  const heard = /** @type {Record<string, (...given: any[]) => void>} */ ({});
  notify.listen({ on: (/** @type {string} */ name, /** @type {any} */ f) => { heard[name] = f; } });
  const pass = () => { for (const f of later.splice(0)) f(); };
  return { app, notify, shown, read, heard, pass };
}

test('a mention in another topic is told once, with the message behind the click', () => {
  const { heard, shown, pass } = made({ open: 'b' });
  const said = line('1', '@Ann look');
  heard.said({ jid: 'a@r', log: [said] }, said);
  heard.said({ jid: 'a@r', log: [said] }, said);
  heard.said({ jid: 'a@r', log: [] }, line('2', 'nothing for anybody'));
  pass();
  assert.deepEqual(shown.map(({ title, body, tag, silent }) => [title, body, tag, silent]), [['Kim, Topic a', '@Ann look', 'ccm-a', true]]);
  globalThis.location = /** @type {any} */ ({ hash: '' });
  shown[0].click();
  assert.equal(location.hash, '#/t/a/m/1');
});

test('a reply to me is told as a mention is', () => {
  const { heard, shown, pass } = made();
  const said = line('2', 'Yes', { reply: { id: '1' } });
  heard.said({ jid: 'a@r', log: [line('1', 'Is it so?', { mine: true }), said] }, said);
  pass();
  assert.equal(shown.length, 1);
});

test('nothing is told of what is looked at, was read in another tab, is muted, or was not asked for', () => {
  const said = line('5', '@Ann look');
  const seen = made({ open: 'a' });
  seen.heard.said({ jid: 'a@r', log: [said] }, said);
  const elsewhere = made();
  elsewhere.read.set('a@r', '5');
  elsewhere.heard.said({ jid: 'a@r', log: [said] }, said);
  const muted = made();
  muted.app.chosen.mute('a', true);
  muted.heard.said({ jid: 'a@r', log: [said] }, said);
  const off = made({ chosen: {} });
  off.heard.said({ jid: 'a@r', log: [said] }, said);
  for (const one of [seen, elsewhere, muted, off]) {
    one.pass();
    assert.deepEqual(one.shown, []);
  }
});

test('in a hidden tab the open topic is told of; without words if that was chosen', () => {
  const { heard, shown, pass } = made({ open: 'a', looks: false, chosen: { 'ccm-notify': 'on', 'ccm-notify-words': 'off', 'ccm-sound': 'on' } });
  const said = line('1', '@Ann the budget is gone');
  heard.said({ jid: 'a@r', log: [said] }, said);
  pass();
  assert.deepEqual([shown[0].body, shown[0].silent], ['Something there is for you.', false]);
});

test('an action for me and a draft to approve are told', () => {
  const { heard, shown } = made();
  const entry = (/** @type {string} */ id, /** @type {string} */ owner) => ({ id, owner, kind: 'action', text: 'Check the mirrors' });
  heard.outcome({ topic: 'a', mode: 'grace', entries: [entry('A1', 'Kim'), entry('A2', 'Ann')] }, { topic: 'a', mode: 'listening', entries: [entry('A1', 'Kim')] });
  assert.deepEqual(shown.map(({ title }) => title), ['For you, Topic a', 'Topic a']);
  heard.outcome({ topic: 'a', mode: 'listening', entries: [entry('A3', 'Ann')] }, undefined);
  assert.equal(shown.length, 2, 'what was there when it was fetched is no news');
});

test('a meeting is told of five minutes before and at its start, once each, unless it was declined', () => {
  const start = new Date(NOW.getTime() + 5 * 60_000);
  const no = [{ jid: 'ann@localhost', state: 'declined' }];
  const { app, notify, shown } = made({ topics: [topic('a', { state: 'planned', start }), topic('b', { state: 'planned', start, invitees: no }), topic('c', { state: 'ended', start })] });
  for (const seconds of [0, 20, 40, 280, 300, 320, 400]) {
    app.now = new Date(NOW.getTime() + seconds * 1000);
    notify.tick();
  }
  assert.deepEqual(shown.map(({ title, body }) => [title, body]), [['Topic a', 'Starts in 5 minutes.'], ['Topic a', 'Starts now.']]);
});

test('during a meeting that I am in other topics wait, and are summed up after it', () => {
  const { app, heard, notify, shown, pass } = made({ open: 'a' });
  app.room = { state: 'in', nick: 'Ann', log: [line('1', 'Go on')], occupants: new Map(['Ann', 'Kim'].map((nick) => [nick, { nick, jid: '', affiliation: '' }])) };
  const said = line('7', '@Ann look');
  heard.said({ jid: 'b@r', log: [said] }, said);
  pass();
  assert.deepEqual(shown, []);
  app.now = new Date(NOW.getTime() + 11 * 60_000);
  notify.tick();
  assert.deepEqual(shown.map(({ title, body }) => [title, body]), [['While you were in Topic a', '1 for you in Topic b.']]);
  assert.deepEqual(app.notes.told, ['While you were in Topic a: 1 for you in Topic b.']);
});

test('the offer stands after the first missed mention, until it is answered, and never where the browser refuses', async () => {
  const { app, notify } = made({ permission: 'default', chosen: {}, topics: [topic('a', { missed: 1 })] });
  assert.equal(typeof notify.offer(), 'object');
  app.client.topics.get('a').missed = 0;
  assert.equal(typeof notify.offer(), 'object', 'it does not go by itself');
  await notify.turnOn();
  assert.equal(app.chosen.get('ccm-notify'), 'off', 'the browser was asked, and said no');
  assert.equal(typeof notify.offer(), 'symbol');
  assert.equal(typeof made({ permission: 'denied', chosen: {}, topics: [topic('a', { missed: 1 })] }).notify.offer(), 'symbol');
});

test('where a page shows none, whatever is allowed, nobody is asked', async () => {
  const asks = (/** @type {any} */ made) => {
    /** @type {any} */ (globalThis).Notification = made;
    return thisBrowser();
  };
  const phone = class { static permission = 'default'; constructor() { throw new TypeError('Illegal constructor'); } };
  const desk = class { static permission = 'default'; static requestPermission = async () => 'granted'; };
  /** @type {any} */ (globalThis).navigator ??= {};
  assert.equal(thisBrowser().permission(), 'none');
  assert.equal(asks(phone).permission(), 'none');
  assert.equal(await asks(phone).ask(), 'none');
  const browser = asks(desk);
  assert.equal(browser.permission(), 'default');
  assert.equal(await browser.ask(), 'granted');
  assert.equal(browser.permission(), 'granted');
  assert.equal(typeof made({ permission: 'none', chosen: {}, topics: [topic('a', { missed: 1 })] }).notify.offer(), 'symbol');
  delete /** @type {any} */ (globalThis).Notification;
});
