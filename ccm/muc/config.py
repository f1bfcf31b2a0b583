"""
A room's configuration and its form (XEP-0045 1.35.5 §10.2, §16.4.3).

A missing field keeps its value, an unknown one is ignored. Fields that the XEP does not know are named by our own
namespace. Leaves out pubsub and per-role defaults.
"""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.wire import forms
from ccm.wire.forms import Values

ROOMCONFIG = ns.MUC + "#roomconfig"
_PRE = "muc#roomconfig_"
ROLES = ("moderator", "participant", "visitor")
PM = ("anyone", "participants", "moderators", "none")
WHOIS = ("moderators", "anyone")
REGISTRATION = ("everybody", "approval", "nobody")
_LIMITS = ("10", "20", "30", "50", "100", "200", "500")


class RoomConfig(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a room behaves.

    :ivar max_users: 0 is no limit of its own. :ivar logging: messages are archived.
    :ivar whois: who sees real JIDs. :ivar broadcast: roles whose presence is told to everybody.
    :ivar member_list: roles that may fetch the member list.
    :ivar registration: who becomes a member by registering (§7.10): everybody at once, whom an admin lets, nobody.
    :ivar lock_nicks: who has registered a nick goes by it, and nobody changes theirs (§7.6).
    :ivar contact: address of who answers for the room, told to everybody.
    """

    name: str = ""
    description: str = ""
    language: str = ""
    logging: bool = True
    change_subject: bool = False
    allow_invites: bool = False
    allow_pm: str = "anyone"
    max_users: int = 0
    broadcast: tuple[str, ...] = ROLES
    member_list: tuple[str, ...] = ROLES
    public: bool = True
    persistent: bool = False
    moderated: bool = False
    members_only: bool = False
    password_protected: bool = False
    password: str = ""
    whois: Literal["moderators", "anyone"] = "moderators"
    max_history: int = 20
    registration: Literal["everybody", "approval", "nobody"] = "approval"
    lock_nicks: bool = False
    contact: str = ""


#: Attribute of RoomConfig -> field, type, label.
_FIELDS: dict[str, tuple[str, str, str]] = {
    "name": ("roomname", "text-single", "Name of the room"),
    "description": ("roomdesc", "text-single", "What the room is for"),
    "language": ("lang", "text-single", "Language of the room"),
    "logging": ("enablelogging", "boolean", "Keep what is said in the archive"),
    "change_subject": ("changesubject", "boolean", "Everybody may change the subject"),
    "allow_invites": ("allowinvites", "boolean", "Everybody may invite"),
    "allow_pm": ("allowpm", "list-single", "Who may send private messages"),
    "max_users": ("maxusers", "list-single", "How many may be in the room"),
    "broadcast": ("presencebroadcast", "list-multi", "Roles whose presence is told to everybody"),
    "member_list": ("getmemberlist", "list-multi", "Roles that may fetch the member list"),
    "public": ("publicroom", "boolean", "The room is listed"),
    "persistent": ("persistentroom", "boolean", "The room stays when the last one leaves"),
    "moderated": ("moderatedroom", "boolean", "Only those with voice may speak"),
    "members_only": ("membersonly", "boolean", "Only members may enter"),
    "password_protected": ("passwordprotectedroom", "boolean", "A password is needed to enter"),
    "password": ("roomsecret", "text-private", "The password"),
    "whois": ("whois", "list-single", "Who sees real addresses"),
    "max_history": ("maxhistoryfetch", "text-single", "How many messages are told to those who enter"),
    "registration": (ns.ROOMS + "#registration", "list-single", "Who becomes a member by registering"),
    "lock_nicks": (ns.ROOMS + "#lock_nicks", "boolean", "Everybody keeps the nickname they have"),
    "contact": (ns.ROOMS + "#contact", "text-single", "Address of who answers for the room"),
}
_OPTIONS: dict[str, tuple[str, ...]] = {
    "allow_pm": PM,
    "broadcast": ROLES,
    "member_list": ROLES,
    "whois": WHOIS,
    "registration": REGISTRATION,
}


def from_plain(values: Mapping[str, Any]) -> RoomConfig:
    """A configuration as it was saved; keys that are no longer known are ignored."""
    return msgspec.convert(dict(values), RoomConfig)


def to_plain(config: RoomConfig) -> dict[str, Any]:
    """JSON-able."""
    plain: dict[str, Any] = msgspec.to_builtins(config)
    return plain


def render(config: RoomConfig, room: str, owners: tuple[str, ...], admins: tuple[str, ...]) -> bytes:
    """The form as an owner gets it."""
    fields = []
    for name, (var, kind, label) in _FIELDS.items():
        value = getattr(config, name)
        options: tuple[tuple[str, str], ...] = tuple((word, word) for word in _OPTIONS.get(name, ()))
        if name == "max_users":
            limits = sorted({*_LIMITS, *([str(value)] if value else [])}, key=int)
            options = (*((limit, limit) for limit in limits), ("none", "no limit"))
        fields.append(forms.field(_var(var), _values(name, value), kind, label, options))
    fields.append(forms.field(_PRE + "roomadmins", admins, "jid-multi", "Admins"))
    fields.append(forms.field(_PRE + "roomowners", owners, "jid-multi", "Owners"))
    return forms.form("form", ROOMCONFIG, fields, f"Configuration of {room}", "Leave out what should stay as it is.")


def submitted(config: RoomConfig, values: Values, occupants: int, history: int) -> RoomConfig:
    """
    The configuration that a submitted form makes of an old one.

    :param occupants: the most that a room here may have. :param history: the longest history.
    :raises StanzaError: ``bad-request`` naming the field, ``not-acceptable`` for a password room without a password.
    """
    changes: dict[str, Any] = {}
    for name, (var, kind, _) in _FIELDS.items():
        var = _var(var)
        given = values.get(var)
        if given is None:
            continue
        if kind == "boolean":
            changes[name] = forms.boolean(var, given)
        elif name in ("max_users", "max_history"):
            changes[name] = forms.number(var, given, (occupants or 10**6) if name == "max_users" else history)
        elif kind == "list-single":
            changes[name] = forms.choice(var, given, _OPTIONS[name])
        elif kind == "list-multi":
            changes[name] = forms.choices(var, given, _OPTIONS[name])
        else:
            changes[name] = forms.line(var, given, 1000)
    new = msgspec.structs.replace(config, **changes)
    if new.password_protected and not new.password:
        raise StanzaError("not-acceptable", "A room with password protection needs a password.")
    return new


def people(values: Values, which: Literal["roomowners", "roomadmins"]) -> list[str] | None:
    """The JIDs of a submitted list, unprepared; ``None`` if the form does not have it."""
    return values.get(_PRE + which)


def codes(old: RoomConfig, new: RoomConfig) -> tuple[int, ...]:
    """Status codes that tell occupants of a change (§10.2.1, §15.6.2)."""
    found = []
    if old.logging != new.logging:
        found.append(170 if new.logging else 171)
    if old.whois != new.whois:
        found.append(172 if new.whois == "anyone" else 173)
    private = {"logging", "whois"}
    if any(getattr(old, name) != getattr(new, name) for name in _FIELDS if name not in private):
        found.append(104)
    return tuple(found)


def features(config: RoomConfig) -> tuple[str, ...]:
    """Disco features that mirror the configuration (§6.4)."""
    return (
        "muc_passwordprotected" if config.password_protected else "muc_unsecured",
        "muc_public" if config.public else "muc_hidden",
        "muc_persistent" if config.persistent else "muc_temporary",
        "muc_membersonly" if config.members_only else "muc_open",
        "muc_moderated" if config.moderated else "muc_unmoderated",
        "muc_nonanonymous" if config.whois == "anyone" else "muc_semianonymous",
    )


def _var(name: str) -> str:
    """A field's whole name: in our own namespace as it is, otherwise that of the XEP."""
    return name if "#" in name else _PRE + name


def _values(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["1" if value else "0"]
    if isinstance(value, tuple):
        return list(value)
    if name == "max_users":
        return [str(value) if value else "none"]
    return [str(value)]
