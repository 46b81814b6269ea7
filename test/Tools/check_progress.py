"""check_progress.py VITC ARGUMENTS...: runs vitc on a pseudo-terminal and prints what is left to read on its lines.

A line of progress is shown while vitc works, and rubbed out in the end; that it was shown is told by a line of ours.
"""

import os
import re
import subprocess
import sys


def terminal_output(command):
    """The status of a command, and all that it writes to a terminal on standard error."""
    ours, theirs = os.openpty()
    with subprocess.Popen(command, stderr=theirs) as process:
        os.close(theirs)
        output = b""
        try:
            while chunk := os.read(ours, 4096):
                output += chunk
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        return process.wait(), output.decode()


def visible(line):
    """What is seen of a line after its carriage returns."""
    shown = ""
    for part in line.split("\r"):
        shown = part + shown[len(part) :]
    return shown.rstrip()


def main():
    status, output = terminal_output(sys.argv[1:])
    steps = re.findall(r"\rvitc: weights (\d+) % \(\d+ s\)", output)
    print("progress was shown" if steps else "no progress was shown")
    for line in output.split("\n"):
        if visible(line):
            print("left:", visible(line))
    print("status", status)


main()
