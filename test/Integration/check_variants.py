#!/usr/bin/env python3
"""One file with code for several CPUs: each variant has the code and gives the bits of a file made for it alone.

    check_variants.py WORK_DIRECTORY [QEMU]

With QEMU (qemu-x86_64), a CPU without AVX2 and one with it choose for themselves. It emulates no AVX-512.
"""

import re
import subprocess
import sys

import numpy as np

from steps import MODELS, fresh, run

# Best first, as the compiler puts them whatever their order is.
CPUS = ["x86-64-v4", "x86-64-v3", "x86-64-v2"]
# What an emulated CPU must choose.
EMULATED = {"max": "x86-64-v3", "max,-avx2": "x86-64-v2"}


def kernels(path):
    """Instructions of each kernel, without addresses, by its name without the CPU's."""
    text = subprocess.run(["llvm-objdump", "-d", "--no-show-raw-insn", "--no-leading-addr", path], capture_output=True,
                          text=True, check=True).stdout
    result, current = {}, None
    for line in text.splitlines():
        if match := re.match(r"<(\S+)>:", line):
            current = result.setdefault(match[1], []) if match[1].startswith("vitc_kernel_") else None
        elif current is not None and line.strip():
            # Constants and tables lie elsewhere, and code begins elsewhere.
            instruction = re.sub(r"\s*(<.*>|#.*)$", "", line.strip())
            current.append(re.sub(r"0x[0-9a-f]+\(%rip\)|^(j\w+|call\w*)\s+0x[0-9a-f]+", r"\1", instruction))
    return {name: trimmed(body) for name, body in result.items()}


def trimmed(body):
    """Without what fills the space up to the next function."""
    while body and re.match(r"(nop|int3|xchg|cs)", body[-1]):
        body.pop()
    return body


def main():
    work, *qemu = sys.argv[1:]
    work = fresh(work)
    model = MODELS / "cifar10-vit"
    run("vitc", model, "-o", work / "all.so", "--target-cpu=" + ",".join(reversed(CPUS)))
    whole = kernels(work / "all.so")
    alone = {}
    for cpu in CPUS:
        alone[cpu] = work / f"{cpu}.so"
        run("vitc", model, "-o", alone[cpu], f"--target-cpu={cpu}")
        suffix = "_" + cpu.replace("-", "_")
        own = kernels(alone[cpu])
        part = {name[:-len(suffix)]: body for name, body in whole.items() if name.endswith(suffix)}
        if own.keys() != part.keys() or not own:
            raise SystemExit(f"{cpu}: kernels {sorted(own)}, in the file for all {sorted(part)}")
        for name, body in own.items():
            if body != part[name]:
                line = next((a, b) for a, b in zip(body + [""], part[name] + [""]) if a != b)
                raise SystemExit(f"{cpu}: {name} has other code in the file for all: {line[1]}, not {line[0]}")
        print(f"{cpu}: {len(own)} kernels have the code that they have alone")
    weights = {int(re.search(r'"weights":\{"bytes":(\d+)', path.read_bytes().decode("latin-1"))[1])
               for path in [work / "all.so", *alone.values()]}
    if len(weights) != 1:
        raise SystemExit(f"weights of {weights} bytes, expected one copy in each file")

    np.save(work / "x.npy", np.random.default_rng(1).normal(size=(2, 3, 32, 32)).astype(np.float32))

    def output(path, *before):
        run(*before, "vitc-run", path, "--input", work / "x.npy", "--output", work / "y.npy")
        return (work / "y.npy").read_bytes()

    # This machine's best. Where it has no AVX2, there is one variant less to compare with.
    with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:
        flags = next(line.split() for line in cpuinfo if line.startswith("flags"))
    best = next(cpu for cpu, flag in zip(CPUS, ["avx512vl", "avx2", "sse4_2"]) if flag in flags)
    if output(work / "all.so") != output(alone[best]):
        raise SystemExit(f"other numbers than those of {best}")
    if not qemu:
        return
    program = subprocess.run(["which", "vitc-run"], capture_output=True, text=True, check=True).stdout.strip()
    for cpu, expected in EMULATED.items():
        run(qemu[0], "-cpu", cpu, program, work / "all.so", "--input", work / "x.npy", "--output", work / "y.npy")
        if (work / "y.npy").read_bytes() != output(alone[expected]):
            raise SystemExit(f"on {cpu}: other numbers than those of {expected}")
        print(f"on {cpu}: the numbers of {expected}")


if __name__ == "__main__":
    main()
