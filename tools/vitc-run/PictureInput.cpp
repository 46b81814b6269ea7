//===- PictureInput.cpp - from picture files to a model's input -----------===//

#include "PictureInput.h"

#include "Tensors.h"

#include "vitc/Files/Files.h"

#include <algorithm>

using namespace vitc;

namespace {

/// Whether a step changes the size of pictures.
bool changesSize(const std::vector<ImageStep> &steps) {
  return std::any_of(steps.begin(), steps.end(), [](const ImageStep &step) {
    return !std::holds_alternative<DecodeStep>(step) && !std::holds_alternative<RescaleStep>(step) &&
           !std::holds_alternative<NormalizeStep>(step);
  });
}

/// Whether pictures of each shape become others.
bool sizeDependsOnPicture(const std::vector<ImageStep> &steps) {
  return std::any_of(steps.begin(), steps.end(), [](const ImageStep &step) {
    return std::holds_alternative<ResizeBoundedEdgesStep>(step) || std::holds_alternative<ResizeOneSideStep>(step);
  });
}

std::vector<int64_t> pictureShape(const ImageTensor &tensor) { return {tensor.channels, tensor.height, tensor.width}; }

} // namespace

std::vector<int64_t> PictureInput::inputShape(uint32_t entryPoint) const {
  return shapeOf(model.inputs(entryPoint).front());
}

bool PictureInput::hasClasses(uint32_t entryPoint) const {
  const vitc_tensor_info output = model.outputs(entryPoint).front();
  const std::vector<int64_t> shape = shapeOf(output);
  const size_t names = manifest.entryPoints[entryPoint].outputs.front().labels.size();
  const bool isVector = shape.size() == 1 && output.dtype == VITC_DTYPE_F32;
  return manifest.scores != ScoreKind::None || (isVector && shape[0] == int64_t(names));
}

HostError PictureInput::fitsNone(const std::string &path, const std::vector<int64_t> &shape) const {
  const uint32_t first = entryPoints.front();
  std::string expected, sizes;
  for (uint32_t entryPoint : entryPoints) {
    const std::vector<int64_t> input = inputShape(entryPoint);
    expected += (expected.empty() ? "" : " or ") + toString(input);
    sizes += (sizes.empty() ? "" : " or ") + toString({input.begin() + 1, input.end()});
  }
  if (!changesSize(steps(first)))
    return {path, "",
            "a picture of shape " + toString(shape) + " (channels, height, width), expected " + expected +
                ": the model's preprocessing does not resize"};
  if (sizeDependsOnPicture(steps(first)) && shape[0] == inputShape(first)[0]) {
    const std::string size = toString({shape[1], shape[2]});
    return {path, "",
            "becomes a picture of " + size + ", the model takes " + sizes + ": compile it with --image-size=" + size};
  }
  return {line.model, "/entry_points/" + std::to_string(first) + "/inputs/0/preprocessing/steps",
          "they make " + toString(shape) + " of " + path + ", expected the input's " + expected};
}

HostExpected<PreparedPicture> PictureInput::prepare(const std::string &path) const {
  std::string error;
  const std::optional<std::vector<uint8_t>> file = readFile(path, error);
  PictureSize size, filled;
  const auto make = [&](uint32_t entryPoint) {
    return preprocess({file->data(), file->size()}, steps(entryPoint), error, &size, &filled);
  };
  std::optional<ImageTensor> tensor;
  if (file)
    tensor = make(entryPoints.front());
  if (!tensor)
    return HostError{path, "", error};
  const std::vector<int64_t> shape = pictureShape(*tensor);
  for (uint32_t entryPoint : entryPoints)
    if (shape == inputShape(entryPoint))
      return PreparedPicture{entryPoint, std::move(*tensor), size, filled};
  for (size_t i = 1; i < entryPoints.size(); ++i)
    if (std::optional<ImageTensor> other = make(entryPoints[i]))
      if (pictureShape(*other) == inputShape(entryPoints[i]))
        return PreparedPicture{entryPoints[i], std::move(*other), size, filled};
  return fitsNone(path, shape);
}

std::optional<HostError> PictureInput::checkTakesPictures(uint32_t entryPoint) const {
  const std::vector<vitc_tensor_info> inputs = model.inputs(entryPoint);
  const std::vector<int64_t> shape = shapeOf(inputs.front());
  if (steps(entryPoint).empty() && inputs.size() == 1 && shape.size() == 3 && shape[0] != 1 && shape[0] != 3)
    return HostError{line.model, "inputs",
                     "the model's images have " + std::to_string(shape[0]) +
                         " channels, pictures have 1 (grey) or 3 (colours), expected --input FILE.npy: normalised "
                         "numbers of shape Nx" +
                         toString(shape)};
  if (steps(entryPoint).empty())
    return HostError{line.model, "preprocessing",
                     "the model does not say how pictures become its input (it was compiled from a checkpoint without "
                     "preprocessor_config.json or with one that cuts pictures into patches, as SigLIP 2's, or from a "
                     "description without preprocessing), expected --input FILE.npy: normalised numbers of shape Nx" +
                         toString(shape)};
  bool areOthersKnown = true;
  const std::vector<bool> optional = model.optionalInputs(entryPoint);
  for (size_t i = 1; i < inputs.size(); ++i)
    areOthersKnown &= optional[i] || isMask(entryPoint, i);
  if (!areOthersKnown || (inputs.front().dtype != VITC_DTYPE_F32 && inputs.front().dtype != VITC_DTYPE_U8))
    return HostError{line.model, "inputs", "more than a picture, expected --input NAME=FILE.npy for each of them"};
  if (line.topK && !hasClasses(entryPoint) && !manifest.entryPoints[entryPoint].answer)
    return HostError{"command line", "--top-k",
                     "the first output of " + line.model + " is not a number for each class"};
  return std::nullopt;
}

std::optional<HostError> PictureInput::findEntryPoints(std::optional<uint32_t> wanted) {
  std::optional<HostError> firstError;
  const uint32_t first = wanted.value_or(0), count = static_cast<uint32_t>(manifest.entryPoints.size());
  for (uint32_t entryPoint = first; entryPoint < (wanted ? first + 1 : count); ++entryPoint) {
    std::optional<HostError> error = checkTakesPictures(entryPoint);
    if (!error)
      entryPoints.push_back(entryPoint);
    else if (!firstError)
      firstError = error;
  }
  return entryPoints.empty() ? firstError : std::nullopt;
}
