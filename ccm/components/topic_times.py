"""
When a topic is: reads the phrase, guesses what is missing, notices clashes, and says so in one sentence.

Without a time a topic starts when the first guest arrives; times that suggest themselves are offered. What cannot be
read is asked about, and the topic is made all the same. Leaves out changing the topic.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components import when
from ccm.components.context import Context
from ccm.components.operations import Alternative, Correction
from ccm.components.room_requests import stamp
from ccm.components.when import Reading
from ccm.records import Topic

QUARTER = timedelta(minutes=15)
SHOWN_CLASHES = 3
_EXACT = len("2026-11-24T14:00:00")
FIRST_GUEST = "starts when the first guest arrives"


@dataclass(frozen=True, slots=True)
class Timed:
    """:ivar start: ``None`` means when the first guest arrives."""

    start: datetime | None
    minutes: int
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What somebody typed about the time of a topic.

    :ivar user: whose other meetings are looked at.
    :ivar name: of the topic, for the sentence.
    :ivar minutes: how long it lasts if the phrase does not say.
    :ivar id: of the topic, if it exists.
    :ivar ended: it was over, and is opened again.
    """

    user: str
    name: str
    phrase: str
    zone: str
    language: str
    minutes: int
    id: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would be made of a wish. :ivar corrections: what would be told, of the name and of the time."""

    name: str
    timed: Timed
    zone: str
    language: str
    corrections: tuple[Correction, ...]


def reading_element(seems: Foreseen) -> Element:
    """``<reading/>`` as in ``docs/protocol.md``."""
    element = Element((ns.TOPICS, "reading"))
    start = seems.timed.start
    element["name"], element["start"] = seems.name, stamp(start) if start else ""
    element["minutes"], element["tz"] = str(seems.timed.minutes), seems.zone
    for correction in seems.corrections:
        element.addChild(correction.element())
    return element


class TopicTimes:
    """Reads what was :class:`Asked`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def read(self, phrase: str, zone: str, language: str) -> Reading:
        """What a phrase was taken to mean; ``""`` leaves the time open."""
        if not phrase.strip():
            return Reading(None, open=True)
        now, where = self._context.now(), when.zone_of(zone)
        found = when.read_by_rules(phrase, now, where, language)
        if found is None:
            found = await self._context.apart(when.read_by_dateparser, phrase, now, where, language)
        return found

    async def tell(self, asked: Asked, reading: Reading) -> Timed:
        """The time of a topic, with what to say about it."""
        now, zone = self._context.now(), when.zone_of(asked.zone)
        if not asked.phrase.strip():
            text = f"No time was given, so {asked.name} {FIRST_GUEST}."
            if asked.ended:
                text = f"{asked.name} had ended; it is open again and {FIRST_GUEST}."
            return Timed(
                None, asked.minutes, (_correction(asked, "time-guessed", text, alternatives=_soon(now, zone)),)
            )
        minutes = reading.minutes or asked.minutes
        if reading.open:
            text = f"{asked.name} {'had ended; it is open again and ' * asked.ended}{FIRST_GUEST}."
            return Timed(None, minutes, (_correction(asked, "time-read", text),))
        if reading.at is None:
            text = (
                f"{_reopened(asked)}I could not read “{asked.phrase}”, so {asked.name} {FIRST_GUEST}: when do you mean?"
            )
            return Timed(None, minutes, (_correction(asked, "time-unread", text, alternatives=_soon(now, zone)),))
        return Timed(reading.at, minutes, await self._told(asked, reading, minutes, now, zone))

    async def _told(
        self, asked: Asked, reading: Reading, minutes: int, now: datetime, zone: tzinfo
    ) -> tuple[Correction, ...]:
        assert reading.at is not None
        spelled = when.spell(reading.at, now, zone)
        if reading.minutes:
            spelled += f", for {when.spell_minutes(reading.minutes)}"
        first = _first_told(asked, reading, spelled, now, zone)
        clash = await self._clash(asked, reading.at, minutes, spelled, now, zone)
        if clash is None:
            return first
        if first and first[0].code == "time-read" and not first[0].alternatives:
            return (clash,)  # one sentence says both
        return (*first, clash)

    async def _clash(
        self, asked: Asked, start: datetime, minutes: int, spelled: str, now: datetime, zone: tzinfo
    ) -> Correction | None:
        length = timedelta(minutes=minutes)
        day = await self._context.topics.busy(asked.user, start, start + timedelta(days=1))
        others = [topic for topic in day if topic.id != asked.id]
        clashing = [topic for topic in others if topic.start and topic.start < start + length]
        if not clashing:
            return None
        names = [f"{topic.name} ({_span(topic, zone)})" for topic in clashing[:SHOWN_CLASHES]]
        more = len(clashing) - len(names)
        said = ", ".join(names) + (f" and {more} more" if more else "")
        free = _free(start, length, others)
        text = f"{_reopened(asked)}{asked.name} is {spelled}, but then you also have {said}."
        return _correction(asked, "time-conflict", text, start, alternatives=(_at(free, now, zone),))


