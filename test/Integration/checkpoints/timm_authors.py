"""Checkpoints with the names and layouts of those who published the weights, which timm converts when it loads them."""

import torch

from timm_cases import ONE_LAYER, SMALL
from timm_library import Case

ROPE = {"single_precision": "rotary embeddings"}


def renamed(tensors, *pairs):
    """Replaces parts of all names, one after the other."""
    result = {}
    for name, tensor in tensors.items():
        for old, new in pairs:
            name = name.replace(old, new)
        result[name] = tensor
    return result


def noise(*shape):
    return torch.linspace(-1, 1, torch.Size(shape).numel()).reshape(shape)


OPENAI = [
    ("patch_embed.proj.", "conv1."),
    ("blocks.", "transformer.resblocks."),
    ("norm_pre", "ln_pre"),
    (".norm1.", ".ln_1."),
    (".norm2.", ".ln_2."),
    ("attn.qkv.", "attn.in_proj_"),
    ("attn.proj", "attn.out_proj"),
    ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"),
]


def openai(tensors, prefix="visual."):
    """OpenAI's pair of towers: a projection without bias, turned; no dimensions in front of tokens and positions."""
    tensors = renamed(tensors, *OPENAI)
    tensors = {("ln_post." + name[5:] if name.startswith("norm.") else name): value for name, value in tensors.items()}
    if "cls_token" in tensors:
        tensors["class_embedding"] = tensors.pop("cls_token")[0, 0]
    tensors["positional_embedding"] = tensors.pop("pos_embed")[0]
    if "head.weight" in tensors:
        tensors["proj"] = tensors.pop("head.weight").T.contiguous()
        del tensors["head.bias"]
    text = {"token_embedding.weight": noise(7, 6), "ln_final.weight": noise(6), "logit_scale": noise(1)[0]}
    return {prefix + name: value for name, value in tensors.items()} | (text if prefix else {})


def openclip_trunk(tensors):
    """OpenCLIP around a model of timm."""
    head = tensors.pop("head.weight")
    del tensors["head.bias"]
    tensors = {"visual.trunk." + name: value for name, value in tensors.items()}
    return tensors | {"visual.head.proj.weight": head, "text.ln_final.weight": noise(6), "logit_scale": noise(1)[0]}


def dinov2(tensors):
    if "reg_token" in tensors:
        first = noise(1, 1, tensors["cls_token"].shape[-1])
        tensors["register_tokens"] = tensors.pop("reg_token")
        tensors["pos_embed"] = torch.cat([first, tensors["pos_embed"]], 1)
    if tensors["blocks.0.mlp.fc1.weight"].shape[0] == 2 * tensors["blocks.0.mlp.fc2.weight"].shape[1]:
        tensors = renamed(tensors, ("mlp.fc1.", "mlp.w12."), ("mlp.fc2.", "mlp.w3."))
    return tensors | {"mask_token": noise(1, tensors["cls_token"].shape[-1])}


def tips(tensors):
    return {"vision_encoder." + name: value for name, value in dinov2(tensors).items()} | {"text_encoder.x": noise(3)}


def aimv2(tensors):
    return renamed(
        {
            ("trunk.post_trunk_norm." + name[5:] if name.startswith("norm.") else name): value
            for name, value in tensors.items()
        },
        ("blocks.", "trunk.blocks."),
        (".norm1.", ".norm_1."),
        (".norm2.", ".norm_2."),
        ("patch_embed.", "preprocessor.patchifier."),
        ("pos_embed", "preprocessor.pos_embed"),
        ("mlp.fc1_g", "mlp.fc1"),
        ("mlp.fc1_x", "mlp.fc3"),
    )


def beit3(tensors):
    """Branch A is the picture's; two more positions in front."""
    result = {}
    for name, value in tensors.items():
        if name == "cls_token":
            name = "beit3.vision_embed.cls_token"
        elif name == "pos_embed":
            name, value = "beit3.encoder.embed_positions.A.weight", torch.cat([noise(2, value.shape[-1]), value[0]])
        elif name.startswith("patch_embed."):
            name = name.replace("patch_embed.", "beit3.vision_embed.")
        elif name.startswith("blocks."):
            start, kind = name.rsplit(".", 1)
            for old, new in (
                ("blocks.", "beit3.encoder.layers."),
                ("mlp.norm", "ffn.A.ffn_layernorm"),
                ("mlp.", "ffn.A."),
                (".norm1", ".self_attn_layer_norm.A"),
                (".norm2", ".final_layer_norm.A"),
                ("attn.norm", "attn.inner_attn_ln.A"),
                ("attn.proj", "attn.out_proj.A"),
                (".attn.", ".self_attn."),
            ):
                start = start.replace(old, new)
            if start.endswith("attn.qkv"):
                for part, rows in zip("qkv", value.chunk(3)):
                    result[f"{start[:-3]}{part}_proj.A.{kind}"] = rows.contiguous()
                continue
            name = f"{start}.{kind}"
        result[name] = value
    text = {"beit3.text_embed.weight": noise(7, 6), "beit3.encoder.layers.0.ffn.B.fc1.weight": noise(2, 2)}
    return result | text | {"beit3.vision_embed.mask_token": noise(1, 1, 6)}


