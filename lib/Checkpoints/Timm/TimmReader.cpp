//===- TimmReader.cpp - timm checkpoints ------------------------*- C++ -*-===//

#include "vitc/Checkpoints/TimmReader.h"

#include "../HuggingFace/Config.h"
#include "ImageNetLabels.h"
#include "TimmArchitectures.h"
#include "TimmGraph.h"
#include "TimmPreprocessing.h"
#include "vitc/Description/DescriptionParser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;

namespace {

/// A key that is read, and what its absence means.
struct Key {
  const char *name, *defaultValue;
};

/// Members of `pretrained_cfg`, or of the root if there is none. Those of pictures: TimmPreprocessing.cpp.
constexpr Key pretrainedKeys[] = {{"input_size", "[3, 224, 224]"}, {"fixed_input_size", "false"},
                                  {"num_classes", "1000"},         {"label_names", ""},
                                  {"label_descriptions", ""},      {"label_offset", "0"},
                                  {"crop_pct", "0.875"},           {"crop_mode", "center"},
                                  {"interpolation", "bicubic"},    {"mean", "[0.485, 0.456, 0.406]"},
                                  {"std", "[0.229, 0.224, 0.225]"}};

/// Keys at the root that only tell people something: the model follows from the others.
constexpr const char *inertRootKeys[] = {"_name_or_path", "auto_map",     "global_pool",  "library_name",
                                         "license",       "num_features", "pipeline_tag", "tags"};

/// What transformers' wrapper of timm writes beside timm's own keys (TimmWrapperConfig), and what the model does with
/// it.
constexpr const char *wrapperKeys[] = {"architectures",     "do_pooling",           "model_type",
                                       "output_attentions", "output_hidden_states", "problem_type"};

/// Members of `pretrained_cfg` that change neither the model nor how pictures become inputs: where weights come from,
/// sizes for training and for a second evaluation, names of layers, papers.
constexpr const char *inertPretrainedKeys[] = {
    "architecture", "classifier", "custom_load",   "description",     "file",
    "first_conv",   "hf_hub_id",  "license",       "hf_hub_filename", "min_input_size",
    "notes",        "origin_url", "paper_ids",     "paper_name",      "pool_size",
    "source",       "tag",        "test_crop_pct", "test_input_size", "test_pool_size",
    "url"};

/// Arguments that matter while training, or for how timm holds the model.
constexpr const char *inertModelArgs[] = {
    "attn_drop_rate",      "drop_block_rate",   "drop_path_rate",  "drop_rate",
    "exportable",          "fix_init",          "head_init_scale", "no_jit",
    "out_indices",         "patch_drop_rate",   "pos_drop_rate",   "pretrained_strict",
    "proj_drop_rate",      "scriptable",        "weight_init",     "rope_jitter_coords",
    "rope_rescale_coords", "rope_shift_coords", "zero_init_last"};

/// Arguments that would give another kind of model.
constexpr const char *falseModelArgs[] = {"features_only", "pruned", "use_naflex"};

/// A class of timm's.
struct Class {
  const char *name;
  /// Builds the model; returns how many classes it has scores for.
  int64_t (*build)(TimmGraph &, TimmSettings &, const TimmInput &);
  /// Whether its models are made of maps: they take pictures of any size.
  bool hasMaps = false;
};

int64_t buildVisionTransformer(TimmGraph &graph, TimmSettings &settings, const TimmInput &input) {
  return buildTimmVisionTransformer(graph, settings, input, /*isDistilled=*/false);
}

int64_t buildDistilled(TimmGraph &graph, TimmSettings &settings, const TimmInput &input) {
  return buildTimmVisionTransformer(graph, settings, input, /*isDistilled=*/true);
}

constexpr Class classes[] = {{"VisionTransformer", buildVisionTransformer},
                             {"VisionTransformerDistilled", buildDistilled},
                             {"Eva", buildTimmEva},
                             {"Beit", buildTimmBeit},
                             {"SwinTransformer", buildTimmSwin},
                             {"ResNet", buildTimmResNet, true},
                             {"ConvNeXt", buildTimmConvNext, true},
                             {"EfficientNet", buildTimmEfficientNet, true},
                             {"MobileNetV3", buildTimmMobileNetV3, true}};

const Class &findClass(llvm::StringRef name) {
  return *llvm::find_if(classes, [&](const Class &kind) { return name == kind.name; });
}

std::string listClasses() {
  std::string list;
  for (const Class &kind : classes)
    list += (list.empty() ? "" : &kind == std::prev(std::end(classes)) ? " and " : ", ") + std::string(kind.name);
  return list;
}

class TimmCheckpoint {
public:
  TimmCheckpoint(InputErrors &errors, const CheckpointFile &config, const WeightSource *weights,
                 const std::optional<std::vector<int64_t>> &wantedSize, ModelDescription &result)
      : errors(errors), config(config), root(errors, config.json, ""), weights(weights), wantedSize(wantedSize),
        result(result) {}

