"""
YAML front matter of a Markdown file: scalars and lists of them, every string quoted (YAML 1.2 §7.3.1).

Nothing that people typed can end its line, become another key, another type or an anchor. Leaves out reading YAML.
"""

from collections.abc import Mapping, Sequence

Value = str | int | Sequence[str]

_NAMED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def front_matter(values: Mapping[str, Value]) -> str:
    """The block with its lines of hyphens, ending with a line end. Keys are ours: plain words."""
    lines = []
    for key, value in values.items():
        if isinstance(value, str):
            lines.append(f"{key}: {quoted(value)}")
        elif isinstance(value, int):
            lines.append(f"{key}: {value}")
        else:
            lines.append(f"{key}: [{', '.join(map(quoted, value))}]")
    return "\n".join(["---", *lines, "---"]) + "\n"


def quoted(text: str) -> str:
    """A double-quoted scalar on one line."""
    return '"' + "".join(_NAMED.get(char) or _shown(char) for char in text) + '"'


def _shown(char: str) -> str:
    code = ord(char)
    printable = 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
    if printable and code not in (0x2028, 0x2029, 0xFEFF):
        return char
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
