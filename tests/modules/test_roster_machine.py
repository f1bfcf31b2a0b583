"""Two people, two clients each, who do what they like to their rosters: always as RFC 6121 and its Appendix A say."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from appendix_a import INBOUND, OUTBOUND
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from machine_settings import MACHINES

from ccm.address import bare
from ccm.modules import presence, roster, subscriptions
from ccm.records import RosterItem
from ccm.testing import fakes
from ccm.wire.stanza import Stanza, parse_element

pytestmark = pytest.mark.machine

ANN, BOB = "ann@localhost", "bob@localhost"
OTHER = {ANN: BOB, BOB: ANN}
ROSTER = "jabber:iq:roster"
who = st.sampled_from([ANN, BOB])
WHICH = [f"{person}/{number}" for person in (ANN, BOB) for number in "12"]
which = st.sampled_from(WHICH)
#: What the other side is in, by the state of one.
MIRRORED = {
    "None": "None",
    "None+Out": "None+In",
    "None+In": "None+Out",
    "None+Out+In": "None+Out+In",
    "To": "From",
    "To+In": "From+Out",
    "From": "To",
    "From+Out": "To+In",
    "Both": "Both",
}


@dataclass
class Side:
    """What one's roster has of the other, by the RFC."""

    state: str = "None"
    listed: bool = False
    approved: bool = False
    name: str = ""

    def has(self, part: str) -> bool:
        return part in self.state.split("+") or (part in ("To", "From") and self.state == "Both")

    def shown(self, contact: str) -> tuple[Any, ...]:
        subscription = self.state.partition("+")[0].lower()
        return contact, subscription, self.has("Out"), self.approved, self.name


@dataclass
class Client:
    """What the model knows of a session, and what it should get in this step."""

    session: fakes.RecordingSession
    status: str | None = None
    interested: bool = False
    due: list[tuple[Any, ...]] = field(default_factory=list)


