import assert from 'node:assert/strict';
import test from 'node:test';
import { Back } from '../src/ui/back.js';

/** A history as browsers keep it, whose traversals tell *moved* at once. */
class Pages {
  entries = /** @type {{at: string, state: any}[]} */ ([{ at: '#/', state: null }]);
  index = 0;
  moved = () => {};

  get state() {
    return this.entries[this.index].state;
  }

  get at() {
    return this.entries[this.index].at;
  }

  pushState(/** @type {any} */ state, /** @type {any} */ _, at = this.at) {
    this.entries = [...this.entries.slice(0, this.index + 1), { at, state }];
    this.index += 1;
  }

  follow(/** @type {string} */ at) {
    this.pushState(null, '', at);
    this.moved();
  }

  back() {
    if (!this.index) return;
    this.index -= 1;
    this.moved();
  }
}

function made() {
  const history = new Pages();
  const open = /** @type {string[]} */ ([]);
  const back = new Back({ history, address: () => history.at, isOpen: () => open.length > 0, close: () => void open.pop() });
  history.moved = () => { back.moved(); back.look(); };
  history.follow('#/t/one');
  return { history, open, back };
}

test('back closes the topmost, then the next, and only then leaves the topic', () => {
  const { history, open, back } = made();
  open.push('drawer');
  back.look();
  open.push('dialogue');
  back.look();
  history.back();
  assert.deepEqual([open, history.at], [['drawer'], '#/t/one']);
  history.back();
  assert.deepEqual([open, history.at], [[], '#/t/one']);
  history.back();
  assert.equal(history.at, '#/');
});

test('what was closed by other means takes no press of back', () => {
  const { history, open, back } = made();
  open.push('dialogue');
  back.look();
  open.pop();
  back.look();
  history.back();
  assert.equal(history.at, '#/');
});

test('a link that was followed out of a dialogue leaves nothing that back stops at', () => {
  const { history, open, back } = made();
  open.push('dialogue');
  back.look();
  open.pop();
  history.follow('#/t/two');
  assert.equal(history.at, '#/t/two');
  history.back();
  assert.deepEqual([history.at, history.state], ['#/t/one', null]);
  history.back();
  assert.equal(history.at, '#/');
});
