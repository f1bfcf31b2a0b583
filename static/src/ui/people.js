/**
 * Who is here and who is expected: one person, one face, however many devices; who is here is not also listed as invited.
 */

/** @param {any} app @param {string} nick */
export function isReporter(app, room, nick) {
  return nick.toLowerCase() === 'reporter' || (room?.occupants.get(nick)?.jid ?? '').endsWith(`reporter.${app.session.domain}`);
}

/**
 * @param {any} app
 * @param {import('../xmpp/room.js').Room} room
 * @returns {{nick: string, jid: string, affiliation: string, reporter: boolean, me: boolean}[]} by name
 */
export function peopleHere(app, room) {
  const found = new Map();
  for (const { nick, jid, affiliation } of room.occupants.values()) {
    const key = jid || nick;
    const me = nick === room.nick;
    if (!found.has(key) || me) found.set(key, { nick, jid, affiliation, reporter: isReporter(app, room, nick), me });
  }
  return [...found.values()].sort((a, b) => a.nick.localeCompare(b.nick));
}

/**
 * @param {import('../xmpp/read.js').Topic} topic
 * @param {{nick: string, jid: string}[]} here
 * @returns {import('../xmpp/read.js').Invitee[]} those who are not here, each once: by account, by address, else by name
 */
export function guestsOf(topic, here) {
  const seen = new Set(here.flatMap(({ nick, jid }) => [nick.toLowerCase(), jid].filter(Boolean)));
  return topic.invitees.filter((guest) => {
    const keys = [guest.jid, guest.address.toLowerCase(), guest.name.toLowerCase()].filter(Boolean);
    const known = guest.state === 'revoked' || keys.some((key) => seen.has(key));
    if (!known) for (const key of [guest.jid, guest.address.toLowerCase()]) if (key) seen.add(key);
    return !known;
  });
}

/** @param {any} app @param {import('../xmpp/room.js').Room} room @returns {number} people, without the reporter */
export const headcount = (app, room) => peopleHere(app, room).filter((one) => !one.reporter).length;
