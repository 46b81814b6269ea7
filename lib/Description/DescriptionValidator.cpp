//===- DescriptionValidator.cpp - what every description satisfies -*- C++ -*-===//

#include "vitc/Description/DescriptionParser.h"
#include "vitc/Description/ModelName.h"
#include "vitc/Description/OpSpec.h"
#include "vitc/Support/JsonReader.h"
#include "vitc/Weights/Shape.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

#include <cmath>
#include <limits>

using namespace vitc;

namespace {

class Validator {
public:
  Validator(InputErrors &errors, const ModelDescription &description) : errors(errors), description(description) {}

  void validate() {
    checkName("/name", description.name);
    if (description.inputs.empty())
      errors.report("/inputs", "a model has at least one input");
    for (const auto &[index, input] : llvm::enumerate(description.inputs))
      checkInput(input, jsonPointer("/inputs", index));
    if (description.nodes.empty())
      errors.report("/nodes", "a model has at least one node");
    for (const Node &node : description.nodes) {
      if (errors.any())
        return;
      errors.enterNode(node.name);
      checkNode(node);
    }
    errors.enterNode("");
    if (description.outputs.empty())
      errors.report("/outputs", "a model has at least one output");
    llvm::StringSet<> outputs;
    for (const auto &[index, output] : llvm::enumerate(description.outputs)) {
      std::string where = jsonPointer("/outputs", index);
      checkName(where + "/name", output.name);
      if (!outputs.insert(output.name).second)
        errors.report(where + "/name", "the name '" + output.name + "' occurs twice");
      // Whether a node has the part is known when it is expanded.
      llvm::StringRef value = llvm::StringRef(output.from).split('/').first;
      if (!values.contains(value))
        errors.report(where + "/from", unknownValue(value));
    }
    checkPostprocessing();
    for (const auto &[index, label] : llvm::enumerate(description.labels))
      if (label.find('\0') != std::string::npos)
        errors.report(jsonPointer("/labels", index), "has a character U+0000, which ends a string of C");
    if (description.weights.find('/') != std::string::npos || description.weights == "." || description.weights == "..")
      errors.report("/weights", "is not a plain file name in the description's directory");
  }

private:
  void checkName(const std::string &where, llvm::StringRef name) {
    if (!isName(name))
      errors.report(where, notAName(name));
  }

  void addValue(const std::string &where, llvm::StringRef name) {
    checkName(where, name);
    if (!values.insert(name).second)
      errors.report(where, "the name '" + name + "' occurs twice");
  }

  std::string unknownValue(llvm::StringRef name) const {
    for (const Node &node : description.nodes)
      if (node.name == name)
        return ("'" + name + "' is computed later").str();
    std::vector<std::string> known;
    if (values.size() <= 1000)
      for (const auto &entry : values)
        known.push_back(entry.getKey().str());
    std::string message = unknownName("value", name, known);
    // The list of everything that exists helps nobody.
    return message.substr(0, message.find(", expected one of"));
  }

  void checkInput(const ModelInput &input, const std::string &where) {
    addValue(where + "/name", input.name);
    if (input.isImage && input.shape.size() == 3)
      checkPreprocessing(input, where + "/preprocessing");
    else if (input.shape.empty() || input.shape.size() > 8)
      errors.report(where + "/shape", "an input has 1 to 8 dimensions");
    if (input.isImage && input.dtype != DType::F32 && input.dtype != DType::U8)
      errors.report(where + "/dtype", "an image is f32 or u8");
    if (input.defaultValue)
      checkDefault(input, *input.defaultValue, where + "/default");
    if (!input.maskOf.empty())
      checkMask(input, where + "/mask_of");
  }