class RosterMachine(RuleBasedStateMachine):
    """The model calls what must come *due*; every step compares that with what came."""

    def __init__(self) -> None:
        super().__init__()
        self.services = fakes.make_services()
        self.router = fakes.make_router(self.services)
        for module in (roster, subscriptions, presence):
            module.plugin.install(self.router, self.services, None)
        for jid in (ANN, BOB):
            fakes.result_of(self.services.accounts.create(jid, jid, None, ()))
        self.sides = {ANN: Side(), BOB: Side()}
        self.clients: dict[str, Client] = {}
        self.count = 0

    @initialize(
        state=st.sampled_from(sorted(MIRRORED)), listed=st.tuples(st.booleans(), st.booleans()), here=st.booleans()
    )
    def begin(self, state: str, listed: tuple[bool, bool], here: bool) -> None:
        """In any of the nine states."""
        for person, own, shown in ((ANN, state, listed[0]), (BOB, MIRRORED[state], listed[1])):
            if own == "None" and not shown:
                continue
            side = self.sides[person] = Side(own, shown or own != "None+In")
            contact, subscription, ask, *_ = side.shown(OTHER[person])
            item = RosterItem(
                contact, subscription=subscription, ask=ask, pending_in=side.has("In"), hidden=not side.listed
            )
            fakes.result_of(self.services.rosters.save(person, {contact: item}))
        for jid in WHICH if here else ():
            self.sign_in_or_out(jid)
            self.get_the_roster_at(self.clients[jid])
            self.show(self.clients[jid])

    # ---- what people do

    @rule(jid=which)
    def sign_in_or_out(self, jid: str) -> None:
        if jid not in self.clients:
            session = fakes.RecordingSession(jid)
            self.clients[jid] = Client(session)
            self.router.bind(session)
            self.router.fire("session-bound", session)
            return
        gone = self.clients.pop(jid)
        self.router.unbind(gone.session)
        self.router.fire("session-closed", gone.session)
        if gone.status is not None:
            self.tell_end(jid)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def show_oneself(self, data: st.DataObject) -> None:
        self.show(self.somebody(data))

    def show(self, client: Client) -> None:
        jid, person = client.session.jid, bare(client.session.jid)
        first, client.status = client.status is None, self.next("s")
        self.send(client, f"<presence><status>{client.status}</status></presence>")
        for own in self.available(person):
            own.due.append(("presence", None, jid, client.status))
        if self.sides[person].has("From"):
            for theirs in self.available(OTHER[person]):
                theirs.due.append(("presence", None, jid, client.status))
        if first:
            for own in self.available(person):
                if own is not client:
                    client.due.append(("presence", None, own.session.jid, own.status))
            if self.sides[person].has("To"):
                for theirs in self.available(OTHER[person]):
                    client.due.append(("presence", None, theirs.session.jid, theirs.status))
            if self.sides[person].has("In"):
                client.due.append(("presence", "subscribe", OTHER[person], ""))

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def hide_oneself(self, data: st.DataObject) -> None:
        client = self.somebody(data)
        was, client.status = client.status, None
        self.send(client, "<presence type='unavailable'/>")
        if was is not None:
            self.tell_end(client.session.jid)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def get_the_roster(self, data: st.DataObject) -> None:
        self.get_the_roster_at(self.somebody(data))

    def get_the_roster_at(self, client: Client) -> None:
        client.interested = True
        items = self.ask(client, "get", f"<query xmlns='{ROSTER}'/>")
        side, contact = self.sides[bare(client.session.jid)], OTHER[bare(client.session.jid)]
        client.due.append(("result", *((side.shown(contact),) if side.listed else ())))
        client.session.received.append(items)

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), named=st.booleans())
    def set_an_item(self, data: st.DataObject, named: bool) -> None:
        client = self.somebody(data)
        person, side = bare(client.session.jid), self.sides[bare(client.session.jid)]
        side.name, side.listed = self.next("n") if named else "", True
        name = f" name='{side.name}'" if named else ""
        item = f"<item jid='{OTHER[person]}/x' subscription='both' ask='subscribe'{name}/>"
        client.session.received.append(self.ask(client, "set", f"<query xmlns='{ROSTER}'>{item}</query>"))
        client.due.append(("result",))
        self.push(person)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def remove_an_item(self, data: st.DataObject) -> None:
        client = self.somebody(data)
        person, side = bare(client.session.jid), self.sides[bare(client.session.jid)]
        item = f"<item jid='{OTHER[person]}' subscription='remove'/>"
        client.session.received.append(self.ask(client, "set", f"<query xmlns='{ROSTER}'>{item}</query>"))
        if not side.listed:
            client.due.append(("error", "item-not-found"))
            return
        client.due.append(("result",))
        self.sides[person] = Side()
        self.push(person)
        if side.has("To") or side.has("Out"):
            self.arrive(OTHER[person], "unsubscribe")
        if side.has("From"):
            self.withdraw(person)
        if side.has("From") or side.has("In"):
            self.arrive(OTHER[person], "unsubscribed")

    @precondition(lambda self: self.clients)
    @rule(data=st.data(), types=st.lists(st.sampled_from(sorted(OUTBOUND)), min_size=1, max_size=4))
    def send_stanzas(self, data: st.DataObject, types: list[str]) -> None:
        for type_ in types:
            client = self.somebody(data)
            person = bare(client.session.jid)
            to = data.draw(st.sampled_from([OTHER[person], f"{OTHER[person]}/1"]))
            self.send(client, f"<presence type='{type_}' to='{to}'/>")
            self.leave(person, type_)

    @rule(person=who)
    def the_roster_is_read_anew(self, person: str) -> None:
        self.services.contacts.forget(person)

    # ---- what the RFC makes of it

    def leave(self, person: str, type_: str) -> None:
        """Appendix A.2, and §3.4."""
        side = self.sides[person]
        passed, after = OUTBOUND[type_][side.state]
        before, was_seen = side.shown(""), side.has("From")
        asked = side.has("In")
        if type_ == "subscribed" and not passed and not was_seen:
            side.approved = side.listed = True
        elif type_ == "unsubscribed":
            side.approved = False
        side.state = after
        if after != "None" and (type_ == "subscribe" or (type_ == "subscribed" and asked)):
            side.listed = True
        if side.shown("") != before and side.listed:
            self.push(person)
        if was_seen and not side.has("From"):
            self.withdraw(person)
        if passed:
            self.arrive(OTHER[person], type_)
        if not was_seen and side.has("From"):
            self.reveal(person)

    def arrive(self, person: str, type_: str) -> None:
        """Appendix A.3, and §3.1.3, §3.4.3."""
        side = self.sides[person]
        passed, after = INBOUND[type_][side.state]
        before, was_seen = side.shown(""), side.has("From")
        if type_ == "subscribe" and was_seen:
            self.arrive(OTHER[person], "subscribed")
            return
        if type_ == "subscribe" and side.approved:
            side.state = {"None": "From", "None+Out": "From+Out", "To": "Both"}[side.state]
            self.push(person)
            self.arrive(OTHER[person], "subscribed")
            self.reveal(person)
            return
        side.state = after
        if side.shown("") != before and side.listed:
            self.push(person)
        if passed:
            for client in self.of(person):
                if client.status is not None or (type_ != "subscribe" and client.interested):
                    client.due.append(("presence", type_, OTHER[person], ""))
        if was_seen and not side.has("From"):
            self.withdraw(person)

    def reveal(self, person: str) -> None:
        for own in self.available(person):
            for theirs in self.available(OTHER[person]):
                theirs.due.append(("presence", None, own.session.jid, own.status))

    def withdraw(self, person: str) -> None:
        for own in self.available(person):
            for theirs in self.available(OTHER[person]):
                theirs.due.append(("presence", "unavailable", own.session.jid, ""))

    def push(self, person: str) -> None:
        side, contact = self.sides[person], OTHER[person]
        shown = side.shown(contact) if side.listed else (contact, "remove", False, False, "")
        for client in self.of(person):
            if client.interested:
                client.due.append(("push", shown))

    def tell_end(self, jid: str) -> None:
        hearing = self.available(bare(jid))
        if self.sides[bare(jid)].has("From"):
            hearing += self.available(OTHER[bare(jid)])
        for client in hearing:
            client.due.append(("presence", "unavailable", jid, ""))

    # ---- what must hold

    @invariant()
    def everybody_got_what_was_due(self) -> None:
        for jid, client in self.clients.items():
            came = Counter(map(read, client.session.received))
            assert came == Counter(client.due), jid
            client.session.received.clear()
            client.due.clear()

    @invariant()
    def both_rosters_tell_the_same(self) -> None:
        for person, side in self.sides.items():
            other = self.sides[OTHER[person]]
            assert side.has("To") == other.has("From")
            assert side.has("Out") == other.has("In")

    @invariant()
    def the_roster_kept_is_the_one_of_the_model(self) -> None:
        for person, side in self.sides.items():
            kept = fakes.result_of(self.services.rosters.load(person)).get(OTHER[person])
            if kept is None:
                assert side == Side()
                continue
            assert kept.hidden is not side.listed
            shown = (kept.jid, kept.subscription, kept.ask, kept.approved, kept.name)
            assert (shown, kept.pending_in) == (side.shown(OTHER[person]), side.has("In"))

    # ---- parts

    def next(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def somebody(self, data: st.DataObject) -> Client:
        return self.clients[data.draw(st.sampled_from(sorted(self.clients)), "client")]

    def of(self, person: str) -> list[Client]:
        return [client for jid, client in self.clients.items() if bare(jid) == person]

    def available(self, person: str) -> list[Client]:
        return [client for client in self.of(person) if client.status is not None]

    def send(self, client: Client, xml: str) -> None:
        element = parse_element(xml.replace("<presence", "<presence xmlns='jabber:client'", 1).encode())
        self.router.route(Stanza.from_element(element).copy(from_=client.session.jid), client.session)

    def ask(self, client: Client, type_: str, query: str) -> Stanza:
        iq = f"<iq xmlns='jabber:client' type='{type_}' id='q'>{query}</iq>"
        stanza = Stanza.from_element(parse_element(iq.encode())).copy(from_=client.session.jid)
        self.router.route(stanza, client.session)
        (answer,) = [s for s in client.session.received if s.id == "q"]
        client.session.received.remove(answer)
        return answer


def read(stanza: Stanza) -> tuple[Any, ...]:
    """A stanza as the model names it."""
    if stanza.kind == "presence":
        from_ = stanza.from_ or ""
        return "presence", stanza.type, from_, stanza.child_text("status") or ""
    if stanza.type == "error":
        return "error", next(stanza.element.elements("jabber:client", "error")).firstChildElement().name
    items = [item for query in stanza.element.elements(ROSTER, "query") for item in query.elements(ROSTER, "item")]
    shown = [
        (
            item["jid"],
            item["subscription"],
            item.getAttribute("ask") == "subscribe",
            item.getAttribute("approved") == "true",
            item.getAttribute("name", ""),
        )
        for item in items
    ]
    return ("push" if stanza.type == "set" else "result"), *shown


def test_rosters_go_through_the_nine_states_as_the_appendix_says() -> None:
    run_state_machine_as_test(RosterMachine, settings=MACHINES)
