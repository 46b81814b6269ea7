"""vitc's command-line tools: python -m vitc compile|run|bench|info ARGUMENTS."""

from __future__ import annotations

import os
import sys

from . import __version__
from ._library import Error, program

USAGE = """python -m vitc COMMAND ARGUMENTS...

  compile INPUT [-o OUT] [options]    vitc: a checkpoint or description becomes MODEL.so
  run MODEL.so IMAGE... [options]     vitc-run: labels and scores of pictures, arrays from arrays
  bench MODEL.so [options]            vitc-bench: time of a run
  info MODEL.so [--json]              what a compiled model says about itself

Each has --help. --version prints the package's version."""
TOOLS = {"compile": ["vitc"], "run": ["vitc-run"], "bench": ["vitc-bench"], "info": ["vitc-run", "--info"]}


def main() -> int:
    arguments = sys.argv[1:]
    if arguments[:1] in (["--help"], ["-h"]):
        print(USAGE)
        return 0
    if arguments == ["--version"]:
        print(f"vitc {__version__}")
        return 0
    if not arguments or arguments[0] not in TOOLS:
        given = f"'{arguments[0]}'" if arguments else "no command"
        print(f"error: command line: COMMAND: {given}, expected {', '.join(TOOLS)}; see --help", file=sys.stderr)
        return 1
    tool, *options = TOOLS[arguments[0]]
    try:
        path = program(tool)
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    sys.stdout.flush()
    # The tool takes this process' place: signals and terminals are its own.
    os.execv(path, [path, *arguments[1:], *options])


if __name__ == "__main__":
    sys.exit(main())
