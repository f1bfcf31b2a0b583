"""
What a node's owner can choose (XEP-0060 1.26.0 §8.2, §16.4.4), as a data form and as publish-options.

Leaves out collections, item expiry, and roster groups as an access model.
"""

from typing import Literal

import msgspec

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.wire import forms
from ccm.wire.forms import Values

NODE_CONFIG = f"{ns.PUBSUB}#node_config"
PUBLISH_OPTIONS = f"{ns.PUBSUB}#publish-options"
META = f"{ns.PUBSUB}#meta-data"
MOST_TEXT = 500
_PREFIX = "pubsub#"

Access = Literal["open", "presence", "whitelist", "authorize"]
PublishModel = Literal["publishers", "subscribers", "open"]
SendLast = Literal["never", "on_sub", "on_sub_and_presence"]


class NodeConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """
    :ivar max_items: how many are kept, the newest; 0 stands for as many as the service allows (``max``).
    :ivar persist_items: items can be fetched later.
    :ivar send_last: when somebody gets the newest item without asking.
    """

    title: str = ""
    type: str = ""
    description: str = ""
    access_model: Access = "presence"
    publish_model: PublishModel = "publishers"
    max_items: int = 1
    persist_items: bool = True
    deliver_notifications: bool = True
    deliver_payloads: bool = True
    notify_retract: bool = True
    notify_delete: bool = True
    notify_config: bool = False
    send_last: SendLast = "on_sub_and_presence"


_ACCESS = {
    "open": "Everybody",
    "presence": "Who may see the owner's presence",
    "whitelist": "Members of the node",
    "authorize": "Whom the owner lets in",
}
_PUBLISH = {"publishers": "Publishers", "subscribers": "Subscribers", "open": "Everybody"}
_SEND = {
    "never": "Never",
    "on_sub": "When subscribing",
    "on_sub_and_presence": "When subscribing or becoming available",
}

#: attribute -> (field, kind, label, choices)
_FIELDS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "title": ("title", "text-single", "A short name", {}),
    "description": ("description", "text-single", "What it is about", {}),
    "type": ("type", "text-single", "The namespace of the payloads", {}),
    "access_model": ("access_model", "list-single", "Who may subscribe and read", _ACCESS),
    "publish_model": ("publish_model", "list-single", "Who may publish", _PUBLISH),
    "max_items": ("max_items", "text-single", "Items to keep, or max", {}),
    "persist_items": ("persist_items", "boolean", "Keep items", {}),
    "deliver_notifications": ("deliver_notifications", "boolean", "Tell of changes", {}),
    "deliver_payloads": ("deliver_payloads", "boolean", "Tell with payloads", {}),
    "notify_retract": ("notify_retract", "boolean", "Tell when items are taken back", {}),
    "notify_delete": ("notify_delete", "boolean", "Tell when the node is deleted", {}),
    "notify_config": ("notify_config", "boolean", "Tell when this changes", {}),
    "send_last": ("send_last_published_item", "list-single", "Send the newest item", _SEND),
}


def form(config: NodeConfig, kind: Literal["form", "result"] = "form") -> bytes:
    """The configuration form (§8.2.2)."""
    return forms.form(kind, NODE_CONFIG, [_field(config, name) for name in _FIELDS])


def metadata(config: NodeConfig) -> bytes:
    """What service discovery tells of a node (§5.4)."""
    shown = ("title", "description", "type", "access_model", "publish_model", "max_items")
    return forms.form("result", META, [_field(config, name) for name in shown])


def changed(config: NodeConfig, values: Values, most_items: int) -> NodeConfig:
    """
    The configuration after a form; fields that nobody knows, and those not there, change nothing (§8.2.5).

    :raises StanzaError: ``bad-request`` naming the field.
    """
    return msgspec.structs.replace(config, **_read(values, most_items))


def check_meets(config: NodeConfig, values: Values, most_items: int) -> None:
    """:raises StanzaError: ``conflict`` with precondition-not-met (§7.1.5) if the node is configured otherwise."""
    for name, value in _read(values, most_items).items():
        if getattr(config, name) != value:
            raise StanzaError(
                "conflict",
                f"The node is configured otherwise: {_PREFIX}{_FIELDS[name][0]}. Configure it, then publish.",
                extra=f"<precondition-not-met xmlns='{ns.PUBSUB}#errors'/>".encode(),
            )


def _read(values: Values, most_items: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, (field, kind, _, choices) in _FIELDS.items():
        var = _PREFIX + field
        given = values.get(var)
        if given is None:
            continue
        if name == "max_items":
            found[name] = 0 if given == ["max"] else max(1, forms.number(var, given, most_items))
        elif kind == "boolean":
            found[name] = forms.boolean(var, given)
        elif kind == "list-single":
            found[name] = forms.choice(var, given, choices)
        else:
            found[name] = forms.line(var, given, MOST_TEXT)
    return found


def _field(config: NodeConfig, name: str) -> bytes:
    field, kind, label, choices = _FIELDS[name]
    value = getattr(config, name)
    shown = ("1" if value else "0") if kind == "boolean" else "max" if name == "max_items" and not value else str(value)
    return forms.field(_PREFIX + field, [shown], kind, label, [(word, said) for word, said in choices.items()])
