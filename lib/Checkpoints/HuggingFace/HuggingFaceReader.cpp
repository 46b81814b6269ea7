//===- Importer.cpp - transformers checkpoints ------------------*- C++ -*-===//

#include "vitc/Checkpoints/HuggingFaceReader.h"

#include "Families.h"
#include "Preprocessor.h"
#include "vitc/Description/DescriptionParser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

llvm::ArrayRef<Family> vitc::huggingface::families() {
  static const std::vector<Family> all = [] {
    std::vector<Family> list;
    for (llvm::ArrayRef<Family> some :
         {vitFamilies(),           dinov2Families(),      dinov3Families(),    clipFamilies(),
          beitFamilies(),          yolosFamilies(),       resnetFamilies(),    mobilenetV2Families(),
          convnextFamilies(),      mobilenetV1Families(), regnetFamilies(),    efficientnetFamilies(),
          poolformerFamilies(),    pvtV2Families(),       levitFamilies(),     mobilevitFamilies(),
          mobilevitV2Families(),   swinFamilies(),        segformerFamilies(), upernetFamilies(),
          depthAnythingFamilies(), dptFamilies(),         detrFamilies(),      conditionalDetrFamilies(),
          samFamilies(),           vitposeFamilies(),     vitdetFamilies(),    vitmatteFamilies(),
          hieraFamilies(),         bitFamilies()})
      llvm::append_range(list, some);
    return list;
  }();
  return all;
}

const Family *vitc::huggingface::findFamily(llvm::StringRef type) {
  auto *found = llvm::find_if(families(), [&](const Family &family) { return type == family.type; });
  return found == families().end() ? nullptr : &*found;
}

namespace {

class Checkpoint {
public:
  Checkpoint(InputErrors &errors, const CheckpointFile &config, const Family &family, const WeightSource *weights,
             bool isResized, std::optional<std::vector<int64_t>> pictureSize)
      : errors(errors), config(config), family(family), weights(weights), isResized(isResized),
        pictureSize(std::move(pictureSize)) {}

  void describe(ModelDescription &result) {
    const Architecture *architecture = findArchitecture();
    if (!architecture)
      return;
    if (!family.section) {
      ConfigReader reader(errors, config.json, "", {family.keys, {labelKeys(), {}}, {wholeKeys, {}}});
      build(result, *architecture, reader, reader);
      reader.finish(ignored, notes);
    } else {
      ConfigReader outer(errors, config.json, "", {family.outerKeys, {labelKeys(), {}}, {wholeKeys, {}}});
      auto [section, pointer] = findSection(outer);
      ConfigReader reader(errors, *section, pointer, {family.keys});
      build(result, *architecture, reader, outer);
      reader.finish(ignored, notes);
      outer.finish(ignored, notes);
    }
    for (const std::string &pointer : ignored)
      result.ignoredKeys.push_back(config.path + ": " + pointer);
    for (const std::string &note : notes)
      result.notes.push_back(config.path + ": " + note);
  }

private:
  /// Read by hand.
  static constexpr ConfigKey wholeKeys[] = {{"architectures", "null"}, {"model_type", "null"}};

  void build(ModelDescription &result, const Architecture &architecture, ConfigReader &reader, ConfigReader &outer) {
    Model model(errors, result, weights, family.type, architecture.head, isResized, pictureSize);
    model.labels = readLabels(outer);
    family.build(model, reader, outer);
    if (architecture.head == Head::Classifier || architecture.head == Head::Distilled)
      model.setLabels();
  }

  const Architecture *findArchitecture() {
    auto isMissing = [&](const Architecture &candidate) {
      return candidate.sign && !(weights && weights->find(candidate.sign));
    };
    const JsonValue *list = config.json.find("architectures");
    if (!list || list->isNull())
      return llvm::find_if_not(family.architectures, isMissing);
    if (!list->asArray() || list->asArray()->size() != 1 || !list->asArray()->front().asString()) {
      errors.report("/architectures", "expected an array of one name");
      return nullptr;
    }
    const std::string &name = *list->asArray()->front().asString();
    std::vector<std::string> known;
    for (const Architecture &candidate : family.architectures) {
      if (name == candidate.name)
        return &candidate;
      known.push_back(candidate.name);
    }
    errors.report("/architectures", "'" + name + "' is not supported, expected " + llvm::join(known, " or "));
    return nullptr;
  }

  /// The object that describes the encoder, and its pointer.
  std::pair<const JsonValue *, std::string> findSection(ConfigReader &outer) {
    static const JsonValue empty = JsonValue::Object();
    const JsonValue *section = outer.find(family.section);
    // What older files of CLIP have beside it overrides all of it, with defaults for what it leaves out (CLIPConfig).
    std::string override = std::string(family.section) + "_dict";
    if (const JsonValue *other = family.type == llvm::StringRef("clip") ? outer.find(override) : nullptr) {
      if (section)
        ignored.push_back(outer.pointerTo(family.section));
      return {other, outer.pointerTo(override)};
    }
    if (section)
      return {section, outer.pointerTo(family.section)};
    return {&empty, ""};
  }

  InputErrors &errors;
  const CheckpointFile &config;
  const Family &family;
  const WeightSource *weights;
  const bool isResized;
  const std::optional<std::vector<int64_t>> pictureSize;
  std::vector<std::string> ignored, notes;
};

} // namespace

llvm::Expected<ModelDescription> vitc::readHuggingFace(const CheckpointFile &config, const CheckpointFile *preprocessor,
                                                       const WeightSource *weights,
                                                       const std::optional<std::vector<int64_t>> &imageSize) {
  const bool isResized = imageSize.has_value();
  ModelDescription description;
  description.file = config.path;
  InputErrors errors(config.path, &config.json);
  errors.setIgnoredKeys(config.ignoredKeys);
  const JsonValue *type = config.json.find("model_type");
  if (!type || !type->asString()) {
    errors.report("/model_type", llvm::Twine("is ") + (type ? type->kindName() : "missing") + ", expected a string");
    return errors.take();
  }
  const Family *family = findFamily(*type->asString());
  if (!family) {
    std::vector<std::string> known;
    for (const Family &other : families())
      known.push_back(other.type);
    errors.report("/model_type",
                  "'" + *type->asString() + "' is not supported, expected one of " + llvm::join(known, ", "));
    return errors.take();
  }
  description.name = family->type;
  Checkpoint(errors, config, *family, weights, isResized, std::nullopt).describe(description);
  if (llvm::Error error = errors.take())
    return error;
  const Shape configured = description.inputs.front().shape;
  if (preprocessor) {
    InputErrors preprocessorErrors(preprocessor->path, &preprocessor->json, preprocessor->pointer);
    preprocessorErrors.setIgnoredKeys(config.ignoredKeys);
    ModelInput &image = description.inputs.front();
    image.preprocessing =
        readPreprocessor(*preprocessor, *type->asString(), image.shape, family->takesAnySize || isResized,
                         preprocessorErrors, description.ignoredKeys, description.notes);
    if (llvm::Error error = preprocessorErrors.take())
      return error;
  }
  const std::vector<int64_t> size =
      imageSize.value_or(llvm::ArrayRef(description.inputs.front().shape).drop_front().vec());
  if (family->dependsOnSize && llvm::ArrayRef(configured).drop_front() != llvm::ArrayRef(size)) {
    ModelDescription again;
    Checkpoint(errors, config, *family, weights, isResized, size).describe(again);
    if (llvm::Error error = errors.take())
      return error;
    description.nodes = std::move(again.nodes);
  }
  fitMasks(description);
  if (llvm::Error error = validateDescription(description))
    return error;
  return description;
}
