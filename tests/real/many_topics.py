"""Several processes of the topics component behind one domain, on PostgreSQL and Redis."""

import secrets
from collections.abc import Callable
from typing import Any

import psycopg
from fixtures.server import ComponentProcess, ServerProcess
from real.people import PASSWORD
from twisted.internet.threads import deferToThread

TOPICS = "topics.localhost"
#: Signing in costs what it must for 200 clients of one machine.
PLAIN = {
    "session": {"require_tls": False},
    "sasl": {"plain_without_tls": True, "mechanisms": ["PLAIN"]},
}


def options(postgres: Any, redis: Any, **more: Any) -> dict[str, dict[str, Any]]:
    """Of a server on a database and with keys of its own."""
    name = f"many_{secrets.token_hex(4)}"
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return {
        "store": {"url": postgres.url.replace("/postgres?", f"/{name}?"), "reader_threads": 2},
        "state": {"url": redis.url, "prefix": f"{name}:"},
        **PLAIN,
        **more,
    }


def processes(server: ServerProcess, count: int) -> list[ComponentProcess]:
    """So many processes for topics; none is started."""
    secret = server.folder / "topics.secret"
    secret.write_text(secrets.token_urlsafe(24))
    server.configure({"components": {"local": ["invitations", "reporter"], "secret_files": {TOPICS: str(secret)}}})
    return [server.component("topics", secret, number) for number in range(1, count + 1)]


async def start(server: ServerProcess, children: list[ComponentProcess], names: list[str]) -> None:
    """*async* The accounts, the server, and all processes."""
    await server.add_accounts(PASSWORD, *names)
    await deferToThread(server.start)
    for child in children:
        await deferToThread(child.start)


def rows(server: ServerProcess, query: str) -> list[Any]:
    """What the database holds."""
    url = server._options["store"]["url"]
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


Make = Callable[..., ServerProcess]
