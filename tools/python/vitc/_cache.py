"""Compiled models by what they were compiled from.

A cached file's name is a hash of everything that its bytes depend on: compiler, options, CPU and the contents of the
input. Contents of large files are hashed once for each state of a file, since that takes longer than all else.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import tempfile
import time
from collections.abc import Iterator
from typing import Any

from ._library import Error

# What may lie in a checkpoint's directory and is never read by the compiler.
UNREAD = {
    ".bin",
    ".ckpt",
    ".gif",
    ".h5",
    ".jpeg",
    ".jpg",
    ".md",
    ".msgpack",
    ".onnx",
    ".ot",
    ".png",
    ".pt",
    ".pth",
    ".py",
    ".so",
}
# Files that changed so lately may change again without another time.
UNSETTLED_SECONDS = 2.0


def cache_directory() -> str:
    """Where compiled models are kept: $VITC_CACHE_DIR, else vitc in $XDG_CACHE_HOME or ~/.cache."""
    chosen = os.environ.get("VITC_CACHE_DIR")
    if chosen:
        return os.path.abspath(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(os.path.abspath(base), "vitc")


def prepare_directory(directory: str) -> None:
    try:
        os.makedirs(os.path.join(directory, "contents"), exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise Error(
            f"{directory}: the cache cannot be written: {error.strerror}; set VITC_CACHE_DIR, or say where the model is "
            "to go (output=)"
        ) from None


def _hash_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, hashlib.blake2b).hexdigest()


def content_hash(path: str, directory: str) -> str:
    """The hash of a file's contents, from the cache if the file is as it was when it was hashed."""
    state = os.stat(path)
    identity = f"{state.st_dev} {state.st_ino} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"
    kept = os.path.join(directory, "contents", hashlib.blake2b(identity.encode(), digest_size=20).hexdigest())
    with contextlib.suppress(OSError):
        with open(kept, encoding="ascii") as file:
            known = file.read()
        if len(known) == 128:
            return known
    digest = _hash_of(path)
    if time.time() - max(state.st_mtime, state.st_ctime) > UNSETTLED_SECONDS:
        # What cannot be kept is hashed again.
        with contextlib.suppress(OSError):
            with tempfile.NamedTemporaryFile("w", dir=os.path.dirname(kept), delete=False, encoding="ascii") as part:
                part.write(digest)
            os.replace(part.name, kept)
    return digest


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _named_files(path: pathlib.Path, found: set[pathlib.Path]) -> None:
    """A file, and those beside it that it names, if it is JSON: weights of a description, shards of an index."""
    if path in found or not path.is_file():
        return
    found.add(path)
    if path.suffix != ".json":
        return
    try:
        root = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return
    for name in set(_strings(root)):
        if name and len(name) < 256 and "/" not in name and "\0" not in name:
            _named_files(path.parent / name, found)


def input_files(path: pathlib.Path) -> list[pathlib.Path]:
    """What the compiler may read of an input: all of a checkpoint; of a description itself, what it names, and weights
    that lie beside it."""
    if path.name.endswith("config.json") or path.suffix == ".safetensors":
        path = path.parent
    if not path.exists():
        # The compiler says so.
        return []
    found: set[pathlib.Path] = set()
    if not path.is_dir():
        _named_files(path, found)
    if path.suffix == ".npz":
        return sorted(found)
    is_checkpoint = path.is_dir()
    for file in (path if is_checkpoint else path.parent).iterdir():
        is_read = file.suffix not in UNREAD if is_checkpoint else ".safetensors" in file.name
        if is_read and not file.name.startswith(".") and file.is_file():
            found.add(file)
    return sorted(found)


def machine() -> str:
    """What --target-cpu=native depends on."""
    facts: dict[str, str] = {}
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            key, _, value = line.partition(":")
            if key.strip() in ("vendor_id", "cpu family", "model", "stepping", "flags"):
                facts.setdefault(key.strip(), value.strip())
    return json.dumps(facts, sort_keys=True)


@contextlib.contextmanager
def locked(path: str) -> Iterator[None]:
    """Holds the lock of a cached file, which the system takes away from a process that ends."""
    try:
        descriptor = os.open(path + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise Error(f"{path}.lock: cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
