"""libvitc_host.so as Python functions: include/vitc/HostApi/vitc_host.h says what they do."""

from __future__ import annotations

import ctypes
import functools
import os
import pathlib
from ctypes import POINTER, c_char_p, c_double, c_int32, c_int64, c_uint32, c_uint64, c_void_p


class Error(Exception):
    """What vitc says is wrong, in one line: "FILE: WHERE: what is wrong, what was expected"."""


class Buffer(ctypes.Structure):
    """vitc_input_buffer and vitc_output_buffer."""

    _fields_ = [("data", c_void_p), ("bytes", c_uint64)]


class Picture(ctypes.Structure):
    """vitc_host_picture."""

    _fields_ = [
        ("entry_point", c_uint32),
        ("is_u8", c_uint32),
        ("elements", c_void_p),
        ("bytes", c_uint64),
        ("height", c_int64),
        ("width", c_int64),
        ("filled_height", c_int64),
        ("filled_width", c_int64),
    ]


class Source(ctypes.Structure):
    """vitc_host_source."""

    _fields_ = [
        ("path", c_char_p),
        ("bytes", c_void_p),
        ("size", c_uint64),
        ("height", c_int64),
        ("width", c_int64),
        ("channels", c_int64),
    ]


class Question(ctypes.Structure):
    """vitc_host_question."""

    _fields_ = [
        ("entry_point", c_uint32),
        ("output_count", c_uint32),
        ("outputs", POINTER(c_void_p)),
        ("height", c_int64),
        ("width", c_int64),
        ("top", c_int64),
        ("threshold", c_double),
        ("threads", c_uint32),
    ]


_ERROR = POINTER(c_void_p)
_SIGNATURES = {
    "vitc_host_load": (c_void_p, [c_char_p, _ERROR]),
    "vitc_host_unload": (None, [c_void_p]),
    "vitc_host_manifest": (c_char_p, [c_void_p]),
    "vitc_host_create": (c_void_p, [c_void_p, c_uint32, _ERROR]),
    "vitc_host_destroy": (None, [c_void_p]),
    "vitc_host_threads": (c_uint32, [c_void_p]),
    "vitc_host_chunk_images": (c_uint64, [c_void_p]),
    "vitc_host_run": (
        c_int32,
        [c_void_p, c_uint32, c_int64, POINTER(Buffer), c_uint32, POINTER(Buffer), c_uint32, _ERROR],
    ),
    "vitc_host_prepare": (POINTER(Picture), [c_void_p, c_int32, POINTER(Source), _ERROR]),
    "vitc_host_free_picture": (None, [POINTER(Picture)]),
    "vitc_host_answer": (c_void_p, [c_void_p, POINTER(Question), POINTER(c_void_p), _ERROR]),
    "vitc_host_free": (None, [c_void_p]),
}


@functools.lru_cache(maxsize=None)
def _installation() -> pathlib.Path:
    """The directory whose bin and lib have vitc's programs and libraries."""
    chosen = os.environ.get("VITC_HOME")
    if chosen:
        return pathlib.Path(chosen)
    package = pathlib.Path(__file__).resolve().parent
    # Of a wheel, or of the sources that the package is imported from.
    for candidate in (package / "native", package.parents[2] / "build"):
        if (candidate / "lib" / "libvitc_host.so").exists():
            return candidate
    raise Error(
        f"{package}: no libvitc_host.so: build the wheel (tools/dev/wheel), or set VITC_HOME to a build directory"
    )


def program(name: str) -> str:
    """The path of one of vitc's programs."""
    path = _installation() / "bin" / name
    if not path.exists():
        raise Error(f"{path}: is missing; VITC_HOME, if it is set, is a directory with bin and lib")
    return str(path)


@functools.lru_cache(maxsize=None)
def library() -> ctypes.CDLL:
    path = _installation() / "lib" / "libvitc_host.so"
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as error:
        raise Error(f"{path}: cannot be loaded: {error}") from None
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


def take_text(address: int) -> str:
    """The text at an address that the library allocated, which is freed."""
    try:
        return ctypes.string_at(address).decode("utf-8", "replace")
    finally:
        library().vitc_host_free(address)


def call(name: str, *arguments: object) -> object:
    """The result of a function whose last argument is where it tells an error, which is raised."""
    message = c_void_p()
    result = getattr(library(), name)(*arguments, ctypes.byref(message))
    if message.value:
        raise Error(take_text(message.value))
    # A failure without words had no memory for them.
    if not result and _SIGNATURES[name][0] is not c_int32 or _SIGNATURES[name][0] is c_int32 and result != 0:
        raise Error(f"{name}: not enough memory")
    return result
