"""
``ccm replay LOG``: run the reporter over a recorded chat and print the document; no server needed.

The same functions as in the live room, so the same archive gives the same bytes. When the log never asks for
publication, the discussion ends with it as if the chair had asked. A
published document may stand for its log. Leaves out publishing to a target.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TextIO

import msgspec

from ccm.reporter import again, discussion, record, render_html, render_json, render_markdown
from ccm.reporter.discussion import Context
from ccm.reporter.document import Document, Meta, build
from ccm.reporter.document_shape import EARLIER, SCHEMA
from ccm.reporter.effects import Effect, Publish, as_json
from ccm.reporter.finding import found
from ccm.reporter.state import State
from ccm.reporter.templates import Templates
from ccm.reporter.transcript import MAX_LOG_BYTES, LogError, Meeting, Message, read_log

Turn = tuple[Message | None, State, tuple[Effect, ...]]


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "log",
        metavar="LOG",
        help="JSON lines (.jsonl, .jsonl.gz), plain '[time] <nick> text', or a published document (.json)",
    )
    parser.add_argument("--meeting", metavar="ID", help="only this meeting of the log")
    parser.add_argument("--trace", action="store_true", help="print the state after each message, as JSON lines")
    parser.add_argument(
        "--format", choices=("md", "html", "json"), default="md", help="form of the document (default: md)"
    )
    parser.add_argument("--zone", default="UTC", help="IANA zone in which dates are read and printed (default: UTC)")
    parser.add_argument("--templates", metavar="FOLDER", help="folder with document types of your own")
    parser.add_argument("--stylesheet", default="document.css", help="address of the style sheet in html")


def run(arguments: argparse.Namespace, out: TextIO | None = None) -> int:
    """
    Print the document, or the trace, of each meeting.

    :raises LogError: if the log cannot be read.
    :raises ConfigError: for a broken file of document types.
    """
    out = out or sys.stdout
    context = Context(Templates.load(arguments.templates), zone=arguments.zone, find=found)
    published = _published(arguments.log)
    if published is not None:
        out.write(rendered(republished(published, context), arguments.format, arguments.stylesheet))
        return 0
    for meeting in read_log(arguments.log, arguments.meeting):
        if arguments.trace:
            for line in trace(meeting, context):
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
        else:
            out.write(rendered(replay(meeting, context), arguments.format, arguments.stylesheet))
    return 0


def fold(messages: Iterable[Message], context: Context) -> Iterator[Turn]:
    """
    The state and effects after each message; a last turn without message ends a discussion that nobody published.

    A publication that waits out its grace period counts as unopposed.
    """
    state = discussion.new_state()
    said: list[Message] = []
    for message in messages:
        said.append(message)
        state, effects = _turn(discussion.step(state, message, context), said, context)
        yield message, state, effects
    if state.mode == "grace":
        state, effects = _turn(discussion.grace_over(state, context), said, context)
        yield None, state, effects
    elif not state.version:
        over = discussion.end(state, context, said[-1].time if said else None)
        state, effects = _turn(over, said, context)
        yield None, state, effects


def _turn(turn: discussion.Step, said: Sequence[Message], context: Context) -> discussion.Step:
    """What the live room would have made of a step: the talk looked through, and after a publication what is said."""
    state, effects = discussion.settled(turn, said, context)
    if any(isinstance(effect, Publish) for effect in effects):
        state, more = discussion.published(state, "", context)
        effects = (*effects, *more)
    return state, effects


def replay(meeting: Meeting, context: Context, meta: Meta | None = None) -> Document:
    """The document as it was last published in a recorded discussion."""
    meta = meta or Meta(
        title=meeting.title if meeting.title != meeting.id else "",
        topic=meeting.id,
        chair=meeting.chair,
        zone=context.zone,
        day=meeting.date.isoformat() if meeting.date else "",
    )
    said: list[Message] = []
    document: Document | None = None
    for message, state, effects in fold(meeting.messages, context):
        if message is not None:
            said.append(message)
        for effect in effects:
            if isinstance(effect, Publish):
                document = build(state, said, msgspec.structs.replace(meta, version=effect.version), context)
    if document is None:
        raise LogError(f"Meeting {meeting.id}: holds no message.")
    return document


def republished(document: Document, context: Context) -> Document:
    """The document that its own log comes to: equal to it, unless its log or the rules were changed."""
    context = replace(context, roles=again.roles_of(document), zone=document.zone)
    *_, state = again.fold(document, context)
    return build(state, again.meeting_of(document).messages, again.meta_of(document), context)


def _published(path: str) -> Document | None:
    """The document in that file, or ``None`` if it holds a log."""
    try:
        with open(path, "rb") as stream:
            if not stream.read(200).lstrip().startswith(b"{"):
                return None
            stream.seek(0)
            content = stream.read(MAX_LOG_BYTES)
    except OSError:
        return None
    if not any(schema.encode() in content[:20_000] for schema in (SCHEMA, *EARLIER)):
        return None
    try:
        return render_json.loads(content)
    except ValueError as error:
        if b'"messages"' in content:
            return None
        raise LogError(f"{path}: {error}") from error


def trace(meeting: Meeting, context: Context) -> Iterator[dict[str, object]]:
    """One object a message: what was said, what the reporter knows after it, and what it does."""
    for message, state, effects in fold(meeting.messages, context):
        line: dict[str, object] = {"meeting": meeting.id}
        if message is not None:
            line |= {"id": message.id, "nick": message.nick, "text": message.text}
        line |= {
            "type": state.type,
            "mode": state.mode,
            "asking": state.asking,
            "attributes": {
                key: [{"text": v.text, "by": v.by, "source": v.source, "carried": v.carried} for v in values]
                for key, values in state.attributes.items()
            },
            "alternatives": {
                key: [{"text": c.text, "by": c.by, "source": c.source, "score": c.score} for c in found]
                for key, found in record.alternatives(state, context.templates.get(state.type)).items()
            },
            "entries": [msgspec.to_builtins(entry) for entry in state.entries],
            "chairs": [state.chair, *state.cochairs] if state.chair else [],
            "vote": msgspec.to_builtins(state.vote),
            "asked": [msgspec.to_builtins(wanted) for wanted in state.wanted],
            "next": msgspec.to_builtins(state.following),
            "version": state.version,
            "effects": [as_json(effect) for effect in effects],
        }
        yield line


def rendered(document: Document, form: str, stylesheet: str = "document.css") -> str:
    """The document in one of the forms ``md``, ``html``, ``json``."""
    if form == "html":
        return render_html.page(document, stylesheet=stylesheet)
    return render_json.dumps(document) if form == "json" else render_markdown.text(document)