  /// The value must be one of the input's dtype.
  void checkDefault(const ModelInput &input, double value, const std::string &where) {
    const double most = input.dtype == DType::Bool ? 1 : input.dtype == DType::U8 ? 255 : 0x1p+31 - 1;
    const bool isSigned = input.dtype != DType::Bool && input.dtype != DType::U8;
    const bool isReal = input.dtype == DType::F32;
    if (!std::isfinite(value) || (isReal && std::isinf(float(value))) ||
        (!isReal && (value != std::floor(value) || value > most || value < (isSigned ? -most : 0))))
      errors.report(where, "is " + numberText(value) + ", which is no " + llvm::Twine(nameOf(input.dtype)));
    if (&input == &description.inputs.front())
      errors.report(where, "the first input cannot be left out");
  }

  /// It must have the size of the image that it is a mask of.
  void checkMask(const ModelInput &input, const std::string &where) {
    auto image = llvm::find_if(description.inputs, [&](const ModelInput &other) { return other.name == input.maskOf; });
    if (image == description.inputs.end() || !image->isImage)
      errors.report(where, "there is no image '" + input.maskOf + "'");
    else if (llvm::ArrayRef(image->shape).drop_front() != llvm::ArrayRef(input.shape))
      errors.report(where, "the mask has shape " + shapeText(input.shape) + ", the image " + shapeText(image->shape));
  }

  void checkPostprocessing() {
    const Postprocessing &own = description.postprocessing;
    if (own.kind == Postprocessing::Kind::None)
      return;
    bool isDetection = own.kind == Postprocessing::Kind::Detection;
    auto checkOutput = [&](const char *key, const std::string &name) {
      if (llvm::none_of(description.outputs, [&](const ModelOutput &output) { return output.name == name; }))
        errors.report(std::string("/postprocessing/") + key, "there is no output '" + name + "'");
    };
    checkOutput(isDetection ? "logits" : "output", own.output);
    if (isDetection)
      checkOutput("boxes", own.boxes);
    if (own.threshold < 0 || own.threshold > 1)
      errors.report("/postprocessing/threshold", "is " + numberText(own.threshold) + ", expected a number from 0 to 1");
    if (own.filter != "bilinear" && own.filter != "bicubic")
      errors.report("/postprocessing/filter", unknownName("filter", own.filter, {"bilinear", "bicubic"}));
    if (description.scores != Scores::None)
      errors.report("/postprocessing", "does not go together with 'scores', which are those of the first output");
  }

  void checkFill(llvm::ArrayRef<double> fill, size_t channels, const std::string &where) {
    if (fill.size() != channels)
      errors.report(where + "/fill", "has one number for each of the " + llvm::Twine(channels) + " channels");
    for (double value : fill)
      if (value < 0 || value > 255 || value != std::floor(value))
        errors.report(where + "/fill", "has " + numberText(value) + ", expected integers from 0 to 255");
  }

