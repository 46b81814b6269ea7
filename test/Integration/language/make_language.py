#!/usr/bin/env python3
"""Writes cases.json: small descriptions in version 2 of the language, and what PyTorch 2.13 computes for them in f64.

Run it by hand when an op is added; its output is part of the sources. `check_language.py` compiles each, those on maps in
version 1 too, where maps are height x width x channels.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(14)
cases = []


def values(*shape):
    """Random values that are short to write, and that f32 holds exactly."""
    return (torch.randn(*shape).double() * 64).round() / 64


def as_json(tensor):
    dtype = {torch.float64: "f32", torch.int32: "i32", torch.int64: "i64"}[tensor.dtype]
    numbers = tensor.reshape(-1).tolist()
    if dtype == "f32":
        # Enough digits for what is compared to 1e-5, as text that is short.
        numbers = [float(f"{number:.9g}") for number in numbers]
    return {"shape": list(tensor.shape), "dtype": dtype, "values": numbers}


def case(name, nodes, inputs, expected, weights=None, on_maps=False, of_itself=False):
    """`nodes` without the last one's name, `inputs` and `weights` by name. `on_maps`: one node, from a map to a map.
    `of_itself`: errors are measured by each element, not by the largest one."""
    nodes = [{"name": f"n{index}", **node} for index, node in enumerate(nodes)]
    nodes[-1]["name"] = "y"
    cases.append({
        "name": name, "on_maps": on_maps, "of_itself": of_itself, "nodes": nodes,
        "inputs": {key: as_json(tensor) for key, tensor in inputs.items()},
        "weights": {key: as_json(tensor) for key, tensor in (weights or {}).items()},
        "expected": as_json(expected)})


def on_map(name, op, expected, x, weights=None, **attributes):
    node = {"op": op, **attributes}
    if weights:
        node["parameters"] = attributes.get("parameters", "layer")
    case(name, [node], {"x": x}, expected, weights, on_maps=True)


def layer(*tensors):
    return dict(zip(("layer.weight", "layer.bias"), tensors))


# Convolutions.
x, w, b = values(6, 7, 5), values(8, 3, 3, 2), values(8)
on_map("conv2d", "conv2d", F.conv2d(F.pad(x, (0, 2, 1, 1))[None], w, b, (2, 1), groups=2)[0], x, layer(w, b),
       out_channels=8, kernel_size=[3, 2], stride=[2, 1], padding=[1, 0, 1, 2], groups=2)

for name, kernel, stride, padding, more, dilation, groups in (
    ("same", 3, 1, 1, 0, 1, 1), ("twice", 4, 2, 1, 0, 1, 1), ("patches", 2, 2, 0, 0, 1, 2), ("odd", 3, 2, 1, 1, 1, 1),
    ("gaps", 2, 3, 0, 0, 1, 1), ("gaps_more", 2, 3, 0, 2, 1, 3), ("dilated", 3, 1, 0, 0, 2, 1),
    ("dilated_steps", 3, 2, 2, 1, 3, 3), ("large", 7, 3, 2, 0, 1, 1), ("pixel", 1, 1, 0, 0, 1, 1), ("spread", 1, 2, 0, 1, 1, 1),
):
    w, b = values(6, 4 if groups != 3 else 3, kernel, kernel + (1 if name == "large" else 0)), values((4 if groups != 3 else 3) * groups)
    y = F.conv_transpose2d(x[None], w, b, stride, padding, more, groups, dilation)[0]
    on_map(f"conv_transpose2d_{name}", "conv_transpose2d", y, x, layer(w, b), out_channels=len(b),
           kernel_size=list(w.shape[2:]), stride=stride, padding=[padding] * 4, output_padding=[more] * 2,
           dilation=dilation, groups=groups)
w = values(6, 5, 3, 2)
y = F.conv_transpose2d(x[None], w, None, (1, 2))[0][:, 1:, :-2]
on_map("conv_transpose2d_asymmetric", "conv_transpose2d", y, x, {"w": w}, parameters={"weight": "w"}, out_channels=5,
       kernel_size=[3, 2], stride=[1, 2], padding=[1, 0, 0, 2])

# Windows, channels and pixels.
x = values(12, 4, 6)
on_map("pixel_shuffle", "pixel_shuffle", F.pixel_shuffle(x[None], 2)[0], x, factor=2)
on_map("pixel_unshuffle", "pixel_unshuffle", F.pixel_unshuffle(x[None], 2)[0], x, factor=2)
x = values(3, 7, 6)
for name, kernel, stride, padding, dilation in (("same", 3, 1, 1, 1), ("steps", 2, 2, 0, 1), ("dilated", (2, 3), (3, 1), (1, 2), (2, 1))):
    pair = lambda value: [value, value] if isinstance(value, int) else list(value)
    attributes = {"kernel_size": pair(kernel), "stride": pair(stride), "padding": pair(padding) * 2, "dilation": pair(dilation)}
    columns = F.unfold(x[None], kernel, dilation, padding, stride)[0]
    case(f"unfold_{name}", [{"op": "unfold", **attributes}], {"x": x}, columns)
    columns = values(*columns.shape)
    case(f"fold_{name}", [{"op": "fold", "size": [7, 6], **attributes}], {"x": columns},
         F.fold(columns[None], (7, 6), kernel, dilation, padding, stride)[0])
columns = values(3 * 6, 4 * 2)
case("fold_tiles", [{"op": "fold", "size": [8, 5], "kernel_size": [2, 3], "stride": [2, 3], "padding": [0, 1, 0, 0]}], {"x": columns},
     F.fold(columns[None], (8, 6), (2, 3), stride=(2, 3))[0][:, :, 1:])
on_map("pool2d_max", "pool2d", F.max_pool2d(x[None], 3, 2, 1)[0], x, kind="max", window=3, stride=2, padding=[1] * 4)
on_map("pool2d_average", "pool2d", F.avg_pool2d(x[None], (2, 3), (2, 1), (1, 0), ceil_mode=True)[0], x, kind="average",
       window=[2, 3], stride=[2, 1], padding=[1, 0, 1, 0], ceil_mode=True, count_include_pad=True)
on_map("adaptive_average_pool", "adaptive_average_pool", F.adaptive_avg_pool2d(x[None], (3, 4))[0], x, size=[3, 4])
on_map("resize2d", "resize2d", F.interpolate(x[None], (5, 9), mode="bilinear")[0], x, kind="bilinear", size=[5, 9])

# Norms of channels.
x = values(6, 3, 4)
mean, variance, w, b = values(6), values(6).abs() + 0.25, values(6), values(6)
names = {"weight": "w", "bias": "b", "running_mean": "mean", "running_var": "variance"}
tensors = {"w": w, "b": b, "mean": mean, "variance": variance}
on_map("batch_norm", "batch_norm", F.batch_norm(x[None], mean, variance, w, b, eps=1e-3)[0], x, tensors, parameters=names, epsilon=1e-3)
t = values(5, 6)
case("batch_norm_of_tokens", [{"op": "batch_norm", "parameters": names}], {"x": t}, F.batch_norm(t, mean, variance, w, b), tensors)
on_map("group_norm", "group_norm", F.group_norm(x[None], 3, w, b)[0], x, layer(w, b), groups=3)
norms = x.norm(dim=(1, 2), keepdim=True)
on_map("global_response_norm", "global_response_norm",
       x + w[:, None, None] * (x * norms / (norms.mean(0, keepdim=True) + 1e-6)) + b[:, None, None], x, layer(w, b))
case("layer_norm_of_channels", [{"op": "layer_norm", "epsilon": 1e-6, "dim": 0, "parameters": "layer"}], {"x": x},
     F.layer_norm(x.permute(1, 2, 0), (6,), w, b, 1e-6).permute(2, 0, 1), layer(w, b))
case("rms_norm_of_rows", [{"op": "rms_norm", "epsilon": 1e-6, "dim": -2, "parameters": {"weight": "w"}}], {"x": x.transpose(0, 1)},
     F.rms_norm(x.permute(1, 2, 0), (6,), w, 1e-6).permute(0, 2, 1), {"w": w})

# One dimension or several.
x = values(4, 5, 6)
for dim in (0, 1, -1):
    case(f"softmax_{dim % 3}", [{"op": "softmax", "dim": dim}], {"x": x}, x.softmax(dim))
for name, dim, function in (("mean", [1, 2], lambda v, d: v.mean(d, keepdim=True)), ("max", [0, -1], lambda v, d: v.amax(d, keepdim=True)),
                            ("norm", [0, 1, 2], lambda v, d: torch.linalg.vector_norm(v, dim=d, keepdim=True)), ("sum", -2, lambda v, d: v.sum(d, keepdim=True)),
                            ("sum", [2, 0], lambda v, d: v.sum(d, keepdim=True))):
    case(f"reduce_{name}_{str(dim).strip('[]').replace(', ', '_')}", [{"op": f"reduce_{name}", "dim": dim}], {"x": x}, function(x, dim))
case("concat_from_end", [{"op": "scale", "factor": 2}, {"op": "concat", "inputs": ["x", "n0"], "dim": -2}], {"x": x}, torch.cat([x, 2 * x], -2))
case("slice_from_end", [{"op": "slice", "dim": -1, "offset": -4, "size": 3}], {"x": x}, x[..., -4:-1])
case("pad", [{"op": "pad", "low": [1, 0, 2], "high": [0, 3, 1], "value": -1.5}], {"x": x}, F.pad(x, (2, 1, 0, 3, 1, 0), value=-1.5))

# Functions.
spread = torch.linspace(-90, 90, 361).double()
case("exp", [{"op": "exp"}], {"x": spread[:340]}, spread[:340].exp(), of_itself=True)
case("sqrt", [{"op": "sqrt"}], {"x": spread.abs()}, spread.abs().sqrt(), of_itself=True)
case("softplus", [{"op": "activation", "kind": "softplus"}], {"x": spread[20:]}, F.softplus(spread[20:], threshold=200), of_itself=True)
y = values(4, 1, 6).abs() + 0.5
case("div_sub", [{"op": "sub", "inputs": ["x", "z"]}, {"op": "div", "inputs": ["n0", "z"]}], {"x": x, "z": y}, (x - y) / y)

# Elements by their numbers.
rows = torch.tensor([[2, -1], [0, 3], [2, 2]])
table = values(4, 40)
case("gather_rows", [{"op": "gather", "inputs": ["x", "i"], "dim": 0}], {"x": table, "i": rows}, table[rows])
case("gather_inner", [{"op": "gather", "inputs": ["x", "i"], "dim": 1}], {"x": x, "i": rows.int()}, x[:, rows])
case("gather_last", [{"op": "gather", "inputs": ["x", "i"], "dim": -1}], {"x": x, "i": rows[0].int()}, x[..., rows[0]])
case("gather_of_vector", [{"op": "gather", "inputs": ["x", "i"], "dim": 0}], {"x": spread, "i": rows}, spread[rows])

# Maps and tokens: the patches of a convolution's map are known to relative positions, as those of an embedding are.
x, w, b = values(3, 8, 12), values(8, 3, 4, 4), values(8)
mapped = F.conv2d(x[None], w, b, 4)[0]
tokens = mapped.flatten(1).T
qkv, qkv_bias, table = values(24, 8) / 3, values(24), values(3 * 5, 2)
q, k, v = (part.reshape(6, 2, 4).transpose(0, 1) for part in (tokens @ qkv.T + qkv_bias).split(8, dim=1))
place = [(i // 3, i % 3) for i in range(6)]
bias = torch.stack([torch.stack([table[(a[0] - c[0] + 1) * 5 + a[1] - c[1] + 2] for c in place]) for a in place]).permute(2, 0, 1)
attended = ((q @ k.transpose(1, 2) / 2 + bias).softmax(-1) @ v).transpose(0, 1).reshape(6, 8)
case("tokens_of_map",
     [{"op": "conv2d", "out_channels": 8, "kernel_size": 4, "stride": 4, "parameters": "layer"}, {"op": "reshape", "shape": [8, 6]},
      {"op": "transpose", "permutation": [1, 0]},
      {"op": "attention", "heads": 2, "parameters": {"qkv": {"weight": "qkv", "bias": "qkv_bias"}, "relative_positions": "table"}},
      {"op": "patch_map"}, {"op": "add", "inputs": ["y0", "n0"]}],
     {"x": x}, attended.T.reshape(8, 2, 3) + mapped, {**layer(w, b), "qkv": qkv, "qkv_bias": qkv_bias, "table": table})
cases[-1]["nodes"][4]["name"] = "y0"

# Windows of a map that they do not fill, rolled by one row and two columns, and back.
x = values(4, 5, 7)
rolled = torch.roll(F.pad(x, (0, 2, 0, 1)), (-1, -2), (1, 2))
windows = rolled.reshape(4, 2, 3, 3, 3).permute(1, 3, 2, 4, 0).reshape(6, 9, 4)
case("window_partition", [{"op": "window_partition", "window": 3, "shift": [1, 2]}], {"x": x}, windows)
case("window_merge", [{"op": "window_partition", "window": 3, "shift": [1, 2]}, {"op": "scale", "factor": 2},
                      {"op": "window_merge", "inputs": ["n1", "x"], "window": 3, "shift": [1, 2]}], {"x": x}, 2 * x)

# A stem, a residual block with squeeze and excitation, a norm of channels, global pooling: all channels first.
x = values(3, 9, 11)
weights = {"stem": values(8, 3, 3, 3) / 3, "stem_bias": values(8), "depth": values(8, 1, 3, 3) / 2, "down.weight": values(2, 8, 1, 1),
           "down.bias": values(2), "up.weight": values(8, 2, 1, 1), "up.bias": values(8), "norm.weight": values(8), "norm.bias": values(8),
           "gamma": values(8, 1, 1), "head.weight": values(5, 8), "head.bias": values(5)}
stem = F.silu(F.conv2d(x[None], weights["stem"], weights["stem_bias"], 2, 1)[0])
deep = F.conv2d(stem[None], weights["depth"], None, 1, 1, 1, 8)[0]
squeezed = F.relu(F.conv2d(deep.mean((1, 2), keepdim=True), weights["down.weight"], weights["down.bias"]))
excited = torch.sigmoid(F.conv2d(squeezed, weights["up.weight"], weights["up.bias"]))
summed = stem + deep * excited * weights["gamma"]
normed = F.layer_norm(summed.permute(1, 2, 0), (8,), weights["norm.weight"], weights["norm.bias"], 1e-6).permute(2, 0, 1)
pooled = normed.mean((1, 2))
case("convolutional_network",
     [{"op": "conv2d", "out_channels": 8, "kernel_size": 3, "stride": 2, "padding": [1] * 4, "parameters": {"weight": "stem", "bias": "stem_bias"}},
      {"name": "stem", "op": "activation", "kind": "silu"},
      {"name": "deep", "op": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": [1] * 4, "groups": 8, "parameters": {"weight": "depth"}},
      {"op": "reduce_mean", "dim": [1, 2]}, {"op": "conv2d", "out_channels": 2, "kernel_size": 1, "parameters": "down"},
      {"op": "activation", "kind": "relu"}, {"op": "conv2d", "out_channels": 8, "kernel_size": 1, "parameters": "up"},
      {"op": "activation", "kind": "sigmoid"}, {"op": "mul", "inputs": ["deep", "n7"]},
      {"name": "gamma", "op": "parameter", "shape": [8, 1, 1], "parameters": {"value": "gamma"}}, {"op": "mul", "inputs": ["n8", "gamma"]},
      {"op": "add", "inputs": ["stem", "n10"]}, {"op": "layer_norm", "epsilon": 1e-6, "dim": 0, "parameters": "norm"},
      {"op": "reduce_mean", "dim": [1, 2]}, {"op": "reshape", "shape": [8]}, {"op": "linear", "out_features": 5, "parameters": "head"}],
     {"x": x}, pooled @ weights["head.weight"].T + weights["head.bias"], weights)

# Positions of DETR: of the pixels of a map, all of which count, or those of a mask; of points; learned.
def sines_of(coordinates, width, scale, theta=10000.0):
    pairs = torch.arange(width // 2, dtype=torch.float64)
    angles = coordinates[..., None] * scale / theta ** (2 * pairs / width)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(-3)


def pixels_of(mask):
    rows, columns = mask.cumsum(0), mask.cumsum(1)
    return torch.stack([rows / (rows[-1:] + 1e-6), columns / (columns[:, -1:] + 1e-6)], -1).reshape(-1, 2)


x, ones = values(3, 4, 6), torch.ones(4, 6).double()
mask = ones.clone()
mask[3] = mask[:, 4:] = 0
case("map_positions", [{"op": "map_positions", "width": 12, "theta": 100}], {"x": x}, sines_of(pixels_of(ones), 6, 2 * torch.pi, 100))
case("map_positions_masked", [{"op": "map_positions", "inputs": ["x", "mask"], "width": 8}], {"x": x, "mask": mask[None]},
     sines_of(pixels_of(mask), 4, 2 * torch.pi))
large = torch.tensor([[3, 0, 1], [0, 0, -2], [5, 1, 0], [0, 7, 1], [1, 1, 1]])
case("mask_map", [{"op": "mask_map", "inputs": ["mask", "x"]}], {"x": values(2, 2, 2), "mask": large},
     F.interpolate((large != 0)[None, None].double(), (2, 2))[0])
rows, columns = values(7, 3), values(7, 3)
case("map_positions_learned", [{"op": "map_positions", "kind": "learned", "width": 6, "rows": 7, "parameters": {"row": "rows", "column": "columns"}}],
     {"x": x}, torch.cat([columns[None, :6].expand(4, 6, 3), rows[:4, None].expand(4, 6, 3)], 2).reshape(24, 6), {"rows": rows, "columns": columns})
points = torch.cat([torch.linspace(0, 1, 33), values(7).abs().float() % 1]).double().reshape(20, 2)
case("sinusoids", [{"op": "sinusoids", "width": 6, "theta": 50}], {"x": points}, sines_of(points, 6, 2 * torch.pi, 50))
scores = values(4, 24)
case("mask_bias", [{"op": "mask_bias", "inputs": ["mask"]}, {"op": "reshape", "shape": [1, 24]}, {"op": "add", "inputs": ["x", "n1"]}, {"op": "softmax"}],
     {"x": scores, "mask": mask}, scores.masked_fill(mask.reshape(1, 24) == 0, -torch.inf).softmax(-1))
x = values(40) * 3
case("clamp", [{"op": "clamp", "minimum": -1.25, "maximum": 2}], {"x": x}, x.clamp(-1.25, 2))

lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in cases)
(pathlib.Path(__file__).parent / "cases.json").write_text(f"[\n{lines}\n]\n")
