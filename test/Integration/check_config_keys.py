#!/usr/bin/env python3
"""Checks that every key of a configuration that matters is read, and has the default of the family's library.

    check_config_keys.py WORK_DIRECTORY CASE... [--every-key]

For each case of checkpoints/cases.json that a name or pattern matches: cases.json says what happens to the library's
outputs when a key is taken out of config.json, or when it has another value. The reference (vitc-evaluate) must do the
same: have outputs that differ from the goldens by as much, or the same description, or fail where the library does; where
the library makes weights fit that are for another model, an error is right, too. For timm also how it prepares pictures,
and keys that the model's class does not have, which must be errors.

--every-key: among all cases there must be one for every key that models/README.md says is read. WORK_DIRECTORY is
emptied before and removed after success.
"""

import copy
import json
import re
import shutil
import subprocess
import sys

import numpy as np

from check_checkpoint import CHECKPOINTS, choose, has_weights, input_of, inputs_of, model_of, output_name, read_cases, resize_option
from steps import fresh

README = CHECKPOINTS.parents[2] / "models/README.md"
# MAE: all patches are always seen. A mask token may be missing: no output needs it.
# UPerNet: a head of training, which may be missing.
NOT_READ = {"mask_ratio", "use_mask_token", "use_auxiliary_head", "auxiliary_channels"}
# Mistakes that no key makes: what timm's names of architectures imply.
IMPLIED = {"epsilon", "activation"}
# cases.json gives two digits of the library's change.
DIGITS = 0.06
# A change that is too small to be told from rounding.
SMALL = 1e-6
# The library takes any picture; that the model is made for this size is what check_checkpoint.py relies on.
ANY_SIZE = ["dinov3_vit", "mobilenet_v2", "convnext", "convnextv2", "mobilenet_v1", "efficientnet", "pvt_v2", "swin"]
TIMM_CLASSES = ("VisionTransformer", "Eva", "Beit", "SwinTransformer", "ResNet", "ConvNeXt", "EfficientNet", "MobileNetV3")
NO_CASE = {f"{family}: image_size" for family in [*ANY_SIZE, "mobilevit", "mobilevitv2"]}
# Any value but the default is an error (test/Checkpoints/invalid-windows.test).
NO_CASE |= {"swinv2: use_absolute_embeddings"}
# No case needs other ways to name a backbone: any value but the default is an error (invalid-windows.test, invalid-depth.test, invalid-poses.test and invalid-vitdet.test).
ON_BACKBONES = ["upernet", "depth_anything", "dpt", "vitpose", "vitmatte"]
NO_CASE |= {f"{family}: {key}" for family in ON_BACKBONES for key in ("backbone", "backbone_kwargs", "use_timm_backbone")}
# Other ways to say what backbone_config says, or in other words what another key does (test/Checkpoints/detr.test).
DETRS = ["detr", "conditional_detr"]
SAID_OTHERWISE = ("backbone", "backbone_kwargs", "use_timm_backbone", "dilation", "num_channels", "hidden_size", "num_hidden_layers", "num_attention_heads")
NO_CASE |= {f"{family}: {key}" for family in DETRS for key in SAID_OTHERWISE}
# What one of SAM's two types has a case for, the other reads in the same place.
NO_CASE |= {f"sam: {key}" for key in ("layer_norm_eps", "mlp_ratio", "num_channels", "use_abs_pos", "use_rel_pos")}
NO_CASE |= {f"sam_vision_model: {key}" for key in ("mlp_dim", "qkv_bias")}
# Models for pictures of any size are errors (test/Checkpoints/invalid-windows.test).
NO_CASE |= {"SwinTransformer: dynamic_img_size", "SwinTransformer: strict_img_size"}
NO_CASE |= {"dpt: add_projection"}


# What the library cannot load, for shapes that do not matter here: filters of another size are resampled whatever file they
# come from, and layers behind the last map that a head reads are not built.
NOT_LOADED_THERE = {"patch_size": ["timm"], "num_hidden_layers": ["beit", "vitdet", "dpt"]}


def is_timm(case):
    return case["model_type"] == "timm"


def section_of(config):
    return config.get("vision_config", config)


def place_of(config, case, key):
    """The object that has a key, and its name there; the key may be a JSON pointer."""
    if key.startswith("/"):
        *sections, key = key.split("/")[1:]
        for section in sections:
            config = config[section]
        return config, key
    return (config["model_args"] if is_timm(case) else section_of(config)), key


