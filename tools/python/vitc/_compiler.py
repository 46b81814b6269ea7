"""Compiling: the command-line tool, with its options as keywords.

The compiler runs as a process of its own. LLVM ends the process in which it meets a fatal error and keeps what it
allocated, lld links one file at a time, and a child can be interrupted.
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Sequence
from typing import Any, Optional, Union

from . import _cache, _modules
from ._cache import cache_directory
from ._library import Error, program
from ._model import Model, check_threads, load

__all__ = ["cache_directory", "compile"]

# They choose what is written, which is a model here.
NOT_OPTIONS = {"emit": "only models are made here; the command line writes other phases (python -m vitc compile)"}
# Their values are files whose contents count.
PATHS = ("config", "labels", "model", "weights")
# With these the compiler tells or writes something besides the model, so it has to run.
TALKING = ("dump_phases", "g", "remarks", "time_phases", "verbose")


def _value_text(option: str, value: Any) -> str:
    if isinstance(value, tuple) and option == "image_size" and len(value) == 2:
        return "x".join(map(str, value))
    if isinstance(value, (list, tuple)):
        return ",".join(_value_text(option, item) for item in value)
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        return str(value)
    raise Error(f"{option}: {type(value).__name__}, expected text, a number, or a list of them")


def arguments_of(options: dict[str, Any]) -> list[str]:
    """The command line's options: target_cpu="native" is --target-cpu=native; True an option without a value."""
    arguments = []
    for name, value in options.items():
        if name in NOT_OPTIONS:
            raise Error(f"{name}: {NOT_OPTIONS[name]}")
        if value is None or value is False:
            continue
        option = {"verbose": "-v", "g": "-g"}.get(name, "--" + name.replace("_", "-"))
        arguments.append(option if value is True else f"{option}={_value_text(name, value)}")
    return arguments


def _run(arguments: Sequence[str], shows: bool) -> None:
    """Runs the compiler. What it says of errors is raised; warnings are warned of; the rest is shown if wanted."""
    child = subprocess.Popen(
        [program("vitc"), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _, told = child.communicate()
    except BaseException:
        # It removes what it has not finished.
        child.send_signal(signal.SIGTERM)
        child.wait()
        raise
    lines = told.decode("utf-8", "replace").splitlines()
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    if child.returncode != 0:
        ended = f"vitc: it was ended by signal {-child.returncode}" if child.returncode < 0 else "vitc: failed"
        raise Error(errors[-1] if errors else (lines[-1] if lines and child.returncode > 0 else ended))
    for line in lines:
        if line.startswith("warning: "):
            warnings.warn(line.removeprefix("warning: "), stacklevel=4)
        elif shows:
            print(line, file=sys.stderr)


def _name_source(path: pathlib.Path) -> list[str]:
    """Parts of a path that the model's name may be made of (models/README.md)."""
    parts = [path.name] + [part for part in path.parts if part.startswith("models--")]
    return parts + ([path.parent.name] if re.match(r"checkpoint\b", path.name) else [])


def _key(source: pathlib.Path, options: dict[str, Any], arguments: Sequence[str], directory: str) -> str:
    compiler = os.stat(program("vitc"))
    parts: list[Any] = [[compiler.st_size, compiler.st_mtime_ns], _cache.machine(), list(arguments)]
    paths = [source] + [pathlib.Path(os.path.abspath(options[name])) for name in PATHS if options.get(name)]
    for path in paths:
        # The configuration of a checkpoint stands for its directory.
        path = path.parent if path.name == "config.json" else path
        # Of a link its own name counts, and where it leads to: the hub's cache is made of links.
        parts.append([_name_source(path), _name_source(pathlib.Path(os.path.realpath(path)))])
        parts.extend([file.name, _cache.content_hash(str(file), directory)] for file in _cache.input_files(path))
    return hashlib.blake2b(json.dumps(parts).encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def compile(
    source: Any,
    output: Optional[Union[str, "os.PathLike[str]"]] = None,
    *,
    threads: int = 0,
    processor: Optional[Any] = None,
    **options: Any,
) -> Model:
    """Compiles a model and loads it.

    `source` is what `vitc` takes: the directory of a checkpoint, a description, a file of parameters; or a module of
    transformers (with its image `processor`, for pictures) or timm, as it is now. The model goes to
    the file `output`; without, to the cache, from which it is taken if nothing that it depends on has changed. Options
    are those of `vitc --help`, with underscores: image_size=(384, 640), outputs=["logits"], random_weights=True,
    target_cpu="x86-64-v3", precision="int8", verbose=True. `threads` is as for `load`."""
    # Before any work is done, and not taken for damage of a cached file.
    check_threads(threads)
    if _modules.is_module(source):
        model: Model = _modules.with_checkpoint(
            source, processor, lambda directory: compile(directory, output, threads=threads, **options)
        )
        return model
    if processor is not None:
        raise Error("processor: is for modules; a checkpoint has its own")
    text = os.fspath(source) if isinstance(source, (str, os.PathLike)) else source
    if not isinstance(text, str) or not text or "\0" in text:
        raise Error(f"source: {text!r}, expected the path of a checkpoint or description, or a module")
    arguments = arguments_of(options)
    path = os.path.abspath(text)
    # What looks like an option is none.
    shown = "./" + text if text.startswith("-") else text
    talks = any(options.get(name) for name in TALKING)
    if output is not None:
        target = os.fspath(output)
        if not target.endswith(".so"):
            raise Error(f"output: {target!r}, expected the name of a file that ends with .so")
        _run([shown, "-o", target, *arguments], talks)
        return load(target, threads)

    directory = cache_directory()
    _cache.prepare_directory(directory)

    def key() -> str:
        """The name in the cache of what is there now."""
        try:
            return _key(pathlib.Path(path), options, arguments, directory)
        except OSError as error:
            raise Error(f"{error.filename}: cannot be read: {error.strerror}") from None

    before = key()
    target = os.path.join(directory, before + ".so")
    # Who comes second waits, and finds the first one's work.
    with _cache.locked(target):
        if os.path.exists(target) and not talks:
            try:
                return load(target, threads)
            except Error:
                # Damaged since, or a machine that cannot run it, of which compiling anew says more.
                os.unlink(target)
        _run([shown, "-o", target, *arguments], talks)
        # What the compiler read may be neither what the name stands for nor what is there now.
        try:
            changed = key() != before
        except Error:
            changed = True
        if changed:
            os.unlink(target)
            raise Error(f"{text}: changed while it was compiled")
        return load(target, threads)
