//===- JaxSettings.cpp - configurations of JAX models -----------*- C++ -*-===//

#include "JaxSettings.h"

#include "../HuggingFace/Families.h"
#include "vitc/Description/DescriptionParser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;

namespace {

constexpr int64_t large = int64_t(1) << 20;

/// One object of a configuration.
class Section {
public:
  Section(InputErrors &errors, const JsonValue &object, std::string pointer, std::vector<std::string> &ignored)
      : errors(errors), reader(errors, object, std::move(pointer)), ignored(ignored) {}

  std::string pointerTo(llvm::StringRef key) const { return reader.pointerTo(key); }
  const JsonValue *find(llvm::StringRef key) { return reader.find(key); }
  /// The member, but null counts as absent.
  const JsonValue *given(llvm::StringRef key) {
    const JsonValue *value = reader.find(key);
    return value && !value->isNull() ? value : nullptr;
  }

  /// An integer; reports if there is none and no fallback.
  int64_t integer(llvm::StringRef key, std::optional<int64_t> fallback = std::nullopt) {
    if (!given(key)) {
      if (!fallback)
        errors.report(reader.where(), "the key '" + key + "' is missing");
      return fallback.value_or(1);
    }
    return reader.integer(key, 1, large).value_or(1);
  }
  bool boolean(llvm::StringRef key, bool fallback) {
    return given(key) ? reader.boolean(key).value_or(fallback) : fallback;
  }
  std::string word(llvm::StringRef key, llvm::StringRef fallback, llvm::ArrayRef<std::string> known) {
    if (!given(key))
      return fallback.str();
    std::string name = reader.string(key).value_or(fallback.str());
    if (!llvm::is_contained(known, name))
      errors.report(pointerTo(key), unknownName("value", name, known));
    return name;
  }
  std::optional<std::vector<int64_t>> size(llvm::StringRef key) {
    const JsonValue *value = given(key);
    return value ? readSize(errors, pointerTo(key), *value) : std::nullopt;
  }
  /// How many classes there are: nothing if that is not said, 0 for null.
  std::optional<int64_t> classes(llvm::StringRef key) {
    const JsonValue *value = find(key);
    if (!value)
      return std::nullopt;
    return value->isNull() ? 0 : readInteger(errors, pointerTo(key), *value, 0, large);
  }