  void describe() {
    // Behind a dot, names say which weights.
    const std::string written = root.string("architecture").value_or("");
    std::string name = llvm::StringRef(written).split('.').first.str();
    const TimmArchitecture *architecture = findTimmArchitecture(name);
    if (!architecture && !errors.any()) {
      std::string message = isOtherTimmArchitecture(name) ? "'" + name + "' is not supported"
                                                          : unknownName("architecture", name, timmArchitectureNames());
      bool hasNear = llvm::StringRef(message).contains("did you mean");
      errors.report("/architecture", message + (hasNear ? "" : ", expected one of timm's classes " + listClasses()));
    }
    if (!architecture)
      return;
    result.name = name;
    // Older files have the members of pretrained_cfg at the root.
    const JsonValue *nested = root.find("pretrained_cfg");
    ObjectReader nestedReader(errors, nested ? *nested : emptyObject, "/pretrained_cfg");
    ObjectReader &pretrained = nested ? nestedReader : root;
    const JsonValue *given = nested ? root.find("model_args") : nullptr;
    const JsonValue &modelArgs = given && !given->isNull() ? *given : emptyObject;

    llvm::Expected<JsonValue> implied = parseJson(architecture->arguments, "the table of architectures");
    if (!implied)
      return errors.report(implied.takeError());
    TimmSettings settings(errors, modelArgs, *implied, name);
    TimmInput input = readInput(pretrained, modelArgs);
    if (config.json.find("model_type"))
      readWrapper();
    if (isBare)
      input.classes = 0;
    input.wantedSize = wantedSize;
    noteInert(settings, pretrained, modelArgs);
    TimmGraph graph(errors, result, weights);
    const Class &kind = findClass(architecture->kind);
    int64_t scores = kind.build(graph, settings, input);
    // A projection without a bias (OpenAI's) is no part of a model without a head.
    if (scores == 0 && !graph.hasTensor("head.bias"))
      graph.ignoreTensors([](llvm::StringRef tensor) { return tensor == "head.weight"; });
    settings.finish();
    if (isBare && !errors.any())
      returnStates();
    readLabels(pretrained, scores);
    if (!result.inputs.empty()) {
      ModelInput &image = result.inputs.front();
      if (!kind.hasMaps)
        takeRecommendedSize(settings, pretrained, input.recommendedSize, image);
      image.preprocessing = readTimmPreprocessing(errors, pretrained, image.shape);
    }
    pretrained.finish();
    root.finish();
  }

private:
  /// What transformers' wrapper says around the model.
  void readWrapper() {
    for (const char *key : wrapperKeys)
      root.find(key);
    for (const char *key : huggingface::commonInertKeys())
      if (root.find(key) && !llvm::is_contained(inertRootKeys, llvm::StringRef(key)))
        result.ignoredKeys.push_back(config.path + ": " + root.pointerTo(key));
    for (const char *key : huggingface::falseKeys())
      if (find(root, key) && root.boolean(key).value_or(false))
        errors.report(root.pointerTo(key), "true is not supported");
    if (const JsonValue *list = find(root, "architectures")) {
      const JsonValue *name = list->asArray() && list->asArray()->size() == 1 ? &list->asArray()->front() : nullptr;
      if (!name || !name->asString())
        errors.report("/architectures", "expected an array of one name");
      else if (*name->asString() == "TimmWrapperModel")
        isBare = true;
      else if (*name->asString() != "TimmWrapperForImageClassification")
        errors.report("/architectures", "'" + *name->asString() +
                                            "' is not supported, expected TimmWrapperModel or "
                                            "TimmWrapperForImageClassification");
    }
    if (find(root, "do_pooling"))
      isPooled = root.boolean("do_pooling").value_or(true);
    if (find(root, "problem_type"))
      problem = root.string("problem_type").value_or("");
    if (!llvm::is_contained({"", "single_label_classification", "multi_label_classification", "regression"}, problem))
      errors.report("/problem_type", "'" + problem + "' is not supported");
  }