def describe(work, options):
    """What a checkpoint is understood as, or nothing; and the error, if it is one (one line, status 1)."""
    command = [str(word) for word in ["vitc", *model_of(work), "--emit=json", "-o", "-", *options]]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return done.stdout, ""
    if done.returncode != 1 or not done.stderr.startswith("error: ") or done.stderr.count("\n") != 1:
        raise SystemExit(f"{' '.join(command)}: status {done.returncode}: {done.stderr}")
    return None, done.stderr


def sizes_of(description):
    return [(entry.get("channels"), entry.get("size")) for entry in json.loads(description)["inputs"]]


def without_native_size(description):
    """Without what it says about the size that the configuration gives, whatever the actual one is."""
    description = json.loads(description)
    for node in description["nodes"]:
        node.pop("crop", None)
    return description


def change_of(case, work, options):
    """The largest change of an output, relative to its largest value, in double precision."""
    directory = CHECKPOINTS / case["name"]
    names = [output["name"] for output in json.loads(describe(work, options)[0])["outputs"]]
    files = [work / f"{name}.npy" for name in names]
    inputs = [word for file in inputs_of(directory) for word in ("--input", file)]
    command = ["vitc-evaluate", *model_of(work), *options, *inputs, *(f"--output={file}" for file in files)]
    subprocess.run([str(word) for word in command], check=True)
    worst = 0
    for name, file in zip(names, files):
        golden = next((golden for golden in case["outputs"] if output_name(golden) == name), None)
        if golden is None:
            return np.inf
        expected, actual = np.load(directory / "expected" / f"{golden}.npy"), np.load(file)
        if actual.shape != expected.shape:
            return np.inf
        # Unlike max, this keeps a NaN.
        worst = np.maximum(worst, np.abs(actual - expected).max() / np.abs(expected).max())
    return worst


def check(case, work, original, config, what, change):
    """`change`: what becomes of the library's outputs; `original`: the description without any change."""
    (work / "config.json").write_text(json.dumps(config))
    options = resize_option(work, input_of(CHECKPOINTS / case["name"]))
    description, error = describe(work, options)
    if change == "another shape":
        change = np.inf
    # --image-size decides on the picture's size, whatever the configuration's, and positions are resampled once.
    is_size = any(key in what for key in ("img_size", "image_size", "input_size", "num_patches")) and bool(options)
    decides = is_size and description is not None and without_native_size(description) == without_native_size(original)
    if decides:
        right = True
    elif isinstance(change, str):
        # Where the library would find the wrong shapes later, ours may; or the picture is no input of this model.
        idle = any(what == f"without {key}" and case["model_type"] in kinds for key, kinds in NOT_LOADED_THERE.items())
        right = description is None or sizes_of(description) != sizes_of(original) or idle
    elif change == 0 and description is not None:
        right = without_native_size(description) == without_native_size(original)
    elif change == 0:
        right = "is not supported" in error
    elif description is None:
        # Tensors that are left over are not ignored here, and those of other shapes not resampled.
        right = change == np.inf or ": tensor " in error or "is not supported" in error
    else:
        actual = change_of(case, work, options)
        right = actual == change or abs(actual - change) <= DIGITS * change + SMALL
        what += f" (changes by {actual:.2g})"
    print(f"{case['name']} {what}: {change}", flush=True)
    if not right:
        raise SystemExit(f"{case['name']} {what}: the library's outputs change by: {change}; {error}")


