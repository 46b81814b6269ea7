"""Compiled models."""

from __future__ import annotations

import concurrent.futures
import contextlib
import copy
import ctypes
import json
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Optional, Union

import numpy as np

from . import _library
from ._library import Buffer, Error
from ._pictures import Picture, PreparedPicture, array_of_tensor, is_picture, is_tensor

DTYPES: dict[str, np.dtype[Any]] = {
    "f32": np.dtype(np.float32),
    "f16": np.dtype(np.float16),
    "f64": np.dtype(np.float64),
    "i8": np.dtype(np.int8),
    "u8": np.dtype(np.uint8),
    "i16": np.dtype(np.int16),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
    "bool": np.dtype(np.bool_),
}
# What an embedding is called, where a model has several outputs.
EMBEDDINGS = ("pooler_output", "image_embeds", "image_embedding")


def shape_text(shape: Iterable[int]) -> str:
    return "x".join(map(str, shape))


def check_threads(threads: object) -> None:
    if isinstance(threads, bool) or not isinstance(threads, int) or not 0 <= threads <= 1024:
        raise Error(f"threads: {threads!r}, expected a number from 0 to 1024")


def _dtype(tensor: Mapping[str, Any]) -> np.dtype:
    if tensor["dtype"] not in DTYPES:
        raise Error(f"{tensor['name']}: numpy has no type {tensor['dtype']}")
    return DTYPES[tensor["dtype"]]


