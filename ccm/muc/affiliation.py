"""
Affiliations and roles, and who may change which (XEP-0045 1.35.5 §5).

Pure tables and comparisons; applying a change is the business of ``admin.py``.
"""

from dataclasses import dataclass
from typing import Final

from ccm.errors import StanzaError

AFFILIATIONS: Final = ("outcast", "none", "member", "admin", "owner")
ROLES: Final = ("none", "visitor", "participant", "moderator")
#: Affiliation -> how high it stands.
RANK: Final = {name: rank for rank, name in enumerate(AFFILIATIONS)}


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody's lasting relation to a room. *nick* is reserved for them, or empty."""

    affiliation: str
    nick: str = ""


NOBODY: Final = Standing("none")


def role_of(affiliation: str, moderated: bool) -> str:
    """The role that somebody gets on entering (§5.1.2)."""
    if RANK[affiliation] >= RANK["admin"]:
        return "moderator"
    if affiliation == "member" or not moderated:
        return "participant"
    return "visitor"


def check_affiliation(actor: str, old: str, new: str) -> None:
    """
    Whether somebody of affiliation *actor* may change one from *old* to *new* (§5.2.2).

    :raises StanzaError: ``forbidden`` if they are neither owner nor admin, ``not-allowed`` if it is beyond an admin.
    """
    if actor == "owner":
        return
    if actor != "admin":
        raise StanzaError("forbidden", "Only owners and admins of the room may change affiliations.")
    if RANK[old] >= RANK["admin"] or RANK[new] >= RANK["admin"]:
        raise StanzaError("not-allowed", "Only an owner of the room may change admins and owners.")


def check_role(actor_role: str, actor: str, target: str, old: str, new: str) -> None:
    """
    Whether a role may be changed.

    :param actor: affiliation of who asks. :param target: affiliation of the occupant.
    :raises StanzaError: ``forbidden`` without the privilege, ``not-allowed`` against somebody who stands higher.
    """
    if actor_role != "moderator" and RANK[actor] < RANK["admin"]:
        raise StanzaError("forbidden", "Only moderators may do that.")
    if old == new:
        return  # a list may name those who stay what they are (§9.8)
    if RANK[target] > RANK[actor]:
        raise StanzaError("not-allowed", "They stand higher in this room than you.")
    if "moderator" in (old, new) and new != "none" and RANK[actor] < RANK["admin"]:
        raise StanzaError("forbidden", "Only admins and owners of the room may make or unmake moderators.")
    if RANK[target] >= RANK["admin"] and new in ("visitor", "participant"):
        # §8.4: "A moderator MUST NOT be able to revoke voice privileges from an admin or owner."
        raise StanzaError("not-allowed", "Admins and owners of a room are always moderators.")
