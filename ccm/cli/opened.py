"""The stores that a command works on: those of the server with the same configuration and the same current folder."""

from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from ccm.errors import CCMError
from ccm.settings import Settings
from ccm.store.stores import Stores, open_stores


async def open_as_server(reactor: Any, settings: Settings, *, make: bool = False) -> tuple[Stores, Path | None]:
    """
    *async* Open them where the server has them.

    :param make: make the folder and the database if there are none.
    :returns: the stores, and the file of a database that was made.
    :raises CCMError: naming the file that is missing and the folder from which it was looked for.
    """
    state = Path(settings["server"].state)
    file = _file(settings, state)
    made = file if file is not None and not file.exists() else None
    if made is not None and not make:
        raise CCMError(_missing(settings, made))
    state.mkdir(parents=True, exist_ok=True)
    stores = await open_stores(reactor, settings["store"], settings["state"], state, host=settings["server"].host)
    return stores, made.absolute() if made is not None else None


def _file(settings: Settings, state: Path) -> Path | None:
    """SQLite's file; ``None`` for a database that is none of ours to look for."""
    url = make_url(settings["store"].sqlalchemy_url(state))
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _missing(settings: Settings, file: Path) -> str:
    option = "store.url" if settings["store"].url else "server.state"
    text = f"{settings.source}: there is no database {file.absolute()}, which {option} names"
    if file.is_absolute():
        return f"{text}. Start the server, or make an account with ccm user add, and it is made."
    return (
        f"{text} from the current folder, {Path.cwd()}. Run the command where the server is started, "
        f"or write an absolute path for {option}."
    )
