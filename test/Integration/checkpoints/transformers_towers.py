"""The cases of transformers' pictures' towers: CLIP, SigLIP, SigLIP 2."""

import numpy as np
import torch

from common import BATCH, picture
from transformers_library import Case
from transformers_shared import DEFAULTS, SIZES, SMALL, behind, labels

# What configurations of transformers 4 hold besides, in every section: nothing of it matters here.
FLAGS = ["add_cross_attention", "do_sample", "early_stopping", "is_decoder", "is_encoder_decoder", "output_attentions"]
FLAGS += ["output_hidden_states", "output_scores", "remove_invalid_values", "return_dict_in_generate"]
FLAGS += ["tie_encoder_decoder", "torchscript", "use_bfloat16"]
EMPTY = ["architectures", "bad_words_ids", "begin_suppress_tokens", "cross_attention_hidden_size"]
EMPTY += ["decoder_start_token_id", "exponential_decay_length_penalty", "finetuning_task", "forced_bos_token_id"]
EMPTY += ["forced_eos_token_id", "prefix", "problem_type", "sep_token_id", "suppress_tokens", "task_specific_params"]
EMPTY += ["tf_legacy_loss", "tokenizer_class", "torch_dtype", "typical_p"]
GENERATION = dict.fromkeys(FLAGS, False) | dict.fromkeys(EMPTY) | {"_name_or_path": "", "chunk_size_feed_forward": 0}
GENERATION |= {"diversity_penalty": 0.0, "encoder_no_repeat_ngram_size": 0, "length_penalty": 1.0, "max_length": 20}
GENERATION |= {"min_length": 0, "no_repeat_ngram_size": 0, "num_beam_groups": 1, "num_beams": 1, "pruned_heads": {}}
GENERATION |= {"num_return_sequences": 1, "repetition_penalty": 1.0, "return_dict": True, "temperature": 1.0}
GENERATION |= {"tie_word_embeddings": True, "top_k": 50, "top_p": 1.0, "transformers_version": "4.16.0.dev0"}
GENERATION |= {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}, "label2id": {"LABEL_0": 0, "LABEL_1": 1}}


def old_clip(config):
    """As transformers 4 wrote it: the picture's section twice. Were the two to differ, CLIPModel would follow the one
    with _dict and CLIPVisionModel the other."""
    dimensions = {key: config["vision_config"][key] for key in SMALL if key != "layer_norm_eps"}
    for section in ("vision_config", "text_config"):
        config[section] |= GENERATION | {"dropout": 0.0}
    config |= {"text_config_dict": None, "torch_dtype": "float32", "transformers_version": None}
    config["vision_config_dict"] = dimensions | {"hidden_act": "gelu"}
    del config["dtype"]


