#!/usr/bin/env python3
"""Classifies the bundled picture as users do, and compares with what Hugging Face's library says about it.

    check_picture.py MODEL.so

Scores and labels come from `vitc-run --json`: the picture is decoded, resized and normalised by the tool.
"""

import json
import subprocess
import sys

import numpy as np

from steps import MODELS

CHECKPOINT = MODELS / "cifar10-vit"


def main():
    command = ["vitc-run", sys.argv[1], str(CHECKPOINT / "cat.png"), "--top-k", "10", "--json"]
    line = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    answer = json.loads(line)
    golden = json.loads((CHECKPOINT / "cat.json").read_text())["cat"]
    labels = [entry["label"] for entry in answer["top"]]
    expected_labels = [entry["label"] for entry in golden["top"]]
    if labels[:5] != expected_labels:
        raise SystemExit(f"best five {labels[:5]}, expected {expected_labels}")
    scores = np.empty(10)
    for entry in answer["top"]:
        scores[entry["index"]] = entry["score"]
    exponentials = np.exp(golden["logits"] - np.max(golden["logits"]))
    difference = np.abs(scores - exponentials / exponentials.sum()).max()
    print(f"largest difference of a score: {difference:.3g}")
    # Scores are at most 1: float32's rounding of ten logits, and of what --json prints.
    if not difference <= 1e-5:
        raise SystemExit("the scores differ from the reference")


if __name__ == "__main__":
    main()
