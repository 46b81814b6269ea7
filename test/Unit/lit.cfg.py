"""The GoogleTest binaries of test/Unit: every executable there whose name ends in Tests."""

import os

import lit.formats

config.name = "vitc-unit"
config.test_source_root = config.test_exec_root = os.path.join(config.vitc_build_dir, "test", "Unit")
config.test_format = lit.formats.GoogleTest(".", "Tests")
config.suffixes = []
config.environment["LC_ALL"] = "C.UTF-8"
# LLVM's allocator poisons what is free, in code that is compiled here; Debian's libraries would not make it usable.
config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0"
config.environment["TSAN_OPTIONS"] = "suppressions=" + os.path.join(config.vitc_source_dir, "test", "tsan.supp")

if lit_config.maxIndividualTestTimeIsSupported[0]:
    lit_config.maxIndividualTestTime = 600
