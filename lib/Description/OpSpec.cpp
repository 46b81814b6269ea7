//===- OpSpec.cpp - the ops of the description language ---------*- C++ -*-===//

#include "vitc/Description/OpSpec.h"

#include <limits>

using namespace vitc;

namespace {

constexpr int64_t unbounded = std::numeric_limits<int64_t>::min();

AttributeSpec boolean(const char *name, bool value, const char *doc) {
  return {name, AttributeType::Bool, doc, AttributeValue(value)};
}

AttributeSpec integer(const char *name, const char *doc, std::optional<int64_t> value = std::nullopt,
                      int64_t minimum = 1) {
  AttributeSpec spec{name, AttributeType::Integer, doc, std::nullopt};
  if (value)
    spec.defaultValue = *value;
  spec.minimum = minimum;
  return spec;
}

AttributeSpec real(const char *name, const char *doc, std::optional<double> value = std::nullopt,
                   int64_t minimum = unbounded) {
  AttributeSpec spec{name, AttributeType::Real, doc, std::nullopt};
  if (value)
    spec.defaultValue = *value;
  spec.minimum = minimum;
  return spec;
}

AttributeSpec choice(const char *name, std::vector<const char *> choices, const char *doc,
                     std::optional<std::string> value = std::nullopt) {
  AttributeSpec spec{name, AttributeType::Choice, doc, std::nullopt};
  if (value)
    spec.defaultValue = *value;
  spec.choices = std::move(choices);
  return spec;
}

AttributeSpec integers(const char *name, const char *doc, unsigned count, int64_t minimum,
                       std::optional<std::vector<int64_t>> value = std::nullopt) {
  AttributeSpec spec{name, AttributeType::Integers, doc, std::nullopt};
  if (value)
    spec.defaultValue = *value;
  spec.count = count;
  spec.minimum = minimum;
  return spec;
}

AttributeSpec size(const char *name, const char *doc, std::optional<std::vector<int64_t>> value = std::nullopt) {
  AttributeSpec spec{name, AttributeType::Size, doc, std::nullopt};
  if (value)
    spec.defaultValue = *value;
  return spec;
}

AttributeSpec optional(AttributeSpec spec) {
  spec.optional = true;
  return spec;
}

AttributeSpec activation(const char *name, std::optional<std::string> value = std::nullopt) {
  return choice(name,
                {"none", "gelu", "gelu_tanh", "quick_gelu", "silu", "relu", "tanh", "sigmoid", "relu6", "hard_sigmoid",
                 "hard_swish", "leaky_relu"},
                "elementwise function: `gelu` is the exact one (erf), `gelu_tanh` its approximation; the slope of "
                "`leaky_relu` is 0.01",
                std::move(value));
}

ParameterSpec module(std::string name, bool required, const char *doc) {
  return {std::move(name), ParameterKind::Module, required, doc};
}

ParameterSpec tensor(std::string name, bool required, const char *doc) {
  return {std::move(name), ParameterKind::Tensor, required, doc};
}

template <typename T> void append(std::vector<T> &to, std::vector<T> from) {
  to.insert(to.end(), from.begin(), from.end());
}

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

AttributeSpec grid() {
  return optional(size("grid", "rows and columns of the patches among the tokens; by default those of the patch "
                               "embedding that the tokens come from"));
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

std::vector<OpSpec> makePrimitiveSpecs() {
  return {
      {"conv2d",
       "2-D convolution of a map (height x width x channels)",
       false,
       1,
       1,
       {integer("out_channels", "channels of the result"), size("kernel_size", "size of the kernel"),
        size("stride", "step between positions", std::vector<int64_t>{1, 1}),
        integers("padding", "zeros at top, left, bottom and right", 4, 0, std::vector<int64_t>{0, 0, 0, 0}),
        boolean(
            "same_padding", false,
            "whether the padding follows from the size, as TensorFlow's `SAME`: a result for every `stride` pixels, "
            "with the odd row at the bottom and column at the right"),
        size("dilation", "step between elements of the kernel", std::vector<int64_t>{1, 1}),
        integer("groups", "groups of channels", 1),
        optional(real("standardize_epsilon",
                      "weight standardisation: each filter is taken to mean 0 and variance 1, this added to the "
                      "variance",
                      std::nullopt, 0))},
       {module("", true, "weight: out_channels x channels / groups x height x width")}},
      {"pool2d",
       "maximum or average of the windows of a map (height x width x channels)",
       false,
       1,
       1,
       {choice("kind", {"max", "average"}, "what a window becomes"), size("window", "size of the window"),
        size("stride", "step between windows", std::vector<int64_t>{1, 1}),
        integers("padding", "at top, left, bottom and right; does not count for a maximum", 4, 0,
                 std::vector<int64_t>{0, 0, 0, 0}),
        boolean("same_padding", false, "as of `conv2d`"),
        size("dilation", "step between elements of the window", std::vector<int64_t>{1, 1}),
        boolean("ceil_mode", false, "whether the last window may reach beyond the padded map"),
        boolean("count_include_pad", false, "whether the padding counts as zeros in an average")},
       {}},
      {"resize2d",
       "a map (height x width x channels) at another size, as torch.nn.functional.interpolate makes it",
       false,
       1,
       2,
       {choice("kind",
               {"nearest", "nearest_exact", "bilinear", "bilinear_corners", "bilinear_antialias", "bicubic",
                "bicubic_corners", "bicubic_antialias"},
               "PyTorch's mode; corners: align_corners, antialias: antialias"),
        optional(size("size", "height and width of the result; by default those of the second input, a map"))},
       {}},
      {"batch_norm",
       "normalisation of channels, the last dimension, by statistics that are known, then weight and bias",
       false,
       1,
       1,
       {real("epsilon", "added to the variance", 1e-5, 0)},
       {tensor("weight", true, "factor of the channels"), tensor("bias", false, "added to the channels"),
        tensor("running_mean", true, "mean of the channels"), tensor("running_var", true, "variance of the channels")}},
      {"linear",
       "x W^T + b over the last dimension",
       false,
       1,
       1,
       {integer("out_features", "size of the result's last dimension")},
       {module("", true, "weight: out_features x in_features")}},
      {"matmul",
       "matrix product of two values; leading dimensions are equal",
       false,
       2,
       2,
       {boolean("transpose_rhs", false, "whether the last two dimensions of the second input are swapped")},
       {}},
      {"layer_norm",
       "normalisation to mean 0 and variance 1 over the last dimension, then weight and bias, if any",
       false,
       1,
       1,
       {real("epsilon", "added to the variance", std::nullopt, 0)},
       {module("", false, "factors and addends of the features")}},
      {"rms_norm",
       "division by the root of the mean square over the last dimension, then weight, if any",
       false,
       1,
       1,
       {real("epsilon", "added to the mean square", std::nullopt, 0)},
       {module("", false, "factors of the features, and addends, if any")}},
      {"softmax", "softmax over the last dimension", false, 1, 1, {}, {}},
      {"activation", "elementwise function", false, 1, 1, {activation("kind")}, {}},
      {"add", "elementwise sum of two values; shapes broadcast as in NumPy", false, 2, 2, {}, {}},
      {"mul", "elementwise product of two values; shapes broadcast as in NumPy", false, 2, 2, {}, {}},
      {"sub", "elementwise difference of two values; shapes broadcast as in NumPy", false, 2, 2, {}, {}},
      {"div", "elementwise quotient of two values; shapes broadcast as in NumPy", false, 2, 2, {}, {}},
      {"scale", "multiplication by a constant", false, 1, 1, {real("factor", "the constant")}, {}},
      {"reshape",
       "the same elements in row-major order under another shape",
       false,
       1,
       1,
       {integers("shape", "the new shape; one dimension may be -1, it then follows from the others", 0, -1)},
       {},
       /*keepsDType=*/true},
      {"transpose",
       "permutation of dimensions, as numpy.transpose",
       false,
       1,
       1,
       {integers("permutation", "dimension i of the result is dimension permutation[i] of the input", 0, 0)},
       {},
       /*keepsDType=*/true},
      {"concat",
       "concatenation along a dimension",
       false,
       1,
       1024,
       {integer("dim", "the dimension", std::nullopt, 0)},
       {},
       /*keepsDType=*/true},
      {"slice",
       "a contiguous range of a dimension",
       false,
       1,
       1,
       {integer("dim", "the dimension", std::nullopt, 0),
        integer("offset", "where the range starts; negative: counted from the end", std::nullopt, -(int64_t(1) << 31)),
        integer("size", "length of the range; -1: up to the end; -1 - N: without the last N", std::nullopt,
                -(int64_t(1) << 31))},
       {},
       /*keepsDType=*/true},
      {"cast",
       "the same numbers as another dtype; real numbers become integers by cutting off what is behind the point "
       "(beyond "
       "the type's range its end, NaN 0), integers become narrower ones by keeping their low bits, and all but 0 is "
       "true",
       false,
       1,
       1,
       {choice("dtype", {"f32", "i32", "i64", "u8", "bool"}, "of the result")},
       {},
       /*keepsDType=*/true},
      {"reduce_mean",
       "mean over a dimension, which stays with size 1",
       false,
       1,
       1,
       {integer("dim", "the dimension", std::nullopt, 0)},
       {}},
      {"reduce_max",
       "maximum over a dimension, which stays with size 1",
       false,
       1,
       1,
       {integer("dim", "the dimension", std::nullopt, 0)},
       {}},
      {"reduce_norm",
       "root of the sum of squares over a dimension, which stays with size 1",
       false,
       1,
       1,
       {integer("dim", "the dimension", std::nullopt, 0)},
       {}},
      {"parameter",
       "a tensor of the weights file as a value",
       false,
       0,
       0,
       {integers("shape", "shape of the value; the tensor in the file may have further leading dimensions of 1", 0, 1)},
       {tensor("value", true, "the tensor")}},
  };
}

std::vector<OpSpec> makeBlockSpecs() {
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
               "conv")},
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
        optional(size("source_grid", "the grid that `value` is for, with `resample`")), grid(),
        integer("trailing", "tokens behind the patches (detection tokens, say)", 0, 0),
        optional(integer("tables", "how many tables `value` holds, if it is tables x 1 x tokens x width")),
        integer("table", "which of them", 0, 0)},
       {tensor("value", false, "tokens x width; tokens of `source_grid` with `resample`")}},
      {"attention",
       "attention of all heads. One input: self-attention; two: queries, and what keys and values come from; three: "
       "queries, keys, values; one more with `bias_input`",
       true, 1, 4, attention, attentionTensors},
      {"mlp", "two linear layers with an activation between them", true, 1, 1, mlp, mlpParameters()},
      {"encoder_block", "self-attention and MLP, each with norm and residual", true, 1, 2, encoder, encoderParameters},
      {"decoder_block", "self-attention, cross-attention to the second input, and MLP, each with norm and residual",
       true, 2, 2, decoder, decoderParameters},
      {"patch_map",
       "the patches among tokens as a map (height x width x channels)",
       true,
       1,
       1,
       {grid(), integer("trailing", "tokens behind the patches", 0, 0)},
       {}},
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
      {"global_response_norm",
       "x + (weight x g / (mean(g) + epsilon) + bias), where g is each feature's root of the sum of squares over all "
       "dimensions but the last",
       true,
       1,
       1,
       {real("epsilon", "added to the mean of the features' norms", 1e-6, 0)},
       {module("", true, "factors and addends of the features")}},
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
      {"group_norm",
       "normalisation to mean 0 and variance 1 of each group of features (the last dimension) together with all other "
       "dimensions, then weight and bias of the features, if any",
       true,
       1,
       1,
       {integer("groups", "number of groups, which divides the features"),
        real("epsilon", "added to the variance", 1e-5, 0)},
       {module("", false, "factors and addends of the features")}},
      {"adaptive_average_pool",
       "means of a map (height x width x channels) over windows that cover it evenly: the i-th of n begins at pixel "
       "floor(i x size / n) and ends before ceil((i + 1) x size / n)",
       true,
       1,
       1,
       {size("size", "height and width of the result")},
       {}},
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

} // namespace

