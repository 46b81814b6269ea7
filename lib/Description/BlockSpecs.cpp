//===- BlockSpecs.cpp - blocks of transformers ------------------*- C++ -*-===//

#include "SpecParts.h"

using namespace vitc;
using namespace vitc::specs;

namespace {

std::vector<AttributeSpec> attentionAttributes() {
  return {
      integer("heads", "number of heads"),
      optional(
          integer("head_dim", "features of a head; by default the width of the queries' input divided by `heads`")),
      optional(real("scale", "factor of the scores; by default 1 / sqrt(head_dim)")),
      real("qk_norm_epsilon", "epsilon of `query_norm` and `key_norm`", 1e-6, 0),
      boolean("bias_input", false,
              "whether the last input is added to the scores (a mask, relative positions); it broadcasts to heads x "
              "queries x keys"),
  };
}

std::vector<const char *> resampleKinds() {
  return {"none",    "bilinear",       "bilinear_corners", "bilinear_antialias",
          "bicubic", "bicubic_offset", "bicubic_antialias"};
}

/// For self-attention.
std::vector<AttributeSpec> attentionPositionAttributes() {
  std::vector<const char *> relativeKinds = resampleKinds();
  relativeKinds.push_back("geometric");
  return {
      grid(),
      optional(size("relative_table", "rows and columns of the tables of relative positions; by default, and without "
                                      "`relative_resample`, those of the patches times two minus one")),
      choice("relative_resample", std::move(relativeKinds),
             "how such tables become those of another grid: as `resample` of `position_embedding`; `geometric`: "
             "linearly between entries in geometric progression, as timm does",
             "none"),
      choice("rotary", {"none", "halves", "interleaved"},
             "rotates queries and keys of the patches by their positions: pairs are a feature of the first half of a "
             "head and one of the second (`halves`), or neighbours (`interleaved`); half of the pairs for each axis",
             "none"),
      real("rotary_theta", "the slowest rotation is slower than the fastest by almost this factor", 10000.0),
      choice("rotary_coordinates", {"index", "centred"},
             "`index`: rows and columns are counted, angles are in radians; `centred`: -1 and 1 are the image's edges, "
             "angles are in turns (DINOv3)",
             "index"),
      real("rotary_offset", "added to all indices", 0.0),
      optional(size("rotary_grid", "`index`: what indices are scaled to, from the patches' grid (EVA-02)")),
      choice("rotary_axes", {"yx", "xy"}, "which axis the first half of the pairs is for", "yx"),
  };
}

std::vector<ParameterSpec> attentionPositionParameters() {
  return {
      tensor("relative_positions", false,
             "table of what relative positions add to the scores: entries x heads, with three more entries if there "
             "is a class token (class to patch, patch to class, class to class)"),
      tensor("shared_relative_positions", false,
             "a second such table, which is added too: one that all layers share, as a rule"),
      tensor("relative_rows", false,
             "decomposed relative positions, of one sequence or of several whose `grid` is given: what a query is "
             "multiplied with for each number of rows that it lies below a key, from 1 - grid to grid - 1 (or "
             "`relative_table`, resampled along the axis), and added to their score; entries x head_dim"),
      tensor("relative_columns", false, "the same for columns"),
      tensor("logit_scale", false,
             "attention by cosines: queries and keys have length 1, and the scores of a head are multiplied by the "
             "exponential of its number here, or by 100 if that is less; heads x 1 x 1"),
  };
}

std::vector<ParameterSpec> attentionParameters(const std::string &prefix) {
  return {
      module(prefix + "qkv", false, "one projection for queries, keys and values: rows in this order, heads in order"),
      module(prefix + "query", false, "projection of the queries (with `key` and `value`, instead of `qkv`)"),
      module(prefix + "key", false, "projection of the keys"),
      module(prefix + "value", false, "projection of the values"),
      module(prefix + "key_value", false, "one projection for keys and values, instead of `key` and `value`"),
      tensor(prefix + "query_bias", false, "bias of the queries, when `qkv` has none"),
      tensor(prefix + "value_bias", false, "bias of the values, when `qkv` has none"),
      module(prefix + "query_norm", false, "norm of each query over the features of its head"),
      module(prefix + "key_norm", false, "norm of each key over the features of its head"),
      module(prefix + "context_norm", false, "norm of the concatenated heads, before `output`"),
      module(prefix + "output", false, "projection of the concatenated heads"),
  };
}

/// Of every op that may normalise something inside.
std::vector<AttributeSpec> normAttributes() {
  return {
      choice("norm_kind", {"layer_norm", "rms_norm"}, "what all norms of the node are", "layer_norm"),
      real("inner_norm_epsilon", "epsilon of `context_norm` and `hidden_norm`", 1e-6, 0),
  };
}

std::vector<AttributeSpec> mlpAttributes() {
  return {
      integer("hidden_size", "features between the two layers"),
      activation("activation", "gelu"),
      choice("gate", {"none", "separate", "first_half", "second_half"},
             "gated MLPs multiply the activated gate with the hidden features: the gate is a layer of its own "
             "(`separate`), or the first or second half of the rows of `fc1`",
             "none"),
  };
}

std::vector<ParameterSpec> mlpParameters() {
  return {
      module("fc1", true, "first layer"),
      module("gate", false, "the gate's layer, for `gate`: `separate`"),
      module("hidden_norm", false, "norm of the features between the two layers, behind activation and gate"),
      module("fc2", true, "second layer"),
  };
}

} // namespace

