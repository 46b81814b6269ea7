"""One peer in a process of its own: loads a model, then runs it when told to.

    worker.py PEER MODEL_FOLDER THREADS BATCH PRECISION [MODEL.so]

Speaks JSON, one object a line. First it reports {"load_ms"}: the time from a library that is imported to the first
result. Then each input line {"runs": N} is answered by {"ms": [...]}, {"error": true} by {"max_error", "rms_error"}:
differences from the exact output of some pictures over its largest value for each (the mean over pictures of the largest
difference, the root of the mean square of all), and {"memory": true} by {"rss_mb", "private_mb"}: what came on top of
an interpreter with numpy.

The processor cores are those that the parent gave to the process.
"""

import ctypes
import json
import pathlib
import sys
import time

import numpy as np


def memory():
    """Resident memory of this process, and what it has written of it, which it shares with nobody; in 10^6 bytes."""
    fields = {}
    with open("/proc/self/smaps_rollup") as file:
        for line in file:
            words = line.split()
            if words[-1] == "kB":
                fields[words[0]] = int(words[1]) * 1024 / 1e6
    # Not Private_Dirty: pages of a file that the disk has not yet got count there, though every process shares them.
    return np.array([fields["Rss:"], fields["Anonymous:"]])


# Each of these imports its library and returns a function that loads the model, which returns a function that runs it.


def onnxruntime(folder, threads, _):
    import onnxruntime as ort

    def load():
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        session = ort.InferenceSession(folder / f"model{SUFFIX}.onnx", options, providers=["CPUExecutionProvider"])
        return lambda inputs: session.run(None, {"pixel_values": inputs})[0]

    return load


def openvino(folder, threads, _):
    import openvino as ov

    def load():
        settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": 1,
            # Processors with bf16 instructions would compute in bf16.
            "INFERENCE_PRECISION_HINT": "bf16" if PRECISION == "bf16" else "f32",
            "ENABLE_CPU_PINNING": False,
        }
        core = ov.Core()
        model = core.read_model(folder / f"model{SUFFIX}.xml")
        shape = np.load(folder / "pictures.npy", mmap_mode="r").shape
        # As users do it who care for speed: a fixed shape.
        model.reshape([BATCH, *shape[1:]])
        request = core.compile_model(model, "CPU", settings).create_infer_request()
        return lambda inputs: next(iter(request.infer({0: inputs}, share_inputs=True).values()))

    return load


def pytorch(folder, threads, _):
    import torch
    import transformers  # noqa: F401  (load_torch's: importing it is no part of loading)

    from models import load_torch

    torch.set_num_threads(threads)

    def load():
        dtype = torch.bfloat16 if PRECISION == "bf16" else torch.float32
        model = load_torch(folder, dtype)

        def run(inputs):
            with torch.inference_mode():
                return model(torch.from_numpy(inputs).to(dtype)).float().numpy()

        return run

    return load


