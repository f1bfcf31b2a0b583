/**
 * The keys of the whole page; those of the log and of the dialogues are theirs.
 */

/** @param {any} app @param {any} event a keydown */
export function pressed(app, event) {
  if (app.session.state === 'out' || event.defaultPrevented) return;
  const open = document.querySelector('dialog[open]');
  const typing = /^(input|textarea|select)$/iu.test(event.target.tagName) || open;
  const command = event.ctrlKey || event.metaKey;
  const letters = app.chosen.get('ccm-letters') === 'on';
  const plain = letters && !typing && !command && !event.altKey;
  if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) step(app, event.key === 'ArrowUp' ? -1 : 1);
  else if (event.altKey && event.key === 'z') app.notes.undoLast();
  else if (event.altKey && '123'.includes(event.key)) focusPane(app, Number(event.key) - 1);
  else if (command && event.key === 'k' && !open) app.search();
  else if (event.key === 'F6' && !open) nextPart(app, event.shiftKey ? -1 : 1);
  else if (event.key === 'Escape' && !open) escape(app);
  else if (plain && event.key === 'n' && !app.isGuest) app.wish('');
  else if (plain && event.key === '/') app.search(true);
  else if (plain && event.key === 'l') app.show('notes');
  else if (plain && event.key === '?') app.show('keys');
  else return;
  event.preventDefault();
}

/**
 * What is typed while a dialogue is still being loaded belongs into its field.
 * @param {Promise<any>} ready when it can be opened
 * @returns {Promise<string>} the characters until then
 */
export async function typedUntil(ready) {
  let typed = '';
  const keep = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Backspace') typed = [...typed].slice(0, -1).join('');
    else if ([...event.key].length === 1) typed += event.key;
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener('keydown', keep, { capture: true });
  try {
    await ready;
  } finally {
    window.removeEventListener('keydown', keep, { capture: true });
  }
  return typed;
}

function escape(app) {
  const menu = app.querySelector('details.menu[open]');
  if (menu) {
    menu.removeAttribute('open');
    menu.querySelector('summary').focus();
  } else if (app.drawer) app.go('talk');
  else app.querySelector('#w')?.focus();
}

// The parts of the page, each with what takes the focus in it; without, the part itself does.
const PARTS = /** @type {[string, string[]][]} */ ([
  ['.topics', ['.topic[aria-current]', '.topic', '.box']], ['.log', []], ['.wait', ['.btn']], ['.hero', ['.box']], ['.talk .foot', ['#w']],
  ['.record', ['#outcome-title']], ['.tabs', ['a[aria-current]']],
]);

/** To the next part of the page that is seen. */
function nextPart(app, by) {
  const parts = PARTS.flatMap(([name, firsts]) => {
    const part = app.querySelector(name);
    const to = !part || !firsts.length ? part : firsts.map((first) => part.querySelector(first)).find(Boolean);
    return to?.checkVisibility() ? [{ part, to }] : [];
  });
  const at = parts.findIndex(({ part }) => part.contains(document.activeElement));
  parts[(at < 0 && by < 0 ? parts.length - 1 : at + by + parts.length) % parts.length]?.to.focus();
}

/** To the topic above or below. */
function step(app, by) {
  const links = [...app.querySelectorAll('a.topic')];
  const at = links.findIndex((link) => link.getAttribute('aria-current'));
  const to = links[Math.max(0, Math.min(links.length - 1, at + by))];
  if (to) location.hash = new URL(to.href).hash;
}

function focusPane(app, index) {
  app.go(['topics', 'talk', 'outcome'][index]);
  const wanted = ['.topic[aria-current], .topic, .ask .box', '#w', '#outcome-title'][index];
  app.updateComplete.then(() => app.querySelector(wanted)?.focus());
}
