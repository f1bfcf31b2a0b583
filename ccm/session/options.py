"""The options of sessions (``[session]``) and of signing in (``[sasl]``), with their defaults and units."""

from ccm.config import Section


class SessionOptions(Section):
    """
    What one client connection may do.

    ``require_tls``: no authentication before TLS. Times until the first byte, until TLS and until login are counted
    from connecting. Bytes a second and their burst hold for reading, before and after login; 0 means no limit. More
    than ``outgoing_bytes`` unsent cuts the connection; its session hibernates if it can be resumed. ``resume_*`` are of
    XEP-0198: how long a session waits for its client, how many stanzas it keeps meanwhile, and after how many
    unacknowledged ones an acknowledgement is asked for. At most ``resume_waiting`` answers wait for records to be
    saved: acknowledgements above it are not given, anything else is sent without waiting. Up to ``held_stanzas``
    presences and events wait for a client that says nobody looks (XEP-0352).
    """

    require_tls: bool = True
    first_byte_seconds: int = 5
    tls_seconds: int = 10
    login_seconds: int = 30
    bytes_per_second: int = 16_384
    burst_bytes: int = 65_536
    bytes_per_second_before_login: int = 4_096
    burst_bytes_before_login: int = 16_384
    outgoing_bytes: int = 1_048_576
    sessions_per_account: int = 10
    resume_seconds: int = 600
    resume_stanzas: int = 500
    resume_request_every: int = 50
    resume_save_seconds: float = 1.0
    resume_waiting: int = 20_000
    held_stanzas: int = 500
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

    mechanisms: tuple[str, ...] = ("SCRAM-SHA-256", "SCRAM-SHA-1", "OAUTHBEARER", "PLAIN")
    plain_without_tls: bool = False
    iterations: int = 100_000
    attempts_per_stream: int = 3
    anonymous_hosts: tuple[str, ...] = ()
    channel_binding: bool = True
    client_ca: str = ""
    certificate_mails: bool = False
