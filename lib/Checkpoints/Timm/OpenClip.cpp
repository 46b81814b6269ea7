//===- OpenClip.cpp - OpenCLIP's configurations -----------------*- C++ -*-===//

#include "OpenClip.h"

#include "TimmArchitectures.h"
#include "vitc/Support/JsonReader.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;

namespace {

/// Arguments of the towers that would change what is computed, unless they are false or null.
constexpr const char *unsupportedKeys[] = {"attentional_pool", "qk_norm",    "scaled_cosine_attn", "scale_heads",
                                           "scale_attn_inner", "scale_attn", "scale_fc",           "block_type"};
/// Those that matter to training, to unsupported towers or to texts only.
constexpr const char *inertVisionKeys[] = {"attn_pooler_heads",    "attn_pooler_queries", "output_tokens",
                                           "patch_dropout",        "timm_drop",           "timm_drop_path",
                                           "timm_model_pretrained"};
constexpr const char *inertModelKeys[] = {"cast_dtype",       "custom_text",           "init_logit_bias",
                                          "init_logit_scale", "multimodal_cfg",        "output_dict",
                                          "text_cfg",         "nonscalar_logit_scale", "force_image_size"};
/// OpenAI's, the library's default.
constexpr double mean[] = {0.48145466, 0.4578275, 0.40821073}, deviation[] = {0.26862954, 0.26130258, 0.27577711};

class OpenClipConfig {
public:
  OpenClipConfig(InputErrors &errors, const JsonValue &config, const WeightSource *weights)
      : errors(errors), root(errors, config, ""), weights(weights) {}

  JsonValue::Object read() {
    const JsonValue &model = root.require("model_cfg");
    const JsonValue *pictures = root.find("preprocess_cfg");
    root.finish();
    ObjectReader reader(errors, model, "/model_cfg");
    embedding = reader.integer("embed_dim", 1, 1 << 20).value_or(512);
    usesQuickGelu = reader.boolean("quick_gelu").value_or(false);
    for (const char *key : inertModelKeys)
      reader.find(key);
    const JsonValue &vision = reader.require("vision_cfg");
    reader.finish();
    ObjectReader tower(errors, vision, "/model_cfg/vision_cfg");
    readTower(tower);
    tower.finish();
    JsonValue::Object pretrained = readPictures(pictures && !pictures->isNull() ? *pictures : empty);
    JsonValue::Object config;
    config.emplace_back("architecture", architecture);
    config.emplace_back("model_args", std::move(arguments));
    config.emplace_back("pretrained_cfg", std::move(pretrained));
    return config;
  }

private:
  template <typename T> void set(const char *key, T value) { arguments.emplace_back(key, value); }
  void setSize(const char *key, const std::vector<int64_t> &size) {
    arguments.emplace_back(key, JsonValue::Array(size.begin(), size.end()));
  }

  const JsonValue *given(ObjectReader &reader, llvm::StringRef key) {
    const JsonValue *value = reader.find(key);
    return value && !value->isNull() ? value : nullptr;
  }