def value_of(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def check_case(case, work, checked_classes):
    """`checked_classes`: those of timm that were checked for unknown keys; it grows. Returns how many changed configurations were looked at."""
    directory = CHECKPOINTS / case["name"]
    work = fresh(work / case["name"])
    for file in [*directory.glob("*.safetensors*"), *directory.glob("*.npz")]:
        shutil.copy(file, work)
    config = json.loads((directory / "config.json").read_text())
    (work / "config.json").write_text(json.dumps(config))
    original, _ = describe(work, resize_option(work, input_of(directory)))
    count = 0
    for key, change in case["without_key"].items():
        changed = copy.deepcopy(config)
        place, last = place_of(changed, case, key)
        if last in NOT_READ or last not in place:
            continue
        del place[last]
        check(case, work, original, changed, f"without {key}", change)
        count += 1
    for mistake, change in case["with_mistake"].items():
        key, value = mistake.split("=", 1)
        if is_timm(case) and key in IMPLIED:
            continue
        changed = copy.deepcopy(config)
        place, last = place_of(changed, case, key)
        place[last] = value_of(value)
        check(case, work, original, changed, f"with {mistake}", change)
        count += 1
    if is_timm(case):
        check_labels(case, original)
        check_pictures(case, work, config)
        if case["class"] not in checked_classes:
            checked_classes.add(case["class"])
            count += check_unknown(case, work, config)
    return count


def check_labels(case, description):
    labels = json.loads(description).get("labels")
    if labels != case.get("labels"):
        raise SystemExit(f"{case['name']}: the labels are {labels}, for the library {case.get('labels')}")


def check_pictures(case, work, config):
    """How pictures become inputs, as the library's own transform does it."""
    for entry in case.get("pictures", []):
        changed = copy.deepcopy(config)
        for key, value in entry["changes"].items():
            changed["pretrained_cfg"][key] = value
            if value is None:
                del changed["pretrained_cfg"][key]
        (work / "config.json").write_text(json.dumps(changed))
        steps = json.loads(describe(work, [])[0])["inputs"][0]["preprocessing"]
        expected = [expected_step(*step) for step in entry["steps"]]
        expected.insert(2, {"step": "rescale", "factor": 1 / 255})
        print(f"{case['name']} pictures with {entry['changes']}: {entry['steps']}", flush=True)
        if steps != expected:
            raise SystemExit(f"{case['name']}: pictures are prepared by {steps}, expected {expected}")


def expected_step(kind, *values):
    """A step of timm's transform as a description has it."""
    size = values[0]
    if isinstance(size, list) and size[0] == size[1]:
        size = size[0]
    if kind == "Resize" and isinstance(values[0], list):
        return {"step": "resize", "size": size, "filter": values[1]}
    if kind == "Resize":
        return {"step": "resize_shortest_edge", "edge": size, "filter": values[1]}
    if kind == "CenterCrop":
        return {"step": "center_crop", "size": size, "rounding": "even"}
    return {"step": "normalize", "mean": values[0], "std": values[1]}


def check_unknown(case, work, config):
    """Keys that nobody knows, and arguments of other classes, are errors that name them."""
    classes = keys_of_readme()
    others = set().union(*(classes[name] for name in TIMM_CLASSES))
    pointers = [f"/model_args/{key}" for key in sorted(others - set(classes[case["class"].removesuffix("Distilled")]))]
    pointers += ["/unknown", "/pretrained_cfg/unknown", "/model_args/unknown"]
    # Decided by the name in timm, and no arguments.
    pointers += [f"/model_args/{key}" for key in ("resampling", "may_have_gamma", "may_have_attn_pool")]
    count = 0
    for pointer in pointers:
        changed = copy.deepcopy(config)
        *sections, key = pointer.split("/")[1:]
        place = changed
        for section in sections:
            place = place.get(section, {})
        place[key] = 1
        if changed == config:
            continue
        (work / "config.json").write_text(json.dumps(changed))
        _, error = describe(work, [])
        start = f": {pointer} (line 1): "
        if start + f"unknown key '{key}'" not in error and start + "is no argument" not in error:
            raise SystemExit(f"{case['name']} with {pointer}: {error or 'no error'}")
        count += 1
    return count


def keys_of_readme():
    """Family or class -> the keys that models/README.md says are read."""
    keys = {}
    for paragraph in README.read_text().split("\n\n"):
        head = re.match(r"\*\*`([\w-]+)`\*\*: ", paragraph)
        if head:
            lists = re.findall(r"^- keys[^:]*: (.*)$", paragraph, re.MULTILINE)
            keys[head[1]] = re.findall(r"`(\w+)`", " ".join(lists))
    return keys


def check_coverage():
    """For every key that is read there is a case in which its being ignored would be noticed."""
    tried = {}
    for case in read_cases().values():
        family = case.get("class", case["model_type"]).removesuffix("Distilled")
        changes = [(key, change) for key, change in case["without_key"].items() if key not in NOT_READ]
        changes += [(mistake.split("=")[0], change) for mistake, change in case["with_mistake"].items()]
        if not is_timm(case):
            changes = [(key.lstrip("/"), change) for key, change in changes]
        tried.setdefault(family, set()).update(key for key, change in changes if change != 0)
    missing = []
    for family, keys in keys_of_readme().items():
        missing += [f"{family}: {key}" for key in sorted(set(keys) - tried.get(family, set()))]
    missing = [key for key in missing if key not in NO_CASE]
    if missing:
        raise SystemExit(f"there is no case for these keys: {', '.join(missing)}")


def main():
    patterns = [argument for argument in sys.argv[2:] if argument != "--every-key"]
    work = fresh(sys.argv[1])
    if "--every-key" in sys.argv:
        check_coverage()
    # Where two sections contradict each other, the library's classes do too; CLIPModel's is followed here.
    cases = [case for case in choose(patterns) if case["name"] != "clip_whole_old_config"]
    # Made-up weights fit any configuration.
    cases = [case for case in cases if has_weights(CHECKPOINTS / case["name"])]
    checked_classes = set()
    count = sum(check_case(case, work, checked_classes) for case in cases)
    print(f"{len(cases)} cases, {count} changed configurations")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
