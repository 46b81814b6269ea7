//===- Backbone.cpp - a backbone within a larger model ----------*- C++ -*-===//

#include "Backbone.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// The tensors of a file behind a prefix, without it: what a family's backbone sees of a larger model.
class TensorsBehind final : public WeightSource {
public:
  TensorsBehind(const WeightSource &file, llvm::StringRef prefix) : file(file), prefix(prefix) {}

  std::vector<std::string> names() const override {
    std::vector<std::string> own;
    for (const std::string &name : file.names())
      if (llvm::StringRef rest = name; rest.consume_front(prefix))
        own.push_back(rest.str());
    return own;
  }
  const TensorInfo *find(llvm::StringRef name) const override { return file.find(prefix + name.str()); }
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override {
    return file.read(prefix + name.str(), first, count, out);
  }
  std::string fileOf(llvm::StringRef name) const override { return file.fileOf(prefix + name.str()); }
  std::vector<std::string> files() const override { return file.files(); }

private:
  const WeightSource &file;
  const std::string prefix;
};
} // namespace

std::unique_ptr<WeightSource> vitc::huggingface::tensorsBehind(const WeightSource &file, const std::string &prefix) {
  return std::make_unique<TensorsBehind>(file, prefix);
}

void vitc::huggingface::rejectOtherBackbones(ConfigReader &config) {
  InputErrors &errors = config.getErrors();
  for (const char *key : {"backbone", "backbone_kwargs"})
    if (config.gives(key))
      errors.report(config.pointerTo(key), "is not supported, expected a 'backbone_config'");
  if (config.boolean("use_timm_backbone"))
    errors.report(config.pointerTo("use_timm_backbone"), "is not supported, expected a 'backbone_config'");
}

/// The family of the backbone that `section` at `place` describes, one of `types`; null after an error.
static const Family *findBackbone(InputErrors &errors, const JsonValue &section, const std::string &place,
                                  llvm::ArrayRef<llvm::StringRef> types) {
  const JsonValue *type = section.find("model_type");
  if (!type || !type->asString()) {
    errors.report(place, "expected a backbone's configuration with a 'model_type'");
    return nullptr;
  }
  auto hasBackbone = [&](const Family &family) {
    // ViTPose's makes no maps.
    const bool isWanted =
        types.empty() ? family.type != llvm::StringRef("vitpose_backbone") : llvm::is_contained(types, family.type);
    return isWanted &&
           llvm::any_of(family.architectures, [](const Architecture &a) { return a.head == Head::Backbone; });
  };
  const Family *family = findFamily(*type->asString());
  if (family && hasBackbone(*family))
    return family;
  std::vector<std::string> known;
  for (const Family &other : families())
    if (hasBackbone(other))
      known.push_back(other.type);
  errors.report(jsonPointer(place, "model_type"),
                "'" + *type->asString() + "' is not supported, expected one of " + llvm::join(known, ", "));
  return nullptr;
}

BackboneOutputs vitc::huggingface::embedBackbone(Model &model, ModelDescription own, const std::string &tensors) {
  const std::string prefix = "backbone.", input = own.inputs.front().name;
  for (const std::string &tensor : own.ignoredTensors)
    model.result.ignoredTensors.push_back(tensors + tensor);
  for (auto &output : own.availableOutputs)
    model.offers(output.name, prefix + output.from);
  model.result.inputs = own.inputs;
  for (Node &node : own.nodes) {
    node.name = prefix + node.name;
    node.where = "node " + node.name;
    for (std::string &name : node.inputs)
      if (name != input)
        name = prefix + name;
    for (auto &[role, tensor] : node.parameters)
      tensor = tensors + tensor;
    model.result.nodes.push_back(std::move(node));
  }
  BackboneOutputs outputs;
  for (const auto &output : own.outputs)
    outputs.values.push_back(prefix + output.from);
  return outputs;
}

BackboneOutputs vitc::huggingface::addBackbone(Model &model, const JsonValue &description, const std::string &place,
                                               const std::string &prefix, llvm::ArrayRef<llvm::StringRef> types) {
  const Family *family = findBackbone(model.errors, description, place, types);
  if (!family)
    return {};
  static constexpr ConfigKey more[] = {{"architectures", "null"}, {"model_type", "null"}};
  ConfigReader section(model.errors, description, place, {family->keys, {labelKeys(), {}}, {more, {}}});
  std::optional<TensorsBehind> tensors;
  if (model.weights)
    tensors.emplace(*model.weights, prefix);
  ModelDescription own;
  Model backbone(model.errors, own, tensors ? &*tensors : nullptr, family->type, Head::Backbone, model.isResized,
                 model.pictureSize);
  family->build(backbone, section, section);
  std::vector<std::string> ignored, notes;
  section.finish(ignored, notes);
  if (model.errors.any())
    return {};

  // Everything of it is called as in the whole model.
  for (const std::string &pointer : ignored)
    model.result.ignoredKeys.push_back(model.result.file + ": " + pointer);
  BackboneOutputs outputs = embedBackbone(model, std::move(own), prefix);
  outputs.areTokens = section.knows("reshape_hidden_states") && !section.boolean("reshape_hidden_states");
  if (outputs.areTokens) {
    outputs.width = section.integer("hidden_size");
    outputs.registers = section.knows("num_register_tokens") ? section.integer("num_register_tokens", 0) : 0;
    for (auto [pixels, patch] : llvm::zip_equal(model.sizeOfPicture(), section.size("patch_size")))
      outputs.grid.push_back(pixels / patch);
  }
  return outputs;
}

BackboneOutputs vitc::huggingface::addBackbone(Model &model, ConfigReader &config,
                                               llvm::ArrayRef<llvm::StringRef> types) {
  static const JsonValue none = JsonValue::Object();
  const JsonValue *section = config.find("backbone_config");
  return addBackbone(model, section ? *section : none,
                     section ? config.pointerTo("backbone_config") : config.placeOf("backbone_config"), "backbone.",
                     types);
}

BackboneOutputs vitc::huggingface::addTokenBackbone(Model &model, ConfigReader &config) {
  const BackboneOutputs outputs = addBackbone(model, config, {"dinov2", "dinov2_with_registers"});
  const std::string section = config.pointerTo("backbone_config");
  if (!model.errors.any() && !outputs.areTokens)
    model.errors.report(section, "'reshape_hidden_states' is true, the library's neck wants tokens: expected false");
  if (outputs.registers)
    model.errors.report(jsonPointer(section, "num_register_tokens"),
                        "is " + llvm::Twine(outputs.registers) + ", which the library's neck takes for patches");
  return outputs;
}
