"""What a room says to one client is told to the app of no other (XEP-0357)."""

from test_push import Place, message

from ccm import namespaces as ns
from ccm.wire.stanza import Stanza

OCCUPANT = "talk@rooms.elsewhere.example/Bob"


def test_only_who_is_inside_is_told_of_what_is_said_in_a_room_elsewhere() -> None:
    place = Place()
    place.enable()
    laptop = place.signed_in("ann@localhost/laptop")
    place.away(place.phone)
    private = f"<body>Psst</body><x xmlns='{ns.MUC_USER}'/>"
    for type_, inner in (("groupchat", "<body>all</body>"), ("chat", private)):
        said: Stanza = message(inner, {"type": type_, "from": OCCUPANT, "to": laptop.jid})
        place.router.route(said)
    assert len(laptop.received) == 2 and place.app.told() == []
    place.say(to=laptop.jid)
    assert len(place.app.told()) == 1, "what is for the person is"
