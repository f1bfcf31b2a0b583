"""
Write ``docs/xeps.md`` and ``docs/ccm.doap`` (XEP-0453 0.1.2): what the installed modules say of themselves, and what
the core implements.
"""

import re
import sys
from configparser import ConfigParser
from pathlib import Path
from xml.sax.saxutils import escape

from ccm.settings import OFF_BY_DEFAULT, plugins

TARGET = Path(__file__).with_name("xeps.md")
DOAP = Path(__file__).with_name("ccm.doap")

#: What no module stands for: specification -> (title, where it is)
CORE = {
    "RFC 6120": ("XMPP: Core", "wire, session, router"),
    "RFC 6121": ("XMPP: Instant Messaging and Presence", "modules"),
    "RFC 7590": ("Use of TLS in XMPP", "transports.certificates"),
    "RFC 2782": ("DNS SRV records", "federation.srv"),
    "RFC 6125": ("Names in certificates", "federation.certificates"),
    "RFC 7622": ("XMPP: Address Format", "address"),
    "RFC 7395": ("XMPP Subprotocol for WebSocket", "transports.websocket, wire.framing"),
    "RFC 5802, 7677": ("SCRAM-SHA-1 and SCRAM-SHA-256, with and without channel binding", "session.scram"),
    "RFC 9266, 5929": ("Channel bindings tls-exporter and tls-server-end-point", "transports.tls_facts"),
    "RFC 7628": ("SASL OAUTHBEARER", "session.sasl"),
    "RFC 4505": ("SASL ANONYMOUS", "session.sasl"),
    "XEP-0004": ("Data Forms", "muc, components"),
    "XEP-0030": ("Service Discovery", "modules.disco, muc, components"),
    "XEP-0045": ("Multi-User Chat", "muc"),
    "XEP-0050": ("Ad-Hoc Commands", "wire.commands, components, modules.commands"),
    "XEP-0059": ("Result Set Management", "wire.rsm, wire.mam, muc, components.topics"),
    "XEP-0082": ("Date and Time Profiles", "everywhere"),
    "XEP-0114": ("Jabber Component Protocol", "transports.component, components.external"),
    "XEP-0124": ("Bidirectional-streams Over Synchronous HTTP (BOSH)", "session.bosh, transports.bosh"),
    "XEP-0128": ("Service Discovery Extensions, of rooms", "muc.disco"),
    "XEP-0156": ("Discovering Alternative XMPP Connection Methods", "web.wellknown"),
    "XEP-0185": ("Dialback Key Generation and Validation", "federation.dialback"),
    "XEP-0178": ("Best Practices for Use of SASL EXTERNAL with Certificates", "session.sasl, federation"),
    "XEP-0198": ("Stream Management", "session.resume, session.resumption, federation.acknowledged"),
    "XEP-0199": ("XMPP Ping", "modules.ping"),
    "XEP-0203": ("Delayed Delivery", "wire.stamps, muc, modules.offline"),
    "XEP-0206": ("XMPP Over BOSH", "session.bosh, transports.bosh"),
    "XEP-0220": ("Server Dialback", "federation"),
    "XEP-0249": ("Direct MUC Invitations", "components.invitations"),
    "XEP-0297": ("Stanza Forwarding", "modules.carbons, wire.mam"),
    "XEP-0308": ("Last Message Correction", "reporter"),
    "XEP-0313": ("Message Archive Management, of rooms too", "wire.mam, muc.mam, modules.mam"),
    "XEP-0317": ("Hats", "muc.hats, muc.hat_commands"),
    "XEP-0334": ("Message Processing Hints", "modules.mam, modules.offline, modules.messages, muc.messages"),
    "XEP-0359": ("Unique and Stable Stanza IDs", "modules.stanza_ids, muc"),
    "XEP-0352": ("Client State Indication", "session.client_state"),
    "XEP-0368": ("SRV records for XMPP over TLS", "transports.tcp, federation"),
    "XEP-0410": ("MUC Self-Ping", "muc"),
    "XEP-0421": ("Anonymous unique occupant identifiers for MUCs", "muc.occupant"),
    "XEP-0424": ("Message Retraction", "modules.retraction, muc, reporter"),
    "XEP-0425": ("Moderated Message Retraction", "muc.moderation"),
    "XEP-0428": ("Fallback Indication, of replies", "wire.fallback, reporter"),
    "XEP-0440": ("SASL Channel-Binding Type Capability", "session.offer"),
    "XEP-0444": ("Message Reactions, of the reporter", "components.reporter"),
}