const AttributeSpec *OpSpec::findAttribute(llvm::StringRef name) const {
  for (const AttributeSpec &attribute : attributes)
    if (name == attribute.name)
      return &attribute;
  return nullptr;
}

const ParameterSpec *OpSpec::findParameter(llvm::StringRef name) const {
  for (const ParameterSpec &parameter : parameters)
    if (name == parameter.name)
      return &parameter;
  return nullptr;
}

bool OpSpec::hasRole(llvm::StringRef role) const {
  for (const ParameterSpec &parameter : parameters) {
    if (parameter.kind == ParameterKind::Tensor) {
      if (role == parameter.name)
        return true;
      continue;
    }
    llvm::StringRef rest = role;
    if (!parameter.name.empty() && !(rest.consume_front(parameter.name) && rest.consume_front(".")))
      continue;
    if (rest == "weight" || rest == "bias")
      return true;
  }
  return false;
}

llvm::ArrayRef<OpSpec> vitc::opSpecs() {
  static const std::vector<OpSpec> specs = [] {
    std::vector<OpSpec> all = makePrimitiveSpecs();
    append(all, makeBlockSpecs());
    return all;
  }();
  return specs;
}

const OpSpec *vitc::findOpSpec(llvm::StringRef name) {
  for (const OpSpec &spec : opSpecs())
    if (name == spec.name)
      return &spec;
  return nullptr;
}
