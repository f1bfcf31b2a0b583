"""Single sentences, each with the attribute that it should fill, and small talk that should fill none."""

from pathlib import Path

import msgspec

from ccm.reporter.discussion import new_state, step
from ccm.reporter.transcript import Message

CORPUS = Path(__file__).parent / "corpus"
TYPES = ("incident", "challenge", "project", "requirement", "venture")


def begun(type_):
    return msgspec.structs.replace(new_state(type_), settled=type_ != "incident")


def test_nine_in_ten_sentences_fill_the_attribute_that_they_are_about(context):
    right, total, type_ = 0, 0, ""
    for line in (CORPUS / "phrases.txt").read_text("utf-8").splitlines():
        if line.startswith("# "):
            type_ = line[2:]
            continue
        key, text = line.split(": ", 1)
        state, _ = step(begun(type_), Message("m1", "ann", text), context)
        right += state.type == type_ and key in state.attributes
        total += 1
    assert right >= 0.9 * total, (right, total)


def test_of_a_hundred_remarks_of_small_talk_six_or_fewer_fill_anything(context):
    lines = (CORPUS / "small_talk.txt").read_text("utf-8").splitlines()
    for type_ in TYPES:
        state, kept = begun(type_), []
        for number, line in enumerate(lines):
            before = state.attributes
            state, _ = step(state, Message(f"m{number}", ("ann", "ben", "eve")[number % 3], line), context)
            if state.attributes != before:
                kept.append(line)
                state = msgspec.structs.replace(state, attributes={})
        assert len(kept) <= 6, (type_, kept)
