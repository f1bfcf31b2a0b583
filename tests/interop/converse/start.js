// Converse.js beside the dashboard of a CCM server; "?bosh" signs in over BOSH.
import "./dist/converse.min.js";

const overBosh = new URLSearchParams(location.search).has("bosh");
const { host, origin, protocol } = location;
const { domain } = document.body.dataset;

window.converse.initialize({
  assets_path: new URL("dist", location).pathname,
  blacklisted_plugins: ["converse-omemo"],
  bosh_service_url: overBosh ? `${origin}/http-bind` : undefined,
  websocket_url: overBosh ? undefined : `${protocol === "https:" ? "wss" : "ws"}://${host}/xmpp-websocket`,
  discover_connection_methods: false,
  default_domain: domain,
  muc_domain: `conference.${domain}`,
  auto_reconnect: true,
  i18n: "en",
  message_archiving: "always",
  play_sounds: false,
  registration_domain: domain, // or it asks others for a list of servers
  show_desktop_notifications: false,
  view_mode: "fullscreen",
});
