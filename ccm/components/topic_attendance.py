"""
When a talk goes on: who comes into a topic's room and who leaves it. Pure.

Leaves out ending it, which is its owner's.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from ccm.records import Topic

#: Whoever comes to their own topic longer before its time than this does not start it.
PREPARING = timedelta(minutes=15)


def attended(topic: Topic, there: bool, jid: str, now: datetime) -> Topic:
    """
    Somebody is in the room: the topic is live. Nobody any more: planned again, if its time is still to come, else known
    to be empty since now.

    :param jid: who came; the owner alone, long before its time or where none is set, prepares and starts nothing.
    :returns: the topic as it is now, the same if nothing changed.
    """
    if topic.state == "planned":
        early = topic.start is None or topic.start > now + PREPARING
        return replace(topic, state="live", empty_since=None) if there and not (jid == topic.owner and early) else topic
    if topic.state != "live":
        return topic
    if not there and topic.start and topic.start > now:
        return replace(topic, state="planned")
    return replace(topic, empty_since=None if there else topic.empty_since or now)
