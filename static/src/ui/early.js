/**
 * Whether one stands before a topic that has not begun.
 */

const EARLY_MS = 5 * 60_000;

/**
 * Its owner prepares it inside, and a guest has come in by a button.
 * @param {any} app @param {import('../xmpp/read.js').Topic} topic
 */
export function waits(app, topic) {
  if (topic.state !== 'planned' || !topic.start || topic.start.getTime() - app.now.getTime() <= EARLY_MS) return false;
  return topic.owner !== app.session.account && !app.isGuest && !app.early.has(topic.id) && !app.client.rooms.has(topic.room);
}
