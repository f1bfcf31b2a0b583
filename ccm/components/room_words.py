"""What the reporter says in a room of its own accord: who it is, that a talk ended or is long, that it read it anew."""

from ccm.records import Topic
from ccm.reporter.state import Mode

GREETING = "greeting"
CLOSING = "closing"
CARRYING = "carried"
LONG = "long"
_CLOSING = {
    "listening": "Write “publish this, reporter” and I write it up.",
    "interviewing": "My question still waits for an answer.",
    "grace": "What was asked to be published goes out unless somebody holds it.",
}
READ_ANEW = (
    "The room's archive does not know what I had read last, so I read it again from its start. What it does not hold "
    "is not in my record: please look with #draft."
)
LONG_WORDS = (
    "This talk has more than {most:,} messages. I go on noting what is marked; but for what nobody marked I look "
    "through the last {most:,} only, and a document prints no more than these. A new topic for what comes next helps."
)
STAY_OUT = (
    "Say “off the record, reporter” and nothing is kept until somebody says “on the record, reporter”; “leave me out, "
    "reporter” keeps your own words out."
)
_READERS = {"public": "everybody", "link": "whoever has its link", "members": "those who take part"}


def greeting(topic: Topic, web_url: str, announced: str) -> str:
    """
    Once for each room: what is recorded, for whom, where it goes, how to stay out of it.

    :param announced: what else people should know, with a blank at its end, or ``""``.
    """
    return (
        f"I am the reporter. I note what you say about {topic.name}. When somebody writes "
        f"“publish this, reporter”, a summary and the conversation it rests on go to "
        f"{web_url}archive/ for {_READERS[topic.visibility]} to read. {announced}"
        f"{STAY_OUT} Or typed: #off, #on, #off me, #help."
    )


def closing(mode: Mode) -> str:
    """The talk has ended, and what is next."""
    return f"The talk has ended. {_CLOSING.get(mode, '')}".rstrip()


def readers_changed(topic: Topic) -> str:
    """What the greeting had promised holds no longer."""
    return (
        f"What comes of {topic.name} is for {_READERS[topic.visibility]} to read from now on. "
        "Say “leave me out, reporter” to keep your own words out; take messages back to have them taken out."
    )
