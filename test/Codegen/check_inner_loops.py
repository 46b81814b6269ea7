#!/usr/bin/env python3
"""Checks the innermost loops of matrix products in assembly: vectors of the native width, no spill, nothing scalar.

    check_inner_loops.py FILE.s --register zmm --accumulators 28 [--instruction vdpbf16ps]

An innermost loop with at least 8 fused multiply-adds (or other instructions that multiply and add) that stores nothing but spills is a product (an activation stores
its results). Each must use only the named kind of register for them, must not touch the stack with a vector, and at
least one must have the number of accumulators that the target's register tile has.
"""

import argparse
import re

LABEL = re.compile(r"(\.L\w+):")
JUMP = re.compile(r"\tj\w+\s+(\.L\w+)")
PRODUCT = 8
STORE = re.compile(r"vmov\w+\s+%[xyz]mm\d+, (?!.*\(%rsp)")


def innermost_loops(lines):
    """Bodies of loops that hold no other jump: from a label to the jump back to it."""
    body, label = [], None
    for line in lines:
        if match := LABEL.match(line):
            body, label = [], match[1]
        elif match := JUMP.match(line):
            if match[1] == label:
                yield body
            body, label = [], None
        elif line.startswith("\t") and not line.startswith("\t."):
            body.append(line.strip())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--register", required=True)
    parser.add_argument("--accumulators", type=int, required=True)
    parser.add_argument("--instruction", default="vfmadd", help="how it begins")
    arguments = parser.parse_args()
    with open(arguments.file) as file:
        loops = list(innermost_loops(file))

    largest = products = 0
    for body in loops:
        fused = [line for line in body if line.startswith(arguments.instruction)]
        if len(fused) < PRODUCT or any(STORE.match(line) for line in body):
            continue
        products += 1
        largest = max(largest, len({line.rsplit("%", 1)[1] for line in fused}))
        for line in fused:
            if f"%{arguments.register}" not in line:
                raise SystemExit(f"not a vector of native width: {line}")
        for line in body:
            if "(%rsp" in line and re.search(r"%[xyz]mm", line) and line.startswith("vmov"):
                raise SystemExit("a spill in the loop:\n" + "\n".join(body))
    print(f"{products} products, the largest with {largest} accumulators")
    if largest != arguments.accumulators:
        raise SystemExit(f"expected a product with {arguments.accumulators} accumulators")


if __name__ == "__main__":
    main()