  /// Takes note of keys without effect, and reports any other that nobody has asked for.
  void finish(llvm::ArrayRef<const char *> inert) {
    for (const char *key : inert)
      if (reader.find(key))
        ignored.push_back(pointerTo(key));
    reader.finish();
  }

private:
  InputErrors &errors;
  ObjectReader reader;
  std::vector<std::string> &ignored;
};

/// The arguments of vit_jax's VisionTransformer.
JaxSettings readVitJax(InputErrors &errors, const JsonValue &config) {
  static const JsonValue empty = JsonValue::Object();
  JaxSettings settings;
  std::vector<std::string> &ignored = settings.ignored;
  Section root(errors, config, "", ignored);
  if (root.given("resnet"))
    errors.report("/resnet", "hybrids of ResNet and ViT are not supported");
  settings.width = root.integer("hidden_size");
  auto section = [&](const char *key) -> const JsonValue & {
    if (const JsonValue *object = root.given(key))
      return *object;
    errors.report("", llvm::Twine("the key '") + key + "' is missing");
    return empty;
  };
  Section patches(errors, section("patches"), "/patches", ignored);
  if (std::optional<std::vector<int64_t>> size = patches.size("size"))
    settings.patchSize = *size;
  else
    errors.report("/patches", "the key 'size' is missing");
  patches.finish({});
  Section transformer(errors, section("transformer"), "/transformer", ignored);
  settings.layers = transformer.integer("num_layers");
  settings.heads = transformer.integer("num_heads");
  settings.headsKey = transformer.pointerTo("num_heads");
  settings.hidden = transformer.integer("mlp_dim");
  if (!transformer.boolean("add_position_embedding", true))
    settings.positions = JaxSettings::Positions::None;
  transformer.finish({"attention_dropout_rate", "dropout_rate"});
  std::string classifier = root.word("classifier", "token", {"token", "gap", "unpooled", "token_unpooled"});
  settings.hasClassToken = classifier == "token" || classifier == "token_unpooled";
  settings.pooling = classifier == "token" ? JaxPooling::FirstToken
                     : classifier == "gap" ? JaxPooling::Mean
                                           : JaxPooling::None;
  settings.representation = root.integer("representation_size", 0);
  settings.classes = root.classes("num_classes");
  settings.imageSize = root.size("image_size");
  root.finish({"head_bias_init", "model_name"});
  return settings;
}

/// big_vision's names for sizes of models.
struct Variant {
  const char *name;
  int64_t width, layers, hidden, heads;
};
constexpr Variant variants[] = {
    {"mu", 32, 1, 128, 2},          {"Ti", 192, 12, 768, 3},   {"S", 384, 12, 1536, 6},
    {"M", 512, 12, 2048, 8},        {"B", 768, 12, 3072, 12},  {"L", 1024, 24, 4096, 16},
    {"So400m", 1152, 27, 4304, 16}, {"H", 1280, 32, 5120, 16}, {"g", 1408, 40, 6144, 16},
    {"g-opt", 1536, 40, 6144, 16},  {"G", 1664, 48, 8192, 16}, {"G-opt", 1536, 48, 8192, 16},
    {"e", 1792, 56, 15360, 16}};

/// The arguments of big_vision's models/vit.py.
JaxSettings readBigVision(InputErrors &errors, const JsonValue &config) {
  JaxSettings settings;
  Section root(errors, config, "", settings.ignored);
  Variant variant = {"", 768, 12, 0, 12};
  std::vector<int64_t> patchSize = {16, 16};
  if (const JsonValue *value = root.given("variant")) {
    std::string text = readString(errors, "/variant", *value).value_or("B");
    auto [name, patch] = llvm::StringRef(text).split('/');
    auto *found = llvm::find_if(variants, [&, name = name](const Variant &known) { return name == known.name; });
    std::vector<std::string> known;
    for (const Variant &each : variants)
      known.push_back(each.name);
    if (found == std::end(variants))
      errors.report("/variant", unknownName("variant", name, known));
    else
      variant = *found;
    int64_t edge = 0;
    if (text.find('/') != std::string::npos) {
      if (patch.getAsInteger(10, edge) || edge < 1 || edge > 65536)
        errors.report("/variant", "'" + text + "' has no number of pixels behind the '/'");
      patchSize = {edge, edge};
    }
  }
  // Arguments override what the variant stands for.
  settings.patchSize = root.size("patch_size").value_or(patchSize);
  settings.width = root.integer("width", variant.width);
  settings.layers = root.integer("depth", variant.layers);
  settings.heads = root.integer("num_heads", variant.heads);
  settings.headsKey = root.pointerTo(config.find("num_heads") || !config.find("variant") ? "num_heads" : "variant");
  settings.hidden = root.integer("mlp_dim", variant.hidden != 0 ? variant.hidden : 4 * settings.width);
  if (root.word("posemb", "learn", {"learn", "sincos2d"}) == "sincos2d") {
    settings.positions = JaxSettings::Positions::Sines;
    // Frequencies are between two that are given.
    if (settings.width < 8)
      errors.report("/posemb", "'sincos2d' needs a width of at least 8, it is " + llvm::Twine(settings.width));
  }
  std::string pooling = root.word("pool_type", "gap", {"gap", "map", "tok", "0", "none"});
  settings.hasClassToken = pooling == "tok";
  settings.pooling = pooling == "gap"    ? JaxPooling::Mean
                     : pooling == "map"  ? JaxPooling::Attention
                     : pooling == "none" ? JaxPooling::None
                                         : JaxPooling::FirstToken;
  // true: as wide as the tokens.
  const JsonValue *representation = root.given("rep_size");
  if (!representation)
    settings.representation = 0;
  else if (const bool *flag = representation->asBool())
    settings.representation = *flag ? settings.width : 0;
  else
    settings.representation = readInteger(errors, "/rep_size", *representation, 0, large);
  settings.classes = root.classes("num_classes");
  settings.imageSize = root.size("image_size");
  root.finish({"dropout", "dtype_mm", "head_zeroinit", "remat_policy", "scan"});
  return settings;
}

/// transformers' configuration of the family vit, with which Google's checkpoints are published too.
JaxSettings readHuggingFace(InputErrors &errors, const JsonValue &config) {
  using namespace huggingface;
  static constexpr ConfigKey wholeKeys[] = {{"architectures", "null"}, {"model_type", "null"}};
  JaxSettings settings;
  const JsonValue *type = config.find("model_type");
  if (!type->asString() || *type->asString() != "vit") {
    errors.report("/model_type", (type->asString() ? "'" + *type->asString() + "'" : std::string("this")) +
                                     " does not describe parameters of JAX, expected 'vit'");
    return settings;
  }
  ConfigReader reader(errors, config, "", {findFamily("vit")->keys, {labelKeys(), {}}, {wholeKeys, {}}});
  Dimensions dimensions = readDimensions(reader);
  checkDimensions(reader, dimensions);
  settings.width = dimensions.width;
  settings.layers = dimensions.layers;
  settings.heads = dimensions.heads;
  settings.headsKey = reader.placeOf("num_attention_heads");
  settings.hidden = dimensions.hidden;
  settings.patchSize = dimensions.patchSize;
  settings.imageSize = dimensions.imageSize;
  settings.channels = dimensions.channels;
  settings.channelsKey = reader.placeOf("num_channels");
  settings.headDim = dimensions.headDim;
  settings.hasClassToken = true;
  settings.pooling = JaxPooling::FirstToken;
  if (dimensions.activation != "gelu" && dimensions.activation != "gelu_tanh")
    errors.report(reader.placeOf("hidden_act"), "is not GELU, which is what Google's code has");
  if (dimensions.activation == "gelu")
    settings.notes.push_back(reader.pointerTo("hidden_act") + ": GELU is JAX's here, the tanh approximation");
  if (reader.gives("layer_norm_eps"))
    settings.epsilon = dimensions.epsilon;
  else
    settings.notes.push_back(reader.pointerTo("layer_norm_eps") + ": is not given and 1e-6 then, as in Google's code");
  if (!reader.boolean("qkv_bias"))
    errors.report(reader.pointerTo("qkv_bias"), "false does not describe parameters of JAX");
  if (reader.gives("pooler_output_size"))
    settings.representation = reader.integer("pooler_output_size");
  if (reader.activation("pooler_act") != "tanh")
    errors.report(reader.pointerTo("pooler_act"), "is not tanh, which is what Google's code has");
  Labels labels = readLabels(reader);
  bool hasHead = true;
  if (const JsonValue *list = reader.find("architectures")) {
    const JsonValue::Array *names = list->asArray();
    const std::string *name = names && names->size() == 1 ? names->front().asString() : nullptr;
    if (!name || (*name != "ViTForImageClassification" && *name != "ViTModel"))
      errors.report("/architectures", "expected an array of ViTForImageClassification or ViTModel");
    hasHead = !name || *name != "ViTModel";
  }
  settings.classes = hasHead ? int64_t(labels.names.size()) : 0;
  if (hasHead)
    settings.labels = labels.names;
  settings.scores = labels.scores;
  reader.finish(settings.ignored, settings.notes);
  return settings;
}

} // namespace

