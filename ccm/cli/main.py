"""
The ``ccm`` command: accounts, configuration, status, and trying the reporter out.

Each subcommand is a module with ``add(parser)`` and ``run(arguments) -> int``; this one only finds it.
"""

import argparse
import sys
from importlib import import_module

from ccm.errors import CCMError

#: subcommand -> (module, one line for --help)
COMMANDS = {
    "user": ("ccm.cli.user", "make, list and remove accounts"),
    "check-config": ("ccm.cli.check_config", "read the configuration and say what is wrong with it"),
    "status": ("ccm.cli.status", "ask a running server how it is"),
    "outbox": ("ccm.cli.outbox", "what waits to leave the server, and what was given up"),
    "replay": ("ccm.cli.replay", "run the reporter over a recorded chat; no server needed"),
    "demo": ("ccm.cli.demo", "a server of its own in which scripted people hold a discussion"),
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line. :returns: the exit code; 2 for wrong usage, 1 when it failed."""
    arguments = sys.argv[1:] if argv is None else argv
    parser = argparse.ArgumentParser(prog="ccm", description="Conversational Content Management.")
    parser.add_argument("--config", default="/etc/ccm/ccm.toml", metavar="FILE", help="the server's TOML file")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wanted = next((word for word in arguments if word in COMMANDS), None)
    for name, (module, line) in COMMANDS.items():
        subparser = commands.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        if name == wanted:
            import_module(module).add(subparser)
    parsed = parser.parse_args(arguments)
    try:
        return int(import_module(COMMANDS[parsed.command][0]).run(parsed))
    except CCMError as error:
        print(f"ccm: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
