"""
Install what the tests need beyond Python packages, where this machine allows it.

As root on Debian the missing packages are installed (services stay down: ``RUNLEVEL=1``); elsewhere what is missing is
named, and the tests that need it say so when they are skipped.
"""

import os
import shutil
import subprocess
import sys

from fixtures import converse_files
from fixtures.maven_files import JACKRABBIT, JETTY_RUNNER, fetched, kept

#: a program or file that proves the package is there -> Debian packages
NEEDED: dict[str, tuple[str, ...]] = {
    "/usr/bin/chromium": ("chromium",),
    "/usr/bin/redis-server": ("redis-server",),
    "/usr/lib/postgresql": ("postgresql",),
    "/usr/sbin/postfix": ("postfix",),
    "/usr/share/wordpress/wp-load.php": ("wordpress",),
    "/usr/sbin/mariadbd": ("mariadb-server",),
    "/usr/bin/prosody": ("prosody",),
    "/usr/bin/php": (
        "php-cli",
        "php-mysql",
        "php-gd",
        "php-curl",
        "php-xml",
        "php-mbstring",
        "php-intl",
    ),
    "/usr/bin/java": ("default-jre-headless",),
    "/usr/bin/mvn": ("maven",),
    "/usr/bin/profanity": ("profanity",),
    "/usr/bin/tmux": ("tmux",),
}
FILES = (JETTY_RUNNER, JACKRABBIT)


def main() -> int:
    """Install what is missing. :returns: 0; 1 if an installation failed."""
    failed = packages()
    for file in FILES:
        if kept(file) is None and fetched(file) is None:
            print(f"Not there, tests that need it are skipped: {file[0]}", file=sys.stderr)
    if converse_files.installed() is None:
        print("Not there, tests that need it are skipped: Converse.js", file=sys.stderr)
    return failed


def packages() -> int:
    """Debian's."""
    missing = [package for path, packages in NEEDED.items() if not os.path.exists(path) for package in packages]
    if not missing:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"Not installed here, tests that need them are skipped: {' '.join(missing)}", file=sys.stderr)
        return 0
    print(f"Installing {' '.join(missing)} …", flush=True)
    environment = {**os.environ, "RUNLEVEL": "1", "DEBIAN_FRONTEND": "noninteractive"}
    quiet = {"env": environment, "stdout": subprocess.DEVNULL, "check": False}
    subprocess.run(["apt-get", "update", "-qq"], **quiet)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    return 1 if subprocess.run(command, **quiet).returncode else 0


if __name__ == "__main__":
    sys.exit(main())