  void checkPreprocessing(const ModelInput &input, const std::string &where) {
    if (input.preprocessing.empty())
      return;
    size_t channels = size_t(input.shape[0]);
    if (channels != 1 && channels != 3)
      errors.report(where, "pictures have 1 or 3 channels, the input has " + llvm::Twine(channels) +
                               ": it is made in another way, without these steps");
    std::vector<double> size;
    bool reals = false, resizes = false, isBounded = false;
    // Step 0 is "decode", which is not written in a description.
    for (const auto &[number, step] : llvm::enumerate(llvm::ArrayRef(input.preprocessing).drop_front())) {
      std::string stepWhere = jsonPointer(where, number);
      llvm::StringRef kind = step.kind;
      if (kind.starts_with("resize")) {
        static const std::vector<std::string> filters = {"nearest",
                                                         "bilinear",
                                                         "bicubic",
                                                         "lanczos",
                                                         "box",
                                                         "hamming",
                                                         "torchvision_nearest",
                                                         "torchvision_bilinear",
                                                         "torchvision_bicubic",
                                                         "torchvision_lanczos"};
        if (!llvm::is_contained(filters, step.filter))
          errors.report(stepWhere + "/filter", unknownName("filter", step.filter, filters));
      }
      if (kind == "center_crop" && !step.filter.empty() && step.filter != "even" && step.filter != "zero")
        errors.report(stepWhere + "/rounding", unknownName("rounding", step.filter, {"down", "even", "zero"}));
      if (kind == "rescale" || kind == "normalize") {
        reals = true;
      } else if (kind != "flip_channels") {
        resizes = true;
        isBounded = kind == "resize_bounded_edges" || kind == "resize_one_side";
        size.clear();
      }
      if (kind == "resize" || kind == "center_crop" || kind == "pad_end")
        size = step.values;
      reals |= kind == "pad_end";
      if (kind == "normalize") {
        if (step.values.size() != 2 * channels)
          errors.report(stepWhere,
                        "mean and std have one number for each of the " + llvm::Twine(channels) + " channels");
        for (size_t channel = channels; channel < step.values.size(); ++channel)
          if (!isDeviation(step.values[channel]))
            errors.report(jsonPointer(stepWhere + "/std", channel - channels),
                          "is " + numberText(step.values[channel]) + ", a standard deviation is greater than 0");
      } else if (kind == "pad") {
        if (reals)
          errors.report(stepWhere, "pictures are padded before 'rescale' and 'normalize'");
        checkFill(llvm::ArrayRef(step.values).drop_front(2), channels, stepWhere);
      }
    }
    if (reals && input.dtype == DType::U8)
      errors.report(where, "'rescale' and 'normalize' make real numbers of a picture, the input is u8");
    // Without any of these steps, pictures must have the input's size already.
    if (!resizes)
      return;
    // What pictures become depends on them: those of one shape have the input's size.
    if (isBounded)
      return;
    if (size.empty())
      errors.report(where, "the steps do not lead to one size: end with 'resize' or 'center_crop'");
    else if (size[0] != double(input.shape[1]) || size[1] != double(input.shape[2]))
      errors.report(where, "the steps lead to " + llvm::Twine(int64_t(size[0])) + "x" + llvm::Twine(int64_t(size[1])) +
                               ", the input is " + llvm::Twine(input.shape[1]) + "x" + llvm::Twine(input.shape[2]));
  }

  void checkNode(const Node &node) {
    const OpSpec *spec = findOpSpec(node.op);
    if (!spec)
      return errors.report(node.where + "/op", unknownOp(node.op));
    if (node.inputs.size() < spec->minInputs || node.inputs.size() > spec->maxInputs) {
      std::string expected = std::to_string(spec->minInputs);
      if (spec->minInputs != spec->maxInputs)
        expected += " to " + std::to_string(spec->maxInputs);
      errors.report(node.where + "/inputs",
                    "op '" + node.op + "' has " + expected + " inputs, here are " + llvm::Twine(node.inputs.size()));
    }
    for (const auto &[index, input] : llvm::enumerate(node.inputs))
      if (!values.contains(input))
        errors.report(jsonPointer(node.where + "/inputs", index), unknownValue(input));
    for (const AttributeSpec &attribute : spec->attributes)
      checkAttribute(node, attribute);
    for (const auto &[name, value] : node.attributes)
      if (!spec->findAttribute(name))
        errors.report(jsonPointer(node.where, name), "unknown attribute of op '" + node.op + "'");
    for (const auto &[role, tensor] : node.parameters) {
      if (!spec->hasRole(role))
        errors.report(node.where + "/parameters", "op '" + node.op + "' has no parameter '" + role + "'");
      if (tensor.empty())
        errors.report(node.where + "/parameters", "the name of the tensor for '" + role + "' is empty");
    }
    for (const ParameterSpec &parameter : spec->parameters)
      checkParameter(node, parameter);
    addValue(node.where + "/name", node.name);
  }

