"""A room in which people talk to the reporter, without a server; its words stand in the log as everybody's do."""

import dataclasses
from datetime import UTC, datetime, timedelta

from ccm.reporter.discussion import new_state, published, settled, step
from ccm.reporter.document import Document, Meta, build
from ccm.reporter.effects import Ack, Look, Publish, Say
from ccm.reporter.finding import Found
from ccm.reporter.transcript import Message

BEGAN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday


def should(lines, people=(), *, chair="", marked=(), skip=()):
    """Finds an action in "we should …", one with an owner in "Kim should …", a decision in "so we …"."""
    found = []
    for place, line in enumerate(lines):
        first, _, rest = line.text.partition(" should ")
        if place in skip:
            continue
        if rest:
            owner = "" if first.lower() == "we" else first
            sources = (place + 1,) if place + 1 < len(lines) and place + 1 not in skip else ()
            found.append(Found("action", place, rest, line.nick, owner, "by friday" if "friday" in rest else "",
                               600 + len(rest), "sure" in rest, sources=sources))  # fmt: skip
        elif line.text.startswith("so we "):
            found.append(Found("decision", place, line.text[6:], line.nick, confidence=700, how="consensus"))
    return found


class Room:
    """Says things and remembers what the reporter wanted."""

    def __init__(self, context, **roles):
        self.context = dataclasses.replace(context, roles=roles, find=context.find)
        self.state = new_state()
        self.log: list[Message] = []
        self.documents: list[Document] = []
        self.effects = ()

    def say(self, nick, text="", **more):
        """What the reporter does about it; its own words stand in the log."""
        self.effects = ()
        message = self.kept(nick, text, **more)
        self.follow(settled(step(self.state, message, self.context), tuple(self.log), self.context))
        return self.effects

    def told(self, nick, text="", **more):
        """The reporter's words about it."""
        return "\n".join(effect.text for effect in self.say(nick, text, **more) if isinstance(effect, Say))

    def acknowledged(self, nick, text="", **more):
        """Whether the reporter only nods."""
        effects = self.say(nick, text, **more)
        return [type(effect) for effect in effects if not isinstance(effect, Look)] == [Ack]

    @property
    def last(self):
        """Id of the last message that people said."""
        return next(message.id for message in reversed(self.log) if not message.from_reporter)

    def follow(self, turn):
        self.state, effects = turn
        self.effects = (*self.effects, *effects)
        for effect in effects:
            if isinstance(effect, Say):
                self.kept("Reporter", effect.text, from_reporter=True)
            elif isinstance(effect, Publish):
                meta = Meta("Plot", "", "t1", version=effect.version, published=self.log[-1].time)
                self.documents.append(build(self.state, tuple(self.log), meta, self.context))
                self.follow(published(self.state, "https://example.org/t1", self.context))

    def kept(self, nick, text, **kind):
        number = len(self.log) + 1
        message = Message(
            f"a{number}", nick, text, kind.pop("jid", None), BEGAN + timedelta(seconds=30 * number), **kind
        )
        self.log.append(message)
        return message

    def entry(self, id_):
        """The item with that number, or ``None``."""
        return next((e for e in self.state.entries if e.id == id_), None)

    def texts(self, kind):
        """What is on record of a kind."""
        return [e.text for e in self.state.entries if e.kind == kind]
