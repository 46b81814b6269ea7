#!/usr/bin/env python3
"""Writes goldens.json: for every op of the vit dialect, IR with inputs and weights, and what PyTorch computes in f64.

Run it by hand when an op is added (PyTorch 2.13, transformers 5.24); its output is part of the sources.
"""

import importlib.util
import json
import pathlib

# transformers' activations do not need torchvision, which need not fit the installed PyTorch.
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name.split(".")[0] == "torchvision" else find_spec(name, *rest)

import torch
import torch.nn.functional as F
from transformers.activations import ACT2FN

torch.manual_seed(0)
cases = []


def values(*shape):
    """Random values that f32 holds exactly."""
    return torch.randn(*shape).float().double()


def type_of(tensor):
    return "tensor<" + "".join(f"{size}x" for size in tensor.shape) + "f32>"


def as_json(tensor):
    return {"shape": list(tensor.shape), "values": tensor.reshape(-1).tolist()}


def case(name, op, expected, inputs=(), weights=()):
    """`op` is an op with %0, %1, ... for inputs and %a, %b, ... for weights, without types."""
    arguments = ", ".join(f"%{index}: {type_of(tensor)}" for index, tensor in enumerate(inputs))
    lines = [f'  %{chr(97 + i)} = vit.weight "{chr(97 + i)}" : {type_of(w)}' for i, w in enumerate(weights)]
    result = type_of(expected)
    operands = list(inputs) + list(weights)
    names = [f"%{index}" for index in range(len(inputs))] + [f"%{chr(97 + index)}" for index in range(len(weights))]
    # Operands in the order in which the op names them, each as often as it does.
    words = op.replace(",", " ").replace("[", " ").split()
    types = ", ".join(type_of(operands[names.index(word)]) for word in words if word in names)
    lines.append(f"  %r = vit.{op} : ({types}) -> {result}" if types else f"  %r = vit.{op} : {result}")
    ir = "\n".join([f"func.func @f({arguments}) -> {result} {{", *lines, f"  return %r : {result}", "}"])
    cases.append(
        {
            "name": name,
            "ir": ir,
            "inputs": [as_json(tensor) for tensor in inputs],
            "weights": {chr(97 + index): as_json(tensor) for index, tensor in enumerate(weights)},
            "expected": as_json(expected),
        }
    )


def conv(image, weight, bias=None, **options):
    """On channels last."""
    result = F.conv2d(image.permute(2, 0, 1)[None], weight, bias, **options)
    return result[0].permute(1, 2, 0).contiguous()


x, w, b = values(7, 6, 4), values(6, 2, 3, 2), values(6)
case("conv2d", "conv2d %0, %a, %b {groups = 2 : i64}", conv(x, w, b, groups=2), [x], [w, b])
# PyTorch pads both ends alike; here top, left, bottom and right are 1, 0, 2 and 3.
padded = F.pad(x.permute(2, 0, 1), (0, 3, 1, 2)).permute(1, 2, 0)
case(
    "conv2d_window",
    "conv2d %0, %a {dilation = array<i64: 2, 1>, groups = 2 : i64, padding = array<i64: 1, 0, 2, 3>, "
    "stride = array<i64: 2, 3>}",
    conv(padded, w, stride=(2, 3), dilation=(2, 1), groups=2),
    [x],
    [w],
)

w, b = values(3, 5), values(3)
for rank, shape in enumerate([(5,), (4, 5), (2, 3, 5)], start=1):
    x = values(*shape)
    case(f"linear_rank_{rank}", "linear %0, %a, %b", F.linear(x, w, b), [x], [w, b])
case("linear_without_bias", "linear %0, %a", F.linear(x, w), [x], [w])

x, y = values(2, 3, 5), values(2, 5, 4)
case("matmul", "matmul %0, %1", x @ y, [x, y])
y = values(2, 4, 5)
case("matmul_transposed", "matmul %0, %1 {transpose_rhs}", x @ y.transpose(1, 2), [x, y])

x, w, b = 3 * values(4, 6) + 5, values(6), values(6)
case("layer_norm", "layer_norm %0, %a, %b {epsilon = 0.125 : f64}", F.layer_norm(x, (6,), w, b, 0.125), [x], [w, b])
case("layer_norm_plain", "layer_norm %0 {epsilon = 1.0e-5 : f64}", F.layer_norm(x, (6,), eps=1e-5), [x])

x = 20 * values(3, 7)
case("softmax", "softmax %0", torch.softmax(x, -1), [x])
# Far larger than what exp can take.
case("softmax_large", "softmax %0", torch.softmax(100 * x, -1), [100 * x])

