"""What cannot be done raises vitc.Error, in the words of the tools where they have some."""

import os
import pathlib
import subprocess
import unittest

import models
import numpy as np

import vitc


def refusal(*command):
    """The line of a tool that fails."""
    ran = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert ran.returncode == 1, command
    return ran.stderr.splitlines()[-1].removeprefix("error: ")


class Errors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.path = models.compiled(models.CIFAR, "classifier")
        cls.model = vitc.load(cls.path)
        cls.x = cls.model.pixels(models.CAT)

    def assert_error(self, text, function, *arguments, **named):
        with self.assertRaises(vitc.Error) as caught:
            function(*arguments, **named)
        self.assertEqual(str(caught.exception), text)

    def test_pictures(self):
        damaged = pathlib.Path("damaged.png")
        damaged.write_bytes(pathlib.Path(models.CAT).read_bytes()[:1000])
        pathlib.Path("empty.png").touch()
        os.makedirs("folder", exist_ok=True)
        for name in ("none.png", "damaged.png", "empty.png", __file__):
            self.assert_error(refusal("vitc-run", self.path, name), self.model, name)
            self.assert_error(refusal("vitc-run", self.path, name), self.model, [models.CAT, name, models.CAT])
        self.assert_error("folder: not a regular file", self.model, "folder")
        with self.assertRaisesRegex(vitc.Error, "^picture: byte [0-9]+: damaged PNG picture"):
            self.model(damaged.read_bytes())
        self.assert_error("picture: no bytes, expected those of a picture's file", self.model, b"")
        self.assert_error("picture: a path with a zero byte", self.model, "a\0b")
        self.assert_error("pictures: none, expected at least one", self.model, [])
        self.assert_error("pictures: none, expected at least one", self.model.pixels, [])
        self.assert_error("pictures: int, expected a picture or a list of them", self.model, 7)
        with self.assertRaisesRegex(vitc.Error, "^picture: int, expected a path"):
            self.model([models.CAT, 7])
        with self.assertRaisesRegex(vitc.Error, "^picture: an array of float32 and shape 4x4x3, expected uint8"):
            self.model(np.zeros((4, 4, 3), np.float32))
        for shape in ((4, 4, 4), (3,), (0, 4, 3), (1, 4, 4, 3)):
            with self.assertRaisesRegex(vitc.Error, "^picture: an array of shape .*, expected height x width"):
                self.model(np.zeros(shape, np.uint8))
        # It goes on working.
        self.assertEqual(self.model(models.CAT)[0]["label"], "cat")

    def test_arrays(self):
        run, x = self.model.run, self.x
        self.assert_error("pixel_values: the input is missing", run)
        self.assert_error("x: the model has no input of that name, expected one of: pixel_values", run, x=x)
        self.assert_error("pixel_values: shape 3x32x32, expected Nx3x32x32", run, pixel_values=x[0])
        self.assert_error("pixel_values: shape scalar, expected Nx3x32x32", run, pixel_values=1.0)
        self.assert_error("pixel_values: shape 1x3x32x31, expected Nx3x32x32", run, pixel_values=x[..., 1:])
        self.assert_error("pixel_values: an empty batch, expected at least one element", run, pixel_values=x[:0])
        for dtype in (np.uint8, np.int64, np.bool_, np.complex64):
            text = f"pixel_values: elements of {np.dtype(dtype)}, expected float32"
            self.assert_error(text, run, pixel_values=np.zeros(x.shape, dtype))
        self.assert_error("pixel_values: elements of object, expected float32", run, pixel_values=x.astype(object))

    def test_several_inputs(self):
        model = vitc.load(models.masked())
        x = np.zeros((2, 2, 3), np.float32)
        self.assert_error("x: the input is missing", model.run, m=np.ones((2, 2, 3), np.int64))
        self.assert_error(
            "m: a batch of 1, expected 2 as of the inputs before", model.run, x=x, m=np.ones((1, 2, 3), np.int64)
        )
        self.assert_error("m: elements of float32, expected int64", model.run, x=x, m=x)
        self.assert_error(
            "m: elements of uint64 that int64 does not hold", model.run, x=x, m=np.full(x.shape, 1 << 63, np.uint64)
        )
        with self.assertRaisesRegex(vitc.Error, "the model does not say how pictures become its input"):
            model(models.CAT)

    def test_options_of_calls(self):
        with self.assertRaisesRegex(vitc.Error, "entry: the model has no entry point 'other', expected one of: main"):
            self.model(models.CAT, entry="other")
        self.assert_error(
            "output: the model has no output 'x', expected one of: logits", self.model.embed, models.CAT, output="x"
        )
        for wrong in (0, -1, 1.5, True, "5"):
            self.assert_error(
                f"top_k: {wrong!r}, expected a number of at least 1, or None", self.model, models.CAT, top_k=wrong
            )
            self.assert_error(
                f"batch_size: {wrong!r}, expected a number of at least 1", self.model, models.CAT, batch_size=wrong
            )
        for wrong in (-1, 1025, 1.5, True, "2"):
            self.assert_error(
                f"threads: {wrong!r}, expected a number from 0 to 1024", vitc.load, self.path, threads=wrong
            )

    def test_models(self):
        data = pathlib.Path(self.path).read_bytes()
        os.makedirs("bad", exist_ok=True)
        for name, content in (("cut", data[:100000]), ("text", b"text"), ("empty", b"")):
            path = os.path.abspath(f"bad/{name}.so")
            pathlib.Path(path).write_bytes(content)
            self.assert_error(refusal("vitc-run", path, models.CAT), vitc.load, path)
        position = data.index(b'"abi_version":') + len(b'"abi_version":')
        other = os.path.abspath("bad/version.so")
        pathlib.Path(other).write_bytes(data[:position] + b"9" + data[position + 1 :])
        self.assert_error(refusal("vitc-run", other, models.CAT), vitc.load, other)
        none = os.path.abspath("bad/none.so")
        self.assert_error(refusal("vitc-run", none, models.CAT), vitc.load, none)
        with self.assertRaises(vitc.Error):
            vitc.load("a\0b")

    def test_closed(self):
        model = vitc.load(self.path)
        with model:
            self.assertEqual(model(models.CAT)[0]["label"], "cat")
        for call in (
            lambda: model(models.CAT),
            lambda: model.run(pixel_values=self.x),
            lambda: model.embed(models.CAT),
            lambda: model.pixels(models.CAT),
        ):
            self.assert_error(f"{self.path}: the model was closed", call)
        model.close()
        self.assertEqual(model.labels[3], "cat")

    def test_compile(self):
        os.makedirs("none", exist_ok=True)
        for source in ("none.json", "none", models.CAT):
            self.assert_error(refusal("vitc", source, "-o", "x.so"), vitc.compile, source, output="x.so")
        for option, value in (("target_cpu", "no-cpu"), ("image_size", "3x"), ("no_option", "1"), ("batch", 0)):
            text = refusal("vitc", models.CIFAR, f"--{option.replace('_', '-')}={value}", "-o", "x.so")
            self.assert_error(text, vitc.compile, models.CIFAR, output="x.so", **{option: value})
            self.assert_error(text, vitc.compile, models.CIFAR, **{option: value})
        self.assertFalse(os.path.exists("x.so"))
        with self.assertRaisesRegex(vitc.Error, "^emit: only models are made here"):
            vitc.compile(models.CIFAR, emit="vit")
        self.assert_error(
            "batch: dict, expected text, a number, or a list of them", vitc.compile, models.CIFAR, batch={}
        )
        self.assert_error(
            "output: 'x.txt', expected the name of a file that ends with .so",
            vitc.compile,
            models.CIFAR,
            output="x.txt",
        )
        with self.assertRaisesRegex(vitc.Error, "^no/x.so: "):
            vitc.compile(models.CIFAR, output="no/x.so")
        for source in ("", "a\0b"):
            with self.assertRaisesRegex(vitc.Error, "^source: "):
                vitc.compile(source)


if __name__ == "__main__":
    unittest.main()
