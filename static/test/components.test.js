import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Components, PATIENCE_SECONDS } from '../src/xmpp/components.js';
import { RequestError } from '../src/xmpp/read.js';
import { TurnedClock, settle, xml } from './fakes.js';

const BUSY = xml('<presence><show>dnd</show><status>312 requests wait.</status></presence>');
const FREE = xml('<presence/>');

function start(random = () => 0.5) {
  const clock = new TurnedClock();
  const components = new Components(/** @type {any} */ ({ domain: 'localhost', state: 'online' }), /** @type {any} */ (clock), random);
  const sent = /** @type {string[]} */ ([]);
  const ask = (name, what = name) => components.turn('topics', async () => { sent.push(name); return name; }, what);
  return { clock, components, sent, ask };
}

test('an available component is asked at once', async () => {
  const { sent, ask, components } = start();
  assert.equal(await ask('one'), 'one');
  components.presence('topics', FREE);
  await ask('two');
  assert.deepEqual(sent, ['one', 'two']);
});

test('what a person asks of a busy component waits until it is available', async () => {
  const { clock, components, sent, ask } = start();
  components.presence('topics', BUSY);
  assert.equal(components.get('topics')?.words, '312 requests wait.');
  const [one, two] = [ask('one'), ask('two')];
  await clock.pass(10);
  assert.deepEqual(sent, []);
  assert.deepEqual(components.waiting.map((turn) => turn.what), ['one', 'two']);
  components.presence('topics', FREE);
  await clock.pass(3);
  assert.deepEqual([await one, await two, sent, components.waiting], ['one', 'two', ['one', 'two'], []]);
});

test('a component that is free for a moment only stays busy here', async () => {
  const { clock, components, sent, ask } = start();
  components.presence('topics', BUSY);
  const one = ask('one');
  for (let i = 0; i < 8; i += 1) {
    components.presence('topics', i % 2 ? BUSY : FREE);
    await clock.pass(0.5);
    assert.equal(components.busy('topics'), true);
  }
  assert.deepEqual(sent, []);
  components.presence('topics', FREE);
  await clock.pass(3);
  assert.equal(await one, 'one');
  assert.equal(components.busy('topics'), false);
});

test('it does not wait for ever: after its patience it goes out to the busy component', async () => {
  const { clock, components, sent, ask } = start();
  components.presence('topics', BUSY);
  ask('one');
  await clock.pass(PATIENCE_SECONDS - 1);
  assert.deepEqual(sent, []);
  await clock.pass(1);
  assert.deepEqual(sent, ['one']);
});

test('what waits can be taken back and is never sent', async () => {
  const { clock, components, sent, ask } = start();
  components.presence('topics', BUSY);
  const one = assert.rejects(ask('one'), { condition: 'withdrawn' });
  components.waiting[0].takeBack();
  await one;
  await clock.pass(100);
  assert.deepEqual([sent, components.waiting], [[], []]);
});

test('what has gone out is not taken back: its answer counts, and until then it is said to be out', async () => {
  const { clock, components } = start();
  components.presence('topics', BUSY);
  const answers = /** @type {any[]} */ ([]);
  const asked = () => new Promise((resolve, reject) => { answers.push({ resolve, reject }); });
  const one = components.turn('topics', asked, 'one');
  await clock.pass(PATIENCE_SECONDS);
  const [turn] = components.waiting;
  assert.deepEqual([turn.out, turn.takeBack(), components.waiting], [true, false, [turn]]);
  answers[0].resolve('done');
  assert.deepEqual([await one, turn.takeBack(), components.waiting], ['done', false, []]);

  // Refused for now, it waits here again.
  const two = assert.rejects(components.turn('topics', asked, 'two'), { condition: 'withdrawn' });
  await clock.pass(PATIENCE_SECONDS);
  answers[1].reject(new RequestError('resource-constraint'));
  await clock.pass(1);
  assert.deepEqual([components.waiting[0].out, components.waiting[0].takeBack()], [false, true]);
  await two;
  await clock.pass(PATIENCE_SECONDS);
  assert.deepEqual([answers.length, components.waiting], [2, []]);
});

test('the page’s own requests go one by one and are not shown', async () => {
  const { components, clock } = start();
  components.presence('topics', BUSY);
  let [open, most] = [0, 0];
  const slow = async () => { open += 1; most = Math.max(most, open); await settle(); open -= 1; };
  const all = Array.from({ length: 5 }, () => components.turn('topics', slow));
  assert.deepEqual(components.waiting, []);
  await clock.pass(1);
  await Promise.all(all);
  assert.equal(most, 1);
});

test('a component that refuses for now is asked again; other refusals are told', async () => {
  const { clock, components } = start();
  components.presence('topics', BUSY);
  let asked = 0;
  const answer = components.turn('topics', async () => {
    asked += 1;
    if (asked < 3) throw new RequestError('resource-constraint');
    return 'done';
  }, 'one');
  await clock.pass(PATIENCE_SECONDS + 20);
  assert.deepEqual([await answer, asked], ['done', 3]);
  const refused = assert.rejects(components.turn('topics', async () => { throw new RequestError('forbidden'); }, 'two'), { condition: 'forbidden' });
  await clock.pass(PATIENCE_SECONDS);
  await refused;
});

test('the line at a busy component is bounded', async () => {
  const { components, ask } = start();
  components.presence('topics', BUSY);
  for (let i = 0; i < 50; i += 1) ask(`${i}`).catch(() => {});
  await assert.rejects(ask('one too many'), { condition: 'resource-constraint' });
});
