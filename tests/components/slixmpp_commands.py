"""
A client that knows no namespace of CCM: slixmpp runs every ad-hoc command it finds and prints what came of each.

Run by ``test_slixmpp.py`` in a process of its own: ``slixmpp_commands.py PORT JID PASSWORD``; answers one JSON object,
node -> fields (or rows) of the result.
"""

import asyncio
import json
import ssl
import sys
from typing import Any

from slixmpp import ClientXMPP

ORDER = (
    "create",
    "topics",
    "topic",
    "rename",
    "reschedule",
    "choose",
    "undo",
    "visibility",
    "targets",
    "invite",
    "invitations",
    "resend",
    "command",
    "settle",
    "draft",
    "search",
    "outcome",
    "record",
    "publish",
)
LATER = ("outcome", "record", "publish", "hold", "revoke", "end", "delete")


class Client(ClientXMPP):
    def __init__(self, jid: str, password: str) -> None:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE  # the certificate is self-made
        super().__init__(jid, password, ssl_context=trusting)
        for plugin in ("xep_0004", "xep_0030", "xep_0050"):
            self.register_plugin(plugin)
        self.add_event_handler("session_start", self.begin)
        self.add_event_handler("failed_all_auth", lambda _: self.over({"error": "authentication failed"}))
        self.results: dict[str, Any] = {}
        self.known: dict[str, str] = {"name": "Licences", "start": "tomorrow at 3pm", "address": "kim@example.org"}
        self.known["visibility"] = "link"
        self.known["alternative"] = "a1"
        self.known |= {"words": "#agreed One licence for all", "item": "D1", "verdict": "ok"}
        self.renewed = {"reschedule": {"start": "next century"}}  # unreadable: alternatives are offered

    def over(self, results: Any) -> None:
        print(json.dumps(results), flush=True)
        self.disconnect()

    async def begin(self, _: Any) -> None:
        try:
            self.send_presence()
            commands = {}
            for component in ("topics", "invitations", "reporter"):
                domain = f"{component}.{self.boundjid.domain}"
                found = await self["xep_0050"].get_commands(domain)
                for _, node, _ in found["disco_items"]["items"]:
                    commands.setdefault(node.rpartition("#")[2], (domain, node))
            self.results["found"] = sorted(commands)
            for name in ORDER + LATER:
                if name == "settle":
                    await self.until_noted(*commands["outcome"])
                self.results[name] = await self.run_command(*commands[name])
            self.over(self.results)
        except Exception as error:
            self.over({**self.results, "error": repr(error)})

    async def until_noted(self, domain: str, node: str) -> None:
        """What was commanded is written into the room first, and acted on when it comes back from there."""
        for _ in range(100):
            if "entry-D1" in (await self.run_command(domain, node))["fields"]:
                return
            await asyncio.sleep(0.1)
        raise TimeoutError("the decision was not noted")

    async def run_command(self, domain: str, node: str) -> Any:
        answer = await self["xep_0050"].send_command(domain, node)
        command = answer["command"]
        self.known.update(self.renewed.get(node.rpartition("#")[2], {}))
        if command["status"] == "executing":
            form = command["form"]
            form["type"] = "submit"
            for name in list(form.get_fields()):
                if name == "FORM_TYPE":
                    continue
                if name == "id" and node.endswith(("#choose", "#undo")):
                    continue  # empty means the last one
                if name == "address" and node.endswith("#resend"):
                    continue  # where it went before
                key = "topic_id" if name == "topic" or (name == "id" and "topics:0" in node) else name
                key = "invitation_id" if name == "id" and "invitations:0" in node else key
                form.get_fields()[name]["value"] = self.known.get(key, "")
            answer = await self["xep_0050"].send_command(
                domain, node, action="complete", payload=form, sessionid=command["sessionid"]
            )
            command = answer["command"]
        fields = self.read(command)
        if isinstance(fields, dict) and fields.get("id"):
            self.known["topic_id" if "topics:0" in node else "invitation_id"] = fields["id"]
        return {"status": command["status"], "fields": fields}

    @staticmethod
    def read(command: Any) -> Any:
        form = command["form"]
        reported = form.get_reported() if hasattr(form, "get_reported") else {}
        if reported:
            return [dict(item) for item in form.get_items()]
        return {name: field["value"] for name, field in form.get_fields().items()}


async def main() -> None:
    port, jid, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    client = Client(jid, password)
    client.connect("127.0.0.1", port)
    await asyncio.wait_for(client.disconnected, 60)


if __name__ == "__main__":
    asyncio.run(main())
