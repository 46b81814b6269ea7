#!/usr/bin/env python3
"""Checks that no value in a configuration ends in anything but a model or one error.

    check_mutations.py WORK_DIRECTORY CASE...

Each key of a checkpoint's config.json (Integration/checkpoints) is taken out, and given values of other kinds and sizes, one
at a time: vitc describes the model, or says one line behind "error: " with status 1 and leaves no file.
"""

import concurrent.futures
import copy
import json
import pathlib
import shutil
import subprocess
import sys
import threading

from check_errors import prepare

# As JSON; None: without the key.
VALUES = [None, "null", "-1", "0", "9223372036854775807", "1e30", '"x"', "[]", "[[1], {}]", '{"a": 1}']
PLACE = "the value's place"


def pointers(value, path=()):
    for key, member in value.items() if isinstance(value, dict) else ():
        yield (*path, key)
        yield from pointers(member, (*path, key))


def changed(config, path, value):
    config = copy.deepcopy(config)
    place = config
    for key in path[:-1]:
        place = place[key]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = PLACE
    return json.dumps(config).replace(json.dumps(PLACE), str(value))


class Mutations:
    def __init__(self, work, case):
        self.work, self.case, self.threads = work, case, threading.local()
        prepare(work / case, case)
        self.config = json.loads((work / case / "config.json").read_text())
        self.all = [(path, value) for path in pointers(self.config) for value in VALUES]

    def directory(self):
        """A copy of the checkpoint for this thread alone."""
        if not hasattr(self.threads, "directory"):
            self.threads.directory = self.work / f"{self.case}-{threading.get_ident()}"
            prepare(self.threads.directory, self.case)
        return self.threads.directory

    def check(self, path, value):
        """What is wrong, or nothing."""
        directory = self.directory()
        (directory / "config.json").write_text(changed(self.config, path, value))
        output = directory / "model.json"
        output.unlink(missing_ok=True)
        before = sorted(path.name for path in directory.iterdir())
        done = subprocess.run(["vitc", directory, "--emit=json", "-o", output], capture_output=True, text=True)
        after = sorted(path.name for path in directory.iterdir() if path != output)
        if done.returncode == 0:
            right = not done.stderr and output.exists()
        else:
            text = done.stderr.removeprefix("error: ")
            right = done.returncode == 1 and text != done.stderr and text.strip() and text.count("\n") == 1
            right = right and not output.exists()
        if not right or done.stdout or before != after:
            return f"{self.case} /{'/'.join(path)} = {value}: status {done.returncode}: {done.stderr}"
        return ""


def main():
    work = pathlib.Path(sys.argv[1])
    shutil.rmtree(work, ignore_errors=True)
    count = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for case in sys.argv[2:]:
            mutations = Mutations(work, case)
            count += len(mutations.all)
            if wrong := [text for text in pool.map(lambda job: mutations.check(*job), mutations.all) if text]:
                raise SystemExit("\n".join(wrong))
    print(f"{count} changed configurations")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
