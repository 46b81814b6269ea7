#!/usr/bin/env python3
"""Writes goldens.json: for every op of the vit dialect, IR with inputs and weights, and what PyTorch computes in f64.

Run it by hand when an op is added (PyTorch 2.13, transformers 5.24, timm 1.0.31); its output is part of the sources.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

import rounded_goldens

# timm needs torchvision for nothing that is used here: one that was built for another PyTorch would do.
register = torch.library.register_fake
torch.library.register_fake = lambda *_, **__: lambda function: function
import torchvision  # noqa: E402, F401

torch.library.register_fake = register
from timm.layers.interpolate import RegularGridInterpolator  # noqa: E402
from timm.layers.pos_embed_rel import gen_relative_position_index  # noqa: E402
from timm.layers.pos_embed_sincos import apply_rot_embed  # noqa: E402
from transformers.activations import ACT2FN  # noqa: E402

torch.manual_seed(0)
cases = []


def values(*shape):
    """Random values that f32 holds exactly."""
    return torch.randn(*shape).float().double()


ELEMENTS = {torch.float64: "f32", torch.int32: "i32", torch.int64: "i64", torch.uint8: "ui8", torch.bool: "i1"}

# Of these there are weights only.
WEIGHT_ELEMENTS = {torch.bfloat16: "bf16", torch.int8: "i8"}


def type_of(tensor):
    element = ELEMENTS.get(tensor.dtype) or WEIGHT_ELEMENTS[tensor.dtype]
    return "tensor<" + "".join(f"{size}x" for size in tensor.shape) + element + ">"


def as_json(tensor):
    return {"shape": list(tensor.shape), "values": tensor.double().reshape(-1).tolist()}


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

residual = values(*conv(padded, w, stride=(2, 3), dilation=(2, 1), groups=2).shape)
case(
    "fused_conv2d",
    "fused_conv2d %0, %a bias %b residual %1 activation relu stride [2, 3] padding [1, 0, 2, 3] dilation [2, 1] groups 2",
    F.relu(conv(padded, w, b, stride=(2, 3), dilation=(2, 1), groups=2) + residual),
    [x, residual],
    [w, b],
)
case(
    "fused_conv2d_plain",
    "fused_conv2d %0, %a stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 2",
    conv(x, w, groups=2),
    [x],
    [w],
)


def pooled(function, image, window, stride, padding=0, **options):
    """On channels last."""
    result = function(image.permute(2, 0, 1)[None], window, stride, padding, **options)
    return result[0].permute(1, 2, 0).contiguous()


# Sizes that leave a rest, with which ceil_mode has one window more, or (size 7, stride 3, padding 1) none.
for height, width in [(7, 6), (8, 5)]:
    x = values(height, width, 3)
    for name, ceil in [("", False), ("_ceil", True)]:
        mode = "ceil_mode, " if ceil else ""
        attributes = "padding = array<i64: 1, 0, 1, 0>, stride = array<i64: 3, 2>}"
        size = f"{height}x{width}"
        case(
            f"pool2d_max{name}_{size}",
            f"pool2d max %0 window [3, 2] {{{mode}{attributes}",
            pooled(F.max_pool2d, x, (3, 2), (3, 2), (1, 0), ceil_mode=ceil),
            [x],
        )
        for counts in (True, False):
            case(
                f"pool2d_average{name}_{size}{'_padded' if counts else ''}",
                f"pool2d average %0 window [3, 2] {{{mode}{'count_include_pad, ' if counts else ''}{attributes}",
                pooled(F.avg_pool2d, x, (3, 2), (3, 2), (1, 0), ceil_mode=ceil, count_include_pad=counts),
                [x],
            )
case(
    "pool2d_max_dilated",
    "pool2d max %0 window [3, 2] {dilation = array<i64: 2, 3>}",
    pooled(F.max_pool2d, x, (3, 2), 1, dilation=(2, 3)),
    [x],
)

x, mean, variance, w, b = values(3, 2, 4), values(4), values(4).abs(), values(4), values(4)
case(
    "batch_norm",
    "batch_norm %0, %a, %b, %c, %d {epsilon = 0.125 : f64}",
    F.batch_norm(x.reshape(-1, 4), mean, variance, w, b, eps=0.125).reshape(x.shape),
    [x],
    [mean, variance, w, b],
)
case("weight_rsqrt", "weight_rsqrt %a {epsilon = 0.125 : f64}", torch.rsqrt(variance + 0.125), [], [variance])

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
case(
    "layer_norm_rms",
    "layer_norm %0, %a, %b {epsilon = 0.125 : f64, rms}",
    F.rms_norm(x, (6,), w, 0.125) + b,
    [x],
    [w, b],
)
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
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
}.items():
    case(f"activation_{kind}", f"activation {kind} %0", ACT2FN[function](x), [x])

x = torch.cat([x, torch.tensor([-3.0, -2.5, 3.0, 2.75, 6.0, 6.5], dtype=torch.float64)])
case("activation_hard_sigmoid", "activation hard_sigmoid %0", F.hardsigmoid(x), [x])
case("activation_hard_swish", "activation hard_swish %0", F.hardswish(x), [x])

for name, left, right in [
    ("rows", (3, 4), (4,)),
    ("missing", (1, 4), (2, 3, 1)),
    ("heads", (2, 1, 4), (2, 3, 1)),
    ("same", (3, 4), (3, 4)),
]:
    x, y = values(*left), values(*right)
    case(f"add_{name}", "add %0, %1", x + y, [x, y])
    case(f"mul_{name}", "mul %0, %1", x * y, [x, y])
    case(f"sub_{name}", "sub %0, %1", x - y, [x, y])
    case(f"div_{name}", "div %0, %1", x / y, [x, y])
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
case("reduce_max", "reduce_max %0 dim 1", x.amax(1, keepdim=True), [x])
for dim in (1, 2):
    norm = torch.linalg.vector_norm(x, dim=dim, keepdim=True)
    case(f"reduce_norm_{dim}", f"reduce_norm %0 dim {dim}", norm, [x])

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
case(
    "fused_linear_residual_first",
    "fused_linear %0, %a activation relu residual %1 {residual_first}",
    F.relu(F.linear(x, w) + residual),
    [x, residual],
    [w],
)
case("fused_linear_plain", "fused_linear %0, %a", F.linear(x, w), [x], [w])

# Positions. (4, 3) is made larger and smaller, in one direction each too.
grid, other = values(4, 3, 2), values(3, 2)
for kind, options in {
    "bilinear": dict(mode="bilinear"),
    "bilinear_corners": dict(mode="bilinear", align_corners=True),
    "bilinear_antialias": dict(mode="bilinear", antialias=True),
    "bicubic": dict(mode="bicubic"),
    "bicubic_offset": dict(mode="bicubic"),
    "bicubic_antialias": dict(mode="bicubic", antialias=True),
}.items():
    # With antialias, PyTorch 2.13 makes one column of another column than it says.
    for to in [(7, 5), (2, 2), (9, 2)]:
        how = dict(size=to)
        if kind == "bicubic_offset":
            how = dict(scale_factor=[(size + 0.1) / old for size, old in zip(to, (4, 3))])
        resampled = F.interpolate(grid.permute(2, 0, 1)[None], **how, **options)[0].permute(1, 2, 0)
        case(
            f"weight_resample_{kind}_{to[0]}x{to[1]}",
            f"weight_resample {kind} %a from [4, 3] to [{to[0]}, {to[1]}] {{leading = 1 : i64, trailing = 2 : i64}}",
            torch.cat([other[:1], resampled.reshape(-1, 2), other[1:]]),
            [],
            [torch.cat([other[:1], grid.reshape(-1, 2), other[1:]])],
        )


# Filters for patches of another size, by the pseudo-inverse of the whole matrix.
for kind, options in {"bilinear": {}, "bicubic_antialias": dict(antialias=True)}.items():
    for source, target in [((4, 6), (7, 6)), ((5, 3), (2, 8)), ((6, 6), (4, 5))]:
        count = source[0] * source[1]
        basis = torch.eye(count, dtype=torch.float64).reshape(count, 1, *source)
        resized = F.interpolate(basis, size=target, mode=kind.split("_")[0], **options).reshape(count, -1)
        filters = values(2, 3, *source)
        expected = (filters.reshape(6, count) @ torch.linalg.pinv(resized.T)).reshape(2, 3, *target)
        text = f"weight_resample_kernel {kind} %a to {list(target)}"
        case(f"weight_resample_kernel_{kind}_{source[0]}x{source[1]}_to_{target[0]}x{target[1]}", text, expected, [], [filters])


def geometric_positions(source, target):
    """The first part of timm's `resize_rel_pos_bias_table`, which is not a function of its own."""
    left, right = 1.01, 1.5
    while right - left > 1e-6:
        q = (left + right) / 2.0
        if (1.0 - q ** (source // 2)) / (1.0 - q) > target // 2:
            right = q
        else:
            left = q
    distances, current = [], 1
    for i in range(source // 2):
        distances.append(current)
        current += q ** (i + 1)
    return torch.tensor([-d for d in reversed(distances)] + [0] + distances).double()


for source, target in [((5, 7), (11, 9)), ((7, 5), (3, 5))]:
    table = values(source[0] * source[1], 2)
    points = [geometric_positions(*sizes) for sizes in zip(source, target)]
    at = torch.meshgrid(*[torch.arange(size).double() - size // 2 for size in target], indexing="ij")
    columns = [RegularGridInterpolator(points, table[:, i].view(source))(at).reshape(-1) for i in (0, 1)]
    case(
        f"weight_resample_geometric_{target[0]}x{target[1]}",
        f"weight_resample geometric %a from {list(source)} to {list(target)}",
        torch.stack(columns, 1),
        [],
        [table],
    )

for has_class_token in (False, True):
    table = values(3 * 5 + 3 * has_class_token, 2)
    index = gen_relative_position_index((2, 3), class_token=has_class_token)
    case(
        f"weight_relative_position_bias_{'class' if has_class_token else 'plain'}",
        f"weight_relative_position_bias %a window [2, 3]{' {class_token}' if has_class_token else ''}",
        table[index.view(-1)].view(*index.shape, 2).permute(2, 0, 1),
        [],
        [table],
    )

positions = torch.cartesian_prod(0.5 + 0.75 * torch.arange(2).double(), -1.0 + 2.0 * torch.arange(3).double())
frequencies = 50.0 ** (-torch.arange(2).double() / 2)
angles = positions[:, :, None] * frequencies
written = "weight_sinusoids grid [2, 3] origin [0.5, -1.0] step [0.75, 2.0] theta 5.0e1"
for name, order in [("", [0, 1]), (" {last_axis_first}", [1, 0])]:
    ordered = angles[:, order].flatten(1)
    case(f"weight_sinusoids{'_swapped' if name else ''}", written + name, torch.stack([ordered.cos(), ordered.sin()]))
angles = torch.arange(4).double()[:, None] * 1e4 ** (-torch.arange(3).double() / 3)
case(
    "weight_sinusoids_1d",
    "weight_sinusoids grid [4] origin [0.0] step [1.0] theta 1.0e4",
    torch.stack([angles.cos(), angles.sin()]),
)

# Two tokens in front of four that are rotated.
x, cosines, sines = values(2, 6, 6), values(4, 3), values(4, 3)
for interleaved in (False, True):
    full = [torch.cat([t, t], -1) if not interleaved else t.repeat_interleave(2, -1) for t in (sines, cosines)]
    rotated = apply_rot_embed(x[:, 2:], *full, half=not interleaved)
    case(
        f"rotary_{'interleaved' if interleaved else 'halves'}",
        f"rotary %0 by %a{' {interleaved}' if interleaved else ''}",
        torch.cat([x[:, :2], rotated], 1),
        [x],
        [torch.stack([cosines, sines])],
    )

# Within the range of every type, but for what keeps its low bits: beyond it PyTorch's numbers depend on the machine.
reals = torch.tensor([0.0, 0.25, 0.999, 1.0, 7.5, 200.75, 255.0, 3.0])
whole = torch.tensor([0, 1, -1, 255, 256, 2**31, -(2**40) + 5, 77])
for start in (reals.double(), whole, whole.to(torch.int32), whole.to(torch.uint8), whole > 0):
    for element in ELEMENTS:
        if start.dtype != element:
            case(f"cast_{ELEMENTS[start.dtype]}_{ELEMENTS[element]}", "cast %0", start.to(element), [start])

# Filters for minimal filtering, by the definition of G: row i has the powers of point i over the product of its
# distances from the others; the last point is infinity.
w = values(2, 3, 3, 3)
for tile, points in ((2, [0.0, 1.0, -1.0]), (4, [0.0, 0.75, -0.75, 1.5, -1.5])):
    rows = [[p**k / math.prod(p - other for other in points if other != p) for k in range(3)] for p in points]
    matrix = torch.tensor([*rows, [0.0, 0.0, 1.0]], dtype=torch.float64)
    expected = torch.einsum("ia,jb,ocab->oijc", matrix, matrix, w.double()).reshape(2, -1, 3)
    case(f"weight_winograd_{tile}", f"weight_winograd %a tile {tile}", expected, [], [w])

RESIZE_MODES = {
    "nearest": {"mode": "nearest"},
    "nearest_exact": {"mode": "nearest-exact"},
    "bilinear": {"mode": "bilinear"},
    "bilinear_corners": {"mode": "bilinear", "align_corners": True},
    "bilinear_antialias": {"mode": "bilinear", "antialias": True},
    "bicubic": {"mode": "bicubic"},
    "bicubic_corners": {"mode": "bicubic", "align_corners": True},
    "bicubic_antialias": {"mode": "bicubic", "antialias": True},
}
# Larger, smaller by a broken factor and one position in one axis or the other; from one position.
for kind, mode in RESIZE_MODES.items():
    for source, size in (((3, 5), (7, 10)), ((9, 7), (4, 3)), ((4, 6), (1, 13)), ((1, 2), (3, 1))):
        x = values(*source, 2)
        resized = F.interpolate(x.permute(2, 0, 1)[None], size=size, **mode)[0].permute(1, 2, 0)
        name = f"{kind}_{source[0]}x{source[1]}_{size[0]}x{size[1]}"
        case(f"resize2d_{name}", f"resize2d {kind} %0 size [{size[0]}, {size[1]}]", resized, [x])
# What each position is made of: the map of the unit vectors.
for kind, mode in RESIZE_MODES.items():
    for source, size in ((6, 9), (13, 4), (1, 2)):
        matrix = F.interpolate(torch.eye(source, dtype=torch.float64)[None, None], size=(size, source), **mode)[0, 0]
        taps = {"nearest": 1, "bilinear": 2, "bicubic": 4}[kind.split("_")[0]]
        if kind.endswith("antialias"):
            taps = taps * max(math.ceil(source / size), 1) + 1
        taps = min(source, taps)
        rows = []
        for row in matrix:
            first = min(int(row.nonzero()[0]), source - taps)
            rows.append(torch.cat([torch.tensor([float(first)], dtype=torch.float64), row[first : first + taps]]))
        text = f"weight_resample_taps {kind} from {source} to {size}"
        case(f"{text.replace(' ', '_')}", text, torch.stack(rows), [], [])

x = values(4, 3)
case("activation_softplus", "activation softplus %0", F.softplus(x), [x])
case("activation_exp", "activation exp %0", x.exp(), [x])
case("activation_sqrt", "activation sqrt %0", x.abs().sqrt(), [x.abs()])
x = values(3, 4, 2)
case("pad", "pad %0 low [1, 0, 2] high [0, 3, 1] {value = -1.5 : f64}", F.pad(x, (2, 1, 0, 3, 1, 0), value=-1.5), [x])
case("gather", "gather %0 by %1 dim 1", x[:, torch.tensor([[2, 3], [0, -1]])], [x, torch.tensor([[2, 3], [0, -1]])])
x = values(5, 6, 3)
windows = x.unfold(0, 3, 2).unfold(1, 3, 1)[..., ::2].permute(0, 1, 3, 4, 2)
case("unfold2d", "unfold2d %0 window [3, 2] {stride = array<i64: 2, 1>, dilation = array<i64: 1, 2>}", windows, [x])
# Windows, as modeling_swin.py has them: pad, roll, cut.
from transformers.models.swin.modeling_swin import SwinLayer, window_partition, window_reverse  # noqa: E402
from transformers.models.swinv2.configuration_swinv2 import Swinv2Config  # noqa: E402
from transformers.models.swinv2.modeling_swinv2 import Swinv2SelfAttention  # noqa: E402


def padded_to(map, window):
    """With zeros at the bottom and right."""
    return F.pad(map, (0, 0, 0, -map.shape[1] % window, 0, -map.shape[0] % window))


def cut(map, window, shift):
    rolled = torch.roll(padded_to(map, window), (-shift, -shift), (0, 1))
    return window_partition(rolled[None], window).flatten(1, 2)


def merged(sequences, window, shift, size):
    height, width = (extent + -extent % window for extent in size)
    map = window_reverse(sequences.unflatten(1, (window, window)), window, height, width)[0]
    return torch.roll(map, (shift, shift), (0, 1))[: size[0], : size[1]].contiguous()


def window_mask(window, shift, size):
    layer = SwinLayer.__new__(SwinLayer)
    torch.nn.Module.__init__(layer)
    layer.window_size, layer.shift_size = window, shift
    height, width = (extent + -extent % window for extent in size)
    return layer.get_attn_mask(height, width, torch.float64, "cpu")[:, None]


for size, window, shift in (((6, 9), 3, 0), ((6, 9), 3, 2), ((5, 4), 3, 1), ((2, 7), 4, 2)):
    text = f"#vit.windows<map [{size[0]}, {size[1]}] window [{window}, {window}] shift [{shift}, {shift}]>"
    written = text.removeprefix("#vit.windows")
    name = f"{size[0]}x{size[1]}_{window}_{shift}"
    x = values(*size, 2)
    sequences = cut(x, window, shift)
    case(f"window_partition_{name}", f"window_partition %0 {written}", sequences, [x])
    y = values(*sequences.shape)
    case(f"window_merge_{name}", f"window_merge %0 {written}", merged(y, window, shift, size), [y])
    count, tokens = sequences.shape[:2]
    q, k, v = values(1, 2 * count, tokens, 3), values(1, 2 * count, tokens, 3), values(1, 2 * count, tokens, 2)
    factors, bias = values(2), values(2, tokens, tokens)
    if shift:
        mask = window_mask(window, shift, size)
        case(f"weight_window_mask_{name}", f"weight_window_mask {written} value -1.0e2", mask)
        rows, columns = (-(-extent // window) for extent in size)
        corners = {2 * (s // columns == rows - 1) + (s % columns == columns - 1): s for s in range(count)}
        if len(corners) == 4:
            by_edge = mask[[corners[edge] for edge in range(4)]]
            case(f"weight_window_mask_by_edge_{name}", f"weight_window_mask {written} value -1.0e2 by_edge", by_edge)
            # Heads of all windows, with a bias for each kind of window.
            edges = values(4, 2, tokens, tokens)
            kinds = [2 * (s // columns == rows - 1) + (s % columns == columns - 1) for s in range(count)]
            added = edges[kinds].flatten(0, 1)
            scores = 0.375 * factors.repeat(count)[:, None, None] * (q[0] @ k[0].transpose(1, 2)) + added
            context = (scores.softmax(-1) @ v[0]).unflatten(0, (count, 2)).transpose(1, 2).flatten(2)
            case(
                f"fused_attention_windows_{name}",
                f"fused_attention %0[0], %1[0], %2[0], %3 factors %4 scale 0.375 windows {written} {{sequences = {count} : i64}}",
                merged(context, window, shift, size).flatten(0, 1),
                [q, k, v, edges, factors],
            )
    x, w, b = values(size[0] * size[1], 3), values(12, 3), values(12)
    rows = F.linear(cut(x.unflatten(0, size), window, shift), w, b)
    case(
        f"fused_head_projection_windows_{name}",
        f"fused_head_projection %0, %a, %b windows {written} {{num_heads = 2 : i64, parts = 3 : i64, sequences = {count} : i64}}",
        rows.reshape(count, tokens, 3, 2, 2).permute(2, 0, 3, 1, 4).flatten(1, 2),
        [x],
        [w, b],
    )

# Decomposed relative positions, whose tables the library has in reverse order.
from transformers import SamVisionConfig  # noqa: E402
from transformers.models.sam.modeling_sam import SamVisionAttention  # noqa: E402

for height, width in ((3, 4), (1, 5), (2, 1)):
    attention = SamVisionAttention(SamVisionConfig(hidden_size=6, num_attention_heads=2), 1).double()
    tokens, rows, columns = height * width, values(2 * height - 1, 3), values(2 * width - 1, 3)
    q, k, v = values(1, 4, tokens, 3), values(1, 4, tokens, 3), values(1, 4, tokens, 2)
    size = (height, width)
    added = attention.get_decomposed_rel_pos(q[0], rows.flip(0), columns.flip(0), size, size).reshape(4, tokens, tokens)
    text = f"decomposed_positions %0 rows %1 columns %2 grid [{height}, {width}]"
    case(f"decomposed_positions_{height}x{width}", text, added, [q[0], rows, columns])
    scores = 0.375 * q[0] @ k[0].transpose(1, 2) + added
    context = (scores.softmax(-1) @ v[0]).unflatten(0, (2, 2)).permute(0, 2, 1, 3).reshape(2 * tokens, 4)
    case(
        f"fused_attention_positions_{height}x{width}",
        f"fused_attention %0[0], %1[0], %2[0] positions %3 grid [{height}, {width}] scale 0.375 {{sequences = 2 : i64}}",
        context,
        [q, k, v, torch.cat([rows, columns])],
    )
a = values(2, 3, 4)
for dim in range(3):
    case(f"weight_reverse_{dim}", f"weight_reverse %a dim {dim}", a.flip(dim), [], [a])

# The network has fewer features than the library's, whose coordinates are in single precision.
for window, trained in ((3, 0), (2, 5)):
    attention = Swinv2SelfAttention(Swinv2Config(), 4, 2, window, [trained, trained])
    first, bias, second = values(6, 2), values(6), values(2, 6)
    distances = torch.arange(1 - window, window).double() * 8 / ((trained or window) - 1)
    coordinates = torch.cartesian_prod(*2 * [distances.sign() * torch.log2(distances.abs() + 1) / 3])
    assert torch.allclose(attention.relative_coords_table.double().flatten(0, 2), coordinates, atol=1e-6)
    table = 16 * torch.sigmoid(F.linear(F.relu(F.linear(coordinates, first, bias)), second))
    case(
        f"weight_continuous_positions_{window}_{trained}",
        f"weight_continuous_positions %a, %b, %c window [{window}, {window}] trained [{trained or window}, {trained or window}]",
        table,
        [],
        [first, bias, second],
    )
w = values(3, 4)
case("weight_exp", "weight_exp %a most 0.5", w.clamp(max=0.5).exp(), [], [w])

a, b = values(4, 3), values(3, 5)
case("weight_matmul", "weight_matmul %a, %b", a @ b, [], [a, b])
x, r = values(3, 4, 2), values(5, 6, 2)
resized = F.interpolate(x.permute(2, 0, 1)[None], size=(5, 6), mode="bilinear")[0].permute(1, 2, 0)
case("fused_resize2d", "fused_resize2d bilinear %0 residual %1 activation gelu size [5, 6]", F.gelu(resized + r), [x, r])
case("fused_resize2d_alone", "fused_resize2d bilinear %0 activation relu size [5, 6]", F.relu(resized), [x])
w = values(3, 2, 2, 3)
case(
    "weight_standardize",
    "weight_standardize %a {epsilon = 0.125 : f64}",
    F.batch_norm(w.reshape(1, 3, -1), None, None, training=True, eps=0.125).reshape(w.shape),
    [],
    [w],
)

rounded_goldens.add_cases(case, values)

path = pathlib.Path(__file__).with_name("goldens.json")
path.write_text("[\n" + ",\n".join(json.dumps(entry) for entry in cases) + "\n]\n")
print(f"{path}: {len(cases)} cases, {path.stat().st_size} bytes")
