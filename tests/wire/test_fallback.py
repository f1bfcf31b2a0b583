"""What of a reply its author wrote."""

import pytest

from ccm.wire.fallback import own_words
from ccm.wire.stanza import parse_element

QUOTED = "> Kim:\n> ACTION: Ann to call\n"


REPLY = "<reply xmlns='urn:xmpp:reply:0' id='m1'/>"


def read(body: str, marks: str, reply: str = REPLY) -> str:
    message = parse_element(f"<message xmlns='jabber:client'>{reply}{marks}</message>".encode())
    return own_words(message, body)


def fallback(spans: str, meant: str = "urn:xmpp:reply:0") -> str:
    return f"<fallback xmlns='urn:xmpp:fallback:0' for='{meant}'>{spans}</fallback>"


def test_the_quotation_of_a_reply_is_not_what_its_author_says() -> None:
    assert read(QUOTED + "No.", fallback(f"<body start='0' end='{len(QUOTED)}'/>")) == "No."


def test_characters_are_counted_and_not_bytes() -> None:
    assert read("> 😀é\nJa", fallback("<body start='0' end='5'/>")) == "Ja"


@pytest.mark.parametrize(
    "marks",
    [
        "",
        fallback(""),
        fallback("<body/>"),
        fallback("<body start='0' end='5'/>", "urn:xmpp:sfs:0"),
        fallback("<body start='5' end='5'/>"),
        fallback("<body start='-1' end='5'/>"),
        fallback("<body start='0' end='999'/>"),
        fallback("<body start='0' end='99999999999999999999'/>"),
        fallback("<body start='٠' end='٥'/>"),
        fallback("<subject start='0' end='5'/>"),
    ],
)
def test_what_marks_no_quotation_takes_nothing_away(marks: str) -> None:
    assert read("All of it.", marks) == "All of it."


def test_only_one_quotation_is_taken_out() -> None:
    assert read("abcdef", fallback("<body start='0' end='2'/><body start='1' end='4'/>")) == "cdef"


def test_who_replies_to_nothing_quotes_nothing() -> None:
    assert read("ACTION: Kim pays", fallback("<body start='0' end='16'/>"), "") == "ACTION: Kim pays"


def test_a_quotation_that_is_all_there_is_is_read_as_everybody_sees_it() -> None:
    assert read("ACTION: Kim pays", fallback("<body start='0' end='16'/>")) == "ACTION: Kim pays"


def test_of_several_marks_the_first_counts() -> None:
    both = fallback("<body start='0' end='2'/>") + fallback("<body start='3' end='5'/>")
    assert read("abcdef", both) == "cdef"