x = torch.cat([values(6), torch.tensor([0.0, 8.0, -8.0, 40.0, -40.0], dtype=torch.float64)])
for kind, function in {
    "none": "linear",
    "gelu": "gelu",
    "gelu_tanh": "gelu_pytorch_tanh",
    "quick_gelu": "quick_gelu",
    "silu": "silu",
    "relu": "relu",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
}.items():
    case(f"activation_{kind}", f"activation {kind} %0", ACT2FN[function](x), [x])

for name, left, right in [
    ("rows", (3, 4), (4,)),
    ("missing", (1, 4), (2, 3, 1)),
    ("heads", (2, 1, 4), (2, 3, 1)),
    ("same", (3, 4), (3, 4)),
]:
    x, y = values(*left), values(*right)
    case(f"add_{name}", "add %0, %1", x + y, [x, y])
    case(f"mul_{name}", "mul %0, %1", x * y, [x, y])
    case(f"weight_add_{name}", "weight_add %a, %b", x + y, [], [x, y])

x, y = values(2, 3, 4), values(2, 2, 4)
for prefix, name in [("", "%0"), ("weight_", "%a")]:
    given = dict(inputs=[x]) if not prefix else dict(weights=[x])
    other = "%1" if not prefix else "%b"
    both = dict(inputs=[x, y]) if not prefix else dict(weights=[x, y])
    case(f"{prefix}scale", f"{prefix}scale {name} by -0.75", -0.75 * x, **given)
    case(f"{prefix}reshape", f"{prefix}reshape {name}", x.reshape(4, 6), **given)
    case(f"{prefix}transpose", f"{prefix}transpose {name} [2, 0, 1]", x.permute(2, 0, 1), **given)
    case(f"{prefix}concat", f"{prefix}concat {name}, {other} dim 1", torch.cat([x, y], 1), **both)
    case(f"{prefix}slice", f"{prefix}slice {name} dim 1 [1, 2]", x[:, 1:3], **given)
case("reduce_mean", "reduce_mean %0 dim 1", x.mean(1, keepdim=True), [x])

case("weight", 'weight "a"', x, [], [x])
cases[-1]["ir"] = f'func.func @f() -> {type_of(x)} {{\n  %r = vit.weight "a" : {type_of(x)}\n  return %r : {type_of(x)}\n}}'
case("weight_fill", "weight_fill 0.5", torch.full((2, 3), 0.5, dtype=torch.float64))
w, v, k = values(3, 4), values(3), values(4)
case("weight_scale_dim_0", "weight_scale_dim %a by %b dim 0", w * v[:, None], [], [w, v])
case("weight_scale_dim_1", "weight_scale_dim %a by %b dim 1", w * k, [], [w, k])
case("weight_matvec", "weight_matvec %a, %b", w @ k, [], [w, k])

image, w, addend = values(3, 4, 6), values(5, 3, 2, 3), values(6, 5)
patches = F.conv2d(image[None], w, stride=(2, 3))[0].flatten(1).T
case(
    "fused_patch_embedding",
    "fused_patch_embedding %0, %a, %b",
    addend + torch.cat([torch.zeros(2, 5, dtype=torch.float64), patches]),
    [image],
    [w, addend],
)

x, w, b = values(4, 5), values(3 * 2 * 3, 5), values(3 * 2 * 3)
projected = F.linear(x, w, b).reshape(4, 3, 2, 3).permute(1, 2, 0, 3)
case(
    "fused_head_projection",
    "fused_head_projection %0, %a, %b {num_heads = 2 : i64, parts = 3 : i64}",
    projected,
    [x],
    [w, b],
)

q, kv, v, bias = values(1, 2, 3, 4), values(2, 2, 5, 4), values(1, 2, 5, 6), values(2, 1, 5)
context = F.scaled_dot_product_attention(q[0], kv[1], v[0], attn_mask=bias.expand(2, 3, 5), scale=0.375)
case(
    "fused_attention",
    "fused_attention %0[0], %1[1], %2[0], %3 scale 0.375",
    context.transpose(0, 1).reshape(3, 12),
    [q, kv, v, bias],
)
context = F.scaled_dot_product_attention(q[0], kv[1], kv[0], scale=1.0)
case(
    "fused_attention_parts",
    "fused_attention %0[0], %1[1], %1[0] scale 1.0",
    context.transpose(0, 1).reshape(3, 8),
    [q, kv],
)

x, w, b, residual = values(4, 5), values(3, 5), values(3), values(4, 3)
case(
    "fused_linear",
    "fused_linear %0, %a bias %b activation gelu residual %1",
    F.gelu(F.linear(x, w, b)) + residual,
    [x, residual],
    [w, b],
)
case("fused_linear_plain", "fused_linear %0, %a", F.linear(x, w), [x], [w])

path = pathlib.Path(__file__).with_name("goldens.json")
path.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in cases) + "\n]\n")
print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")