  void readTower(ObjectReader &tower) {
    for (const char *key : inertVisionKeys)
      tower.find(key);
    for (const char *key : unsupportedKeys)
      if (const JsonValue *value = given(tower, key); value && !(value->asBool() && !*value->asBool()))
        errors.report(tower.pointerTo(key), "is not supported");
    if (const JsonValue *size = given(tower, "image_size"))
      imageSize = readSize(errors, tower.pointerTo("image_size"), *size).value_or(imageSize);
    // Read in either case: a model of timm has its own.
    const int64_t width = tower.integer("width", 1, 1 << 20).value_or(768);
    const int64_t headWidth = tower.integer("head_width", 1, 1 << 20).value_or(64);
    const double ratio = tower.real("mlp_ratio").value_or(4);
    const bool hasNoNorm = tower.boolean("no_ln_pre").value_or(false);
    const bool normalisesPooled = tower.boolean("final_ln_after_pool").value_or(false);
    const std::string pool = tower.string("pool_type").value_or("tok");
    const std::string positions = tower.string("pos_embed_type").value_or("learnable");
    const JsonValue *patch = tower.find("patch_size"), *layers = tower.find("layers"),
                    *scale = given(tower, "ls_init_value"), *norm = given(tower, "norm_kwargs"),
                    *activation = given(tower, "act_kwargs");
    const std::string timmPool = tower.string("timm_pool").value_or("avg");
    // Null is none beside the model's own classifier; absent it is linear.
    const JsonValue *projection = tower.find("timm_proj");
    const bool isNull = projection && projection->isNull();
    const std::string timmProjection = isNull ? "" : tower.string("timm_proj").value_or("linear");
    tower.boolean("timm_proj_bias");
    if (given(tower, "timm_model_name"))
      return readTimmTower(tower, timmPool, timmProjection);

    architecture = "vit_base_patch16_clip_224";
    setSize("img_size", imageSize);
    setSize("patch_size",
            patch ? readSize(errors, tower.pointerTo("patch_size"), *patch).value_or(std::vector<int64_t>{16, 16})
                  : std::vector<int64_t>{16, 16});
    if (layers && layers->asArray())
      errors.report(tower.pointerTo("layers"), "has several numbers: towers that are ResNets are not supported");
    set("depth", layers && !layers->asArray()
                     ? readInteger(errors, tower.pointerTo("layers"), *layers, 1, 1 << 12).value_or(12)
                     : int64_t(12));
    set("embed_dim", width);
    set("num_heads", std::max<int64_t>(width / headWidth, 1));
    set("mlp_ratio", ratio);
    set("pre_norm", !hasNoNorm);
    set("num_classes", embedding);
    if (scale)
      set("init_values", readReal(errors, tower.pointerTo("ls_init_value"), *scale).value_or(1));
    if (pool != "tok" && pool != "avg")
      errors.report(tower.pointerTo("pool_type"), "'" + pool + "' is not supported, expected tok or avg");
    set("global_pool", std::string(pool == "avg" ? "avg" : "token"));
    set("fc_norm", normalisesPooled);
    if (positions != "learnable")
      errors.report(tower.pointerTo("pos_embed_type"), "'" + positions + "' is not supported, expected learnable");
    readLayers(tower, norm, activation);
  }

  void readLayers(ObjectReader &tower, const JsonValue *norm, const JsonValue *activation) {
    // PyTorch's epsilon, unless it is timm's.
    std::string normName = "nn.LayerNorm";
    if (norm) {
      ObjectReader reader(errors, *norm, tower.pointerTo("norm_kwargs"));
      const double epsilon = reader.real("eps").value_or(1e-5);
      reader.finish();
      if (epsilon == 1e-6)
        normName = "LayerNorm";
      else if (epsilon != 1e-5)
        errors.report(reader.pointerTo("eps"), "is " + numberText(epsilon) + ", only 1e-5 and 1e-6 are supported");
    }
    set("norm_layer", normName);
    std::string function = usesQuickGelu ? "quick_gelu" : "gelu";
    if (activation) {
      ObjectReader reader(errors, *activation, tower.pointerTo("act_kwargs"));
      const std::string approximation = reader.string("approximate").value_or("none");
      reader.finish();
      if (usesQuickGelu || (approximation != "tanh" && approximation != "none"))
        errors.report(tower.pointerTo("act_kwargs"), "is not supported");
      if (approximation == "tanh")
        function = "gelu_tanh";
    }
    set("act_layer", function);
  }

  void readTimmTower(ObjectReader &tower, const std::string &pool, const std::string &projection) {
    architecture = tower.string("timm_model_name").value_or("");
    const TimmArchitecture *found = findTimmArchitecture(architecture);
    const llvm::StringRef kind = found ? found->kind : "";
    if (!llvm::is_contained({"VisionTransformer", "Eva", "Beit", "ConvNeXt"}, kind))
      return errors.report(tower.pointerTo("timm_model_name"), "'" + architecture +
                                                                   "' is not supported, expected one of timm's classes "
                                                                   "VisionTransformer, Eva, Beit and ConvNeXt");
    const bool hasMaps = kind == "ConvNeXt";
    if (!hasMaps)
      setSize("img_size", imageSize);
    if (!llvm::is_contained({"linear", "", "none"}, projection) && !(hasMaps && projection == "mlp"))
      errors.report(tower.pointerTo("timm_proj"),
                    "'" + projection + "' is not supported, expected linear or none" + (hasMaps ? ", or mlp" : ""));
    // The projection is the model's own classifier or stands where that would be.
    set("num_classes", projection == "none" ? int64_t(0) : embedding);
    if (hasMaps && projection == "mlp")
      set("head_hidden_size", 2 * embedding);
    // Beside a projection an empty name leaves the pooling that the model has.
    if (!pool.empty() || projection.empty() || projection == "none")
      set("global_pool", pool);
    // The library sets the pooling after the model was made, which decided on this norm by its own.
    if (weights && !hasMaps)
      set(kind == "VisionTransformer" ? "fc_norm" : "use_fc_norm",
          weights->find("visual.trunk.fc_norm.weight") != nullptr);
  }