  void checkAttribute(const Node &node, const AttributeSpec &spec) {
    std::string where = jsonPointer(node.where, spec.name);
    auto found = node.attributes.find(spec.name);
    if (found == node.attributes.end()) {
      if (!spec.optional)
        errors.report(node.where, llvm::Twine("the attribute '") + spec.name + "' is missing");
      return;
    }
    const AttributeValue &value = found->second;
    auto inRange = [&](int64_t number) {
      if (number < spec.minimum || number > spec.maximum)
        errors.report(where, "is " + llvm::Twine(number) + ", expected an integer from " + llvm::Twine(spec.minimum) +
                                 " to " + llvm::Twine(spec.maximum));
    };
    auto wrongType = [&] { errors.report(where, "the attribute has the wrong type"); };
    switch (spec.type) {
    case AttributeType::Bool:
      return std::holds_alternative<bool>(value) ? void() : wrongType();
    case AttributeType::Integer:
      return std::holds_alternative<int64_t>(value) ? inRange(std::get<int64_t>(value)) : wrongType();
    case AttributeType::Real: {
      const double *real = std::get_if<double>(&value);
      if (!real)
        return wrongType();
      bool isBounded = spec.minimum != std::numeric_limits<int64_t>::min();
      if (!isFiniteF32(*real))
        errors.report(where, "is " + numberText(*real) + ", expected a number that is finite in 32 bits");
      else if (isBounded && *real < double(spec.minimum))
        errors.report(where, "is " + numberText(*real) + ", expected at least " + llvm::Twine(spec.minimum));
      return;
    }
    case AttributeType::Choice: {
      const std::string *word = std::get_if<std::string>(&value);
      if (!word)
        return wrongType();
      if (!llvm::is_contained(spec.choices, llvm::StringRef(*word)))
        errors.report(where,
                      unknownName("value", *word, std::vector<std::string>(spec.choices.begin(), spec.choices.end())));
      return;
    }
    case AttributeType::Integers:
    case AttributeType::Size:
    case AttributeType::Dims: {
      const auto *list = std::get_if<std::vector<int64_t>>(&value);
      if (const auto *dim = std::get_if<int64_t>(&value); dim && spec.type == AttributeType::Dims)
        return inRange(*dim);
      if (!list)
        return wrongType();
      unsigned count = spec.type == AttributeType::Size ? 2 : spec.count;
      if (count ? list->size() != count : list->empty() || list->size() > 8)
        errors.report(where, "expected " + llvm::Twine(count ? std::to_string(count) : "1 to 8") +
                                 " integers, here are " + llvm::Twine(list->size()));
      llvm::for_each(*list, inRange);
      return;
    }
    }
  }

  void checkParameter(const Node &node, const ParameterSpec &parameter) {
    std::string where = node.where + "/parameters";
    std::string role = parameter.name;
    std::string bias;
    if (parameter.kind == ParameterKind::Module) {
      if (!role.empty())
        role += ".";
      bias = role + "bias";
      role += "weight";
    }
    if (node.parameters.count(role))
      return;
    if (!bias.empty() && node.parameters.count(bias))
      errors.report(where, "'" + bias + "' without '" + role + "'");
    if (parameter.required)
      errors.report(node.where, "op '" + node.op + "' needs the parameter '" +
                                    (parameter.name.empty() ? role : parameter.name) + "'");
  }

  InputErrors &errors;
  const ModelDescription &description;
  llvm::StringSet<> values;
};

} // namespace

llvm::Error vitc::validateDescription(const ModelDescription &description) {
  InputErrors errors(description.file, description.text.get());
  Validator(errors, description).validate();
  return errors.take();
}

void vitc::fitMasks(ModelDescription &description) {
  for (ModelInput &mask : description.inputs)
    for (const ModelInput &image : description.inputs)
      if (!mask.maskOf.empty() && mask.maskOf == image.name)
        mask.shape = llvm::ArrayRef(image.shape).drop_front().vec();
}
