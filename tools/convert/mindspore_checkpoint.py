"""MindSpore's checkpoints (.ckpt, a Protocol Buffers message), read without MindSpore.

The message is a list of values, each a name and a tensor: sizes, the type's name, the elements. A large tensor comes in
several values of one name. Nothing else is known of the format here, and nothing else is accepted.
"""

import numpy as np

TYPES = {
    "Float64": np.float64,
    "Float32": np.float32,
    "Float16": np.float16,
    "Int64": np.int64,
    "Int32": np.int32,
    "Int16": np.int16,
    "Int8": np.int8,
    "UInt8": np.uint8,
    "Bool": np.bool_,
}
# What optimisers keep for each weight.
OPTIMIZER = ("moments.", "moment1.", "moment2.", "adam_m.", "adam_v.", "accum.", "stat.", "vhat.")
# MindSpore's names for what PyTorch calls otherwise.
RENAMED = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}


class NotACheckpoint(ValueError):
    pass


def read_number(data, at):
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
    raise NotACheckpoint("a number does not end")


def fields(data):
    """Numbers of fields with what they hold: an integer, or bytes."""
    at = 0
    while at < len(data):
        key, at = read_number(data, at)
        kind = key & 7
        if kind == 0:
            value, at = read_number(data, at)
        elif kind == 2:
            length, at = read_number(data, at)
            if length > len(data) - at:
                raise NotACheckpoint("it is cut off")
            value = data[at : at + length]
            at += length
        else:
            raise NotACheckpoint(f"a field of kind {kind}")
        yield key >> 3, value


def read_tensor(message):
    """Sizes, the type's name and the elements' bytes."""
    sizes, kind, content = [], "", b""
    for number, value in fields(message):
        if number == 1 and isinstance(value, int):
            sizes.append(value)
        elif number == 1:
            at = 0
            while at < len(value):
                size, at = read_number(value, at)
                sizes.append(size)
        elif number == 2:
            kind = bytes(value).decode("ascii")
        elif number == 3:
            content = value
    return sizes, kind, content


def read(path):
    """Arrays by PyTorch's names, without the optimiser's."""
    with open(path, "rb") as file:
        data = memoryview(file.read())
    parts = {}
    for number, value in fields(data):
        if number != 1 or isinstance(value, int):
            continue
        entry = dict(fields(value))
        if 1 not in entry or 2 not in entry:
            raise NotACheckpoint("a value without name or tensor")
        sizes, kind, content = read_tensor(entry[2])
        sizes_before, kind_before, contents = parts.setdefault(bytes(entry[1]).decode("utf-8"), (sizes, kind, []))
        if (sizes, kind) != (sizes_before, kind_before):
            raise NotACheckpoint("parts of a tensor do not fit")
        contents.append(content)
    if not parts:
        raise NotACheckpoint("it has no tensors")
    arrays = {}
    for name, (sizes, kind, contents) in parts.items():
        content = b"".join(contents)
        if kind == "BFloat16":
            # Without a type of NumPy's: widened exactly.
            elements = (np.frombuffer(content, np.uint16).astype(np.uint32) << 16).view(np.float32)
        elif kind in TYPES:
            elements = np.frombuffer(content, TYPES[kind])
        else:
            raise NotACheckpoint(f"tensor {name} has the type {kind}")
        if elements.size != int(np.prod(sizes, dtype=np.int64)):
            raise NotACheckpoint(f"tensor {name} has {elements.size} elements, its shape is {sizes}")
        if name.startswith(OPTIMIZER):
            continue
        start, _, last = name.rpartition(".")
        renamed = f"{start}.{RENAMED[last]}" if start and last in RENAMED else name
        if renamed in arrays:
            raise NotACheckpoint(f"two tensors would be called {renamed}")
        arrays[renamed] = elements.reshape(sizes)
    return arrays
