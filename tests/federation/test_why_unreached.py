"""Why another server is not reached is said so that its reader knows what to do; and it is told, too."""

from types import SimpleNamespace

import pytest
from stage import PLAIN, Stage
from test_outgoing import ANSWER, behind_tls, encrypt, outcome
from twisted.logger import capturedLogs, formatEvent


@pytest.mark.parametrize("last", ["</stream:stream>", ""])
def test_who_leaves_right_after_tls_is_said_not_to_trust_our_certificate(last: str) -> None:
    end = behind_tls()
    encrypt(end)
    assert "<stream:error>" not in (end.say(last) if last else "")
    end.gone()
    text = outcome(end).text
    assert "right after TLS" in text and "does not trust our certificate" in text and "tls.certificate" in text
    assert outcome(end).lasting is bool(last)


def test_who_leaves_later_is_said_to_have_closed() -> None:
    end = behind_tls()
    encrypt(end)
    end.say(ANSWER)
    end.gone()
    assert outcome(end).text == "two.example closed the connection."


def test_whose_certificate_does_not_hold_is_told_so_in_a_stream() -> None:
    end = behind_tls(require_certificates=True)
    end.stream.handshake = SimpleNamespace(proves=lambda _domain: False, trouble="It has expired.")
    said = encrypt(end)
    assert said.startswith("<?xml version='1.0'?><stream:stream ")
    assert said.index("<policy-violation") < said.index("It has expired.") < said.index("</stream:stream>")
    assert outcome(end).lasting and outcome(end).text == "two.example does not prove who it is. It has expired."


def test_what_a_refusal_says_is_told() -> None:
    end = Stage(**PLAIN).go()
    ns = "urn:ietf:params:xml:ns:xmpp-streams"
    text = f"<text xmlns='{ns}'>one.example &amp; its\ncertificate</text>"
    end.say(f"{ANSWER}<stream:error><policy-violation xmlns='{ns}'/>{text}</stream:error>")
    assert outcome(end).text == "two.example refused: policy-violation: one.example & its certificate"


def test_the_stream_leaves_the_log_to_who_waits_for_it() -> None:
    with capturedLogs() as logs:
        end = Stage().go()
        end.say(ANSWER + "<stream:features></stream:features>")
        assert "offers no TLS" in outcome(end).text
    assert not [event for event in logs if "is not reached" in formatEvent(event)]