def _converted(name: str, array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The elements as another type that holds their values, aligned and in order: real numbers stay real, whole ones
    whole. Not copied if that is what they are already."""
    if array.dtype != dtype:
        kinds = ("f", "f") if dtype.kind == "f" else ("iub", "iub")
        if array.dtype.kind not in kinds[0] or dtype.kind not in kinds[1]:
            raise Error(f"{name}: elements of {array.dtype}, expected {dtype}")
        converted = array.astype(dtype)
        if dtype.kind != "f" and not np.array_equal(converted, array):
            raise Error(f"{name}: elements of {array.dtype} that {dtype} does not hold")
        array = converted
    return np.require(array, requirements=["C", "A"])


class _Host:
    """What the library has for a model: the loaded file, and instances that wait for a run. Ends with the last user."""

    def __init__(self, path: str, threads: int) -> None:
        self.path = path
        self.threads = threads
        self.handle: int = _library.call("vitc_host_load", os.fsencode(path))  # type: ignore[assignment]
        self.reset()
        _hosts.add(self)

    def reset(self) -> None:
        """As it is without instances. What a forked process inherits belongs to its parent, a lock may be held by a
        thread that it has not."""
        self.lock = threading.Lock()
        self.idle: list[int] = []

    @contextlib.contextmanager
    def instance(self) -> Iterator[int]:
        """An instance for one run. There are as many as there have been runs at once."""
        lock, idle = self.lock, self.idle
        with lock:
            handle = idle.pop() if idle else None
        if handle is None:
            handle = _library.call("vitc_host_create", self.handle, self.threads)  # type: ignore[assignment]
        try:
            yield handle  # type: ignore[misc]
        finally:
            with lock:
                idle.append(handle)  # type: ignore[arg-type]

    def __del__(self, is_finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        # Not while Python ends: threads may still compute. Nor if loading failed.
        if not is_finalizing() and getattr(self, "handle", None):
            library = _library.library()
            for handle in self.idle:
                library.vitc_host_destroy(handle)
            library.vitc_host_unload(self.handle)


_hosts: "weakref.WeakSet[_Host]" = weakref.WeakSet()


def _reset_after_fork() -> None:
    for host in list(_hosts):
        host.reset()


os.register_at_fork(after_in_child=_reset_after_fork)


class Model:
    """A compiled model. May be called by several threads at once, which compute at the same time."""

    def __init__(self, path: Union[str, "os.PathLike[str]"], threads: int = 0) -> None:
        """Loads a file that vitc wrote. `threads` compute a run (0: as many as the process may use)."""
        check_threads(threads)
        self._path = os.path.abspath(os.fspath(path))
        if "\0" in self._path:
            raise Error("path: has a zero byte")
        self._threads = threads
        self._host: Optional[_Host] = _Host(self._path, threads)
        manifest = _library.library().vitc_host_manifest(self._host.handle)
        self._manifest: dict[str, Any] = json.loads(manifest)
        self._entries: list[dict[str, Any]] = self._manifest["entry_points"]
        # Whether this machine can run it is said here, not at the first call.
        with self._host.instance() as instance:
            self._computing_threads: int = _library.library().vitc_host_threads(instance)
            self._chunk: int = _library.library().vitc_host_chunk_images(instance)

    # What it is.

    @property
    def path(self) -> str:
        return self._path

    @property
    def manifest(self) -> dict[str, Any]:
        """What the file says about itself: `vitc-run --info --json`."""
        return copy.deepcopy(self._manifest)

    @property
    def name(self) -> str:
        return str(self._manifest.get("name", ""))

    @property
    def entries(self) -> list[str]:
        """Names of entry points, the functions of the model."""
        return [entry["name"] for entry in self._entries]

    @property
    def inputs(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes, without the batch, of the first entry point."""
        return {tensor["name"]: tuple(tensor["shape"]) for tensor in self._entries[0]["inputs"]}

    @property
    def outputs(self) -> dict[str, tuple[int, ...]]:
        """The same of its outputs."""
        return {tensor["name"]: tuple(tensor["shape"]) for tensor in self._entries[0]["outputs"]}

    @property
    def labels(self) -> list[str]:
        """Names of classes, in the order of the first output; empty without."""
        return list(self._entries[0]["outputs"][0].get("labels", []))

    @property
    def threads(self) -> int:
        """How many threads compute a run."""
        return self._computing_threads

    def __repr__(self) -> str:
        def tensors(of: dict[str, tuple[int, ...]]) -> str:
            return ", ".join(f"{name} {shape_text(shape)}" for name, shape in of.items())

        return f"<vitc.Model {self.name!r}: {tensors(self.inputs)} -> {tensors(self.outputs)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (load, (self._path, self._threads))

    def close(self) -> None:
        """Unloads the model, after runs that have not ended. It is unloaded, too, when nothing refers to it."""
        self._host = None

    def __enter__(self) -> "Model":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def _open_host(self) -> _Host:
        if self._host is None:
            raise Error(f"{self._path}: the model was closed")
        return self._host

    # What it computes.

    def __call__(
        self,
        pictures: Union[Picture, Iterable[Picture]],
        *,
        top_k: Optional[int] = 5,
        threshold: Optional[float] = None,
        entry: Optional[str] = None,
        batch_size: Optional[int] = None,
    ) -> list[Any]:
        """The answer to a picture, or a list of answers to several, in their order.

        Of a classifier, [{"label", "score"}], the best `top_k` (None: all) first. Of a detector, [{"label", "score",
        "box": {"xmin", "ymin", "xmax", "ymax"}}], of those above `threshold` (None: the model's own). Of a segmentation,
        [{"label", "score": share of the picture, "mask": array of bool}], largest first. Of a depth, [{"predicted_depth":
        array}]. Pictures are paths, bytes of files, PIL images, arrays of uint8 (height x width x channels, red first),
        or tensors of uint8 (channels first)."""
        if top_k is not None and (isinstance(top_k, bool) or not isinstance(top_k, int) or top_k < 1):
            raise Error(f"top_k: {top_k!r}, expected a number of at least 1, or None")
        answers: list[Any] = []
        host = self._open_host()
        for entry_point, prepared, outputs in self._chunks(host, pictures, entry, batch_size):
            for element, picture in enumerate(prepared):
                own = [output[element] for output in outputs]
                answers.append(self._answer(host, entry_point, picture, own, top_k, threshold))
        return answers[0] if is_picture(pictures) else answers

    def pixels(self, pictures: Union[Picture, Iterable[Picture]], *, entry: Optional[str] = None) -> np.ndarray:
        """The input that is made of pictures, the same numbers as `vitc-run` makes: N x channels x height x width."""
        host = self._open_host()
        made = list(self._prepared(host, pictures, entry))
        if len({picture.entry_point for picture in made}) > 1:
            raise Error("pictures: they are for several entry points, expected `entry`, the name of one")
        return self._stacked(made)

    def embed(
        self,
        pictures: Union[Picture, Iterable[Picture]],
        *,
        output: Optional[str] = None,
        entry: Optional[str] = None,
        batch_size: Optional[int] = None,
    ) -> np.ndarray:
        """An output as an array: of one picture, or with a row for each. Without `output`: the embedding, or the only
        output."""
        host = self._open_host()
        rows: list[np.ndarray] = []
        for entry_point, _, outputs in self._chunks(host, pictures, entry, batch_size):
            rows.extend(outputs[self._embedding(entry_point, output)])
        if len({row.shape for row in rows}) > 1:
            raise Error("pictures: their outputs have several shapes, expected `entry`, the name of one entry point")
        return rows[0] if is_picture(pictures) else np.stack(rows)

    def run(
        self,
        inputs: Optional[Mapping[str, Any]] = None,
        /,
        *,
        entry: Optional[str] = None,
        **named: Any,
    ) -> dict[str, np.ndarray]:
        """Outputs by name, from inputs by name: arrays, or tensors in main memory, of the input's type and shape with a
        batch in front. Those that are such already are not copied. Without `entry`, the first one that they fit."""
        given = {**(inputs or {}), **named}
        arrays = {
            name: array_of_tensor(value, name) if is_tensor(value) else np.asarray(value)
            for name, value in given.items()
        }
        host = self._open_host()
        candidates = [self._entry_index(entry)] if entry is not None else range(len(self._entries))
        reasons: list[str] = []
        for index in candidates:
            try:
                batch, ordered = self._fitting(index, arrays)
            except Error as error:
                reasons.append(str(error))
                continue
            outputs = self._run(host, index, batch, ordered)
            return {tensor["name"]: array for tensor, array in zip(self._entries[index]["outputs"], outputs)}
        if len(set(reasons)) == 1:
            raise Error(reasons[0])
        told = "; ".join(f"{self._entries[i]['name']}: {why}" for i, why in zip(candidates, reasons))
        raise Error(f"the arrays fit no entry point: {told}")

    # How it does.

    def _entry_index(self, name: str) -> int:
        if name not in self.entries:
            raise Error(f"entry: the model has no entry point {name!r}, expected one of: {', '.join(self.entries)}")
        return self.entries.index(name)

    def _embedding(self, entry_point: int, wanted: Optional[str]) -> int:
        names = [tensor["name"] for tensor in self._entries[entry_point]["outputs"]]
        if wanted is not None and wanted not in names:
            raise Error(f"output: the model has no output {wanted!r}, expected one of: {', '.join(names)}")
        if wanted is not None:
            return names.index(wanted)
        for name in EMBEDDINGS:
            if name in names:
                return names.index(name)
        if len(names) > 1:
            raise Error(f"output: expected one of: {', '.join(names)}")
        return 0

    def _fitting(self, entry_point: int, arrays: Mapping[str, np.ndarray]) -> tuple[int, list[Optional[np.ndarray]]]:
        """The batch, and the arrays in the order of an entry point."""
        tensors = self._entries[entry_point]["inputs"]
        names = [tensor["name"] for tensor in tensors]
        for name in arrays:
            if name not in names:
                raise Error(f"{name}: the model has no input of that name, expected one of: {', '.join(names)}")
        ordered: list[Optional[np.ndarray]] = []
        batch: Optional[int] = None
        for tensor in tensors:
            name, array = tensor["name"], arrays.get(tensor["name"])
            if array is None and "default" in tensor:
                ordered.append(None)
                continue
            if array is None:
                raise Error(f"{name}: the input is missing")
            if array.shape[1:] != tuple(tensor["shape"]) or array.ndim == 0:
                got = shape_text(array.shape) or "scalar"
                raise Error(f"{name}: shape {got}, expected N{''.join(f'x{n}' for n in tensor['shape'])}")
            if array.shape[0] == 0:
                raise Error(f"{name}: an empty batch, expected at least one element")
            if batch is not None and array.shape[0] != batch:
                raise Error(f"{name}: a batch of {array.shape[0]}, expected {batch} as of the inputs before")
            batch = array.shape[0]
            ordered.append(_converted(name, array, _dtype(tensor)))
        if batch is None:
            raise Error(f"{names[0]}: the input is missing")
        return batch, ordered

    def _run(self, host: _Host, entry_point: int, batch: int, inputs: list[Optional[np.ndarray]]) -> list[np.ndarray]:
        outputs = [
            np.empty((batch, *tensor["shape"]), _dtype(tensor)) for tensor in self._entries[entry_point]["outputs"]
        ]
        ins = (Buffer * len(inputs))(
            *(Buffer(None, 0) if array is None else Buffer(array.ctypes.data, array.nbytes) for array in inputs)
        )
        outs = (Buffer * len(outputs))(*(Buffer(array.ctypes.data, array.nbytes) for array in outputs))
        with host.instance() as instance:
            _library.call("vitc_host_run", instance, entry_point, batch, ins, len(ins), outs, len(outs))
        return outputs

    def _prepared(
        self, host: _Host, pictures: Union[Picture, Iterable[Picture]], entry: Optional[str]
    ) -> Iterator[PreparedPicture]:
        """The pictures' numbers; of several, some are prepared ahead by other threads."""
        index = -1 if entry is None else self._entry_index(entry)
        if is_picture(pictures):
            yield PreparedPicture(host.handle, index, pictures)
            return
        if not isinstance(pictures, Iterable):
            raise Error(f"pictures: {type(pictures).__name__}, expected a picture or a list of them")
        ahead = 2 * self._chunk + self._computing_threads
        with concurrent.futures.ThreadPoolExecutor(self._computing_threads) as pool:
            waiting: list[concurrent.futures.Future[PreparedPicture]] = []
            try:
                for picture in pictures:
                    waiting.append(pool.submit(PreparedPicture, host.handle, index, picture))
                    if len(waiting) > ahead:
                        yield waiting.pop(0).result()
                while waiting:
                    yield waiting.pop(0).result()
            finally:
                for future in waiting:
                    future.cancel()

    def _chunks(
        self,
        host: _Host,
        pictures: Union[Picture, Iterable[Picture]],
        entry: Optional[str],
        batch_size: Optional[int],
    ) -> Iterator[tuple[int, list[PreparedPicture], list[np.ndarray]]]:
        """Runs pictures together that come after one another and are for the same entry point."""
        if batch_size is not None and (
            isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1
        ):
            raise Error(f"batch_size: {batch_size!r}, expected a number of at least 1")
        most = batch_size or self._chunk
        chunk: list[PreparedPicture] = []
        count = 0
        for picture in self._prepared(host, pictures, entry):
            count += 1
            if chunk and (len(chunk) == most or chunk[0].entry_point != picture.entry_point):
                yield self._run_chunk(host, chunk)
                chunk = []
            chunk.append(picture)
        if count == 0:
            raise Error("pictures: none, expected at least one")
        yield self._run_chunk(host, chunk)

    def _stacked(self, pictures: list[PreparedPicture]) -> np.ndarray:
        if not pictures:
            raise Error("pictures: none, expected at least one")
        shape = self._entries[pictures[0].entry_point]["inputs"][0]["shape"]
        return np.concatenate([picture.elements for picture in pictures]).reshape(len(pictures), *shape)

    def _run_chunk(
        self, host: _Host, pictures: list[PreparedPicture]
    ) -> tuple[int, list[PreparedPicture], list[np.ndarray]]:
        entry_point = pictures[0].entry_point
        tensors = self._entries[entry_point]["inputs"]
        inputs: list[Optional[np.ndarray]] = [self._stacked(pictures)]
        inputs.extend(self._mask(tensor, tensors[0]["name"], pictures) for tensor in tensors[1:])
        return entry_point, pictures, self._run(host, entry_point, len(pictures), inputs)

    @staticmethod
    def _mask(tensor: Mapping[str, Any], of: str, pictures: list[PreparedPicture]) -> Optional[np.ndarray]:
        """1 where a picture is, 0 where padding; nothing if the input may be left out and there is no padding."""
        if tensor.get("mask_of") != of:
            return None
        height, width = tensor["shape"]
        if "default" in tensor and all(p.filled[0] >= height and p.filled[1] >= width for p in pictures):
            return None
        mask = np.zeros((len(pictures), height, width), _dtype(tensor))
        for own, picture in zip(mask, pictures):
            own[: picture.filled[0], : picture.filled[1]] = 1
        return mask

    def _answer(
        self,
        host: _Host,
        entry_point: int,
        picture: PreparedPicture,
        outputs: list[np.ndarray],
        top_k: Optional[int],
        threshold: Optional[float],
    ) -> list[dict[str, Any]]:
        height, width = picture.size
        contiguous = [np.ascontiguousarray(output) for output in outputs]
        pointers = (ctypes.c_void_p * len(contiguous))(*(output.ctypes.data for output in contiguous))
        limit = float("nan") if threshold is None else threshold
        top = -1 if top_k is None else top_k
        question = _library.Question(
            entry_point, len(contiguous), pointers, height, width, top, limit, self._computing_threads
        )
        address = ctypes.c_void_p()
        text = _library.call("vitc_host_answer", host.handle, ctypes.byref(question), ctypes.byref(address))
        answer = json.loads(_library.take_text(text))  # type: ignore[arg-type]
        map_: Optional[np.ndarray] = None
        if address.value:
            dtype = np.float32 if answer["kind"] == "depth" else np.int32
            try:
                numbers = (ctypes.c_byte * (4 * height * width)).from_address(address.value)
                map_ = np.frombuffer(numbers, dtype).reshape(height, width).copy()
            finally:
                _library.library().vitc_host_free(address)
        if answer["kind"] == "none":
            names = ", ".join(tensor["name"] for tensor in self._entries[entry_point]["outputs"])
            raise Error(f"{self._path}: the outputs ({names}) are no answer to a picture: use embed() or run()")
        return _ANSWERS[answer["kind"]](answer, map_)


def _classes(answer: Mapping[str, Any], _: Optional[np.ndarray]) -> list[dict[str, Any]]:
    return [{"label": item["label"], "score": item["score"]} for item in answer["classes"]]


def _boxes(answer: Mapping[str, Any], _: Optional[np.ndarray]) -> list[dict[str, Any]]:
    sides = ("xmin", "ymin", "xmax", "ymax")
    return [
        {"label": item["label"], "score": item["score"], "box": dict(zip(sides, item["box"]))}
        for item in answer["boxes"]
    ]


def _segments(answer: Mapping[str, Any], classes: Optional[np.ndarray]) -> list[dict[str, Any]]:
    return [
        {"label": item["label"], "score": item["share"], "mask": classes == item["index"]}
        for item in answer["segments"]
    ]


def _depth(_: Mapping[str, Any], depth: Optional[np.ndarray]) -> list[dict[str, Any]]:
    return [{"predicted_depth": depth}]


_ANSWERS = {"classes": _classes, "detection": _boxes, "segmentation": _segments, "depth": _depth}


def load(path: Union[str, "os.PathLike[str]"], threads: int = 0) -> Model:
    """Loads a model that was compiled before. `threads` compute a run (0: as many as the process may use)."""
    return Model(path, threads)