  /// The outputs of TimmWrapperModel.
  void returnStates() {
    auto offered = [&](llvm::StringRef name) {
      return llvm::find_if(result.availableOutputs, [&](const ModelOutput &output) { return name == output.name; });
    };
    result.outputs = {*offered("last_hidden_state")};
    if (auto pooled = offered("pooler_output"); isPooled && pooled != result.availableOutputs.end())
      result.outputs.push_back(*pooled);
  }

  /// A member of pretrained_cfg, for which null counts as absent.
  static const JsonValue *find(ObjectReader &reader, llvm::StringRef key) {
    const JsonValue *value = reader.find(key);
    return value && !value->isNull() ? value : nullptr;
  }

  TimmInput readInput(ObjectReader &pretrained, const JsonValue &modelArgs) {
    TimmInput input;
    std::vector<int64_t> size = {3, 224, 224};
    if (const JsonValue *value = find(pretrained, "input_size")) {
      std::string where = pretrained.pointerTo("input_size");
      size = readIntegers(errors, where, *value, 1, 1 << 20).value_or(size);
      if (size.size() != 3) {
        errors.report(where, "expected channels, height and width");
        size = {3, 224, 224};
      }
    }
    input.channels = size[0];
    input.recommendedSize = {size[1], size[2]};
    // Models that take pictures of any size have tables for the size of their class' default.
    bool isFixed = find(pretrained, "fixed_input_size") && pretrained.boolean("fixed_input_size").value_or(false);
    const JsonValue *dynamic = modelArgs.find("dynamic_img_size");
    if (isFixed && !(dynamic && dynamic->asBool() && *dynamic->asBool()))
      input.imageSize = input.recommendedSize;
    input.classes = readClasses(pretrained);
    if (const JsonValue *given = isBare ? nullptr : modelArgs.find("num_classes"))
      if (given->asInteger() && hasClasses && *given->asInteger() != input.classes)
        errors.report("/model_args/num_classes", "is " + llvm::Twine(*given->asInteger()) + ", the weights are for " +
                                                     llvm::Twine(input.classes) + " classes (/num_classes)");
    return input;
  }

  /// A model that takes pictures of any size gets those that timm's transform makes, if patches fill them; positions
  /// are resampled.
  void takeRecommendedSize(TimmSettings &settings, ObjectReader &pretrained,
                           const std::vector<int64_t> &recommendedSize, ModelInput &image) {
    if (!settings.boolean("dynamic_img_size", false) || !find(pretrained, "input_size") || errors.any())
      return;
    std::vector<int64_t> patch = settings.size("patch_size", {16, 16});
    const std::vector<int64_t> grid = {image.shape[1] / patch[0], image.shape[2] / patch[1]};
    for (const Node &node : result.nodes)
      if (node.name == "pos_embed" && std::get<std::vector<int64_t>>(node.attributes.at("source_grid")) != grid &&
          recommendedSize != std::vector<int64_t>{image.shape[1], image.shape[2]})
        errors.report(settings.where({"img_size", "dynamic_img_size"}),
                      "positions of the file would be resampled twice, for this size and for that of pictures "
                      "(input_size), which is not supported");
    if (recommendedSize[0] % patch[0] == 0 && recommendedSize[1] % patch[1] == 0)
      image.shape = {image.shape[0], recommendedSize[0], recommendedSize[1]};
  }

