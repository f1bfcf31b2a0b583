/**
 * What a tab says while another one is looked at: mentions in its title, a dot on its icon while a talk is live.
 */

/** @param {number} mentions @param {string} name of the topic that is open */
export function title(mentions, name) {
  return `${mentions ? `(${mentions}) ` : ''}${name ? `${name} · ` : ''}CCM`;
}

/** @param {any} app */
export function badge(app) {
  const topics = [...app.client.topics.values()].filter((topic) => !app.chosen.mutes(topic.id));
  const words = title(app.reading.sum(topics).mentions, app.topic?.name ?? '');
  if (document.title !== words) document.title = words;
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel=icon]'));
  if (!link?.dataset.live) return;
  link.dataset.still ??= link.getAttribute('href') ?? '';
  const wanted = app.session.state === 'online' && topics.some((topic) => topic.state === 'live' && !topic.empty) ? link.dataset.live : link.dataset.still;
  if (link.getAttribute('href') !== wanted) link.setAttribute('href', wanted);
}