JaxSettings vitc::readJaxSettings(InputErrors &errors, const JsonValue &config) {
  auto hasAny = [&](llvm::ArrayRef<const char *> keys) {
    return llvm::any_of(keys, [&](const char *key) { return config.find(key) != nullptr; });
  };
  JaxSettings settings;
  if (hasAny({"model_type"})) {
    settings = readHuggingFace(errors, config);
  } else if (hasAny({"architecture"})) {
    errors.report("", "is timm's, which does not describe parameters of JAX: expected vit_jax's, big_vision's or "
                      "transformers' configuration");
  } else if (hasAny({"tokens_mlp_dim", "channels_mlp_dim"})) {
    errors.report("", "describes an MLP-Mixer, which is not supported");
  } else if (hasAny({"text", "text_model"})) {
    errors.report("", "describes a pair of towers: expected the configuration of the picture's ('image') alone");
  } else if (hasAny({"patches", "transformer", "hidden_size"})) {
    settings = readVitJax(errors, config);
  } else if (hasAny({"variant", "width", "depth", "num_heads", "mlp_dim", "patch_size", "pool_type", "posemb",
                     "rep_size"})) {
    settings = readBigVision(errors, config);
  } else {
    errors.report("",
                  "is no configuration of vit_jax ('patches', 'transformer', …), of big_vision ('variant', 'width', "
                  "…) or of transformers ('model_type')");
  }
  if (settings.layers > int64_t(maximumNodes) / 4)
    errors.report("", llvm::Twine(settings.layers) + " layers are too many");
  return settings;
}