def radio(tensors):
    """Patches are cut by a linear layer without bias; one matrix of tokens; positions of a larger grid."""
    generator = "radio_model.model.patch_generator."
    tokens = torch.cat([tensors.pop("cls_token")[0], tensors.pop("reg_token")[0]])
    weight = tensors.pop("patch_embed.proj.weight")
    del tensors["patch_embed.proj.bias"]
    width = tensors.pop("pos_embed").shape[-1]
    heads = {"radio_model.input_conditioner.norm_mean": noise(3, 1, 1), "adaptor.head.weight": noise(2, 2)}
    return {
        generator + "embedder.weight": weight.flatten(1),
        generator + "cls_token.token": tokens,
        generator + "pos_embed": torch.sin(31 * noise(1, 6 * 6, width)),
        **{f"radio_model.model.{name}".replace(".gamma", ".grandma"): value for name, value in tensors.items()},
        **heads,
    }


def for_patches(height, width, positions):
    """What models have that are for patches of another size, and for so many."""
    return {
        "patch_embed.proj.weight": torch.sin(17 * noise(24, 3, height, width)) / 4,
        "pos_embed": torch.sin(31 * noise(1, positions, 24)),
    }


def perception(tensors):
    tensors = renamed(tensors, ("gamma_1", "ls_1.gamma"), ("gamma_2", "ls_2.gamma"))
    if "attn_pool.latent" in tensors:
        for kind in ("weight", "bias"):
            parts = [tensors.pop(f"attn_pool.{part}.{kind}") for part in ("q", "kv")]
            tensors[f"attn_pool.attn.in_proj_{kind}"] = torch.cat(parts)
            tensors[f"attn_pool.attn.out_proj.{kind}"] = tensors.pop(f"attn_pool.proj.{kind}")
        tensors = renamed(tensors, ("attn_pool.latent", "attn_pool.probe"), ("attn_pool.norm", "attn_pool.layernorm"))
    return {"module." + name: value for name, value in openai(tensors).items()}


def dinov3(tensors):
    """A bias for all three, of which the keys' counts for nothing."""
    tensors = renamed(tensors, ("gamma_1", "ls1.gamma"), ("gamma_2", "ls2.gamma"), ("reg_token", "storage_tokens"))
    for name in [name for name in tensors if name.endswith("q_bias")]:
        start = name.removesuffix("q_bias")
        query, value = tensors.pop(name), tensors.pop(start + "v_bias")
        tensors[start + "qkv.bias"] = torch.cat([query, noise(len(query)), value])
        tensors[start + "qkv.bias_mask"] = torch.ones(3 * len(query))
    tensors = (
        renamed(tensors, ("mlp.fc1_g", "mlp.w1"), ("mlp.fc1_x", "mlp.w2"), ("mlp.fc2", "mlp.w3"))
        if any("fc1_g" in name for name in tensors)
        else tensors
    )
    return tensors | {"rope_embed.periods": noise(3), "mask_token": noise(1, 24), "local_cls_norm.weight": noise(24)}


def eva02(tensors):
    tensors = renamed(
        tensors,
        ("mlp.norm", "mlp.ffn_ln"),
        ("attn.norm", "attn.inner_attn_ln"),
        ("mlp.fc1_g", "mlp.w1"),
        ("mlp.fc1_x", "mlp.w2"),
        ("mlp.fc2", "mlp.w3"),
        ("q_proj.bias", "q_bias"),
        ("v_proj.bias", "v_bias"),
    )
    return tensors | {"rope.freqs_cos": noise(4, 4), "blocks.0.attn.rope.freqs_sin": noise(4, 4)}


def eva02_clip(tensors):
    return {"visual." + name: value for name, value in eva02(tensors).items()} | {"text.logit_scale": noise(1)}


def eva_masked(tensors):
    """Before it was finetuned: the norm is behind the pooling only afterwards."""
    return renamed(tensors, ("fc_norm.", "norm.")) | {"mask_token": noise(1, 1, 24), "lm_head.weight": noise(6, 24)}


def sapiens2(tensors):
    tensors = {("ln1." + name[5:] if name.startswith("norm.") else name): value for name, value in tensors.items()}
    return renamed(
        tensors,
        ("reg_token", "storage_tokens"),
        ("patch_embed.proj.", "patch_embed.projection."),
        ("attn.q_proj.", "attn.wq."),
        ("attn.k_proj.", "attn.wk."),
        ("attn.v_proj.", "attn.wv."),
        ("gamma_1", "attn.gamma.weight"),
        (".norm1.", ".ln1."),
        (".norm2.", ".ln2."),
        ("mlp.fc1.", "ffn.w12."),
        ("mlp.fc2.", "ffn.w3."),
    ) | {"mask_token": noise(1, 1, 24)}


