"""Models under threads, forks, pickling, and at their end."""

import gc
import os
import pickle
import subprocess
import sys
import threading
import time
import unittest
import warnings
from concurrent.futures import ThreadPoolExecutor

import models
import numpy as np

import vitc


def open_files(path):
    """How often a file is mapped into this process."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return sum(path in line for line in maps)


class Concurrency(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.path = models.compiled(models.CIFAR, "classifier")

    def test_threads(self):
        model = vitc.load(self.path, threads=2)
        expected = {picture: model(picture) for picture in models.ALL_PICTURES}
        failures = []

        def work(first):
            for i in range(40):
                picture = models.ALL_PICTURES[(first + i) % len(models.ALL_PICTURES)]
                if model(picture) != expected[picture]:
                    failures.append(picture)

        with ThreadPoolExecutor(8) as pool:
            for future in [pool.submit(work, first) for first in range(8)]:
                future.result()
        self.assertEqual(failures, [])

    def test_other_threads_go_on(self):
        """The interpreter's lock is not held during a run."""
        model = vitc.load(self.path, threads=1)
        x = np.zeros((2000, 3, 32, 32), np.float32)
        ticks = []
        stop = threading.Event()

        def tick():
            while not stop.is_set():
                ticks.append(time.monotonic())
                time.sleep(0.001)

        thread = threading.Thread(target=tick)
        thread.start()
        try:
            start = time.monotonic()
            model.run(pixel_values=x)
            end = time.monotonic()
        finally:
            stop.set()
            thread.join()
        self.assertGreater(sum(start < moment < end for moment in ticks), 10)

    def test_close_during_runs(self):
        model = vitc.load(self.path, threads=2)
        x = np.zeros((500, 3, 32, 32), np.float32)
        expected = model.run(pixel_values=x)["logits"]
        with ThreadPoolExecutor(2) as pool:
            futures = [pool.submit(model.run, pixel_values=x) for _ in range(2)]
            time.sleep(0.02)
            model.close()
            for future in futures:
                try:
                    self.assertTrue(np.array_equal(future.result()["logits"], expected))
                except vitc.Error as error:
                    self.assertIn("the model was closed", str(error))

    def test_unloaded_with_the_last_reference(self):
        path = models.compiled(models.CIFAR, "unloaded")
        first, second = vitc.load(path), vitc.load(path)
        first(models.CAT)
        self.assertGreater(open_files(path), 0)
        first.close()
        self.assertEqual(second(models.CAT)[0]["label"], "cat")
        del first, second
        gc.collect()
        self.assertEqual(open_files(path), 0)

    def test_pickle(self):
        model = vitc.load(self.path, threads=2)
        data = pickle.dumps(model)
        self.assertLess(len(data), 1000)
        again = pickle.loads(data)
        self.assertEqual((again.path, again.threads), (self.path, 2))
        self.assertEqual(again(models.CAT), model(models.CAT))

    def test_fork(self):
        """Children compute, also when they are made while threads of the parent do."""
        model = vitc.load(self.path, threads=2)
        expected = model(models.CAT)
        stop = threading.Event()

        def work():
            while not stop.is_set():
                model(models.CAT)

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(10):
                with warnings.catch_warnings():
                    # Newer versions of Python warn of forks beside threads, which this test is about.
                    warnings.simplefilter("ignore", DeprecationWarning)
                    child = os.fork()
                if child == 0:
                    # Nothing of the test's own ends this process.
                    try:
                        good = model(models.CAT) == expected
                        model.close()
                        gc.collect()
                        os._exit(0 if good else 1)
                    finally:
                        os._exit(2)
                deadline = time.monotonic() + 60
                while True:
                    ended, status = os.waitpid(child, os.WNOHANG)
                    if ended:
                        break
                    if time.monotonic() > deadline:
                        os.kill(child, 9)
                        os.waitpid(child, 0)
                        self.fail("the child hangs")
                    time.sleep(0.01)
                self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(model(models.CAT), expected)

    def test_end_of_the_process(self):
        """A daemon thread that computes while Python ends, and a model that is still referred to."""
        program = (
            "import sys, threading, time, vitc\n"
            "model = vitc.load(sys.argv[1])\n"
            "def work():\n"
            "    while True: model(sys.argv[2])\n"
            "threading.Thread(target=work, daemon=True).start()\n"
            "time.sleep(0.2)\n"
        )
        for _ in range(5):
            ran = subprocess.run([sys.executable, "-c", program, self.path, models.CAT], timeout=60)
            self.assertEqual(ran.returncode, 0)


if __name__ == "__main__":
    unittest.main()
