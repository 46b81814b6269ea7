"""Measures vitc and its peers side by side; see README.md. Started by `compare`, which installs the peers."""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from importlib import metadata

import numpy as np

import chart
import models
import quantized
import zoo

ROOT = models.ROOT
DEFAULT_MODELS = ["deit_tiny_patch16_224", "deit_small_patch16_224", "vit_base_patch16_224"]
MORE_MODELS = ["vit_large_patch16_224", models.SMALL_518]
PEERS = ["vitc", "onnxruntime", "openvino", "pytorch"]
# Those that compute with fewer bits: dynamic quantisation of ONNX Runtime, NNCF's of OpenVINO.
INT8_PEERS = ["vitc", "vitc-f32", "onnxruntime", "openvino"]
# Those that compute with bf16: OpenVINO's hint, PyTorch's type. ONNX Runtime has nothing for it on CPUs.
BF16_PEERS = ["vitc", "vitc-f32", "openvino", "pytorch"]
PEERS_OF = {"f32": PEERS, "bf16": BF16_PEERS, "int8": INT8_PEERS}
# What keeps the peers that can be limited from using more than AVX2.
AVX2_ENVIRONMENT = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}


class Worker:
    """A peer in its own process, which is idle between questions."""

    def __init__(self, peer, folder, options, model_file=None):
        environment = dict(os.environ)
        if options.isa == "avx2":
            environment |= AVX2_ENVIRONMENT
        script = pathlib.Path(__file__).parent / "worker.py"
        command = [sys.executable, script, peer.removesuffix("-f32"), folder, str(options.threads), str(options.batch)]
        command.append(options.precision)
        self.peer = peer
        self.times = []
        start = time.perf_counter()
        self.process = subprocess.Popen(
            [*pinned(options), *command, *([model_file] if model_file else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.first = self.answer()
        self.start_ms = (time.perf_counter() - start) * 1e3

    def answer(self):
        # Libraries print to standard output at times: an answer is a line of JSON.
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(f"error: compare: the worker of {self.peer} ended, see above")

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def pinned(options):
    """The command in front of a command that keeps it on as many cores as it has threads."""
    cores = sorted(os.sched_getaffinity(0))[: options.threads]
    return ["taskset", "-c", ",".join(map(str, cores))]


def compile_model(folder, precision, options):
    """Compiles with vitc; returns the file and what is to be reported about it."""
    model_file = folder / f"model-{options.isa}-{precision}.so"
    command = [options.bin / "vitc", *models.vitc_input(folder), f"--precision={precision}", "-o", model_file]
    if options.isa == "avx2":
        command.append("--target-cpu=x86-64-v3")
    if options.batch > 1:
        command.append(f"--batch={options.batch}")
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return model_file, {"compile_ms": (time.perf_counter() - start) * 1e3}


def flops_per_picture(folder, options):
    """Floating-point operations, two for each multiply-add: the total of vitc's summary."""
    command = [options.bin / "vitc", *models.vitc_input(folder), "--emit=summary", "-o", "-"]
    summary = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return next(float(line.split()[-1]) * 1e6 for line in summary.splitlines() if line.startswith("total "))


def start_of_vitc_run(folder, model_file, options):
    """From the start of a process to the first result, without Python."""
    np.save(folder / "picture.npy", np.load(folder / "pictures.npy")[:1])
    command = [*pinned(options), options.bin / "vitc-run", model_file, "--input", folder / "picture.npy"]
    command += ["--output", folder / "vitc-run.npy", "--threads", str(options.threads)]
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, check=True)
        times.append((time.perf_counter() - start) * 1e3)
    return min(times)


def bench_of_vitc(model_file, options):
    """What vitc-bench says: the multiply-add peak, and memory without Python."""
    command = [*pinned(options), options.bin / "vitc-bench", model_file, "--json"]
    command += ["--threads", str(options.threads), "--batch", str(options.batch)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def file_bytes(peer, folder, model_file, options):
    suffix = "-int8" if options.precision == "int8" else ""
    files = {
        "vitc": [model_file],
        "vitc-f32": [model_file],
        "onnxruntime": [folder / f"model{suffix}.onnx"],
        "openvino": [folder / f"model{suffix}.xml", folder / f"model{suffix}.bin"],
        "pytorch": [folder / "checkpoint/model.safetensors"],
    }
    return sum(pathlib.Path(file).stat().st_size for file in files[peer])


def measure(name, cache, options):
    """Returns {peer: figures}, the multiply-add peak in GFLOP/s and the operations of a picture (None without vitc), and
    the number of parameters."""
    folder = models.make(name, cache)
    if options.precision == "int8":
        quantized.make(folder, options.peers)
    figures, files = {peer: {} for peer in options.peers}, {}
    for peer, precision in (("vitc", options.precision), ("vitc-f32", "f32")):
        if peer in options.peers:
            files[peer], figures[peer] = compile_model(folder, precision, options)
    model_file = files.get("vitc")

    print(f"==> Measuring {name}", flush=True)
    workers = []
    for peer in options.peers:
        worker = Worker(peer, folder, options, files.get(peer))
        figures[peer] |= {"load_to_first_ms": worker.first["load_ms"], "process_to_first_ms": worker.start_ms}
        figures[peer] |= worker.ask(error=True)
        figures[peer]["file_bytes"] = file_bytes(peer, folder, files.get(peer), options)
        workers.append(worker)

    # Interleaved: what the machine does to one peer it does to all. The first run of a turn only warms the caches,
    # which the peer before has filled.
    peaks = []
    for round_number in range(options.rounds):
        for worker in workers:
            worker.times += worker.ask(runs=1 + options.runs)["ms"][1:]
        if model_file and round_number % 5 == 0:
            peaks.append(bench_of_vitc(model_file, options)["peak_gflops"])
    peak = max(peaks) if peaks else None

    flops = flops_per_picture(folder, options) * options.batch if peak else None
    for worker in workers:
        own = figures[worker.peer]
        own |= {"min_ms": min(worker.times), "median_ms": statistics.median(worker.times)}
        own |= worker.ask(memory=True)
        if peak:
            own["gflops"] = flops / own["min_ms"] / 1e6
            own["peak_share"] = own["gflops"] / peak
        worker.close()
    if model_file:
        bench = bench_of_vitc(model_file, options)
        figures["vitc"] |= {"bench_rss_mb": bench["rss_mb"], "bench_private_mb": bench["private_mb"]}
        figures["vitc"]["process_to_first_ms"] = start_of_vitc_run(folder, model_file, options)
    fastest = min((own["min_ms"] for peer, own in figures.items() if not peer.startswith("vitc")), default=None)
    for own in figures.values():
        own["ratio"] = own["min_ms"] / fastest if fastest else None
    return {
        "peers": figures,
        "peak_gflops": peak,
        "flops": flops / options.batch if flops else None,
        "parameters": zoo.parameters_of(folder),
    }


def setting(options):
    """In words: what all peers have in common."""
    return f"{options.threads} thread{'s' * (options.threads > 1)}, batch {options.batch}, {options.isa}, {options.precision}"


def print_table(name, figures, peak, options):
    peak_text = f", multiply-add peak {peak:.0f} GFLOP/s" if peak else ""
    print(f"\n{name}, {setting(options)}{peak_text}")
    columns = [
        ("min ms", "min_ms", "9.2f"),
        ("median ms", "median_ms", "9.2f"),
        ("ratio", "ratio", "6.3f"),
        ("of peak", "peak_share", "7.1%"),
        ("load ms", "load_to_first_ms", "8.0f"),
        ("process ms", "process_to_first_ms", "10.0f"),
        ("RSS MB", "rss_mb", "7.0f"),
        ("private MB", "private_mb", "10.0f"),
        ("file MB", "file_mb", "8.1f"),
        ("compile ms", "compile_ms", "10.0f"),
        ("error", "max_error", "8.1e"),
        ("rms error", "rms_error", "9.1e"),
    ]
    widths = [max(len(title), int(form.split(".")[0])) for title, _, form in columns]
    print("".join([f"{'':12}", *(f"  {title:>{width}}" for (title, _, _), width in zip(columns, widths))]))
    for peer, own in figures.items():
        own = own | {"file_mb": own["file_bytes"] / 1e6}
        cells = []
        for (_, key, form), width in zip(columns, widths):
            value = own.get(key)
            cells.append(f"{'-' if value is None else format(value, form):>{width}}")
        print(f"{peer:12}  " + "  ".join(cells), flush=True)


def machine():
    with open("/proc/cpuinfo") as file:
        processor = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")
    packages = ("onnxruntime", "openvino", "torch", "numpy")
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "versions": {package: metadata.version(package) for package in packages},
    }


def parse():
    parser = argparse.ArgumentParser(prog="compare", description="Compares vitc with its peers on the same weights.")
    parser.add_argument(
        "models",
        nargs="*",
        default=DEFAULT_MODELS,
        help="models of models/, or directories of Hugging Face checkpoints (default: " + " ".join(DEFAULT_MODELS) + ")",
    )
    parser.add_argument("--more", action="store_true", help=f"also {' '.join(MORE_MODELS)}")
    parser.add_argument(
        "--zoo",
        action="store_true",
        help="instead: vision transformers, convolutional networks and hybrids, with a table of all: " + " ".join(zoo.MODELS),
    )
    parser.add_argument("--peers", nargs="+", choices=sorted({*PEERS, *INT8_PEERS, *BF16_PEERS}), help="default: all of the precision")
    parser.add_argument(
        "--precision",
        choices=list(PEERS_OF),
        default="f32",
        help="bf16: vitc's, OpenVINO's (its hint) and PyTorch's; int8: vitc's, dynamic quantisation of ONNX Runtime (a scale for each channel) and OpenVINO's by NNCF (calibrated "
        "on the pictures); both beside vitc with f32",
    )
    parser.add_argument("--threads", type=int, default=1, help="as many cores are used (default: 1)")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument(
        "--isa",
        choices=["native", "avx2"],
        default="native",
        help="avx2: vitc, OpenVINO and PyTorch are limited to AVX2; ONNX Runtime cannot be",
    )
    parser.add_argument("--rounds", type=int, default=15, help="turns of each peer (default: 15)")
    parser.add_argument("--runs", type=int, default=5, help="measured runs in a turn, after one that warms up")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build/bin", help="where the tools are: build/bin")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build/bench", help="default: build/bench")
    options = parser.parse_args()
    options.peers = options.peers or PEERS_OF[options.precision]
    if "vitc" in options.peers and not (options.bin / "vitc").exists():
        parser.error(f"argument --bin: {options.bin}/vitc does not exist; tools/dev/build makes it")
    options.models = zoo.MODELS if options.zoo else options.models + (MORE_MODELS if options.more else [])
    for model in options.models:
        if not models.exists(model):
            parser.error(f"argument models: {model}: neither a description of models/ nor a directory with config.json")
    if options.threads > len(os.sched_getaffinity(0)):
        parser.error(f"argument --threads: there are {len(os.sched_getaffinity(0))} cores")
    return options


def main():
    options = parse()
    results = {"machine": machine(), "threads": options.threads, "batch": options.batch, "isa": options.isa}
    results["precision"] = options.precision
    results["models"] = {}
    for model in options.models:
        name = pathlib.Path(model).resolve().name
        result = measure(model, options.output / "models", options)
        results["models"][name] = result
        print_table(name, result["peers"], result["peak_gflops"], options)
    if options.zoo:
        zoo.print_table(results)

    (options.output / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    title = f"{results['machine']['processor']}, {setting(options)}"
    bars = [
        (name, {peer: own["min_ms"] for peer, own in result["peers"].items()})
        for name, result in results["models"].items()
    ]
    (options.output / "chart.svg").write_text(chart.draw(title, bars))
    print(f"\nWritten: {options.output}/results.json and chart.svg")


if __name__ == "__main__":
    main()
