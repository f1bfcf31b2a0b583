"""Four people do in a room whatever they like: what becomes of it is what XEP-0045 1.35.5 says, and all are told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
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

pytestmark = pytest.mark.machine

MUC = "http://jabber.org/protocol/muc"
ROOM = "talk@conference.localhost"
NAMES = ("ann", "bob", "cat", "dan")
NICKS = ("A", "B", "C", "D")
AFFILIATIONS = ("outcast", "none", "member", "admin", "owner")
ROLES = ("none", "visitor", "participant", "moderator")
PAIRS = {"outcast": 0, "none": 1, "member": 2, "admin": 3, "owner": 4}
somebody = st.sampled_from(NAMES)


@dataclass
class Someone:
    """What the model knows of a person, and what they should get."""

    person: Any
    affiliation: str = "none"
    nick: str = ""
    role: str = "none"
    due: list[tuple[Any, ...]] = field(default_factory=list)
    came: list[Any] = field(default_factory=list)


class RoomMachine(RuleBasedStateMachine):
    """Every step notes what is due to whom; then that is compared with what came."""

    def __init__(self, make_house: Callable[[], Any], read: Any) -> None:
        super().__init__()
        self.make_house, self.read = make_house, read
        self.begin()

    def begin(self) -> None:
        self.house = self.make_house()
        self.people = {name: Someone(self.house.person(f"{name}@localhost/x")) for name in NAMES}
        self.moderated = self.members_only = self.open_faces = False
        ann = self.people["ann"]
        first = self.presences(ann.person.join("A"))
        assert first == [("A", None, (110, 170, 201), "owner", "moderator", "")]
        self.house.configure(ann.person, persistentroom=True)
        ann.affiliation, ann.nick, ann.role, self.said = "owner", "A", "moderator", 0
        for name, affiliation in (("bob", "admin"), ("cat", "member")):
            self.administer(ann, f"jid='{name}@localhost' affiliation='{affiliation}'")
            self.people[name].affiliation = affiliation
        for someone in self.people.values():
            someone.person.take()
            someone.came.clear()

    @initialize(full=st.booleans(), members_only=st.booleans(), moderated=st.booleans())
    def fill(self, full: bool, members_only: bool, moderated: bool) -> None:
        for name, nick in zip(NAMES[1:], NICKS[1:], strict=True) if full else ():
            self.enter_or_rename(name, nick)
        if members_only or moderated:
            self.configure("ann", moderated, members_only, False)

    # ---- what people do

    @rule(name=somebody, nick=st.sampled_from(NICKS))
    def enter_or_rename(self, name: str, nick: str) -> None:
        one = self.people[name]
        inner = "" if one.nick else f"<x xmlns='{MUC}'/>"
        if one.nick == nick:
            return
        one.person.send(f"<presence to='{ROOM}/{nick}'>{inner}</presence>")
        taken = any(other.nick == nick for other in self.people.values())
        if one.nick:
            if taken:
                one.due.append(("error", "conflict"))
                return
            self.tell(one, "unavailable", (303,), role=one.role, new=nick)
            one.nick = nick
            self.tell(one)
        elif one.affiliation == "outcast":
            one.due.append(("error", "forbidden"))
        elif self.members_only and one.affiliation == "none":
            one.due.append(("error", "registration-required"))
        elif taken:
            one.due.append(("error", "conflict"))
        else:
            for other in self.inside():
                one.due.append((other.nick, None, (), other.affiliation, other.role, ""))
            one.nick, one.role = nick, self.role_of(one.affiliation)
            own = (110, 170, *((100,) if self.open_faces else ()))
            self.tell(one, own=own)

    @precondition(lambda self: self.inside())
    @rule(data=st.data(), how=st.sampled_from(["leaves", "ends", "is lost"]))
    def leave(self, data: st.DataObject, how: str) -> None:
        one = data.draw(st.sampled_from(self.inside()))
        if how == "leaves":
            one.person.send(f"<presence type='unavailable' to='{ROOM}/{one.nick}'/>")
            self.gone(one, ())
            return
        one.person.dropped = how == "is lost"
        one.person.leave()
        self.gone(one, (307, 333) if how == "is lost" else (), hears=False)
        one.person.received.clear()
        one.person = self.house.person(one.person.jid)

    @rule(name=somebody, data=st.data(), role=st.sampled_from(ROLES))
    def give_a_role(self, name: str, data: st.DataObject, role: str) -> None:
        actor, nick = self.people[name], data.draw(st.sampled_from(NICKS))
        target = next((other for other in self.inside() if other.nick == nick), None)
        answer = self.administer(actor, f"nick='{nick}' role='{role}'")
        if target is None:
            assert answer == "item-not-found"
            return
        allowed = self.may_give_role(actor, target, role)
        assert (answer is None) is allowed, (answer, actor, target)
        if not allowed:
            assert answer in ("forbidden", "not-allowed")
        elif role == "none":
            self.gone(target, (307,))
        elif role != target.role:
            target.role = role
            self.tell(target)

    @rule(name=st.one_of(st.just("ann"), somebody), whom=somebody, affiliation=st.sampled_from(AFFILIATIONS))
    def give_an_affiliation(self, name: str, whom: str, affiliation: str) -> None:
        actor, target = self.people[name], self.people[whom]
        answer = self.administer(actor, f"jid='{whom}@localhost' affiliation='{affiliation}'")
        rank, old, new = PAIRS[actor.affiliation], PAIRS[target.affiliation], PAIRS[affiliation]
        owners = [other for other in self.people.values() if other.affiliation == "owner"]
        if rank < PAIRS["admin"]:
            assert answer == "forbidden"
        elif affiliation == "outcast" and actor is target:
            assert answer == "conflict"
        elif rank < PAIRS["owner"] and max(old, new) >= PAIRS["admin"]:
            assert answer == "not-allowed"
        elif owners == [target] and affiliation != "owner":
            assert answer == "conflict", "the last owner stays one"
        else:
            assert answer is None
            target.affiliation = affiliation
            if not target.nick or old == new:
                return
            if affiliation == "outcast":
                self.gone(target, (301,))
            elif affiliation == "none" and self.members_only:
                self.gone(target, (321,))
            else:
                due = self.role_of(affiliation)
                target.role = max(due, target.role, key=ROLES.index) if new > old else due
                self.tell(target)

    @rule(
        name=st.one_of(st.just("ann"), somebody),
        moderated=st.booleans(),
        members_only=st.booleans(),
        open_faces=st.booleans(),
    )
    def configure(self, name: str, moderated: bool, members_only: bool, open_faces: bool) -> None:
        actor = self.people[name]
        whois = "anyone" if open_faces else "moderators"
        form = self.read.form(moderatedroom=moderated, membersonly=members_only, whois=whois)
        if (answer := self.ask(actor, form)) is not None:
            assert (answer, actor.affiliation != "owner") == ("forbidden", True)
            return
        assert actor.affiliation == "owner"
        closes = members_only and not self.members_only
        self.moderated, self.members_only, self.open_faces = moderated, members_only, open_faces
        for one in self.inside() if closes else ():
            if one.affiliation == "none":
                self.gone(one, (322,))

    @rule(name=somebody)
    def speak(self, name: str) -> None:
        one = self.people[name]
        self.said += 1
        one.person.say(f"said {self.said}")
        if not one.nick:
            one.due.append(("error", "not-acceptable"))
        elif one.role == "visitor":
            one.due.append(("error", "forbidden"))
        else:
            for other in self.inside():
                other.due.append(("said", one.nick, f"said {self.said}"))

    @rule(name=somebody, really=st.integers(0, 3))
    def destroy(self, name: str, really: int) -> None:
        actor = self.people[name]
        if really and actor.affiliation == "owner":
            return
        answer = self.ask(actor, f"<query xmlns='{MUC}#owner'><destroy/></query>")
        if actor.affiliation != "owner":
            assert answer == "forbidden"
            return
        assert answer is None
        for one in self.inside():
            one.due.append((one.nick, "unavailable", (110,), "none", "none", ""))
            one.nick, one.role = "", "none"
        self.everybody_got_what_was_due()
        self.begin()

    # ---- what must hold

    @invariant()
    def everybody_got_what_was_due(self) -> None:
        for name, one in self.people.items():
            came = [*one.came, *one.person.take()]
            errors = [
                ("error", self.read.condition(e)) for e in came if e.name != "iq" and e.getAttribute("type") == "error"
            ]
            said = [
                ("said", e["from"].partition("/")[2], str(e.body))
                for e in came
                if e.name == "message" and e.body is not None and e["type"] == "groupchat" and not e.delay
            ]
            assert Counter([*errors, *self.presences(came), *said]) == Counter(one.due), name
            one.came.clear()
            one.due.clear()

    @invariant()
    def somebody_owns_it(self) -> None:
        assert any(one.affiliation == "owner" for one in self.people.values())

    @invariant()
    def the_room_knows_who_is_inside(self) -> None:
        inside = {
            occupant.nick: (occupant.affiliation, occupant.role) for occupant in self.house.room.occupants.values()
        }
        assert inside == {one.nick: (one.affiliation, one.role) for one in self.inside()}

    # ---- parts

    def inside(self) -> list[Someone]:
        return [one for one in self.people.values() if one.nick]

    def role_of(self, affiliation: str) -> str:
        if affiliation in ("owner", "admin"):
            return "moderator"
        return "participant" if affiliation == "member" or not self.moderated else "visitor"

    def may_give_role(self, actor: Someone, target: Someone, role: str) -> bool:
        """§5.1.1, §8: kicks and voice are for moderators, moderators for admins; nobody acts against who is above."""
        mine, theirs = PAIRS[actor.affiliation], PAIRS[target.affiliation]
        admin = mine >= PAIRS["admin"]
        if actor.role != "moderator" and not admin:
            return False
        if role == target.role:
            return True
        if theirs > mine or ("moderator" in (role, target.role) and role != "none" and not admin):
            return False
        return role == "none" or role == "moderator" or theirs < PAIRS["admin"]

    def tell(
        self,
        one: Someone,
        type_: str | None = None,
        codes: tuple[int, ...] = (),
        own: tuple[int, ...] = (110,),
        role: str | None = None,
        new: str = "",
    ) -> None:
        for other in self.inside():
            all_ = tuple(sorted((*codes, *(own if other is one else ()))))
            other.due.append((one.nick, type_, all_, one.affiliation, role or one.role, new))

    def gone(self, one: Someone, codes: tuple[int, ...], hears: bool = True) -> None:
        self.tell(one, "unavailable", codes, role="none")
        if not hears:
            one.due.clear()
        one.nick, one.role = "", "none"

    def administer(self, actor: Someone, item: str) -> str | None:
        return self.ask(actor, f"<query xmlns='{MUC}#admin'><item {item}/></query>")

    def ask(self, actor: Someone, query: str) -> str | None:
        """The condition of the error; ``None`` if there was none."""
        answer = actor.person.ask("set", ROOM, query)
        actor.came += actor.person.aside
        return None if answer["type"] == "result" else self.read.condition(answer)

    def presences(self, elements: list[Any]) -> list[tuple[Any, ...]]:
        found = []
        for each in elements:
            if each.name == "presence" and each.getAttribute("type") != "error":
                item = self.read.item(each)
                codes = tuple(sorted(self.read.codes(each)))
                nick, type_ = each["from"].partition("/")[2], each.getAttribute("type")
                found.append((nick, type_, codes, item["affiliation"], item["role"], item.get("nick", "")))
        return found


def test_a_room_does_what_its_specification_says(make_house: Callable[[], Any], read: Any) -> None:
    run_state_machine_as_test(lambda: RoomMachine(make_house, read), settings=MACHINES)