  /// The number at the root overrides that of pretrained_cfg; a negative one means the class' default.
  int64_t readClasses(ObjectReader &pretrained) {
    int64_t classes = -1;
    for (ObjectReader *reader : {&pretrained, &root})
      if (find(*reader, "num_classes"))
        classes = reader->integer("num_classes", -1, 1 << 20).value_or(classes);
    hasClasses = classes >= 0;
    return hasClasses ? classes : 1000;
  }

  void noteInert(TimmSettings &settings, ObjectReader &pretrained, const JsonValue &modelArgs) {
    auto note = [&](const std::string &pointer) { result.ignoredKeys.push_back(config.path + ": " + pointer); };
    for (const char *key : inertRootKeys)
      if (root.find(key))
        note(root.pointerTo(key));
    for (const char *key : inertPretrainedKeys)
      if (pretrained.find(key))
        note(pretrained.pointerTo(key));
    for (const char *key : inertModelArgs)
      if (settings.skips(key))
        note(jsonPointer("/model_args", key));
    for (const char *key : falseModelArgs)
      if (!errors.ignores(jsonPointer("/model_args", key)) && settings.boolean(key, false))
        settings.unsupported(key, "true");
    if (const JsonValue *offset = find(pretrained, "label_offset"))
      if (!offset->asInteger() || *offset->asInteger() != 0)
        errors.report(pretrained.pointerTo("label_offset"), "only 0 is supported: weights of other classes in front");
  }

  /// Names of classes, or their descriptions where there are any.
  void readLabels(ObjectReader &pretrained, int64_t classes) {
    const JsonValue *names = nullptr, *descriptions = nullptr;
    std::string where, descriptionsWhere;
    for (ObjectReader *reader : {&pretrained, &root}) {
      // "labels" is the older name of "label_names".
      for (const char *key : {"labels", "label_names"})
        if (const JsonValue *value = find(*reader, key)) {
          names = value;
          where = reader->pointerTo(key);
        }
      if (const JsonValue *value = find(*reader, "label_descriptions")) {
        descriptions = value;
        descriptionsWhere = reader->pointerTo("label_descriptions");
      }
    }
    if (descriptions && !descriptions->asObject())
      return reportKind(errors, descriptionsWhere, *descriptions, "an object");
    if (classes == 0)
      return;
    result.scores = classes == 1 ? Scores::Sigmoid : Scores::Softmax;
    if (problem == "multi_label_classification")
      result.scores = Scores::Sigmoid;
    else if (problem == "regression")
      result.scores = Scores::None;
    if (!names) {
      result.labels = imageNetLabels(classes);
      return;
    }
    std::vector<std::string> labels = readNames(*names, where);
    if (!errors.any() && int64_t(labels.size()) != classes)
      errors.report(where,
                    "has " + llvm::Twine(labels.size()) + " names, the model has " + llvm::Twine(classes) + " classes");
    for (std::string &label : labels)
      if (const JsonValue *text = descriptions ? descriptions->find(label) : nullptr)
        label = readString(errors, jsonPointer(descriptionsWhere, label), *text).value_or(label);
    result.labels = std::move(labels);
  }

  /// An array, or an object from the class' number to its name.
  std::vector<std::string> readNames(const JsonValue &names, const std::string &where) {
    std::vector<std::string> labels;
    if (const JsonValue::Array *array = names.asArray()) {
      for (const auto &[index, name] : llvm::enumerate(*array))
        labels.push_back(readString(errors, jsonPointer(where, index), name).value_or(""));
      return labels;
    }
    if (!names.asObject()) {
      reportKind(errors, where, names, "an array or an object");
      return labels;
    }
    std::vector<std::optional<std::string>> byIndex(names.asObject()->size());
    for (const auto &[key, name] : *names.asObject()) {
      uint64_t index = 0;
      std::string pointer = jsonPointer(where, key);
      if (llvm::StringRef(key).getAsInteger(10, index) || index >= byIndex.size() || byIndex[index])
        errors.report(pointer, "expected the numbers from 0 to " + llvm::Twine(byIndex.size() - 1) + " as keys");
      else
        byIndex[index] = readString(errors, pointer, name).value_or("");
    }
    for (std::optional<std::string> &name : byIndex)
      labels.push_back(name.value_or(""));
    return labels;
  }

