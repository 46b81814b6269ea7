"""check_signals.py VITC DESCRIPTION WORK: ends vitc by signals while it compiles; no file may stay behind.

A signal that can be handled leaves nothing in any phase. SIGKILL leaves nothing where an output needs no name until it
is complete, which is up to the file system.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time


def supports_nameless_files(directory):
    try:
        os.close(os.open(directory, os.O_TMPFILE | os.O_WRONLY, 0o600))
    except OSError:
        return False
    return True


def written_bytes(process):
    """What the process has given to write calls; 0 when it is gone."""
    try:
        lines = pathlib.Path(f"/proc/{process.pid}/io").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("wchar"))
    except (OSError, StopIteration):
        return 0


def check(command, work, number, is_ready, goes_on=False):
    """Sends a signal when `is_ready`, and looks at what is left. With `goes_on`, that must not matter."""
    shutil.rmtree(work, ignore_errors=True)
    out, temporary = work / "out", work / "tmp"
    out.mkdir(parents=True)
    temporary.mkdir()
    (out / "m.so").write_text("old")
    environment = dict(os.environ, TMPDIR=str(temporary))
    with subprocess.Popen(command + ["-o", str(out / "m.so")], env=environment) as process:
        while process.poll() is None and not is_ready(process):
            time.sleep(0.01)
        process.send_signal(number)
        process.wait()
    expected = 0 if goes_on else -number
    if process.returncode != expected:
        sys.exit(f"{signal.Signals(number).name}: status {process.returncode}, expected {expected}")
    left = sorted(str(path.relative_to(work)) for path in work.rglob("*") if path.is_file())
    is_old = (out / "m.so").stat().st_size == len("old")
    if left != ["out/m.so"] or is_old == goes_on:
        sys.exit(f"{signal.Signals(number).name} left {left}")


def main():
    vitc, description, work = sys.argv[1:]
    work = pathlib.Path(work)
    command = [vitc, description, "--random-weights", "--target-cpu=x86-64-v3"]
    some_weights = 8 << 20
    handled = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    # Whoever started this may have ignored some, for its children too.
    for number in handled:
        signal.signal(number, signal.SIG_DFL)
    for number in handled:
        check(command, work, number, lambda process: written_bytes(process) > some_weights)
    # Between phases, whatever they are at that time: at shares of the time that a whole compilation takes.
    whole = work / "whole.so"
    start = time.monotonic()
    subprocess.run([*command, "-o", str(whole)], check=True)
    duration = time.monotonic() - start
    for share in (0.1, 0.4, 0.7):
        end = time.monotonic() + share * duration
        check(command, work, signal.SIGINT, lambda process, end=end: time.monotonic() > end)
    # Unless whoever started vitc wanted it to go on, as nohup does.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    check(command, work, signal.SIGHUP, lambda process: written_bytes(process) > some_weights, goes_on=True)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    if supports_nameless_files(work):
        check(command, work, signal.SIGKILL, lambda process: written_bytes(process) > some_weights)


main()
