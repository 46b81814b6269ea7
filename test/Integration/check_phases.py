#!/usr/bin/env python3
"""Every bundled model reaches every phase that needs no weights, and each phase's text is what its name says.

    check_phases.py WORK_DIRECTORY
"""

import shutil
import sys

from steps import MODELS, fresh, run

# What the phase's file must contain, and must not.
PHASES = {
    "1.json.json": (b'"nodes"', b"vit.linear"),
    "2.vit.mlir": (b"vit.linear", b"vit.fused_"),
    "3.vit-fused.mlir": (b"vit.fused_attention", b"vit.softmax"),
    "4.kernel-unscheduled.mlir": (b"kernel.attention", b" schedule <"),
    "5.kernel.mlir": (b"kernel.attention", b"vit.fused_"),
    "6.vector.mlir": (b"kernel.launch", b"kernel.linear"),
    "7.llvm.ll": (b"@vitc_model_program", b"kernel.launch"),
    "8.asm.s": (b"vitc_model_program:", b"getelementptr"),
    "9.obj.o": (b"\x7fELF", b"kernel.launch"),
}
# The same of convolutional networks, where it differs.
CONVOLUTIONS = {
    "2.vit.mlir": (b"vit.batch_norm", b"vit.fused_"),
    "3.vit-fused.mlir": (b"vit.fused_conv2d", b"vit.batch_norm"),
    "4.kernel-unscheduled.mlir": (b"kernel.conv2d", b" pixels "),
    "5.kernel.mlir": (b" pixels ", b"vit.fused_"),
}


def main():
    work = fresh(sys.argv[1])
    models = sorted([*MODELS.glob("*.json"), *(config.parent for config in MODELS.glob("*/config.json"))])
    if len(models) < 2:
        raise SystemExit(f"no models in {MODELS}")
    for model in models:
        run("vitc", model, "--emit=obj", "-o", work / "model.o", f"--dump-phases={work}/phases")
        is_convolutional = b"vit.batch_norm" in (work / "phases/2.vit.mlir").read_bytes()
        phases = PHASES | CONVOLUTIONS if is_convolutional else PHASES
        for name, (expected, forbidden) in phases.items():
            text = (work / "phases" / name).read_bytes()
            if expected not in text or forbidden in text:
                raise SystemExit(f"{model.name}: {name}: expected {expected!r} and not {forbidden!r}")
    print(f"{len(models)} models")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
