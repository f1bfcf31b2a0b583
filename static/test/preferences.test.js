import assert from 'node:assert/strict';
import test from 'node:test';
import { title } from '../src/ui/badge.js';
import { Preferences } from '../src/ui/preferences.js';
import { Store } from './fakes.js';

test('what nobody has chosen is the first of the values, and a choice of that is not kept', () => {
  const store = new Store();
  const chosen = new Preferences(store);
  assert.equal(chosen.get('ccm-enter'), 'sends');
  chosen.set('ccm-enter', 'breaks');
  assert.equal(chosen.get('ccm-enter'), 'breaks');
  chosen.set('ccm-enter', 'sends');
  assert.equal(store.kept.size, 0);
});

test('a value that is none counts as none', () => {
  const store = new Store();
  store.setItem('ccm-theme', 'mauve');
  store.setItem('ccm-muted', '{');
  const chosen = new Preferences(store);
  assert.equal(chosen.get('ccm-theme'), '');
  assert.deepEqual(chosen.muted, []);
});

test('a topic is muted once, and heard again', () => {
  const chosen = new Preferences(new Store());
  chosen.mute('a', true);
  chosen.mute('a', true);
  assert.deepEqual(chosen.muted, ['a']);
  chosen.mute('a', false);
  assert.equal(chosen.mutes('a'), false);
});

test('the title has the mentions first, then the topic', () => {
  assert.equal(title(3, 'Open data portal'), '(3) Open data portal · CCM');
  assert.equal(title(0, ''), 'CCM');
});
