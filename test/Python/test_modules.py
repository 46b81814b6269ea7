"""Modules of transformers and timm: compiled from memory, and accelerated in place."""

import copy
import pickle
import unittest

import models
import numpy as np
import timm
import torch
import transformers
from transformers import pipeline

import vitc

# Of a product in f32 that is summed in another order, relative to the largest output: what goldens are held to.
TOLERANCE = 1e-5


def make_vit(cls):
    torch.manual_seed(1)
    config = transformers.ViTConfig(
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        image_size=32,
        patch_size=8,
        num_labels=7,
    )
    return cls(config).eval()


def make_processor():
    return transformers.ViTImageProcessor(size={"height": 32, "width": 32})


class Modules(unittest.TestCase):
    def assert_close(self, actual, expected):
        self.assertEqual(actual.dtype, expected.dtype)
        self.assertEqual(actual.shape, expected.shape)
        difference = (actual.double() - expected.double()).abs().max()
        self.assertLess(difference, TOLERANCE * expected.double().abs().max())

    def pixels(self, *shape):
        return torch.randn(*shape, generator=torch.Generator().manual_seed(2))

    def accelerated(self, module, x):
        """The module made fast, and its output, which has the names and values of the module's own."""
        fast = vitc.accelerate(module)
        with torch.no_grad():
            expected, actual = module(x), fast(x)
        self.assertIs(type(actual), type(expected))
        self.assertEqual(list(actual), list(expected))
        for name in expected:
            self.assert_close(actual[name], expected[name])
        return fast, actual

    def test_classifier(self):
        module = make_vit(transformers.ViTForImageClassification)
        x = self.pixels(3, 3, 32, 32)
        fast, actual = self.accelerated(module, x)
        self.assertTrue(torch.equal(fast(pixel_values=x).logits, actual.logits))
        self.assertTrue(torch.equal(fast(x, return_dict=False)[0], actual.logits))
        self.assertIsInstance(fast, transformers.ViTForImageClassification)
        self.assertEqual(type(fast).__name__, "ViTForImageClassification")
        # The module itself is as it was.
        self.assertIs(type(module), transformers.ViTForImageClassification)

    def test_features(self):
        self.accelerated(make_vit(transformers.ViTModel), self.pixels(2, 3, 32, 32))

    def test_timm(self):
        torch.manual_seed(1)
        module = timm.create_model("vit_tiny_patch16_224").eval()
        fast = vitc.accelerate(module)
        x = self.pixels(2, 3, 224, 224)
        with torch.no_grad():
            self.assert_close(fast(x), module(x))
        self.assertEqual(vitc.compile(module)(models.CAT)[0].keys(), {"label", "score"})

    def test_pipeline(self):
        module = make_vit(transformers.ViTForImageClassification)
        slow, fast = (
            pipeline("image-classification", model=each, image_processor=make_processor())
            for each in (module, vitc.accelerate(module))
        )
        pictures = [models.CAT, models.WIDE]
        for expected, actual in zip(slow(pictures), fast(pictures)):
            self.assertEqual([item["label"] for item in actual], [item["label"] for item in expected])
            np.testing.assert_allclose(
                [item["score"] for item in actual], [item["score"] for item in expected], rtol=1e-4
            )

    def test_compile(self):
        module = make_vit(transformers.ViTForImageClassification)
        model = vitc.compile(module, processor=make_processor())
        self.assertEqual(model.name, "ViTForImageClassification")
        self.assertEqual(vitc.compile(module, processor=make_processor()).path, model.path)
        with torch.no_grad():
            expected = module(torch.from_numpy(model.pixels(models.CAT))).logits.softmax(-1)[0]
        best = model(models.CAT, top_k=1)[0]
        self.assertEqual(best["label"], module.config.id2label[int(expected.argmax())])
        self.assertAlmostEqual(best["score"], float(expected.max()), places=5)
        # Weights are compiled as they are now.
        with torch.no_grad():
            module.classifier.bias += 1.0
        self.assertNotEqual(vitc.compile(module, processor=make_processor()).path, model.path)

    def test_changed_weights(self):
        module = make_vit(transformers.ViTForImageClassification)
        fast = vitc.accelerate(module)
        self.assertTrue(fast.vitc_is_current())
        with torch.no_grad():
            module.classifier.bias += 1.0
        self.assertFalse(fast.vitc_is_current())
        again = vitc.accelerate(fast)
        self.assertTrue(again.vitc_is_current())
        x = self.pixels(1, 3, 32, 32)
        with torch.no_grad():
            self.assert_close(again(x).logits, module(x).logits)

    def test_errors(self):
        module = make_vit(transformers.ViTForImageClassification)
        fast = vitc.accelerate(module)
        x = self.pixels(1, 3, 32, 32)
        for text, call in (
            ("shape 1x3x48x48, expected Nx3x32x32", lambda: fast(self.pixels(1, 3, 48, 48))),
            ("output_attentions was not compiled", lambda: fast(x, output_attentions=True)),
            ("labels was not compiled", lambda: fast(x, labels=torch.tensor([1]))),
            ("gradients are asked for", lambda: fast(x.clone().requires_grad_())),
            ("NoneType, expected a tensor", lambda: fast()),
            ("a tensor on meta", lambda: fast(x.to("meta"))),
            ("is not copied or pickled", lambda: pickle.dumps(fast)),
            ("is not copied or pickled", lambda: copy.deepcopy(fast)),
            ("expected a module of transformers or timm", lambda: vitc.accelerate("model")),
            ("neither a model of transformers nor", lambda: vitc.accelerate(torch.nn.Linear(1, 1).eval())),
            ("is in training mode", lambda: vitc.accelerate(make_vit(transformers.ViTModel).train())),
            ("processor: is for modules", lambda: vitc.compile(models.CIFAR, processor=make_processor())),
        ):
            with self.assertRaisesRegex(vitc.Error, text):
                call()
        with self.assertRaisesRegex(vitc.Error, "BertModel|model_type"):
            vitc.compile(
                transformers.BertModel(
                    transformers.BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1)
                ).eval()
            )


if __name__ == "__main__":
    unittest.main()