def tower(config, **text):
    """A whole model: a picture's tower and a text's."""
    small = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    more = {"vocab_size": 8, "max_position_embeddings": 6, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
    return {"vision_config": config, "text_config": small | more | text}


CLIP_SMALL = SMALL | {"projection_dim": 20}
CLIP = [
    Case(
        "clip_vision",
        "CLIPVisionModel",
        CLIP_SMALL | {"hidden_act": "gelu", "layer_norm_eps": 1e-3},
        "names without vision_model., erf GELU; last_hidden_state has no final layer norm, pooler_output has",
        states=True,
        resized=SIZES,
    ),
    Case(
        "clip_vision_prefix",
        "CLIPVisionModel",
        CLIP_SMALL | {"num_channels": 1, "num_attention_heads": 3},
        "names with vision_model., integer position_ids; keys left out: quick GELU, layer_norm_eps is 1e-5; f16",
        rename=behind("vision_model."),
        add={"vision_model.embeddings.position_ids": torch.arange(17)[None]},
        unused=("position_ids",),
        dtype=torch.float16,
        **DEFAULTS,
    ),
    Case(
        "clip_vision_projection",
        "CLIPVisionModelWithProjection",
        CLIP_SMALL | {"num_hidden_layers": 3},
        "image_embeds: the projected pooler_output, not normalised",
        resized=SIZES[:1],
    ),
    Case(
        "clip_whole",
        "CLIPModel",
        tower(SMALL | {"hidden_act": "gelu"}) | {"projection_dim": 20},
        "a text tower beside it; projection_dim is the outer one (that of vision_config would be 512 by default); "
        "image_embeds_normalized is what the whole model compares",
        remove=("vision_config.projection_dim", "text_config.projection_dim"),
        readers={"CLIPVisionModel": ["last_hidden_state", "pooler_output"], "CLIPModel": ["image_embeds"]},
        unused=("text_", "logit_scale"),
        mistakes={"num_channels": [1], "/projection_dim": [16]},
    ),
    Case(
        "clip_whole_old_config",
        "CLIPModel",
        tower(SMALL | {"hidden_act": "gelu"}) | {"projection_dim": 20},
        "config.json as of transformers 4: vision_config_dict beside vision_config, keys of text generation in the "
        "sections; integer position_ids",
        remove=("vision_config.projection_dim", "text_config.projection_dim"),
        edit=old_clip,
        embedding_scale=0.01,
        readers={"CLIPVisionModel": ["last_hidden_state", "pooler_output"], "CLIPModel": ["image_embeds"]},
        add={
            "vision_model.embeddings.position_ids": torch.arange(17)[None],
            "text_model.embeddings.position_ids": torch.arange(6)[None],
        },
        unused=("text_", "logit_scale", "position_ids"),
    ),
    Case(
        "clip_classifier",
        "CLIPForImageClassification",
        tower(CLIP_SMALL | {"hidden_size": 36, "num_attention_heads": 3}) | labels(4),
        "classifies the mean of the patches without the final layer norm; heads of 12",
        unused=("post_layernorm",),
    ),
]

SIGLIP = [
    Case(
        "siglip_vision",
        "SiglipVisionModel",
        SMALL | {"layer_norm_eps": 1e-3, "hidden_act": "gelu", "num_attention_heads": 3},
        "no class token; pooler_output by a learned query; names without vision_model.",
        states=True,
        resized=SIZES,
    ),
    Case(
        "siglip_vision_prefix",
        "SiglipVisionModel",
        SMALL | {"num_channels": 1},
        "names with vision_model., integer position_ids; keys left out: tanh GELU, layer_norm_eps is 1e-6; bf16",
        rename=behind("vision_model."),
        add={"vision_model.embeddings.position_ids": torch.arange(16)[None]},
        unused=("position_ids",),
        dtype=torch.bfloat16,
        **DEFAULTS,
    ),
    Case(
        "siglip_vision_no_head",
        "SiglipVisionModel",
        SMALL | {"vision_use_head": False, "hidden_act": "gelu_pytorch_tanh"},
        "no pooling: last_hidden_state alone",
    ),
    Case(
        "siglip_whole",
        "SiglipModel",
        tower(SMALL | {"num_hidden_layers": 3}, hidden_size=24, num_attention_heads=2),
        "a text tower beside it; image_embeds_normalized is what the whole model compares: pooler_output over its "
        "length",
        readers={"SiglipVisionModel": ["last_hidden_state", "pooler_output"], "SiglipModel": ["image_embeds"]},
        unused=("text_", "logit_scale", "logit_bias"),
        mistakes={"num_channels": [1], "layer_norm_eps": [1e-3], "vision_use_head": [False]},
    ),
    Case(
        "siglip_classifier",
        "SiglipForImageClassification",
        tower(SMALL | {"hidden_size": 36, "num_attention_heads": 3}) | labels(4),
        "classifies the mean of all tokens after the final layer norm; the pooling head is in the file and not used",
        unused=("vision_model.head.",),
    ),
]


def patches(case, size):
    """What SigLIP 2 takes instead of a picture: patches row by row, elements of a patch by row, column, channel."""
    config = case.config.get("vision_config", case.config)
    patch, channels = config["patch_size"], config.get("num_channels", 3)
    pixels = picture(case.name, channels, size)
    grid = (size[0] // patch, size[1] // patch)
    cut = pixels.reshape(BATCH, channels, grid[0], patch, grid[1], patch).transpose(0, 2, 4, 3, 5, 1)
    return {
        "pixel_values": np.ascontiguousarray(cut.reshape(BATCH, grid[0] * grid[1], -1)),
        "pixel_attention_mask": np.ones((BATCH, grid[0] * grid[1]), np.int64),
        "spatial_shapes": np.array([grid] * BATCH, np.int64),
        "picture": pixels,
    }


SIGLIP2_SMALL = {key: value for key, value in SMALL.items() if key != "image_size"} | {"num_patches": 16}
NAFLEX = {"inputs": patches, "single_precision": "resampled positions"}
SIGLIP2 = [
    Case(
        "siglip2_vision",
        "Siglip2VisionModel",
        SIGLIP2_SMALL | {"layer_norm_eps": 1e-3},
        "patches by a linear layer; at the grid of the positions, 4 x 4; picture.npy is what the patches were cut from",
        size=24,
        resized=[(30, 18), (42, 42), (12, 12)],
        states=True,
        **NAFLEX,
    ),
    Case(
        "siglip2_vision_not_square",
        "Siglip2VisionModel",
        SIGLIP2_SMALL | {"num_channels": 1, "hidden_act": "gelu", "num_attention_heads": 3},
        "at 3 x 5 patches: positions are resampled, bilinear, antialiased; f16",
        size=(18, 30),
        dtype=torch.float16,
        **NAFLEX,
    ),
    Case(
        "siglip2_whole",
        "Siglip2Model",
        tower(SIGLIP2_SMALL, hidden_size=24, num_attention_heads=2),
        "a text tower beside it; keys left out: tanh GELU, layer_norm_eps is 1e-6; names with vision_model.",
        size=24,
        remove=("vision_config.layer_norm_eps", "vision_config.hidden_act"),
        embedding_scale=0.01,
        readers={"Siglip2VisionModel": ["last_hidden_state", "pooler_output"], "Siglip2Model": ["image_embeds"]},
        unused=("text_", "logit_scale", "logit_bias"),
        **NAFLEX,
        mistakes={"num_channels": [1], "vision_use_head": [False]},
    ),
    Case(
        "siglip2_classifier",
        "Siglip2ForImageClassification",
        tower(SIGLIP2_SMALL | {"num_hidden_layers": 1}) | labels(4),
        "classifies the mean of all tokens after the final layer norm; the pooling head is in the file and not used; bf16",
        size=24,
        unused=("vision_model.head.",),
        dtype=torch.bfloat16,
        **NAFLEX,
    ),
    Case(
        "siglip2_no_head",
        "Siglip2VisionModel",
        SIGLIP2_SMALL | {"vision_use_head": False},
        "no pooling: last_hidden_state alone",
        size=24,
        **NAFLEX,
    ),
]
