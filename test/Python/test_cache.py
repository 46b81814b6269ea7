"""The cache of compiled models: what makes another key, two processes at once, damage, interruption."""

import contextlib
import glob
import io
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest
from unittest import mock

import models

import vitc
from vitc import _compiler


class Cache(unittest.TestCase):
    def setUp(self):
        self.directory = os.path.abspath("cache-" + self._testMethodName)
        shutil.rmtree(self.directory, ignore_errors=True)
        patch = mock.patch.dict(os.environ, VITC_CACHE_DIR=self.directory)
        patch.start()
        self.addCleanup(patch.stop)
        self.checkpoint = os.path.abspath("model-of-" + self._testMethodName)
        shutil.rmtree(self.checkpoint, ignore_errors=True)
        shutil.copytree(models.ANSWERS / "yolos", self.checkpoint)
        self.compilations = 0
        run = _compiler._run

        def counting(*arguments):
            self.compilations += 1
            run(*arguments)

        patch = mock.patch.object(_compiler, "_run", counting)
        patch.start()
        self.addCleanup(patch.stop)

    def compiled(self, times, *arguments, **options):
        """What compile returns, after so many compilations."""
        before = self.compilations
        model = vitc.compile(*(arguments or [self.checkpoint]), **options)
        self.assertEqual(self.compilations - before, times)
        return model

    def test_the_second_time(self):
        first = self.compiled(1)
        second = self.compiled(0)
        self.assertEqual(first.path, second.path)
        self.assertTrue(first.path.startswith(vitc.cache_directory() + os.sep))
        subprocess.run(["vitc", self.checkpoint, "-o", "direct.so"], check=True)
        self.assertEqual(pathlib.Path("direct.so").read_bytes(), pathlib.Path(first.path).read_bytes())
        self.compiled(0, os.path.join(self.checkpoint, "config.json"))
        self.compiled(0, os.path.relpath(self.checkpoint))
        os.makedirs("elsewhere", exist_ok=True)
        shutil.rmtree(os.path.join("elsewhere", os.path.basename(self.checkpoint)), ignore_errors=True)
        self.compiled(0, shutil.copytree(self.checkpoint, os.path.join("elsewhere", os.path.basename(self.checkpoint))))

    def test_what_makes_another(self):
        paths = [self.compiled(1).path]
        for options in ({"batch": 2}, {"target_cpu": "x86-64-v2"}, {"outputs": ["logits"]}, {"name": "other"}):
            paths.append(self.compiled(1, **options).path)
            self.compiled(0, **options)
        self.compiled(0, outputs=("logits",))
        self.compiled(0, labels=None, remarks=False)
        renamed = shutil.copytree(self.checkpoint, self.checkpoint + "-renamed", dirs_exist_ok=True)
        paths.append(self.compiled(1, renamed).path)
        labels = pathlib.Path("labels.txt")
        for names in ("a\nb\nc\nd\n", "a\nb\nc\ne\n"):
            labels.write_text(names)
            paths.append(self.compiled(1, labels="labels.txt").path)
            self.assertEqual(vitc.compile(self.checkpoint, labels=labels).labels, names.split())
        self.assertEqual(len(set(paths)), len(paths))

    def test_changed_weights(self):
        weights = pathlib.Path(self.checkpoint, "model.safetensors")
        data = bytearray(weights.read_bytes())
        # The hash of a file is kept when it has been as it is for a while.
        os.utime(weights, (time.time() - 100,) * 2)
        first = self.compiled(1)
        state = weights.stat()
        data[-1] ^= 1
        weights.write_bytes(data)
        os.utime(weights, ns=(state.st_atime_ns, state.st_mtime_ns))
        second = self.compiled(1)
        self.assertNotEqual(first.manifest["weights"]["hash"], second.manifest["weights"]["hash"])

    def test_changed_meanwhile(self):
        weights = pathlib.Path(self.checkpoint, "model.safetensors")
        before = weights.read_bytes()
        after = before[:-1] + bytes([before[-1] ^ 1])
        run = _compiler._run

        def changing(*arguments):
            weights.write_bytes(after)
            run(*arguments)

        with mock.patch.object(_compiler, "_run", changing):
            with self.assertRaisesRegex(vitc.Error, "model-of-test_changed_meanwhile: changed while it was compiled"):
                vitc.compile(self.checkpoint)
        # Nothing was kept under the name of what was there before.
        self.assertEqual(glob.glob(os.path.join(self.directory, "*.so")), [])
        weights.write_bytes(before)
        self.compiled(1)

    def test_description(self):
        """Weights beside a description count."""
        shutil.rmtree("described", ignore_errors=True)
        os.makedirs("described")
        for name in ("depth_bicubic.json", "depth.safetensors"):
            shutil.copy(models.ANSWERS / name, "described")
        self.compiled(1, "described/depth_bicubic.json")
        self.compiled(0, "described/depth_bicubic.json")
        weights = pathlib.Path("described/depth.safetensors")
        data = bytearray(weights.read_bytes())
        data[-1] ^= 1
        weights.write_bytes(data)
        self.compiled(1, "described/depth_bicubic.json")

    def test_what_talks_is_compiled_again(self):
        self.compiled(1)
        for _ in range(2):
            told = io.StringIO()
            with contextlib.redirect_stderr(told):
                self.compiled(1, verbose=True)
            self.assertIn("vitc: steps: ", told.getvalue())
        self.compiled(1, output="chosen.so")
        self.compiled(1, output="chosen.so")

    def test_damaged(self):
        path = self.compiled(1).path
        with self.assertRaisesRegex(vitc.Error, "threads: -1"):
            self.compiled(0, threads=-1)
        data = pathlib.Path(path).read_bytes()
        pathlib.Path(path).write_bytes(data[:1000])
        self.assertEqual(self.compiled(1).path, path)
        self.assertEqual(pathlib.Path(path).read_bytes(), data)

    def test_two_processes(self):
        program = (
            "import sys, vitc\n"
            "from vitc import _compiler\n"
            "run = _compiler._run\n"
            "def counting(*arguments):\n"
            "    print('compiled', flush=True)\n"
            "    run(*arguments)\n"
            "_compiler._run = counting\n"
            "model = vitc.compile(sys.argv[1])\n"
            "print(model(sys.argv[2], threshold=0.0)[0]['score'])\n"
        )
        command = [sys.executable, "-c", program, self.checkpoint, models.WIDE]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        told = [process.communicate(timeout=120)[0].split() for process in running]
        self.assertEqual([process.returncode for process in running], [0] * 4)
        self.assertEqual(sum(words.count("compiled") for words in told), 1)
        self.assertEqual(len({words[-1] for words in told}), 1)
        self.assertEqual(len(glob.glob(self.directory + "/*.so")), 1)

    def test_source_that_is_not_there(self):
        for name in ("absent", "absent/model.json"):
            with self.assertRaisesRegex(vitc.Error, f"^{name}: No such file or directory$"):
                vitc.compile(name)

    def test_cannot_be_written(self):
        pathlib.Path(self.directory).write_text("a file")
        self.addCleanup(os.unlink, self.directory)
        with self.assertRaisesRegex(vitc.Error, "the cache cannot be written: .*; set VITC_CACHE_DIR"):
            vitc.compile(self.checkpoint)
        self.assertEqual(self.compilations, 0)
        self.compiled(1, output="without-cache.so")

    def test_where_it_is(self):
        self.assertEqual(vitc.cache_directory(), self.directory)
        with mock.patch.dict(os.environ, VITC_CACHE_DIR="", XDG_CACHE_HOME="/x"):
            self.assertEqual(vitc.cache_directory(), "/x/vitc")
        with mock.patch.dict(os.environ, VITC_CACHE_DIR="", XDG_CACHE_HOME="", HOME="/home/me"):
            self.assertEqual(vitc.cache_directory(), "/home/me/.cache/vitc")

    def test_interrupted(self):
        """Ctrl-C ends the compiler, too, and leaves nothing that the next one would take."""
        # Whoever runs the tests may ignore the signal.
        program = (
            "import signal, sys, vitc\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "vitc.compile(sys.argv[1], random_weights=True)\n"
        )
        large = str(models.MODELS / "vit_large_patch16_224.json")
        process = subprocess.Popen(
            [sys.executable, "-c", program, large], stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while not glob.glob(self.directory + "/*.lock") and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        # To Python alone: the compiler is ended by it.
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        self.assertIn("KeyboardInterrupt", told)
        left = [name for name in os.listdir(self.directory) if not name.endswith(".lock") and name != "contents"]
        self.assertEqual(left, [])
        # The lock is free.
        self.compiled(1)


if __name__ == "__main__":
    unittest.main()
