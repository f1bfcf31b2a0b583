"""
Run a server as the terminal's foreground job: Ctrl-C then reaches it alone, and a server that it ended counts as well.

Without it make, interrupted together with the server, would report an error for a server that ended as it should.
Where there is no terminal the server simply takes our place.
"""

import os
import signal
import sys
from types import FrameType


def main(command: list[str]) -> int:
    """:returns: the command's exit code; 0 if a signal asked it to end, which twistd passes on once it has stopped."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
        in_front = os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        in_front = False
    if not in_front:
        os.execvp(command[0], command)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(terminal, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(command[0], command)

    def end(_number: int, _frame: FrameType | None) -> None:
        os.kill(child, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, end)
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return 0 if code in (-signal.SIGINT, -signal.SIGTERM) else code
    finally:
        os.tcsetpgrp(terminal, os.getpgrp())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