def vitc(folder, threads, model_file):
    """Through the C interface, runtime/include/vitc/runtime/model_abi.h, whose structs these are."""

    class Status(ctypes.Structure):
        _fields_ = [("code", ctypes.c_int32), ("message", ctypes.c_char * 252)]

    class InstanceOptions(ctypes.Structure):
        _fields_ = [("threads", ctypes.c_uint32), ("variant", ctypes.c_uint32), ("executor", ctypes.c_void_p)]

    class TensorInfo(ctypes.Structure):
        _fields_ = [
            ("name", ctypes.c_char_p),
            ("dtype", ctypes.c_uint32),
            ("rank", ctypes.c_uint32),
            ("shape", ctypes.POINTER(ctypes.c_int64)),
            ("bytes", ctypes.c_uint64),
        ]

    class EntryPointInfo(ctypes.Structure):
        _fields_ = [("name", ctypes.c_char_p), ("input_count", ctypes.c_uint32), ("output_count", ctypes.c_uint32)]

    class Buffer(ctypes.Structure):
        """vitc_input_buffer and vitc_output_buffer."""

        _fields_ = [("data", ctypes.c_void_p), ("bytes", ctypes.c_uint64)]

    describe_tensor = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_uint32, ctypes.c_uint32, ctypes.POINTER(TensorInfo))
    create = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(InstanceOptions), ctypes.POINTER(Status))
    run_entry_point = ctypes.CFUNCTYPE(
        ctypes.c_int32,
        ctypes.c_void_p,
        ctypes.c_uint32,
        ctypes.c_int64,
        ctypes.POINTER(Buffer),
        ctypes.c_uint32,
        ctypes.POINTER(Buffer),
        ctypes.c_uint32,
        ctypes.POINTER(Status),
    )

    class Model(ctypes.Structure):
        _fields_ = [
            ("version", ctypes.c_uint32),
            ("reserved", ctypes.c_uint32),
            *[(name, ctypes.c_void_p) for name in ("entry_point_count", "variant_count")],
            ("entry_point", ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_uint32, ctypes.POINTER(EntryPointInfo))),
            *[(name, ctypes.c_void_p) for name in ("variant", "input")],
            ("output", describe_tensor),
            *[(name, ctypes.c_void_p) for name in ("label_count", "label", "preprocess_count", "preprocess")],
            ("manifest", ctypes.c_void_p),
            ("create", create),
            ("run", run_entry_point),
        ]

    def load():
        query = ctypes.CDLL(model_file).vitc_model_api
        query.restype = ctypes.POINTER(Model)
        functions = query(ctypes.c_uint32(3))
        if not functions:
            raise SystemExit(f"error: {model_file}: the model is of another version of vitc, compile it anew")
        model = functions.contents
        status = Status()
        instance = model.create(ctypes.byref(InstanceOptions(threads, 0, None)), ctypes.byref(status))
        if not instance:
            raise SystemExit(status.message.decode())
        entry, info = EntryPointInfo(), TensorInfo()
        model.entry_point(0, ctypes.byref(entry))
        model.output(0, 0, ctypes.byref(info))
        outputs = np.empty((BATCH, *info.shape[: info.rank]), np.float32)

        def run(inputs):
            # Inputs behind the first may be left out (masks).
            ins = (Buffer * entry.input_count)(Buffer(inputs.ctypes.data, inputs.nbytes))
            outs = Buffer(outputs.ctypes.data, outputs.nbytes)
            if model.run(instance, 0, BATCH, ins, entry.input_count, ctypes.byref(outs), 1, ctypes.byref(status)):
                raise SystemExit(status.message.decode())
            return outputs

        return run

    return load


PEERS = {"vitc": vitc, "onnxruntime": onnxruntime, "openvino": openvino, "pytorch": pytorch}


def say(**answer):
    print(json.dumps(answer), flush=True)


def measure_error(run, folder):
    """One number for one picture is luck: it moves by half with the picture."""
    pictures, exact = np.load(folder / "pictures.npy"), np.load(folder / "expected.npy")
    exact = exact.reshape(len(exact), -1)
    results = [np.array(run(np.repeat(picture[None], BATCH, axis=0))[0]).ravel() for picture in pictures]
    errors = np.abs(np.array(results) - exact) / np.abs(exact).max(axis=1, keepdims=True)
    return {"max_error": float(errors.max(axis=1).mean()), "rms_error": float(np.sqrt((errors**2).mean()))}


def main():
    global BATCH, PRECISION, SUFFIX
    peer, folder, threads, batch, PRECISION, *model_file = sys.argv[1:]
    SUFFIX = "-int8" if PRECISION == "int8" else ""
    folder, threads, BATCH = pathlib.Path(folder), int(threads), int(batch)
    inputs = np.repeat(np.load(folder / "pictures.npy")[:1], BATCH, axis=0)
    interpreter = memory()

    load = PEERS[peer](folder, threads, model_file[0] if model_file else None)
    start = time.perf_counter()
    run = load()
    run(inputs)
    say(load_ms=(time.perf_counter() - start) * 1e3)

    for line in sys.stdin:
        request = json.loads(line)
        if "memory" in request:
            rss, private = memory() - interpreter
            say(rss_mb=rss, private_mb=private)
            continue
        if "error" in request:
            say(**measure_error(run, folder))
            continue
        times = []
        for _ in range(request["runs"]):
            start = time.perf_counter()
            run(inputs)
            times.append((time.perf_counter() - start) * 1e3)
        say(ms=times)


if __name__ == "__main__":
    main()