std::vector<OpSpec> specs::blockSpecs() {
  std::vector<AttributeSpec> attention = attentionAttributes();
  attention.push_back(optional(integer("width", "features of the result; by default those of the queries' input")));
  append(attention, attentionPositionAttributes());
  std::vector<ParameterSpec> attentionTensors = attentionParameters("");
  append(attentionTensors, attentionPositionParameters());
  append(attention, normAttributes());

  std::vector<AttributeSpec> mlp = mlpAttributes();
  append(mlp, normAttributes());

  std::vector<AttributeSpec> encoder = attentionAttributes();
  append(encoder, attentionPositionAttributes());
  append(encoder, mlpAttributes());
  encoder.push_back(choice("norm", {"pre", "post", "residual_post"},
                           "`pre`: x + f(norm(x)); `post`: norm(x + f(x)); `residual_post`: x + norm(f(x))", "pre"));
  encoder.push_back(real("epsilon", "epsilon of `norm1` and `norm2`", std::nullopt, 0));
  append(encoder, normAttributes());
  std::vector<ParameterSpec> encoderParameters = {module("norm1", true, "norm of the attention")};
  append(encoderParameters, attentionTensors);
  encoderParameters.push_back(tensor("layer_scale1", false, "factors of the attention's features"));
  encoderParameters.push_back(module("norm2", true, "norm of the MLP"));
  append(encoderParameters, mlpParameters());
  encoderParameters.push_back(tensor("layer_scale2", false, "factors of the MLP's features"));

  std::vector<AttributeSpec> decoder = attentionAttributes();
  decoder.pop_back();
  append(decoder, mlpAttributes());
  decoder.push_back(choice("norm", {"pre", "post"}, "`pre`: x + f(norm(x)); `post`: norm(x + f(x))", "pre"));
  decoder.push_back(real("epsilon", "epsilon of `norm1`, `norm2` and `norm3`", std::nullopt, 0));
  append(decoder, normAttributes());
  std::vector<ParameterSpec> decoderParameters = {module("norm1", true, "norm of the self-attention")};
  append(decoderParameters, attentionParameters("self_"));
  decoderParameters.push_back(module("norm2", true, "norm of the cross-attention"));
  append(decoderParameters, attentionParameters("cross_"));
  decoderParameters.push_back(module("norm3", true, "norm of the MLP"));
  append(decoderParameters, mlpParameters());

  return {
      {"patch_embedding",
       "cuts an image (channels x height x width) into patches, row by row, and projects each to a token: tokens x "
       "width",
       true,
       1,
       1,
       {integer("width", "features of a token"),
        size("patch_size", "size of a patch, which divides the image's without `crop`"),
        boolean("crop", false, "whether rows at the bottom and columns at the right that fill no patch are left out"),
        choice("weight_layout", {"conv", "channels_first", "channels_last"},
               "`conv`: width x channels x height x width; else width x patch vector, whose elements are ordered "
               "channel, row, column (`channels_first`) or row, column, channel (`channels_last`)",
               "conv"),
        choice("resample", {"none", "bilinear", "bicubic_antialias"},
               "how `weight`, which is for patches of `source_patch_size`, becomes one for others: times the "
               "pseudo-inverse of the matrix that resizes patches so (FlexiViT, timm)",
               "none"),
        optional(size("source_patch_size", "size of a patch that `weight` is for, with `resample`"))},
       {module("", true, "the projection")}},
      {"prefix_tokens",
       "puts learned tokens in front of the others, or behind the first of them: class token, distillation token, "
       "registers, as far as they are given",
       true,
       1,
       1,
       {integer("registers", "number of register tokens", 0, 0),
        integer("after", "tokens of the input that stay in front of them", 0, 0)},
       {tensor("class_token", false, "one token"), tensor("distillation_token", false, "one token"),
        tensor("register_tokens", false, "registers x width")}},
      {"position_embedding",
       "adds a vector to each token that depends on its position",
       true,
       1,
       1,
       {choice("kind", {"learned", "sincos_2d", "sinusoidal"},
               "`learned`: the tensor `value`; `sincos_2d`: sines and cosines of column and row of the patches (MAE), "
               "zeros for other tokens; `sinusoidal`: sines and cosines of the token's number, interleaved",
               "learned"),
        real("theta", "`sincos_2d`: the slowest sine is slower than the fastest by almost this factor", 10000.0, 1),
        choice("resample", resampleKinds(),
               "how `value`, which is for the patches of `source_grid`, is taken to the actual ones: as PyTorch's "
               "`interpolate`, bicubic with a = -0.75, or -0.5 with `_antialias`; `_corners` is align_corners; "
               "`_offset` is DINO's scale factor with 0.1 more patches. Tokens in front of the patches keep theirs",
               "none"),
        optional(size("source_grid", "the grid that `value` is for, with `resample`")),
        boolean("square", false,
                "whether `resample` makes a square of the longer side, whose top left part is taken (RADIO)"),
        grid(), integer("trailing", "tokens behind the patches (detection tokens, say)", 0, 0),
        optional(integer("tables", "how many tables `value` holds, if it is tables x 1 x tokens x width")),
        integer("table", "which of them", 0, 0)},
       {tensor("value", false, "tokens x width; tokens of `source_grid` with `resample`")}},
      {"map_positions",
       "a vector for each pixel of a map, row by row, that depends on its position: pixels x width (DETR)",
       true,
       1,
       2,
       {integer("width", "features of a vector"),
        choice(
            "kind", {"sine", "learned"},
            "`sine`: sines and cosines, interleaved, of row and then of column, which are counted from 1 and divided "
            "by the last one; a second input, a map of one channel, is 1 where a pixel counts and 0 where it does not; "
            "`learned`: the vector of the column in `column`, then that of the row in `row`",
            "sine"),
        real("theta", "`sine`: the slowest sine is slower than the fastest, of one turn, by almost this factor",
             10000.0, 1),
        optional(integer("rows", "`learned`: how many vectors `row` and `column` have each"))},
       {tensor("row", false, "rows x half of the width"), tensor("column", false, "rows x half of the width")},
       /*isOnMaps=*/true},
      {"sinusoids",
       "sines and cosines, interleaved, of each element of the last dimension, a part of a turn from 0 to 1, times "
       "frequencies: its size grows by the factor `width`",
       true,
       1,
       1,
       {integer("width", "features of an element"),
        real("theta", "the lowest frequency is lower than the highest, 1, by almost this factor", 10000.0, 1)},
       {}},
      {"clamp",
       "numbers that are at least `minimum` and at most `maximum`; NaN stays NaN",
       true,
       1,
       1,
       {real("minimum", "the least"), real("maximum", "the largest, not below `minimum`")},
       {}},
      {"mask_map",
       "which pixels of a map, the second input, a mask of the picture (height x width) has: a map of one channel, of "
       "1 "
       "where the mask is not 0 at the pixel's upper left corner",
       true,
       2,
       2,
       {},
       {}},
      {"mask_bias",
       "what attention adds to its scores for keys of which a mask (1 or 0) says whether they are there: nothing, or "
       "the lowest float",
       true,
       1,
       1,
       {},
       {}},
      {"attention",
       "attention of all heads. One input: self-attention; two: queries, and what keys and values come from; three: "
       "queries, keys, values; one more with `bias_input`",
       true, 1, 4, attention, attentionTensors},
      {"mlp", "two linear layers with an activation between them", true, 1, 1, mlp, mlpParameters()},
      {"encoder_block", "self-attention and MLP, each with norm and residual", true, 1, 2, encoder, encoderParameters},
      {"decoder_block", "self-attention, cross-attention to the second input, and MLP, each with norm and residual",
       true, 2, 2, decoder, decoderParameters},
      {"pooling",
       "one vector for a sequence of tokens",
       true,
       1,
       1,
       {choice("kind", {"token", "mean", "max"}, "one token of the sequence, or the mean or maximum of tokens"),
        integer("index", "`token`: which one (0 is the class token); else the first token that counts", 0, 0)},
       {}},
      {"classifier",
       "linear layer from features to classes",
       true,
       1,
       1,
       {integer("classes", "number of classes")},
       {module("", true, "weight: classes x features")}},
      {"grid_distance_bias",
       "what attention adds to its scores (heads x queries x keys): a number for each distance, in rows and in "
       "columns, "
       "of query and key on a grid of tokens",
       true,
       0,
       0,
       {size("grid", "rows and columns of the keys"), integer("heads", "number of heads"),
        integer("stride", "queries are the keys of every so many rows and columns", 1)},
       {tensor("value", true, "heads x distances, row by row: 0 rows and 0 columns first, grid - 1 last")}},
      {"reshape_as",
       "the elements of the first value in row-major order under the shape of the second",
       true,
       2,
       2,
       {},
       {}},
      {"average",
       "elementwise mean of several values of one shape (the heads of a distilled model)",
       true,
       2,
       64,
       {},
       {}},
  };
}
