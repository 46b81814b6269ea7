"""Prints a config.json with other labels: set_labels.py CONFIG LABEL..., labels as JSON writes them between quotes."""

import json
import sys

config = json.load(open(sys.argv[1]))
config.pop("label2id", None)
config["id2label"] = {str(i): json.loads(f'"{label}"') for i, label in enumerate(sys.argv[2:])}
print(json.dumps(config))