  JsonValue::Object readPictures(const JsonValue &config) {
    ObjectReader pictures(errors, config, "/preprocess_cfg");
    const std::string filter = pictures.string("interpolation").value_or("bicubic");
    const std::string mode = pictures.string("resize_mode").value_or("shortest");
    pictures.find("fill_color");
    const std::string colours = pictures.string("mode").value_or("RGB");
    if (colours != "RGB")
      errors.report(pictures.pointerTo("mode"), "'" + colours + "' is not supported, expected RGB");
    if (mode != "shortest" && mode != "squash")
      errors.report(pictures.pointerTo("resize_mode"), "'" + mode + "' is not supported, expected shortest or squash");
    if (const JsonValue *size = given(pictures, "size")) {
      // The last two of several numbers are height and width.
      std::vector<int64_t> edges = imageSize;
      if (size->asArray() && size->asArray()->size() == 3)
        edges = readIntegers(errors, pictures.pointerTo("size"), *size, 1, 1 << 16).value_or(std::vector<int64_t>(3));
      else
        edges = readSize(errors, pictures.pointerTo("size"), *size).value_or(imageSize);
      if (std::vector<int64_t>(edges.end() - 2, edges.end()) != imageSize)
        errors.report(pictures.pointerTo("size"), "is another size than image_size of vision_cfg");
    }
    JsonValue::Object pretrained;
    const int64_t shape[] = {3, imageSize[0], imageSize[1]};
    JsonValue::Array size(std::begin(shape), std::end(shape));
    pretrained.emplace_back("input_size", std::move(size));
    pretrained.emplace_back("fixed_input_size", true);
    pretrained.emplace_back("crop_pct", 1.0);
    pretrained.emplace_back("crop_mode", mode == "squash" ? "squash" : "center");
    pretrained.emplace_back("interpolation", filter);
    for (const auto &[key, values] : {std::pair("mean", llvm::ArrayRef(mean)), {"std", llvm::ArrayRef(deviation)}}) {
      JsonValue::Array list(values.begin(), values.end());
      const JsonValue *written = given(pictures, key);
      if (written)
        pretrained.emplace_back(key, *written);
      else
        pretrained.emplace_back(key, std::move(list));
    }
    pictures.finish();
    return pretrained;
  }

  InputErrors &errors;
  ObjectReader root;
  const WeightSource *weights;
  const JsonValue empty = JsonValue::Object();
  int64_t embedding = 0;
  bool usesQuickGelu = false;
  std::vector<int64_t> imageSize = {224, 224};
  std::string architecture;
  JsonValue::Object arguments;
};

} // namespace

bool vitc::isOpenClip(const JsonValue &config) { return config.find("model_cfg") && !config.find("architecture"); }

llvm::Expected<CheckpointFile> vitc::timmConfigOfOpenClip(const CheckpointFile &config, const WeightSource *weights) {
  InputErrors errors(config.path, &config.json);
  errors.setIgnoredKeys(config.ignoredKeys);
  CheckpointFile result;
  result.path = config.path;
  result.ignoredKeys = config.ignoredKeys;
  result.json = JsonValue(OpenClipConfig(errors, config.json, weights).read());
  if (llvm::Error error = errors.take())
    return error;
  return result;
}

void vitc::nameOpenClipOutputs(ModelDescription &description) {
  description.labels.clear();
  description.scores = Scores::None;
  for (std::vector<ModelOutput> *outputs : {&description.outputs, &description.availableOutputs})
    for (ModelOutput &output : *outputs)
      if (output.name == "logits")
        output.name = "image_embeds";
}
