"""Pictures in all forms that callers have them in, as the host library takes them."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from . import _library
from ._library import Error, Source

if TYPE_CHECKING:
    import PIL.Image

Picture = Union[str, "os.PathLike[str]", bytes, np.ndarray, "PIL.Image.Image"]


def _is_of(value: object, module: str, name: str) -> bool:
    """Whether a value is of a class of a library that may not be installed; importing it would take seconds."""
    cls = getattr(sys.modules.get(module), name, None)
    return cls is not None and isinstance(value, cls)


def is_tensor(value: object) -> bool:
    return _is_of(value, "torch", "Tensor")


def is_picture(value: object) -> bool:
    """Whether a value is one picture, not a collection of them."""
    return isinstance(value, (str, os.PathLike, bytes, bytearray, memoryview, np.ndarray)) or (
        _is_of(value, "PIL.Image", "Image") or is_tensor(value)
    )


def array_of_tensor(tensor: Any, name: str) -> np.ndarray:
    """PyTorch's tensor as an array, without a copy."""
    if tensor.device.type != "cpu":
        raise Error(f"{name}: a tensor on {tensor.device}, expected one in main memory: call .cpu()")
    try:
        array: np.ndarray = tensor.detach().numpy()
    except (TypeError, RuntimeError) as error:
        raise Error(f"{name}: a tensor that is no array: {error}") from None
    return array


def _pixels_of_pil(image: Any) -> np.ndarray:
    from PIL import ImageOps

    # What transformers' pipelines do; files get the same when they are decoded.
    image = ImageOps.exif_transpose(image)
    return np.asarray(image if image.mode == "L" else image.convert("RGB"))


def _pixels(array: np.ndarray) -> np.ndarray:
    shape = "x".join(map(str, array.shape))
    if array.dtype != np.uint8:
        raise Error(
            f"picture: an array of {array.dtype} and shape {shape}, expected uint8, height x width (x 1 or 3); "
            "numbers that are normalised already go to run()"
        )
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3) or 0 in array.shape:
        raise Error(f"picture: an array of shape {shape}, expected height x width, height x width x 1 or x 3")
    return np.ascontiguousarray(array)


class PictureSource:
    """A picture as the library takes it; keeps its memory alive."""

    def __init__(self, picture: Any) -> None:
        self.name = "picture"
        self._memory: object = None
        source = self.struct = Source()
        if isinstance(picture, (str, os.PathLike)):
            path = os.fsencode(picture)
            if b"\0" in path:
                raise Error("picture: a path with a zero byte")
            self.name = os.fsdecode(path)
            source.path = path
            return
        if isinstance(picture, (bytes, bytearray, memoryview)):
            data = bytes(picture)
            if not data:
                raise Error("picture: no bytes, expected those of a picture's file")
            self._memory = data
            source.path = b"picture"
            source.bytes = ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p)
            source.size = len(data)
            return
        if _is_of(picture, "PIL.Image", "Image"):
            array = _pixels_of_pil(picture)
        elif is_tensor(picture):
            # Channels come first there.
            array = array_of_tensor(picture, "picture")
            array = array.transpose(1, 2, 0) if array.ndim == 3 else array
        elif isinstance(picture, np.ndarray):
            array = picture
        else:
            raise Error(
                f"picture: {type(picture).__name__}, expected a path, the bytes of a file, a PIL image, or an array"
            )
        array = self._memory = _pixels(array)
        source.path = b"picture"
        source.bytes = array.ctypes.data
        source.size = array.nbytes
        source.height, source.width, source.channels = array.shape


class PreparedPicture:
    """A picture's numbers, which entry point takes them, and its size."""

    def __init__(self, model: int, entry_point: int, picture: Any) -> None:
        source = PictureSource(picture)
        pointer = _library.call("vitc_host_prepare", model, entry_point, ctypes.byref(source.struct))
        try:
            made = pointer.contents  # type: ignore[attr-defined]
            self.entry_point: int = made.entry_point
            self.size = (made.height, made.width)
            self.filled = (made.filled_height, made.filled_width)
            dtype = np.uint8 if made.is_u8 else np.float32
            numbers = (ctypes.c_byte * made.bytes).from_address(made.elements)
            self.elements = np.frombuffer(numbers, dtype).copy()
        finally:
            _library.library().vitc_host_free_picture(pointer)
