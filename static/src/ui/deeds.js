/**
 * What a person does to topics and invitations by a click, with the words for when it fails.
 */
import { clock, day, failure, invitedFor } from '../words.js';
import { t } from '../words/language.js';

export class Deeds {
  /** @param {any} app */
  constructor(app) {
    this.app = app;
  }

  get #client() {
    return this.app.client;
  }

  /** @param {Promise<any>} promise @param {string} what did not happen, should it fail @param {string} [topic] */
  async attempt(promise, what, topic = '') {
    try {
      return await promise;
    } catch (error) {
      if (/** @type {any} */ (error).condition === 'withdrawn') this.app.notes.tell({ topic, text: t`Taken back before it went out.` });
      else this.app.notes.tell({ kind: 'failed', topic, text: failure(error, what) });
      return null;
    }
  }

  rename(topic) {
    const run = (name) => this.#client.rename(topic.id, name);
    this.app.show({ kind: 'value', component: 'topics', title: t`Rename`, label: t`Name of the topic`, value: topic.name, verb: t`Rename`, what: t`It keeps its name.`, run });
  }

  move(topic, was = '') {
    const value = was || (topic.start ? `${topic.start.toLocaleDateString('en-CA')} ${clock(topic.start)}` : '');
    const run = (start) => this.#client.reschedule(topic.id, start);
    this.app.show({ kind: 'value', component: 'topics', title: t`When`, label: t`Day and time, as you would say it`, value, verb: t`Move it`, hint: t`For example “Tuesday 15:00” or “in 20 minutes”.`, what: t`The time stays as it was.`, run });
  }

  remove(topic) {
    const run = () => this.#client.delete(topic.id);
    this.app.show({ kind: 'sure', component: 'topics', title: t`Delete “${topic.name}”?`, text: t`The talk and its outcome go for everybody. What was published stays published.`, verb: t`Delete it`, what: t`It is not deleted.`, run });
  }

  /** Say a message of one's own otherwise. */
  edit(line) {
    const { room } = this.app;
    const run = async (words) => { if (words && words !== line.body) room.say(words, line); };
    this.app.show({ kind: 'value', long: true, title: t`Edit your message`, label: t`As it should stand`, value: line.body, verb: t`Save`, hint: t`Everybody sees that it was edited. What the reporter kept of it changes too.`, what: t`It stands as it was.`, run });
  }

  withdraw(line) {
    const { room } = this.app;
    const run = async () => room.withdraw(line);
    this.app.show({ kind: 'sure', title: t`Withdraw your message?`, text: t`Its words go for everybody, and what the reporter kept of it alone.`, verb: t`Withdraw it`, what: t`It stands as it was.`, run });
  }

  end(topic) {
    return this.attempt(this.#client.end(topic.id), t`The meeting goes on.`);
  }

  record(topic, on) {
    return this.attempt(this.#client.record(topic.id, on), t`The record stays as it was.`);
  }

  show(topic, visibility) {
    return this.attempt(this.#client.show(topic.id, visibility), t`It stays as it was.`);
  }

  /** Open the document in a tab of its own, by a key of one's own where it takes one. */
  async read(event, topic, url) {
    const tab = window.open('', '_blank'); // while the click counts
    if (!tab) return;
    event.preventDefault();
    tab.opener = null;
    tab.location.replace(await this.#client.reading(topic.id).catch(() => url));
  }

  /** @param {string[]} targets besides the archive */
  send(topic, targets) {
    return this.attempt(this.#client.send(topic.id, targets), t`It goes where it went.`);
  }

  async publish(topic) {
    this.app.publishing = true;
    this.app.requestUpdate();
    await this.attempt(this.#client.publish(topic.id), t`Publishing did not start.`);
    this.app.publishing = false;
    this.app.go('talk');
  }

  hold(topic) {
    return this.attempt(this.#client.hold(topic.id), t`It is not held.`);
  }

  // -- the record: orders to the reporter, said in the talk, each with a way back

  /** Give an order now, or with what else waits for the connection. @returns {Promise<boolean>} whether it was given */
  async order(topic, words, what) {
    if (this.app.session.state === 'online') return (await this.attempt(this.#client.command(topic.id, words).then(() => true), what, topic.id)) ?? false;
    if (!this.app.room) return false;
    this.app.room.say(words);
    this.app.notes.tell({ topic: topic.id, text: t`“${words}” is kept here and goes out when you are back.` });
    return true;
  }

  /** Undo what was told by what is told of a change. @param {string} topic @param {string[]} words */
  async orders(topic, words) {
    for (const one of words) await this.#client.command(topic, one);
    return true;
  }

  // -- invitations

  /** One request has invited people: say so whatever else was guessed, unless the component does: it tells of several. @param {any} done */
  invited({ topic, invitees, corrections }) {
    const names = invitees.map((one) => one.name || one.address);
    if (!topic || !names.length || corrections.some(({ code }) => code === 'invited')) return;
    const at = topic.start && topic.state === 'planned' ? `${day(topic.start, new Date())}, ${clock(topic.start)}` : '';
    this.app.notes.tell({ topic: topic.id, text: invitedFor(names, at) });
  }

  async resend(guest) {
    const done = await this.attempt(this.#client.resend(guest.id), t`The invitation was not sent again.`);
    if (done && !done.corrections.length) this.app.notes.tell({ text: t`The invitation goes to ${guest.address} again.` });
  }

  readdress(guest) {
    const run = (address) => this.#client.resend(guest.id, address);
    this.app.show({ kind: 'value', component: 'invitations', title: t`Another address`, label: t`Address of ${guest.name || t`the guest`}`, value: guest.address, verb: t`Send it there`, hint: guest.reason ? t`The mail came back: ${guest.reason}` : '', what: t`The address stays as it was.`, run });
  }

  async revoke(guest) {
    const done = await this.attempt(this.#client.revoke(guest.id), t`The invitation stands.`);
    if (done && !done.corrections.length) this.app.notes.tell({ text: t`${guest.name || guest.address} is no longer invited.` });
  }

  answer(guest, state) {
    return this.attempt(this.#client.rsvp(guest.id, state), t`Your answer was not sent.`);
  }

  // -- the rest

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.app.notes.tell({ text: t`Copied.` });
    } catch {
      this.app.notes.tell({ kind: 'failed', text: t`This browser did not let me copy. Here it is: ${text}` });
    }
  }
}
