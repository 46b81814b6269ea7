//===- PictureInput.cpp - from pictures to a model's input ----------------===//

#include "vitc/Pictures/PictureInput.h"

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

bool PictureInput::hasClasses(uint32_t entryPoint) const {
  const TensorDescription &output = manifest.entryPoints[entryPoint].outputs.front();
  const bool isVector = output.shape.size() == 1 && output.dtype == "f32";
  return manifest.scores != ScoreKind::None || (isVector && output.shape[0] == int64_t(output.labels.size()));
}

HostError PictureInput::fitsNone(const std::string &path, const std::vector<int64_t> &shape) const {
  const uint32_t first = entryPoints.front();
  std::string expected, sizes;
  for (uint32_t entryPoint : entryPoints) {
    const std::vector<int64_t> &input = inputShape(entryPoint);
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
  return {model.file().path, "/entry_points/" + std::to_string(first) + "/inputs/0/preprocessing/steps",
          "they make " + toString(shape) + " of " + path + ", expected the input's " + expected};
}

HostExpected<PreparedPicture> PictureInput::prepare(const std::string &path) const {
  std::string error;
  const std::optional<std::vector<uint8_t>> file = readFile(path, error);
  if (!file)
    return HostError{path, "", error};
  return prepare(path, Bytes{file->data(), file->size()});
}

HostExpected<PreparedPicture> PictureInput::prepare(const std::string &name, Bytes file) const {
  return prepare(name, [&](auto &&...arguments) { return preprocess(file, arguments...); });
}

HostExpected<PreparedPicture> PictureInput::prepare(const std::string &name, const Image &image) const {
  return prepare(name, [&](auto &&...arguments) { return preprocess(image, arguments...); });
}

HostExpected<PreparedPicture> PictureInput::prepare(const std::string &path, const Make &makeWith) const {
  std::string error;
  PictureSize size, filled;
  const auto make = [&](uint32_t entryPoint) { return makeWith(steps(entryPoint), error, &size, &filled); };
  std::optional<ImageTensor> tensor = make(entryPoints.front());
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
  const std::vector<TensorDescription> &inputs = manifest.entryPoints[entryPoint].inputs;
  const std::vector<int64_t> &shape = inputs.front().shape;
  if (steps(entryPoint).empty() && inputs.size() == 1 && shape.size() == 3 && shape[0] != 1 && shape[0] != 3)
    return HostError{model.file().path, "inputs",
                     "the model's images have " + std::to_string(shape[0]) +
                         " channels, pictures have 1 (grey) or 3 (colours), expected --input FILE.npy: normalised "
                         "numbers of shape Nx" +
                         toString(shape)};
  if (steps(entryPoint).empty())
    return HostError{model.file().path, "preprocessing",
                     "the model does not say how pictures become its input (it was compiled from a checkpoint without "
                     "preprocessor_config.json or with one that cuts pictures into patches, as SigLIP 2's, or from a "
                     "description without preprocessing), expected --input FILE.npy: normalised numbers of shape Nx" +
                         toString(shape)};
  bool areOthersKnown = true;
  const std::vector<bool> optional = model.optionalInputs(entryPoint);
  for (size_t i = 1; i < inputs.size(); ++i)
    areOthersKnown &= optional[i] || isMask(entryPoint, i);
  if (!areOthersKnown || (inputs.front().dtype != "f32" && inputs.front().dtype != "u8"))
    return HostError{model.file().path, "inputs",
                     "more than a picture, expected --input NAME=FILE.npy for each of them"};
  if (needsClasses && !hasClasses(entryPoint) && !manifest.entryPoints[entryPoint].answer)
    return HostError{"command line", "--top-k",
                     "the first output of " + model.file().path + " is not a number for each class"};
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
