"""How a session ended is known to whoever hears of its end."""

import pytest
from session_harness import SM, World


@pytest.mark.parametrize("how", ["says good-bye", "is lost", "is ended", "does not come back"])
def test_a_session_is_dropped_unless_its_client_says_good_bye(how: str) -> None:
    world = World()
    client = world.bound()
    session = client.session
    if how == "says good-bye":
        client.send("</stream:stream>")
    elif how == "is ended":
        session.close("policy-violation")
    elif how == "is lost":
        session.disconnected()
    else:
        client.send(f"<enable {SM} resume='true'/>")
        session.disconnected()
        assert session.hibernating and not session.dropped
        world.hands.advance(601)
    assert session.state_name == "closed"
    assert session.dropped is (how != "says good-bye")