HEAD = """# Specifications

Made by `docs/make_xeps.py` from the `xep` of each installed module and its list of what the core does; a test holds
that it is current.
"""


DOAP_FRAME = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns="http://usefulinc.com/ns/doap#" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
         xmlns:xmpp="https://linkmauve.fr/ns/xmpp-doap#">
  <Project>
    <name>{name}</name>
    <shortdesc xml:lang="en">{words}</shortdesc>
    <programming-language>Python</programming-language>
    <license rdf:resource="https://www.apache.org/licenses/LICENSE-2.0"/>
    <category rdf:resource="https://linkmauve.fr/ns/xmpp-doap#category-server"/>
{implements}
  </Project>
</rdf:RDF>
"""


def version(specification: str) -> str:
    """The version that the code names beside a specification most often; nothing for an RFC."""
    found: dict[str, int] = {}
    for path in sorted((Path(__file__).parents[1] / "ccm").rglob("*.py")):
        for one in re.findall(rf"{specification}[^\n\"]*? (\d+\.\d+(?:\.\d+)?)\b", path.read_text(encoding="utf-8")):
            found[one] = found.get(one, 0) + 1
    return max(found, key=lambda one: found[one]) if found and specification.startswith("XEP") else ""


def text() -> str:
    """The whole page."""
    lines = [HEAD, "## Modules\n", "| module | specification | on by default |", "|---|---|---|"]
    for name, module in sorted(plugins()["modules"].items()):
        lines.append(f"| `{name}` | {module.xep} | {'no' if name in OFF_BY_DEFAULT else 'yes'} |")
    lines += ["\n## Core\n", "| specification | title | version | where in `ccm/` |", "|---|---|---|---|"]
    for name, (title, where) in CORE.items():
        lines.append(f"| {name} | {title} | {version(name)} | {where} |")
    return "\n".join(lines) + "\n"


def supported() -> dict[str, tuple[str, str]]:
    """Every specification by its name, with its version, ``""`` if none is named, and a note."""
    found = {name: (version(name), title) for name, (title, _) in CORE.items()}
    for name, module in sorted(plugins()["modules"].items()):
        for one in module.xep.split(", "):
            if said := re.fullmatch(r"(XEP-\d{4}|RFC \d+)(?: (\d[\d.]*))?(?: §.*)?", one):
                known = found.get(said[1], ("", ""))
                found[said[1]] = (said[2] or known[0], known[1] or f"module {name}")
    return dict(sorted(found.items(), key=lambda each: (each[0].startswith("XEP"), each[0])))


def doap() -> str:
    """The project in the form in which software lists of the XMPP world read it."""
    about = ConfigParser()
    about.read(Path(__file__).parents[1] / "setup.cfg", encoding="utf-8")
    lines = []
    for name, (number, note) in supported().items():
        if name.startswith("RFC"):
            for one in re.findall(r"\d+", name):
                lines.append(f'    <implements rdf:resource="https://www.rfc-editor.org/info/rfc{one}"/>')
            continue
        where = f'<xmpp:xep rdf:resource="https://xmpp.org/extensions/{name.lower()}.html"/>'
        known = f"<xmpp:version>{number}</xmpp:version>" if number else ""
        words = f"<xmpp:note>{escape(note)}</xmpp:note>"
        lines.append(
            f"    <implements><xmpp:SupportedXep>{where}<xmpp:status>complete</xmpp:status>"
            f"{known}{words}</xmpp:SupportedXep></implements>"
        )
    return DOAP_FRAME.format(
        name=escape(about["metadata"]["name"]),
        words=escape(about["metadata"]["description"]),
        implements="\n".join(lines),
    )


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    DOAP.write_text(doap(), encoding="utf-8")
    sys.exit(0)
