"""
What is doubtful about certificates that can be used: time, names, and whether other servers will take them.

They stop no start, since they may be renewed while the server runs. Leaves out revocation, and what clients trust.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from ccm.federation.certificates import is_for
from ccm.federation.options import FederationOptions
from ccm.settings import Settings
from ccm.transports.certificates import Certificates
from ccm.transports.sni import NamedCertificates


def doubts(settings: Settings, certificates: NamedCertificates, now: datetime) -> list[str]:
    """A sentence with its remedy for each, of every domain."""
    hosts = (settings["server"].host, *settings.hosts)
    federation = settings["federation"]
    return [doubt for host in hosts for doubt in _of(host, certificates.of(host), federation, now)]


def _of(host: str, own: Certificates, federation: FederationOptions, now: datetime) -> Iterator[str]:
    shown = own.credentials(host)[0][0].to_cryptography()
    until, since = shown.not_valid_after_utc, shown.not_valid_before_utc
    which = f"{host}: the certificate {'made by this server' if own.is_own else own.file}"
    dated = f"{which} (valid until {until:%Y-%m-%d})"
    renew = f"remove {own.file} and start again" if own.is_own else "put a new one there and send SIGHUP"
    if until < now:
        yield f"{which} expired on {until:%Y-%m-%d}: {renew}."
    elif since > now:
        yield f"{which} is not valid before {since:%Y-%m-%d}: look at the clock, or {renew}."
    alone = _signed_by_itself(shown)
    # Other servers look for the rooms by the name of their own.
    wanted = (host, f"conference.{host}") if federation.enabled and not alone else (host,)
    missing = [name for name in wanted if not is_for(shown, name)]
    if missing:
        others, all_ = " and ".join(missing), " and ".join(wanted)
        yield f"{dated} is not for {others}, but for {_names(shown)}: get one for {all_}."
    if alone and federation.enabled and federation.require_certificates and not _trusted(shown, federation.ca_file):
        yield (
            f"{dated} is signed by itself: other servers that require certificates do not believe it. "
            "Get one of an authority for tls.certificate and tls.key."
        )


def _signed_by_itself(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _trusted(certificate: x509.Certificate, ca_file: str) -> bool:
    """Whether it is among the authorities that this server trusts, and its neighbours maybe as well."""
    if not ca_file:
        return False
    try:
        return certificate in x509.load_pem_x509_certificates(Path(ca_file).read_bytes())
    except (OSError, ValueError):
        return False


def _names(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return "no name"
    return ", ".join(names.get_values_for_type(x509.DNSName)[:10]) or "no name"
