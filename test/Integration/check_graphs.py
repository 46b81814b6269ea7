#!/usr/bin/env python3
"""Descriptions that were compiled to wrong numbers once, for every target that this machine runs.

    check_graphs.py WORK_DIRECTORY

graphs/*.json were found by tools/dev/fuzz-graphs and its like. Those that would be long are made here.
"""

import json
import pathlib
import shutil
import sys

from steps import fresh
from graph_check import Setting, check, supported_targets


def concat(count):
    """More operands than one step takes."""
    inputs = ["x", *(f"scaled{number}" for number in range(1, 8))]
    nodes = [{"name": name, "op": "scale", "inputs": ["x"], "factor": number / 4}
             for number, name in enumerate(inputs) if number]
    nodes.append({"name": "y", "op": "concat", "dim": 1, "inputs": [inputs[i % 8] for i in range(count)]})
    return nodes


def scaled(name, value_of):
    return {"name": name, "op": "scale", "inputs": ["x"], "factor": value_of}


MADE = {
    **{f"concat_{count}": {"inputs": [{"name": "x", "shape": [5, 3]}], "nodes": concat(count), "outputs": [{"name": "y"}]}
       for count in (15, 16, 31, 1024)},
    # An output without `from` has the value of the node of its name.
    "two_outputs": {"inputs": [{"name": "x", "shape": [5, 3]}],
                    "nodes": [scaled("first", 2.0), scaled("second", 3.0), scaled("third", 5.0)],
                    "outputs": [{"name": "first"}, {"name": "second"}]},
    # The one output takes the last node's value, and a name of its own.
    "one_output": {"inputs": [{"name": "x", "shape": [5, 3]}], "nodes": [scaled("first", 2.0), scaled("second", 3.0)],
                   "outputs": [{"name": "y"}]},
}


# Weights that bring out what was wrong, where it takes more than any weights: values of -5.9 before GELU.
WEIGHTS_SEEDS = {"gelu_tail": 21159}


def main():
    work = fresh(sys.argv[1])
    files = sorted((pathlib.Path(__file__).parent / "graphs").glob("*.json"))
    for name, description in MADE.items():
        files.append(work / f"{name}.json")
        files[-1].write_text(json.dumps({"version": 1, "name": name, **description}))
    for file in files:
        outputs, left_out = check(file, work, supported_targets(),
                                  Setting(WEIGHTS_SEEDS.get(file.stem, 1), images=3, batch=2, threads=2))
        if left_out:
            raise SystemExit(f"{file.name}: {left_out} of {outputs} outputs say nothing")
        print(f"{file.name}: {outputs} outputs are right")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