def ddp(tensors):
    return {"module._orig_mod." + name: value for name, value in tensors.items()}


DINO = SMALL | {"img_size": 20, "patch_size": 5, "num_classes": 0}
PE = ONE_LAYER | {"attn_pool_num_heads": 3, "attn_pool_mlp_ratio": 2.0}
# What the loaders drop or replace.
TEXT = ("token_embedding", "ln_final", "logit_scale", "text.")

AUTHORS = [
    Case(
        "timm_author_openai",
        "vit_base_patch16_clip_224",
        SMALL,
        "OpenAI's names, with the text's tower",
        original=openai,
        unused=TEXT,
    ),
    Case(
        "timm_author_openai_no_head",
        "vit_base_patch16_clip_224",
        ONE_LAYER | {"num_classes": 0},
        "the same without a projection, behind module.",
        original=lambda tensors: ddp(openai(tensors)),
        unused=TEXT,
    ),
    Case(
        "timm_author_openclip",
        "vit_base_patch16_siglip_224",
        ONE_LAYER | {"global_pool": "avg", "fc_norm": False},
        "OpenCLIP around a model of timm: visual.trunk, the projection is a module",
        original=openclip_trunk,
        unused=TEXT,
    ),
    Case(
        "timm_author_dinov2",
        "vit_small_patch14_dinov2",
        DINO,
        "DINOv2's names",
        original=dinov2,
        unused=("mask_token",),
    ),
    Case(
        "timm_author_dinov2_registers",
        "vit_small_patch14_reg4_dinov2",
        DINO,
        "the class token has a position of its own, registers come in afterwards",
        original=dinov2,
        unused=("mask_token",),
        resized=[(30, 15)],
    ),
    Case(
        "timm_author_dinov2_giant",
        "vit_giant_patch14_reg4_dinov2",
        DINO | {"mlp_ratio": 2.66667 * 2},
        "SwiGLU's layers are w12 and w3",
        original=dinov2,
        unused=("mask_token",),
    ),
    Case(
        "timm_author_tips",
        "vit_small_patch14_reg4_dinov2",
        DINO | {"depth": 1},
        "behind vision_encoder., beside a text's tower",
        original=tips,
        unused=("mask_token", "text_encoder"),
    ),
    Case("timm_author_aimv2", "aimv2_large_patch14_224", DINO | {"mlp_ratio": 2.75}, "AIMv2's names", original=aimv2),
    Case(
        "timm_author_beit3",
        "beit3_base_patch16_224",
        SMALL,
        "BEiT-3's two branches, queries, keys and values apart, two positions more",
        original=beit3,
        unused=("text_embed", "mask_token", ".B."),
    ),
    Case(
        "timm_author_radio",
        "vit_base_patch16_radio_v3",
        ONE_LAYER | {"num_classes": 0},
        "RADIO's names: one matrix of tokens, patches by a linear layer, positions of 6 x 6 patches for 3 x 3; of the larger "
        "square for pictures that are none",
        original=radio,
        resized=[(18, 30), (24, 12)],
        unused=("input_conditioner", "adaptor"),
        single_precision="positions",
    ),
    Case(
        "timm_author_pe_core",
        "vit_pe_core_tiny_patch16_384",
        PE,
        "names of the perception encoder: attention pooling's projections in one",
        original=perception,
        unused=TEXT,
        **ROPE,
    ),
    Case(
        "timm_author_dinov3",
        "vit_small_patch16_dinov3",
        SMALL | {"num_classes": 0, "global_pool": "token"},
        "DINOv3's names",
        original=dinov3,
        unused=("mask_token", "local_cls_norm", "periods"),
        **ROPE,
    ),
    Case(
        "timm_author_dinov3_biases",
        "vit_small_plus_patch16_dinov3_qkvb",
        SMALL | {"num_classes": 0},
        "biases in one vector, of which the keys' are not used; SwiGLU's layers are w1, w2 and w3",
        original=dinov3,
        unused=("mask_token", "local_cls_norm", "periods", "bias_mask"),
        **ROPE,
    ),
    Case(
        "timm_author_eva02",
        "eva02_base_patch14_224",
        DINO | {"num_classes": 5},
        "EVA-02's names, with rotations that are computed",
        original=eva02,
        unused=("rope",),
        **ROPE,
    ),
    Case(
        "timm_author_eva02_clip",
        "eva02_base_patch16_clip_224",
        SMALL,
        "the same behind visual., beside a text's tower",
        original=eva02_clip,
        unused=("rope", "text."),
        **ROPE,
    ),
    Case(
        "timm_author_eva_masked",
        "eva_giant_patch14_224",
        DINO | {"mlp_ratio": 2},
        "before finetuning: norm is fc_norm",
        original=eva_masked,
        unused=("mask_token", "lm_head"),
    ),
    Case(
        "timm_author_sapiens2",
        "vit_base_patch16_sapiens2",
        SMALL | {"patch_size": 8, "num_kv_heads": 2, "num_classes": 0},
        "Sapiens 2's names",
        original=sapiens2,
        unused=("mask_token",),
        **ROPE,
    ),
    Case(
        "timm_virchow2",
        "vit_huge_patch14_224",
        DINO
        | {
            "depth": 1,
            "init_values": 1e-5,
            "dynamic_img_size": True,
            "reg_tokens": 4,
            "mlp_ratio": 5.3375,
            "global_pool": "",
            "mlp_layer": "SwiGLUPacked",
            "act_layer": "SiLU",
        },
        "as Virchow2's card says it in code: classes by their names",
        values={"mlp_layer": ["Mlp", "SwiGLU"], "act_layer": ["GELU"]},
    ),
    Case(
        "timm_uni2",
        "vit_giant_patch14_224",
        DINO
        | {
            "depth": 1,
            "init_values": 1e-5,
            "no_embed_class": True,
            "reg_tokens": 2,
            "mlp_ratio": 2.66667 * 2,
            "mlp_layer": "SwiGLUPacked",
            "act_layer": "SiLU",
        },
        "as UNI2-h's card says it in code",
    ),
    Case(
        "timm_prov_gigapath",
        "vit_giant_patch14_dinov2",
        DINO | {"depth": 1, "init_values": 1e-5, "mlp_ratio": 5.33334, "global_pool": "token"},
        "as Prov-GigaPath's configuration says it",
    ),
    Case(
        "timm_h_optimus",
        "vit_giant_patch14_reg4_dinov2",
        DINO | {"depth": 1, "init_values": 1e-5, "dynamic_img_size": False, "mlp_ratio": 5.33334},
        "as H-optimus-0's configuration says it",
    ),
    Case(
        "timm_named_classes",
        "vit_tiny_patch16_224",
        ONE_LAYER | {"block_fn": "ResPostBlock", "norm_layer": "RmsNorm", "mlp_layer": "SwiGLU"},
        "blocks, norms and MLPs by the names of their classes",
        values={"block_fn": ["Block"]},
    ),
    Case(
        "timm_smaller_positions",
        "vit_tiny_patch16_224",
        ONE_LAYER,
        "positions of 2 x 2 patches for 3 x 3",
        original=lambda tensors: tensors | {"pos_embed": torch.sin(31 * noise(1, 5, 24))},
        single_precision="positions",
    ),
    Case(
        "timm_kernel",
        "vit_tiny_patch16_224",
        ONE_LAYER | {"img_size": [24, 18]},
        "filters for patches of 12 x 3 and positions of 2 x 6 of them, for patches of 6 x 6",
        original=lambda tensors: tensors | for_patches(12, 3, 1 + 2 * 6),
        single_precision="positions and patches' filters",
    ),
    Case(
        "timm_kernel_flexivit",
        "flexivit_small",
        ONE_LAYER,
        "by its name: filters for patches of 9 x 9, resampled bilinearly",
        original=lambda tensors: tensors | for_patches(9, 9, 2 * 2),
        single_precision="positions and patches' filters",
    ),
    Case(
        "timm_kernel_radio",
        "vit_base_patch16_radio_v3",
        ONE_LAYER | {"num_classes": 0},
        "RADIO's names, filters for patches of 4 x 4 as rows",
        original=lambda tensors: radio(tensors | for_patches(4, 4, 1)),
        unused=("input_conditioner", "adaptor"),
        single_precision="positions and patches' filters",
    ),
    Case(
        "timm_kernel_eva",
        "eva02_tiny_patch14_224",
        ONE_LAYER,
        "filters for patches of 3 x 9 and positions of 6 x 2 of them, for patches of 6 x 6",
        original=lambda tensors: tensors | for_patches(3, 9, 1 + 6 * 2),
        single_precision="positions, rotary embeddings and patches' filters",
    ),
    Case(
        "timm_kernel_beit",
        "beit_base_patch16_224",
        ONE_LAYER,
        "filters for patches of 9 x 4",
        original=lambda tensors: tensors | {"patch_embed.proj.weight": for_patches(9, 4, 1)["patch_embed.proj.weight"]},
        single_precision="patches' filters",
    ),
    Case(
        "timm_wrapped",
        "vit_tiny_patch16_224",
        ONE_LAYER,
        "compiled and trained on several devices: module._orig_mod. in front of all names",
        original=ddp,
    ),
]
