/**
 * Tends one Strophe connection over BOSH (XEP-0124): polls at once, and notices when nobody answers any more.
 *
 * Nothing here waits for an idle timer: a background tab's timers come once a minute, but its requests end when they
 * end, and the next poll goes out with that. Time is an argument. Leaves out WebSocket.
 */

/** Of two requests under way one is answered at once; this is time for a slow line and a busy server. */
const ANSWER_SECONDS = 12;
/** Above the longest poll: a line that swallows everything, while nobody says anything. */
const GRACE_SECONDS = 10;
/** A timer that is so late has slept, and what was to be measured with it. */
const LATE_MS = 3000;
const AWAKE_SECONDS = 5;

/**
 * @param {any} conn a Strophe connection
 * @param {object} options
 * @param {import('./session.js').Clock} options.clock
 * @param {number} options.wait seconds of the longest poll
 * @param {() => void} options.lost called when two requests in a row failed, or nobody answers
 */
export function tend(conn, { clock, wait, lost }) {
  let errors = 0;
  const silence = new Silence(clock, lost);
  const underWay = () => conn._proto?._requests?.length ?? 0;
  conn.silence = silence;
  conn.maxRetries = 3;
  inOrder(conn);
  conn.xmlInput = () => {
    errors = 0;
    silence.end();
    if (underWay()) silence.begin(wait + GRACE_SECONDS);
    flushSoon(conn);
  };
  conn.xmlOutput = () => silence.begin(underWay() > 1 ? ANSWER_SECONDS : wait + GRACE_SECONDS);
  // One failed request is sent again by Strophe; the second in a row is a lost connection.
  for (const status of [0, 500, 502, 503, 504]) {
    conn.addProtocolErrorHandler('HTTP', status, () => {
      errors += 1;
      if (errors >= 2) queueMicrotask(lost);
    });
  }
}

/**
 * Answers count in the order of what they answer (XEP-0124 §14.2), whichever of two connections is quicker. Strophe hands them
 * up as they come, and asks again for the one that is late.
 * @param {any} conn
 */
function inOrder(conn) {
  const take = conn._dataRecv.bind(conn);
  const early = /** @type {{rid: number}[]} */ ([]);
  conn._dataRecv = (/** @type {{rid: number}} */ answered) => {
    early.push(answered);
    early.sort((one, other) => one.rid - other.rid);
    const late = () => conn._proto._requests.some((/** @type {{rid: number}} */ other) => other.rid < early[0].rid);
    while (early.length && !conn.dropped && !late()) take(early.shift());
  };
}

/** @param {any} conn sends what waits, or polls, as soon as what runs now is done */
export function flushSoon(conn) {
  if (!conn || conn.flushing) return;
  conn.flushing = true;
  queueMicrotask(() => {
    conn.flushing = false;
    if (!conn.dropped && conn.connected && !conn.disconnecting) conn.flush();
  });
}

/**
 * End the session for good. What still waits for one of two requests goes with the end itself (XEP-0124 §13): Strophe drops it.
 * @param {any} conn
 */
export function end(conn) {
  const proto = conn._proto;
  if (proto?._buildBody) {
    const build = proto._buildBody.bind(proto);
    proto._buildBody = () => {
      const waiting = conn._data.splice(0).filter((/** @type {any} */ one) => one?.nodeType);
      return waiting.reduce((/** @type {any} */ body, /** @type {Element} */ one) => body.cnode(one).up(), build());
    };
  }
  conn.connect_callback = null;
  conn.disconnect('signed out');
  conn.flush?.();
}

/** @param {any} conn hears and says nothing any more; the server is not told @param {import('./session.js').Clock} clock */
export function drop(conn, clock) {
  conn.dropped = true;
  conn.silence?.end();
  conn.connect_callback = null;
  conn._proto?._abortAllRequests?.();
  conn.reset?.();
  clock.clearTimeout(conn._idleTimeout);
}

/** How long nobody has answered. */
export class Silence {
  #timer = /** @type {any} */ (null);
  #due = Infinity;

  /** @param {import('./session.js').Clock} clock @param {() => void} tooLong */
  constructor(clock, tooLong) {
    this.clock = clock;
    this.tooLong = tooLong;
  }

  /** Something was asked: an answer is due, unless one is due before. @param {number} seconds */
  begin(seconds) {
    const due = this.clock.now() + seconds * 1000;
    if (due >= this.#due) return;
    this.end();
    this.#due = due;
    this.#timer = this.clock.setTimeout(() => this.#ended(), seconds * 1000);
  }

  end() {
    this.clock.clearTimeout(this.#timer);
    this.#due = Infinity;
  }

  // After a sleep the answer may be there, and only not read yet.
  #ended() {
    const slept = this.clock.now() > this.#due + LATE_MS;
    this.end();
    if (slept) this.begin(AWAKE_SECONDS);
    else this.tooLong();
  }
}
