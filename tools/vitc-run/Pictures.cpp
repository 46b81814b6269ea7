//===- Pictures.cpp - what a model says about pictures --------------------===//

#include "Pictures.h"

#include "StandardOutput.h"
#include "Tensors.h"

#include "vitc/Files/Files.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>

using namespace vitc;
using nlohmann::ordered_json;

namespace {

struct Score {
  size_t index;
  double value;
};

/// The scores of all classes from their logits, in double precision, or the logits themselves; the best first, equal
/// ones in the order of classes.
std::vector<Score> scoresOf(const std::vector<float> &logits, ScoreKind kind) {
  std::vector<Score> scores;
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0.0;
  for (float logit : logits)
    sum += std::exp(logit - largest);
  for (size_t i = 0; i < logits.size(); ++i)
    scores.push_back({i, kind == ScoreKind::None      ? double(logits[i])
                         : kind == ScoreKind::Sigmoid ? 1.0 / (1.0 + std::exp(-double(logits[i])))
                                                      : std::exp(logits[i] - largest) / sum});
  // By logits: scores may be equal where logits are not. NaN comes last.
  const auto isBetter = [&](const Score &a, const Score &b) {
    const float x = logits[a.index], y = logits[b.index];
    if (std::isnan(x) || std::isnan(y) || x == y)
      return std::isnan(x) != std::isnan(y) ? std::isnan(y) : a.index < b.index;
    return x > y;
  };
  std::sort(scores.begin(), scores.end(), isBetter);
  return scores;
}

/// Whether a step changes the size of pictures.
bool changesSize(const std::vector<ImageStep> &steps) {
  return std::any_of(steps.begin(), steps.end(), [](const ImageStep &step) {
    return !std::holds_alternative<DecodeStep>(step) && !std::holds_alternative<RescaleStep>(step) &&
           !std::holds_alternative<NormalizeStep>(step);
  });
}

/// Whether pictures of each shape become others.
bool sizeDependsOnPicture(const std::vector<ImageStep> &steps) {
  return std::any_of(steps.begin(), steps.end(),
                     [](const ImageStep &step) { return std::holds_alternative<ResizeBoundedEdgesStep>(step); });
}

/// A picture as numbers, and the entry point that takes it.
struct PreparedPicture {
  uint32_t entryPoint;
  ImageTensor tensor;
};

std::vector<int64_t> pictureShape(const ImageTensor &tensor) { return {tensor.channels, tensor.height, tensor.width}; }

class PictureRunner {
public:
  PictureRunner(const LoadedModel &model, ModelInstance &instance, const Manifest &manifest, const CommandLine &line)
      : model(model), instance(instance), manifest(manifest), line(line), finite(line) {}

  std::optional<HostError> run(std::optional<uint32_t> wanted);

private:
  /// Finds the entry points that pictures may go to: the one that is wanted, or all that take nothing but a picture.
  std::optional<HostError> findEntryPoints(std::optional<uint32_t> wanted);
  /// Why pictures cannot go to an entry point, or nothing.
  std::optional<HostError> checkTakesPictures(uint32_t entryPoint) const;
  /// Whether the first output is a number for each class: with scores, or with labels (a regression).
  bool hasClasses(uint32_t entryPoint) const;
  const std::vector<std::string> &labels() const { return manifest.entryPoints[entry].outputs.front().labels; }
  const std::vector<ImageStep> &steps(uint32_t entryPoint) const {
    return manifest.entryPoints[entryPoint].inputs.front().preprocessing;
  }
  std::vector<int64_t> inputShape(uint32_t entryPoint) const { return shapeOf(model.inputs(entryPoint).front()); }
  /// Makes numbers of a picture, and chooses the entry point by their size.
  HostExpected<PreparedPicture> prepare(const std::string &path) const;
  /// The error of a picture that fits no entry point, of which the first one's steps made `shape`.
  HostError fitsNone(const std::string &path, const std::vector<int64_t> &shape) const;
  std::optional<HostError> load(const std::string &path);
  std::optional<HostError> flush();
  /// With --output-dir: makes room for the entry point of the first picture.
  std::optional<HostError> beginWriting();
  /// The input of the pictures that wait.
  Bytes inputBytes() const;
  void keep(const Outputs &outputs);
  std::string describe(const std::string &path, const Outputs &outputs, size_t element) const;
  /// `isFinite`: whether the scores mean something.
  std::string describeClasses(const std::string &path, const std::vector<float> &logits, bool isFinite) const;
  std::string describeOutputs(const std::string &path, const Outputs &outputs, size_t element) const;

