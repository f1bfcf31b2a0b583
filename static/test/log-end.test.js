import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogEnd } from '../src/ui/log-end.js';

/** A log of 1000 with 400 in view, at its end. */
function made() {
  const log = { scrollHeight: 1000, clientHeight: 400, at: 600, get scrollTop() { return this.at; }, set scrollTop(to) { this.at = Math.min(to, this.scrollHeight - this.clientHeight); } };
  const end = new LogEnd();
  end.pulls('last', log);
  end.go(log);
  return { log, end };
}

test('whoever begins to scroll up is not taken back by what draws the page, but by what is said', () => {
  const { log, end } = made();
  log.scrollTop -= 15;
  end.scrolled(log, true);
  assert.equal(end.pulls('last', log), false);
  assert.equal(end.pulls('one more', log), true);
});

test('whoever scrolls up while the keyboard takes its place stays there', () => {
  const { log, end } = made();
  log.clientHeight = 300;
  assert.equal(end.pulls('last', log), true); // the end stays in view
  end.go(log);
  log.clientHeight = 290;
  log.scrollTop -= 20;
  end.scrolled(log, true);
  log.clientHeight = 200; // and goes on growing
  assert.equal(end.pulls('last', log), false);
});

test('a window that grows moves the log, and nobody has scrolled', () => {
  const { log, end } = made();
  log.clientHeight = 500;
  log.scrollTop = 500;
  end.scrolled(log, true);
  log.clientHeight = 400;
  assert.equal(end.pulls('last', log), true);
});

test('far from the end nothing pulls, and back there everything does', () => {
  const { log, end } = made();
  log.scrollTop -= 200;
  end.scrolled(log, true);
  assert.equal(end.pulls('one more', log), false);
  log.scrollTop = 600;
  end.scrolled(log, true);
  assert.equal(end.pulls('one more', log), true);
});

test('a scroll that no event has told of yet is the reader\'s, too', () => {
  const { log, end } = made();
  log.scrollTop -= 150;
  assert.equal(end.pulls('last', log), false);
  assert.equal(end.pulls('one more', log), false);
  end.scrolled(log, true);
  assert.equal(end.there, false);
});
