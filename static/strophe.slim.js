/**
 * The parts of Strophe that the dashboard uses, from the package's own sources: BOSH, SCRAM and OAUTHBEARER.
 *
 * The build puts this in place of `strophe.js` (build.mjs); WebSocket, workers, XEP-0198 and XHTML stay out of the bundle,
 * which halves what a browser loads of it. Tests run on the package as it is.
 */
import Builder from './node_modules/strophe.js/src/builder.ts';
import Connection from './node_modules/strophe.js/src/connection.ts';
import { LOG_LEVELS, Status } from './node_modules/strophe.js/src/constants.ts';
import log from './node_modules/strophe.js/src/log.ts';
import SASLOAuthBearer from './node_modules/strophe.js/src/sasl-oauthbearer.ts';
import SASLSHA1 from './node_modules/strophe.js/src/sasl-sha1.ts';
import SASLSHA256 from './node_modules/strophe.js/src/sasl-sha256.ts';
import SASLSHA512 from './node_modules/strophe.js/src/sasl-sha512.ts';

export { $iq, $msg, $pres } from './node_modules/strophe.js/src/builder.ts';
export const Strophe = {
  Connection, Status, SASLOAuthBearer, SASLSHA1, SASLSHA256, SASLSHA512,
  LogLevel: LOG_LEVELS,
  serialize: (/** @type {any} */ element) => Builder.serialize(element),
  setLogLevel: (/** @type {any} */ level) => log.setLogLevel(level),
};