def _first_told(asked: Asked, reading: Reading, spelled: str, now: datetime, zone: tzinfo) -> tuple[Correction, ...]:
    assert reading.at is not None
    phrase, verb = asked.phrase, "now " if asked.id or reading.moved else ""
    if asked.ended:
        text = f"{asked.name} had ended; it is planned again for {spelled}."
        return (_correction(asked, "topic-reopened", text, reading.at),)
    text = f"{asked.name} is {verb}{spelled}"
    if reading.moved:
        said = phrase[:1].upper() + phrase[1:]
        others = (_at(reading.other, now, zone),) if reading.other else ()
        return (
            _correction(
                asked, "time-moved", f"{text}. “{said}” had already passed.", reading.at, reading.other, others
            ),
        )
    if reading.other is not None:
        text += f". “{phrase}” may also mean {when.spell(reading.other, now, zone)}."
        return (_correction(asked, "time-read", text, reading.at, reading.other, (_at(reading.other, now, zone),)),)
    if len(phrase) >= _EXACT and "T" in phrase[10:11]:  # a program's time: there was nothing to read
        return ()
    return (_correction(asked, "time-read", f"{text}.", reading.at),)


def _correction(
    asked: Asked,
    code: str,
    text: str,
    at: datetime | None = None,
    other: datetime | None = None,
    alternatives: tuple[Alternative, ...] = (),
) -> Correction:
    if asked.ended and code in ("time-guessed", "time-unread", "time-read"):
        code = "topic-reopened" if code != "time-unread" else code
    now, then = (stamp(each) if each else "" for each in (at, other))
    return Correction(code, text, asked.phrase, now, then, alternatives=alternatives)


def _reopened(asked: Asked) -> str:
    return f"{asked.name} had ended and is open again. " if asked.ended else ""


def _at(at: datetime, now: datetime, zone: tzinfo) -> Alternative:
    return Alternative(when.spell(at, now, zone), {"start": stamp(at)})


def _soon(now: datetime, zone: tzinfo) -> tuple[Alternative, ...]:
    """Times that suggest themselves: soon, and the next working day in the morning."""
    first = when.suggest(now, zone)
    late = datetime.combine(first.astimezone(zone).date(), when.DEFAULT_TIME, zone)
    while late.weekday() >= 5 or late.astimezone(UTC) <= first:
        late += timedelta(days=1)
    return _at(first, now, zone), _at(late.astimezone(UTC), now, zone)


def _free(start: datetime, length: timedelta, others: list[Topic]) -> datetime:
    """The first quarter of an hour from which nothing clashes."""
    at = start
    for topic in sorted(others, key=lambda each: each.start or at):
        if topic.start is None or topic.start >= at + length:
            continue
        at = max(at, topic.start + timedelta(minutes=topic.minutes))
    past = timedelta(minutes=at.minute % 15, seconds=at.second)
    return at if not past else at - past + QUARTER


def _span(topic: Topic, zone: tzinfo) -> str:
    assert topic.start is not None
    start = topic.start.astimezone(zone)
    return f"{start:%H:%M}–{start + timedelta(minutes=topic.minutes):%H:%M}"
