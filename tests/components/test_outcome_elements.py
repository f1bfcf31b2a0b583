"""What participants see of the record, as items."""

from datetime import UTC, datetime

from ccm.components.outcome_elements import item_element, outcome_of
from ccm.records import Topic
from ccm.reporter import record
from ccm.reporter.state import Entry, new_state

TOPIC = Topic(
    "t1", "Licences", "t1@rooms.example.org", "ann@example.org", "live", None, 60, "UTC", "en",
    datetime(2026, 11, 23, tzinfo=UTC), ("ann@example.org",),
)  # fmt: skip
FOUND = Entry("decision", "D1", "We move", "Ann", "m1", "", provenance="detected", confidence=900, sure=True)


def sure(*entries: Entry) -> str | None:
    """What is said of how sure the find among them is."""
    state = record.replace(new_state(), entries=(FOUND, *entries))
    return item_element(outcome_of(TOPIC, state, "Meeting", ()).items["D1"]).getAttribute("sure")


def test_a_find_is_shown_as_possible_wherever_the_document_will_show_it_so() -> None:
    tasks = [Entry("action", f"A{number}", "Pay", "Ann", f"m{number}", "") for number in (2, 3, 4)]
    assert sure() is None
    assert sure(*tasks[:2]) is None
    assert sure(*tasks) == "false"
    assert sure(Entry("decision", "D2", "We stay", "Ann", "m5", "")) == "false"
