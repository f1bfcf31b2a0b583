"""The nine states of RFC 6121 Appendix A, one line a state and stanza."""

import pytest
from appendix_a import INBOUND, OUTBOUND

from ccm.modules.subscription_states import TYPES, Outcome, inbound, outbound
from ccm.records import RosterItem

JID = "juliet@localhost"
STATES = {
    "None": RosterItem(JID),
    "None+Out": RosterItem(JID, ask=True),
    "None+In": RosterItem(JID, pending_in=True),
    "None+Out+In": RosterItem(JID, ask=True, pending_in=True),
    "To": RosterItem(JID, subscription="to"),
    "To+In": RosterItem(JID, subscription="to", pending_in=True),
    "From": RosterItem(JID, subscription="from"),
    "From+Out": RosterItem(JID, subscription="from", ask=True),
    "Both": RosterItem(JID, subscription="both"),
}


def name_of(item: RosterItem | None) -> str:
    assert item is not None
    return item.subscription.title() + "+Out" * item.ask + "+In" * item.pending_in


def cases(table: dict[str, dict[str, tuple[bool, str]]]) -> list[tuple[str, str, bool, str]]:
    return [(type_, state, *result) for type_, rows in table.items() for state, result in rows.items()]


@pytest.mark.parametrize(("type_", "state", "passed", "after"), cases(OUTBOUND))
def test_what_a_user_sends_changes_the_state_as_appendix_a_2_says(
    type_: str, state: str, passed: bool, after: str
) -> None:
    outcome = outbound(STATES[state], JID, type_)
    assert (outcome.passed, name_of(outcome.item)) == (passed, after)
    assert outcome.changed == (outcome.item != STATES[state])


@pytest.mark.parametrize(("type_", "state", "passed", "after"), cases(INBOUND))
def test_what_a_contact_sends_changes_the_state_as_appendix_a_3_says(
    type_: str, state: str, passed: bool, after: str
) -> None:
    outcome = inbound(STATES[state], JID, type_)
    assert (outcome.passed, name_of(outcome.item)) == (passed, after)
    assert outcome.changed == (outcome.item != STATES[state])


@pytest.mark.parametrize("type_", TYPES)
def test_a_stranger_leaves_no_trace_but_a_request(type_: str) -> None:
    outcome = inbound(None, JID, type_)
    if type_ == "subscribe":
        assert outcome == Outcome(RosterItem(JID, pending_in=True, hidden=True), changed=True, passed=True)
    else:
        assert outcome == Outcome(None)


def test_a_refused_request_of_a_stranger_is_forgotten() -> None:
    asked = inbound(None, JID, "subscribe").item
    refused = outbound(asked, JID, "unsubscribed")
    assert (refused.item, refused.push, refused.passed) == (None, False, True)
    withdrawn = inbound(asked, JID, "unsubscribe")
    assert (withdrawn.item, withdrawn.push) == (None, False)


def test_approval_in_advance_is_kept_shown_and_can_be_taken_back() -> None:
    approved = outbound(None, JID, "subscribed")
    assert approved.item == RosterItem(JID, approved=True)
    assert (approved.push, approved.passed) == (True, False)
    asked = inbound(approved.item, JID, "subscribe")
    assert asked.item == RosterItem(JID, subscription="from", approved=True)
    assert (asked.reply, asked.passed, asked.shown) == ("subscribed", False, True)
    back = outbound(approved.item, JID, "unsubscribed")
    assert back.item == RosterItem(JID)
    assert (back.push, back.passed) == (True, False)


@pytest.mark.parametrize("state", ["From", "From+Out", "Both"])
def test_who_already_may_see_is_told_so_by_the_server(state: str) -> None:
    assert inbound(STATES[state], JID, "subscribe").reply == "subscribed"
