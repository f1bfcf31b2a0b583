"""
XEP-0157 Contact Addresses for XMPP Services 1.1.1: whom to write to, and where to read whether the service works
(XEP-0455 0.4.0), in what the host tells of itself.

Leaves out taking in messages to those addresses.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from ccm.config import Section
from ccm.errors import ConfigError
from ccm.router.module import Module
from ccm.router.router import Router
from ccm.router.services import Services
from ccm.wire import forms

_SERVER = "http://jabber.org/network/serverinfo"
_OUTAGE = "urn:xmpp:sos:0"


class ContactInfoOptions(Section):
    """
    Addresses by purpose, each a URI: ``mailto:abuse@example.org``, ``xmpp:help@example.org``, ``https://…``.

    ``outage`` are web addresses of a file that tells when the service is down (XEP-0455), which should not be this
    server's.
    """

    abuse: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()
    sales: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    outage: tuple[str, ...] = ()


class ContactInfo:
    """Adds the forms. :raises ConfigError: for an address that is no URI."""

    def __init__(self, router: Router, _services: Services, options: ContactInfoOptions) -> None:
        people = {
            "abuse-addresses": options.abuse,
            "admin-addresses": options.admin,
            "feedback-addresses": options.feedback,
            "sales-addresses": options.sales,
            "security-addresses": options.security,
            "status-addresses": options.status,
            "support-addresses": options.support,
        }
        for form_type, told in ((_SERVER, people), (_OUTAGE, {"external-status-addresses": options.outage})):
            fields = {var: _checked(var, addresses) for var, addresses in told.items() if addresses}
            if fields:
                router.add_disco_form(_form(form_type, fields))


def _checked(var: str, addresses: tuple[str, ...]) -> tuple[str, ...]:
    for one in addresses:
        if not urlsplit(one).scheme:
            name = var.removesuffix("-addresses")
            raise ConfigError(f"[modules.contact_info] {name}: {one} is no URI. Write it as mailto:, xmpp: or https:.")
    return addresses


def _form(form_type: str, fields: Mapping[str, tuple[str, ...]]) -> bytes:
    return forms.form("result", form_type, [forms.field(var, values) for var, values in fields.items()])


plugin = Module("contact_info", "XEP-0157 1.1.1, XEP-0455 0.4.0", ContactInfo, (), ContactInfoOptions)
