"""
Run the load harness over CCM beside its peers, interleaved, and print the ratios.

The harness is a folder with ``compare.py`` and ``servers.json``, given by ``HARNESS``; this writes a servers file of
its own that adds ``ccm`` and ``ccm-relaxed``, then hands over. Arguments go on to the harness.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCENARIOS = "muc100,muc10,rooms,ws100,bosh100,c2c,ping,login,idle"
SERVERS = {
    "ccm": {"c2s": 25522, "http": 25580, "DURABILITY": "full"},
    "ccm-relaxed": {"c2s": 25622, "http": 25680, "DURABILITY": "relaxed"},
}


def servers(harness: Path) -> dict[str, object]:
    """The harness's servers, their control scripts made absolute, and ours."""
    known = json.loads((harness / "servers.json").read_text())
    for server in known.values():
        server["control"] = str(harness / server["control"])
    for name, ours in SERVERS.items():
        environment = {"C2S": str(ours["c2s"]), "HTTP": str(ours["http"]), "DURABILITY": str(ours["DURABILITY"])}
        known[name] = {
            "control": str(HERE / "ccm.sh"),
            "c2s": ours["c2s"],
            "http": ours["http"],
            "register": True,
            "env": environment,
        }
    return known


def main() -> int:
    """:returns: the harness's exit code; 2 if there is no harness."""
    harness = Path(os.environ.get("HARNESS", ""))
    if not (harness / "compare.py").is_file():
        print("Name the load harness's folder: make bench HARNESS=…", file=sys.stderr)
        return 2
    arguments = sys.argv[1:]
    if not any(argument.startswith("--servers") for argument in arguments):
        arguments += ["--servers", "ccm,prosody,ejabberd"]
    if not any(argument.startswith("--scenarios") for argument in arguments):
        arguments += ["--scenarios", SCENARIOS]
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "servers.json"
        config.write_text(json.dumps(servers(harness)))
        out = (
            [] if any(argument.startswith("--out") for argument in arguments) else ["--out", f"{folder}/results.jsonl"]
        )
        command = [sys.executable, str(harness / "compare.py"), "--config", str(config), *out, *arguments]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
