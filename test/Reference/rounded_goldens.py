"""Part of make_goldens.py: ops with numbers of fewer bits."""

import torch
import torch.nn.functional as F


def add_cases(case, values):
    """Adds them by `case`, with weights and inputs of `values` (both of make_goldens.py)."""
    # Numbers of 8 bits. A row of zeros, and one of a single number, besides.
    w = values(5, 6)
    w[3], w[4] = 0, 0.5
    for pairs in ("", " pairs"):
        most = w.abs().amax(1)
        if pairs:
            most = torch.maximum(most, (w[:, 0::2] + w[:, 1::2]).abs().amax(1))
        scale = (most / 127).float().double()
        # A scale of 0 is none that PyTorch takes.
        whole = torch.quantize_per_channel(
            w.float(), torch.where(scale == 0, 1.0, scale), torch.zeros(5, dtype=torch.int64), 0, torch.qint8
        ).int_repr()
        name = pairs.replace(" ", "_")
        case("weight_quantize" + name, f"weight_quantize %a{pairs}", whole, [], [w])
        case("weight_quantize_scale" + name, f"weight_quantize_scale %a{pairs}", scale, [], [w])
        case("weight_quantize_sum" + name, f"weight_quantize_sum %a{pairs}", scale * whole.double().sum(1), [], [w])
        x, b = values(4, 6), values(5)
        x[2] = 0.75
        low, high = x.amin(1, keepdim=True), x.amax(1, keepdim=True)
        step = (high - low) / 255
        rounded_rows = torch.where(step == 0, x, low + step * ((x - low) / torch.where(step == 0, 1.0, step)).round())
        precision = "int8_pairs" if pairs else "int8"
        product = F.linear(rounded_rows, scale[:, None] * whole.double(), b)
        case("fused_linear_" + precision, f"fused_linear %0, %a bias %b precision<{precision}>", product, [x], [w, b])
        case(
            "fused_head_projection_" + precision,
            f"fused_head_projection %0, %a, %b precision<{precision}> {{num_heads = 1 : i64, parts = 1 : i64}}",
            product[None, None],
            [x],
            [w, b],
        )

    # Numbers of bf16: in the middle between two, below and above; none that are not normal.
    w, b, x = values(5, 6), values(5), values(4, 6)
    w[0, :4] = torch.tensor([1.00390625, 1.01171875, -1.00390625, 1.0039064884185791], dtype=torch.float64)
    case("weight_round", "weight_round %a", w.bfloat16(), [], [w])
    product = F.linear(rounded(x), rounded(w), b)
    case("fused_linear_bf16", "fused_linear %0, %a bias %b precision<bf16>", product, [x], [w, b])
    case(
        "fused_head_projection_bf16",
        "fused_head_projection %0, %a, %b precision<bf16> {num_heads = 1 : i64, parts = 1 : i64}",
        product[None, None],
        [x],
        [w, b],
    )
    image, w, addend = values(3, 4, 6), values(5, 3, 2, 2), values(7, 5)
    patches = F.conv2d(rounded(image)[None], rounded(w), stride=2)[0].flatten(1).T
    case(
        "fused_patch_embedding_bf16",
        "fused_patch_embedding %0, %a, %b precision<bf16>",
        addend + torch.cat([torch.zeros(1, 5, dtype=torch.float64), patches]),
        [image],
        [w, addend],
    )
    q, k, v, bias = values(1, 2, 3, 4), values(1, 2, 5, 4), values(1, 2, 5, 6), values(2, 1, 5)
    scores = rounded(q[0]) @ rounded(k[0]).mT * 0.375 + bias
    powers = (scores - scores.amax(-1, keepdim=True)).exp()
    context = rounded(powers) / powers.sum(-1, keepdim=True) @ rounded(v[0])
    case(
        "fused_attention_bf16",
        "fused_attention %0[0], %1[0], %2[0], %3 scale 0.375 precision<bf16>",
        context.transpose(0, 1).reshape(3, 12),
        [q, k, v, bias],
    )


def rounded(x):
    """An array of f32, to the nearest numbers of bf16."""
    return x.float().bfloat16().double()
