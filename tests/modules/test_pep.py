"""What is published while a client is being told the newest items reaches it once (XEP-0163 §4.3)."""

from typing import Any

import pytest
from twisted.internet.defer import Deferred

from ccm import namespaces as ns
from ccm.modules import messages, pep, presence
from ccm.testing.fakes import RecordingSession, make_services, result_of
from ccm.testing.pure_stage import PureStage

JULIET = "juliet@localhost"
TUNE = "urn:x:tune"
CAPS = f"<presence><c xmlns='{ns.CAPS}' hash='sha-1' node='urn:x:client' ver='never checked'/></presence>"


class Slow:
    """Nodes whose newest items are read, and told when :attr:`held` fires."""

    def __init__(self, nodes: Any) -> None:
        self._nodes = nodes
        self.held: Deferred[None] = Deferred()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nodes, name)

    async def newest(self, owners: Any, wanted: Any) -> Any:
        found = await self._nodes.newest(owners, wanted)
        await self.held
        return found


def publish(client: Any, id_: str) -> None:
    item = f"<publish node='{TUNE}'><item id='{id_}'><tune xmlns='{TUNE}'/></item></publish>"
    client.send(f"<iq type='set' id='{id_}'><pubsub xmlns='{ns.PUBSUB}'>{item}</pubsub></iq>")


def told(session: RecordingSession) -> list[str]:
    """Ids of the items that it heard of."""
    heard = [element.toXml() for element in (each.element for each in session.received) if element.name == "message"]
    return [id_ for text in heard for id_ in ("before", "meanwhile") if f"id='{id_}'" in text]


@pytest.mark.parametrize("meanwhile", [True, False])
def test_what_is_published_while_the_newest_items_are_read_is_told_once(meanwhile: bool) -> None:
    services = make_services()
    slow = Slow(services.pubsub_nodes)
    object.__setattr__(services, "pubsub_nodes", slow)
    stage = PureStage((presence.plugin, messages.plugin, pep.plugin), services)
    result_of(Deferred.fromCoroutine(stage.prepare(["juliet"], [])))
    juliet = result_of(Deferred.fromCoroutine(stage.sign_in("juliet", "main")))
    publish(juliet, "before")
    phone = result_of(Deferred.fromCoroutine(stage.sign_in("juliet", "phone")))
    phone.send(CAPS)
    ask = next(each.element for each in phone.session.received if each.kind == "iq" and each.attrs["type"] == "get")
    features = f"<feature var='{ns.DISCO_INFO}'/><feature var='{TUNE}+notify'/>"
    answer = f"<query xmlns='{ns.DISCO_INFO}'><identity category='client' type='pc'/>{features}</query>"
    phone.send(f"<iq type='result' id='{ask['id']}' to='{JULIET}'>{answer}</iq>")
    if meanwhile:
        publish(juliet, "meanwhile")
    slow.held.callback(None)
    assert told(phone.session) == ["meanwhile" if meanwhile else "before"]