  const LoadedModel &model;
  ModelInstance &instance;
  const Manifest &manifest;
  const CommandLine &line;
  FiniteCheck finite;
  /// Where pictures may go to.
  std::vector<uint32_t> entryPoints;
  /// Pictures that are ready to run, their entry point, and their numbers.
  std::vector<std::string> pending;
  uint32_t entry = 0;
  std::vector<float> values;
  /// The numbers once more, if the input is u8.
  std::vector<uint8_t> pixels;
  /// With --output-dir: the input and the outputs of all pictures, which have one entry point.
  Outputs written;
  int64_t writtenPictures = 0;
};

std::string formatted(const char *format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

/// One line of JSON; names of files need not be UTF-8.
std::string toLine(const ordered_json &json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string PictureRunner::describeClasses(const std::string &path, const std::vector<float> &logits,
                                           bool isFinite) const {
  if (!isFinite && !line.json)
    return "";
  const std::vector<Score> scores = scoresOf(logits, manifest.scores);
  const size_t count = std::min(line.topK.value_or(5), scores.size());
  std::string text = printable(path) + "\n";
  ordered_json top = ordered_json::array();
  for (size_t i = 0; i < count; ++i) {
    const size_t index = scores[i].index;
    const std::string label = index < labels().size() ? labels()[index] : std::to_string(index);
    text += formatted("  %.4f  ", scores[i].value) + printable(label) + "\n";
    top.push_back({{"index", index}, {"label", label}, {"score", nullptr}});
    if (isFinite)
      top.back()["score"] = scores[i].value;
  }
  return line.json ? toLine({{"image", path}, {"top", top}}) : text;
}

std::string PictureRunner::describeOutputs(const std::string &path, const Outputs &outputs, size_t element) const {
  std::string text = printable(path) + "\n";
  ordered_json list = ordered_json::array();
  for (size_t i = 0; i < outputs.infos.size(); ++i) {
    const vitc_tensor_info &info = outputs.infos[i];
    ordered_json entry = {{"name", info.name}, {"shape", shapeOf(info)}};
    text += "  " + printable(info.name) + "  " + toString(shapeOf(info));
    if (info.dtype == VITC_DTYPE_F32) {
      std::vector<float> numbers(info.bytes / sizeof(float));
      std::memcpy(numbers.data(), outputs.buffers[i].data() + element * info.bytes, info.bytes);
      const double squares = std::accumulate(numbers.begin(), numbers.end(), 0.0,
                                             [](double sum, float x) { return sum + double(x) * double(x); });
      entry["norm"] = std::sqrt(squares);
      text += formatted("  norm %.6g", std::sqrt(squares));
    }
    list.push_back(std::move(entry));
    text += "\n";
  }
  return line.json ? toLine({{"image", path}, {"outputs", list}}) : text;
}

bool PictureRunner::hasClasses(uint32_t entryPoint) const {
  const vitc_tensor_info output = model.outputs(entryPoint).front();
  const std::vector<int64_t> shape = shapeOf(output);
  const size_t names = manifest.entryPoints[entryPoint].outputs.front().labels.size();
  const bool isVector = shape.size() == 1 && output.dtype == VITC_DTYPE_F32;
  return manifest.scores != ScoreKind::None || (isVector && shape[0] == int64_t(names));
}

std::string PictureRunner::describe(const std::string &path, const Outputs &outputs, size_t element) const {
  if (!hasClasses(entry))
    return describeOutputs(path, outputs, element);
  const size_t bytes = outputs.infos.front().bytes;
  std::vector<float> logits(bytes / sizeof(float));
  std::memcpy(logits.data(), outputs.buffers.front().data() + element * bytes, bytes);
  return describeClasses(path, logits, isFinite(outputs, 0, element));
}

HostError PictureRunner::fitsNone(const std::string &path, const std::vector<int64_t> &shape) const {
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

HostExpected<PreparedPicture> PictureRunner::prepare(const std::string &path) const {
  std::string error;
  const std::optional<std::vector<uint8_t>> file = readFile(path, error);
  const auto make = [&](uint32_t entryPoint) {
    return preprocess({file->data(), file->size()}, steps(entryPoint), error);
  };
  std::optional<ImageTensor> tensor;
  if (file)
    tensor = make(entryPoints.front());
  if (!tensor)
    return HostError{path, "", error};
  const std::vector<int64_t> shape = pictureShape(*tensor);
  for (uint32_t entryPoint : entryPoints)
    if (shape == inputShape(entryPoint))
      return PreparedPicture{entryPoint, std::move(*tensor)};
  for (size_t i = 1; i < entryPoints.size(); ++i)
    if (std::optional<ImageTensor> other = make(entryPoints[i]))
      if (pictureShape(*other) == inputShape(entryPoints[i]))
        return PreparedPicture{entryPoints[i], std::move(*other)};
  return fitsNone(path, shape);
}

std::optional<HostError> PictureRunner::beginWriting() {
  written.infos = model.outputs(entry);
  written.infos.insert(written.infos.begin(), model.inputs(entry).front());
  written.buffers.resize(written.infos.size());
  return checkWritable(written.infos, line);
}

std::optional<HostError> PictureRunner::load(const std::string &path) {
  HostExpected<PreparedPicture> picture = prepare(path);
  if (!picture)
    return picture.error();
  const bool isWritten = !line.outputDirectory.empty(), isFirst = written.infos.empty();
  if (isWritten && !isFirst && picture->entryPoint != entry)
    return HostError{path, "",
                     "is for entry point " + manifest.entryPoints[picture->entryPoint].name + ", those before for " +
                         manifest.entryPoints[entry].name +
                         ": --output-dir takes pictures for one, which --entry chooses"};
  if (picture->entryPoint != entry)
    if (std::optional<HostError> error = flush())
      return error;
  entry = picture->entryPoint;
  if (isWritten && isFirst)
    if (std::optional<HostError> error = beginWriting())
      return error;
  values.insert(values.end(), picture->tensor.values.begin(), picture->tensor.values.end());
  pending.push_back(path);
  return std::nullopt;
}

std::optional<HostError> PictureRunner::flush() {
  if (pending.empty())
    return std::nullopt;
  // Without a step that makes real numbers of them, channels still are whole numbers of 8 bits.
  if (model.inputs(entry).front().dtype == VITC_DTYPE_U8)
    pixels.assign(values.begin(), values.end());
  HostExpected<Outputs> outputs =
      runModel(model, instance, entry, static_cast<int64_t>(pending.size()), {{inputBytes().data, inputBytes().size}});
  if (!outputs)
    return outputs.error();
  const bool isWritten = !line.outputDirectory.empty(), isClassified = !isWritten && hasClasses(entry);
  std::optional<HostError> error;
  std::string text;
  for (size_t i = 0; i < pending.size() && !isWritten && !error; ++i) {
    text += describe(pending[i], *outputs, i);
    if (isClassified && !isFinite(*outputs, 0, i))
      error = HostError{line.model, pending[i], std::string("output '") + outputs->infos[0].name + "' is not finite"};
  }
  if (isWritten)
    keep(*outputs);
  for (size_t i = isClassified ? 1 : 0; i < outputs->infos.size(); ++i)
    finite.check(*outputs, i, pending.size());
  pending.clear();
  values.clear();
  pixels.clear();
  std::optional<HostError> failure = print(text);
  return failure ? failure : error;
}

Bytes PictureRunner::inputBytes() const {
  if (!pixels.empty())
    return {pixels.data(), pixels.size()};
  return {reinterpret_cast<const uint8_t *>(values.data()), values.size() * sizeof(float)};
}

void PictureRunner::keep(const Outputs &outputs) {
  const Bytes input = inputBytes();
  written.buffers.front().insert(written.buffers.front().end(), input.data, input.data + input.size);
  for (size_t i = 0; i < outputs.buffers.size(); ++i)
    written.buffers[i + 1].insert(written.buffers[i + 1].end(), outputs.buffers[i].begin(), outputs.buffers[i].end());
  writtenPictures += static_cast<int64_t>(pending.size());
}

std::optional<HostError> PictureRunner::checkTakesPictures(uint32_t entryPoint) const {
  const std::vector<vitc_tensor_info> inputs = model.inputs(entryPoint);
  if (steps(entryPoint).empty())
    return HostError{line.model, "preprocessing",
                     "the model does not say how pictures become its input (it was compiled from a checkpoint without "
                     "preprocessor_config.json or with one that cuts pictures into patches, as SigLIP 2's, or from a "
                     "description without preprocessing), expected --input FILE.npy: normalised numbers of shape Nx" +
                         toString(shapeOf(inputs.front()))};
  if (inputs.size() != 1 || (inputs.front().dtype != VITC_DTYPE_F32 && inputs.front().dtype != VITC_DTYPE_U8))
    return HostError{line.model, "inputs", "more than a picture, expected --input NAME=FILE.npy for each of them"};
  if (line.topK && !hasClasses(entryPoint))
    return HostError{"command line", "--top-k",
                     "the first output of " + line.model + " is not a number for each class"};
  return std::nullopt;
}

std::optional<HostError> PictureRunner::findEntryPoints(std::optional<uint32_t> wanted) {
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

std::optional<HostError> PictureRunner::run(std::optional<uint32_t> wanted) {
  if (std::optional<HostError> error = findEntryPoints(wanted))
    return error;
  entry = entryPoints.front();
  const uint64_t batch = instance.info().chunk_images;
  for (const std::string &path : line.images) {
    if (std::optional<HostError> error = load(path)) {
      std::optional<HostError> other = flush();
      return other ? other : error;
    }
    if (pending.size() >= batch)
      if (std::optional<HostError> error = flush())
        return error;
  }
  std::optional<HostError> error = flush();
  return error || line.outputDirectory.empty() ? error : writeOutputs(written, writtenPictures, line);
}

} // namespace

std::optional<HostError> vitc::runPictures(const LoadedModel &model, ModelInstance &instance, const Manifest &manifest,
                                           std::optional<uint32_t> entryPoint, const CommandLine &line) {
  return PictureRunner(model, instance, manifest, line).run(entryPoint);
}
