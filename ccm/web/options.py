"""The options of the web pages."""

from ccm.config import Section


class WebOptions(Section):
    """
    ``[web]``: registration, links, the published archive.

    ``url`` is the public address, ending with ``/``; empty means ``http://<server.host>:<port>/`` of the first HTTP
    listener. ``registration`` is ``"open"`` or ``"closed"``; whoever was invited may always register. ``secure`` says
    that HTTP connections count as encrypted: a proxy in front speaks TLS, or the listener is for this machine alone.
    ``form_seconds_least``: a form sent sooner waits for the rest of it; ``neutral_seconds``: how long an answer takes
    that must not tell who has an account. ``attempts_per_minute`` counts links that do not work, by network.
    ``dev_mail`` shows mails written to files at ``/dev/mail``: never outside a developer's machine. ``folders`` are
    shown beside the dashboard, by the first segment of their address: a web client of others, for one.
    """

    url: str = ""
    registration: str = "open"
    secure: bool = False
    dev_mail: bool = False
    registrations_per_hour: int = 3
    attempts_per_minute: int = 10
    form_seconds_least: float = 2.0
    form_hours_most: float = 4.0
    neutral_seconds: float = 0.6
    validation_hours: float = 24.0
    reset_minutes: float = 30.0
    mails_per_address_per_hour: int = 3
    password_characters_least: int = 10
    archive_page: int = 20
    feed_entries: int = 30
    folders: dict[str, str] = {}
