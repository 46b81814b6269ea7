"""Tests of the tools, written in lit's language: a file's RUN lines are commands, FileCheck looks at what they print.

Substitutions: %python (an interpreter with numpy, if there is one), %package (where the Python package is), %build (the
build directory), %models (the bundled models), %shared (test data that lies beside the project, see the feature), besides
lit's own %s, %S, %t, ... The tools vitc, vitc-opt, vitc-run, vitc-bench, FileCheck, not, split-file and so on are found
in PATH.

Features for REQUIRES: avx2, avx512, numpy, torch, transformers (and timm), patchelf, shared-data, mount-namespace, asan,
tsan.
"""

import os
import shutil
import subprocess

import lit.formats

config.name = "vitc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
# Unit tests are a suite of their own: test/Unit/lit.cfg.py.
config.excludes = ["Inputs", "Unit"]
config.test_source_root = os.path.join(config.vitc_source_dir, "test")
config.test_exec_root = os.path.join(config.vitc_build_dir, "test")

# Tests run in an environment of their own, not in that of whoever starts them.
config.environment["PATH"] = os.pathsep.join(
    [os.path.join(config.vitc_build_dir, "bin"), config.llvm_tools_dir, "/usr/bin", "/bin"]
)
config.environment["FILECHECK_OPTS"] = "-enable-var-scope"
config.environment["LC_ALL"] = "C.UTF-8"
# LLVM's allocator poisons what is free, in code that is compiled here; Debian's libraries would not make it usable.
config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0"
config.environment["TSAN_OPTIONS"] = "suppressions=" + os.path.join(config.vitc_source_dir, "test", "tsan.supp")

shared_data = os.path.join(config.vitc_source_dir, os.pardir, "shared", "data")
config.substitutions += [
    ("%python", config.python),
    ("%package", os.path.join(config.vitc_source_dir, "tools", "python")),
    ("%build", config.vitc_build_dir),
    ("%models", os.path.join(config.vitc_source_dir, "models")),
    ("%shared", os.path.realpath(shared_data)),
]


def cpu_flags():
    with open("/proc/cpuinfo") as cpuinfo:
        for line in cpuinfo:
            if line.startswith("flags"):
                return set(line.split(":", 1)[1].split())
    return set()


flags = cpu_flags()
if {"avx2", "fma"} <= flags:
    config.available_features.add("avx2")
if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
    config.available_features.add("avx512")
if {"avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_bf16"} <= flags:
    config.available_features.add("avx512bf16")
if os.path.isdir(shared_data):
    config.available_features.add("shared-data")
# Found, not imported: torch takes seconds.
PROBE_TORCH = "import sys, importlib.util as i; sys.exit(not (i.find_spec('torch') and i.find_spec('safetensors')))"
if subprocess.run([config.python, "-c", "import numpy"], stderr=subprocess.DEVNULL).returncode == 0:
    config.available_features.add("numpy")
if subprocess.run([config.python, "-c", PROBE_TORCH], stderr=subprocess.DEVNULL).returncode == 0:
    config.available_features.add("torch")
PROBE_TRANSFORMERS = "import sys, importlib.util as i; sys.exit(not (i.find_spec('transformers') and i.find_spec('timm')))"
if subprocess.run([config.python, "-c", PROBE_TRANSFORMERS], stderr=subprocess.DEVNULL).returncode == 0:
    config.available_features.add("transformers")
if shutil.which("patchelf"):
    config.available_features.add("patchelf")
# Root may mount in a namespace of its own; a container may forbid it.
probe = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
if subprocess.run(probe, stderr=subprocess.DEVNULL).returncode == 0:
    config.available_features.add("mount-namespace")
# Models on CPUs that this machine is not.
qemu = shutil.which("qemu-x86_64")
config.substitutions.append(("%{qemu}", qemu or ""))
if "address" in config.sanitizer:
    config.available_features.add("asan")
if "thread" in config.sanitizer:
    config.available_features.add("tsan")

# A test that hangs fails. lit needs Python's psutil for that; and a test whose command does not exist would keep lit
# waiting for the whole time, so tools that are not built yet mean no limit.
TOOLS = ["vitc", "vitc-opt", "vitc-run", "vitc-bench"]
all_built = all(os.path.exists(os.path.join(config.vitc_build_dir, "bin", tool)) for tool in TOOLS)
if all_built and lit_config.maxIndividualTestTimeIsSupported[0]:
    lit_config.maxIndividualTestTime = 600
