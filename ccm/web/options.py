"""The options of the web pages."""

from typing import Literal

from ccm.bounds import Amount, AmountOr0, Count, CountOr0, check_url
from ccm.config import Section


class WebOptions(Section):
    """
    ``[web]``: registration, links, the published archive.

    ``url`` is the public address, ending with ``/``; empty means ``http://<server.host>:<port>/`` of the first HTTP
    listener. ``registration`` is ``"open"`` or ``"closed"``; whoever was invited may always register. ``secure`` says
    that HTTP connections count as encrypted: a proxy in front speaks TLS, or the listener is for this machine alone.
    ``form_seconds_least``: a form sent sooner waits for the rest of it; ``neutral_seconds``: how long an answer takes
    that must not tell who has an account. ``attempts_per_minute`` counts links that do not work, by network.
    ``dev_mail`` shows mails written to files at ``/dev/mail``: never outside a developer's machine. With
    ``dashboard_websocket`` the dashboard, which begins over BOSH, goes on over WebSocket where it can. ``folders`` are
    shown beside the dashboard, by the first segment of their address: a web client of others, for one.
    """

    url: str = ""
    registration: Literal["open", "closed"] = "open"
    secure: bool = False
    dev_mail: bool = False
    registrations_per_hour: CountOr0 = 3
    attempts_per_minute: CountOr0 = 10
    form_seconds_least: AmountOr0 = 2.0
    form_hours_most: Amount = 4.0
    neutral_seconds: AmountOr0 = 0.6
    validation_hours: Amount = 24.0
    reset_minutes: Amount = 30.0
    mails_per_address_per_hour: CountOr0 = 3
    password_characters_least: Count = 10
    dashboard_websocket: bool = True
    archive_page: Count = 20
    feed_entries: Count = 30
    folders: dict[str, str] = {}

    def check(self) -> None:
        """:raises ConfigError: for a public address that is none."""
        check_url("web.url", self.url)