  InputErrors &errors;
  const CheckpointFile &config;
  const JsonValue emptyObject = JsonValue::Object();
  ObjectReader root;
  const WeightSource *weights;
  const std::optional<std::vector<int64_t>> &wantedSize;
  ModelDescription &result;
  bool hasClasses = false;
  /// Of transformers' wrapper: the class without a head; whether it pools; what logits are scores of.
  bool isBare = false, isPooled = true;
  std::string problem;
};

/// What models of a class may be given, and its defaults.
std::vector<TimmSettings::Argument> argumentsOf(const Class &kind) {
  const JsonValue none = JsonValue::Object();
  InputErrors errors("");
  ModelDescription model;
  TimmSettings settings(errors, none, none, "");
  TimmGraph graph(errors, model, nullptr);
  kind.build(graph, settings, TimmInput());
  return settings.read();
}

std::string listKeys(llvm::ArrayRef<Key> keys) {
  std::vector<std::string> list;
  for (const Key &key : keys)
    list.push_back(std::string("`") + key.name + "`" +
                   (*key.defaultValue ? std::string(" (") + key.defaultValue + ")" : ""));
  return llvm::join(list, ", ");
}

std::string listNames(llvm::ArrayRef<const char *> names) { return "`" + llvm::join(names, "`, `") + "`"; }

} // namespace

llvm::Expected<ModelDescription> vitc::readTimm(const CheckpointFile &config, const WeightSource *weights,
                                                const std::optional<std::vector<int64_t>> &imageSize) {
  ModelDescription description;
  description.file = config.path;
  InputErrors errors(config.path, &config.json);
  errors.setIgnoredKeys(config.ignoredKeys);
  TimmCheckpoint(errors, config, weights, imageSize, description).describe();
  if (llvm::Error error = errors.take())
    return error;
  if (llvm::Error error = validateDescription(description))
    return error;
  return description;
}

std::string vitc::timmClassOf(const JsonValue &config) {
  const JsonValue *name = config.find("architecture");
  const TimmArchitecture *found =
      name && name->asString() ? findTimmArchitecture(llvm::StringRef(*name->asString()).split('.').first) : nullptr;
  return found ? found->kind : "";
}

std::vector<PreprocessStep> vitc::timmPreprocessing(const CheckpointFile &config,
                                                    const std::vector<int64_t> &imageShape) {
  InputErrors errors(config.path);
  const JsonValue *nested = config.json.find("pretrained_cfg");
  ObjectReader pretrained(errors, nested ? *nested : config.json, "");
  std::vector<PreprocessStep> steps = readTimmPreprocessing(errors, pretrained, imageShape);
  llvm::consumeError(errors.take());
  return steps;
}

std::string vitc::timmReference() {
  std::string text;
  for (const Class &kind : classes) {
    std::vector<std::string> names;
    for (const std::string &name : timmArchitectureNames())
      if (findTimmArchitecture(name)->kind == llvm::StringRef(kind.name))
        names.push_back(name);
    text += std::string("**`") + kind.name + "`**: " + std::to_string(names.size()) + " architectures, " +
            names.front() + " … " + names.back() + ".";
    if (kind.build == buildDistilled) {
      text += " Keys as VisionTransformer's.\n\n";
      continue;
    }
    std::vector<TimmSettings::Argument> arguments = argumentsOf(kind);
    std::vector<Key> keys;
    for (const TimmSettings::Argument &argument : arguments)
      keys.push_back({argument.name.c_str(), argument.defaultValue.c_str()});
    text += "\n- keys of `model_args` (defaults, unless the architecture says otherwise): " + listKeys(keys) + "\n\n";
  }
  return text + "**All**: `architecture`, `model_args`, `pretrained_cfg`; beside or in `pretrained_cfg` " +
         listKeys(pretrainedKeys) + ". Without effect, beside `pretrained_cfg`: " + listNames(inertRootKeys) +
         "; in it: " + listNames(inertPretrainedKeys) + "; in `model_args`: " + listNames(inertModelArgs) +
         ". Errors, if they are true: " + listNames(falseModelArgs) + ".\n";
}
