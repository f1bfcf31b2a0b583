"""The options of sessions (``[session]``) and of signing in (``[sasl]``), with their defaults and units."""

from typing import Literal

from ccm.bounds import AmountOr0, Count, CountOr0, check_domains
from ccm.config import Section
from ccm.errors import ConfigError

Mechanism = Literal["SCRAM-SHA-256", "SCRAM-SHA-1", "OAUTHBEARER", "PLAIN"]


class SessionOptions(Section):
    """
    What one client connection may do.

    ``require_tls``: no authentication before TLS. Times until the first byte, until TLS and until login are counted
    from connecting; a person may have to judge a certificate meanwhile. Bytes a second and their burst hold for
    reading, before and after login; 0 means no limit. More than ``outgoing_bytes`` unsent, or four times that brought
    at once, cuts the connection; its session hibernates if it can be resumed. ``resume_*`` are of XEP-0198: how long a
    session waits for its client, how long for a page that began over BOSH (it was closed, or crashed, unless it is back
    soon), how many stanzas it keeps meanwhile, and after how many unacknowledged ones an acknowledgement is asked for.
    At most ``resume_waiting`` answers wait for records to be saved: acknowledgements above it are not given, anything
    else is sent without waiting. Up to ``held_stanzas`` presences and events wait for a client that says nobody looks
    (XEP-0352).
    """

    require_tls: bool = True
    first_byte_seconds: Count = 5
    tls_seconds: Count = 60
    login_seconds: Count = 90
    bytes_per_second: CountOr0 = 16_384
    burst_bytes: CountOr0 = 65_536
    bytes_per_second_before_login: CountOr0 = 4_096
    burst_bytes_before_login: CountOr0 = 16_384
    outgoing_bytes: Count = 1_048_576
    sessions_per_account: CountOr0 = 10
    resume_seconds: CountOr0 = 600
    resume_page_seconds: CountOr0 = 15
    resume_stanzas: CountOr0 = 500
    resume_request_every: Count = 50
    resume_save_seconds: AmountOr0 = 1.0
    resume_waiting: CountOr0 = 20_000
    held_stanzas: CountOr0 = 500
    language: str = "en"


class SaslOptions(Section):
    """
    How people sign in.

    ``mechanisms`` in the order of preference. PLAIN and OAUTHBEARER are offered on TLS only unless
    ``plain_without_tls``. ``iterations`` are those of PBKDF2 in new verifiers and in the answer to unknown names.
    ``anonymous_hosts`` serve guests by SASL ANONYMOUS and nobody else. ``channel_binding`` offers each SCRAM with
    binding to TLS as well (-PLUS). ``client_ca`` is a PEM file with the authorities whose certificates sign people in
    (EXTERNAL): by the chat addresses in them, and with ``certificate_mails`` by the mail address of an account where
    they have none.
    """

    mechanisms: tuple[Mechanism, ...] = ("SCRAM-SHA-256", "SCRAM-SHA-1", "OAUTHBEARER", "PLAIN")
    plain_without_tls: bool = False
    iterations: Count = 100_000
    attempts_per_stream: Count = 3
    anonymous_hosts: tuple[str, ...] = ()
    channel_binding: bool = True
    client_ca: str = ""
    certificate_mails: bool = False

    def check(self) -> None:
        """:raises ConfigError: if nobody could sign in, or for a host that is no domain."""
        if not self.mechanisms:
            raise ConfigError('sasl.mechanisms is empty: nobody could sign in. Name "SCRAM-SHA-256" at least.')
        check_domains("sasl.anonymous_hosts", self.anonymous_hosts)
