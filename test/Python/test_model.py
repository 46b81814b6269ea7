"""Pixels, answers and outputs are those of vitc-run, whatever form a picture has."""

import os
import pathlib
import subprocess
import types
import unittest
from unittest import mock

import models
import numpy as np

import vitc
from vitc import _modules


class NameOfModule(unittest.TestCase):
    def test_from_where_it_was_loaded(self):
        here = os.path.basename(os.getcwd())
        for path, name in (("google/vit", "vit"), ("a/b/", "b"), (".", here), ("./", here), ("a/..", here),
                           ("/", "SimpleNamespace"), ("", "SimpleNamespace"), (None, "SimpleNamespace")):
            module = types.SimpleNamespace(config=types.SimpleNamespace(_name_or_path=path))
            with mock.patch.object(_modules, "_library_of", lambda _: "transformers"):
                self.assertEqual(_modules.name_of(module), name, path)


class Classifier(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.path = models.compiled(models.CIFAR, "classifier")
        cls.model = vitc.load(cls.path, threads=2)

    def test_says_what_it_is(self):
        self.assertEqual(self.model.name, "cifar10-vit")
        self.assertEqual(self.model.inputs, {"pixel_values": (3, 32, 32)})
        self.assertEqual(self.model.outputs, {"logits": (10,)})
        self.assertEqual(self.model.entries, ["main"])
        self.assertEqual(self.model.labels[3], "cat")
        self.assertEqual(self.model.threads, 2)
        self.assertEqual(self.model.manifest["scores"], "softmax")
        self.assertIn("pixel_values 3x32x32 -> logits 10", repr(self.model))

    def test_scores(self):
        expected = [
            [{"label": item["label"], "score": item["score"]} for item in line["top"]]
            for line in models.vitc_run(self.path, *models.ALL_PICTURES, "--top-k", "10")
        ]
        self.assertEqual(self.model(models.ALL_PICTURES, top_k=None), expected)
        self.assertEqual(self.model(models.ALL_PICTURES[0], top_k=10), expected[0])
        self.assertEqual(self.model(models.ALL_PICTURES, top_k=10, batch_size=3), expected)
        self.assertEqual(self.model(iter(models.ALL_PICTURES), top_k=2), [best[:2] for best in expected])
        self.assertEqual(len(self.model(models.CAT)), 5)
        self.assertEqual(self.model(models.CAT)[0]["label"], "cat")

    def test_pixels(self):
        subprocess.run(
            ["vitc-run", self.path, *models.ALL_PICTURES, "--output-dir", "rows", "--save-inputs"], check=True
        )
        expected = np.load("rows/pixel_values.npy")
        self.assertTrue(np.array_equal(self.model.pixels(models.ALL_PICTURES), expected))
        self.assertEqual(self.model.pixels(models.WIDE).shape, (1, 3, 32, 32))
        logits = np.load("rows/logits.npy")
        self.assertTrue(np.array_equal(self.model.run(pixel_values=expected)["logits"], logits))
        self.assertTrue(np.array_equal(self.model.embed(models.ALL_PICTURES), logits))
        self.assertTrue(np.array_equal(self.model.embed(models.WIDE, output="logits"), logits[0]))

    def test_forms_of_a_picture(self):
        expected = self.model.pixels(models.CAT)
        data = pathlib.Path(models.CAT).read_bytes()
        for picture in (pathlib.Path(models.CAT), data, bytearray(data), memoryview(data)):
            self.assertTrue(np.array_equal(self.model.pixels(picture), expected))
        there = os.getcwd()
        os.chdir(os.path.dirname(models.CAT))
        try:
            self.assertTrue(np.array_equal(self.model.pixels("cat.png"), expected))
        finally:
            os.chdir(there)

    def test_arrays_as_pictures(self):
        colours = np.random.default_rng(1).integers(0, 256, (40, 50, 3), np.uint8)
        pathlib.Path("colours.ppm").write_bytes(b"P6 50 40 255\n" + colours.tobytes())
        expected = self.model.pixels("colours.ppm")
        reversed_rows = np.ascontiguousarray(colours[::-1])[::-1]
        fixed = colours.copy()
        fixed.flags.writeable = False
        for array in (colours, reversed_rows, fixed, np.asfortranarray(colours)):
            self.assertTrue(np.array_equal(self.model.pixels(array), expected))
        grey = colours[:, :, 0]
        pathlib.Path("grey.pgm").write_bytes(b"P5 50 40 255\n" + grey.tobytes())
        expected = self.model.pixels("grey.pgm")
        for array in (grey, grey[:, :, None], np.stack([grey] * 3, axis=2)):
            self.assertTrue(np.array_equal(self.model.pixels(array), expected))

    def test_arrays_of_other_layouts(self):
        x = self.model.pixels([models.CAT, models.WIDE])
        expected = self.model.run(pixel_values=x)["logits"]
        unaligned = np.frombuffer(b"-" + x.tobytes(), np.uint8)[1:].view(np.float32).reshape(x.shape)
        fixed = x.copy()
        fixed.flags.writeable = False
        for array in (np.asfortranarray(x), x.astype(np.float64), x[::-1][::-1], unaligned, fixed, x.astype(">f4")):
            self.assertTrue(np.array_equal(self.model.run({"pixel_values": array})["logits"], expected))
        self.assertTrue(np.array_equal(self.model.run(pixel_values=x.tolist())["logits"], expected))


class OtherAnswers(unittest.TestCase):
    def test_detection(self):
        path = models.compiled(models.ANSWERS / "yolos", "yolos")
        model = vitc.load(path)
        (told,) = models.vitc_run(path, models.WIDE, "--threshold", "0")
        expected = sorted(told["boxes"], key=lambda box: -box["score"])
        self.assertEqual(len(expected), 12)
        boxes = model(models.WIDE, threshold=0.0, top_k=None)
        self.assertEqual([box["label"] for box in boxes], [box["label"] for box in expected])
        self.assertEqual([box["score"] for box in boxes], [box["score"] for box in expected])
        self.assertEqual([list(box["box"].values()) for box in boxes], [box["box"] for box in expected])
        self.assertEqual(model(models.WIDE, threshold=1.0), [])
        with self.assertRaisesRegex(vitc.Error, "output: expected one of: logits, pred_boxes, last_hidden_state"):
            model.embed(models.WIDE)

    def test_mask_of_padding(self):
        path = models.compiled(models.ANSWERS / "detr", "detr")
        model = vitc.load(path)
        pictures = [models.WIDE, str(models.PICTURES / "tall.png")]
        for picture, told in zip(pictures, models.vitc_run(path, *pictures, "--threshold", "0")):
            expected = sorted((box["score"] for box in told["boxes"]), reverse=True)
            scores = [box["score"] for box in model(picture, threshold=0.0, top_k=None)]
            self.assertEqual(scores, expected)
            self.assertEqual(
                model(pictures, threshold=0.0, top_k=1, batch_size=2)[pictures.index(picture)][0]["score"], expected[0]
            )

    def test_segmentation(self):
        path = models.compiled(models.ANSWERS / "mobilevit", "mobilevit")
        (told,) = models.vitc_run(path, models.WIDE)
        subprocess.run(["vitc-run", path, models.WIDE, "--save", "classes.npy"], check=True, stdout=subprocess.DEVNULL)
        classes = np.load("classes.npy")
        segments = vitc.load(path)(models.WIDE, top_k=None)
        self.assertEqual([segment["score"] for segment in segments], [item["share"] for item in told["segments"]])
        for segment, item in zip(segments, told["segments"]):
            self.assertEqual(segment["label"], item["label"])
            self.assertTrue(np.array_equal(segment["mask"], classes == item["index"]))

    def test_depth(self):
        path = models.compiled(models.ANSWERS / "depth_bicubic.json", "depth")
        subprocess.run(["vitc-run", path, models.WIDE, "--save", "depth.npy"], check=True, stdout=subprocess.DEVNULL)
        (answer,) = vitc.load(path)(models.WIDE)
        self.assertTrue(np.array_equal(answer["predicted_depth"], np.load("depth.npy")))


class Inputs(unittest.TestCase):
    def test_input_with_a_default(self):
        model = vitc.load(models.masked())
        x = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
        self.assertTrue(np.array_equal(model.run(x=x)["y"], x))
        self.assertTrue(np.array_equal(model.run(x=x, m=np.full(x.shape, 3, np.int8))["y"], 3 * x))

    def test_entry_points(self):
        path = models.compiled(models.CIFAR, "sizes", "--image-size=32,48x64")
        model = vitc.load(path)
        self.assertEqual(model.entries, ["32x32", "48x64"])
        for entry in model.entries:
            (told,) = models.vitc_run(path, models.CAT, "--entry", entry)
            self.assertEqual(model(models.CAT, entry=entry)[0]["score"], told["top"][0]["score"])
        x = model.pixels(models.CAT, entry="48x64")
        self.assertEqual(x.shape, (1, 3, 48, 64))
        expected = model.run(pixel_values=x, entry="48x64")["logits"]
        self.assertTrue(np.array_equal(model.run(pixel_values=x)["logits"], expected))
        with self.assertRaisesRegex(vitc.Error, "fit no entry point: 32x32: .*; 48x64: .*"):
            model.run(pixel_values=x[:, :, 1:])


@unittest.skipUnless(__import__("importlib.util").util.find_spec("PIL"), "Pillow is not installed")
class Pillow(unittest.TestCase):
    def test_images(self):
        from PIL import Image

        model = vitc.load(models.compiled(models.CIFAR, "classifier"))
        # JPEG's decoders may differ in their last bits, so these pictures are PNGs, one of them turned.
        turned = Image.open(models.CAT)
        exif = Image.Exif()
        exif[0x0112] = 6
        turned.save("turned.png", exif=exif)
        names = [models.CAT, "turned.png", str(models.PICTURES / "gray.png"), str(models.PICTURES / "alpha.png")]
        for name in names:
            self.assertTrue(np.array_equal(model.pixels(Image.open(name)), model.pixels(name)), name)
        self.assertEqual(model([Image.open(name) for name in names]), model(names))


@unittest.skipUnless(__import__("importlib.util").util.find_spec("torch"), "PyTorch is not installed")
class Tensors(unittest.TestCase):
    def test_tensors(self):
        import torch

        model = vitc.load(models.compiled(models.CIFAR, "classifier"))
        x = torch.from_numpy(model.pixels(models.CAT)).requires_grad_()
        expected = model.run(pixel_values=x.detach().numpy())["logits"]
        self.assertTrue(np.array_equal(model.run(pixel_values=x)["logits"], expected))
        colours = torch.randint(0, 256, (3, 40, 50), dtype=torch.uint8)
        self.assertEqual(model(colours), model(colours.permute(1, 2, 0).numpy()))
        with self.assertRaisesRegex(vitc.Error, "pixel_values: a tensor on meta"):
            model.run(pixel_values=x.to("meta"))


if __name__ == "__main__":
    unittest.main()
