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

class PictureRunner {
public:
  PictureRunner(const LoadedModel &model, ModelInstance &instance, const Manifest &manifest, const CommandLine &line)
      : model(model), instance(instance), manifest(manifest), line(line), input(model.inputs().front()), finite(line) {}

  std::optional<HostError> run();

private:
  /// Whether the first output is a number for each class: with scores, or with labels (a regression).
  bool hasClasses() const;
  std::optional<HostError> load(const std::string &path);
  std::optional<HostError> flush();
  void keep(const Outputs &outputs);
  std::string describe(const std::string &path, const Outputs &outputs, size_t element) const;
  /// `isFinite`: whether the scores mean something.
  std::string describeClasses(const std::string &path, const std::vector<float> &logits, bool isFinite) const;
  std::string describeOutputs(const std::string &path, const Outputs &outputs, size_t element) const;

  const LoadedModel &model;
  ModelInstance &instance;
  const Manifest &manifest;
  const CommandLine &line;
  vitc_tensor_info input;
  FiniteCheck finite;
  /// Pictures that are ready to run, and their numbers.
  std::vector<std::string> pending;
  std::vector<float> values;
  /// With --output-dir: the input and the outputs of all pictures.
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
    const std::string label = index < manifest.labels.size() ? manifest.labels[index] : std::to_string(index);
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

bool PictureRunner::hasClasses() const {
  const std::vector<int64_t> shape = shapeOf(model.outputs().front());
  const bool isVector = shape.size() == 1 && model.outputs().front().dtype == VITC_DTYPE_F32;
  return manifest.scores != ScoreKind::None || (isVector && shape[0] == int64_t(manifest.labels.size()));
}

std::string PictureRunner::describe(const std::string &path, const Outputs &outputs, size_t element) const {
  if (!hasClasses())
    return describeOutputs(path, outputs, element);
  const size_t bytes = outputs.infos.front().bytes;
  std::vector<float> logits(bytes / sizeof(float));
  std::memcpy(logits.data(), outputs.buffers.front().data() + element * bytes, bytes);
  return describeClasses(path, logits, isFinite(outputs, 0, element));
}

std::optional<HostError> PictureRunner::load(const std::string &path) {
  std::string error;
  const std::optional<std::vector<uint8_t>> file = readFile(path, error);
  std::optional<ImageTensor> tensor;
  if (file)
    tensor = preprocess({file->data(), file->size()}, manifest.preprocessing, error);
  if (!tensor)
    return HostError{path, "", error};
  const std::vector<int64_t> shape = {tensor->channels, tensor->height, tensor->width}, expected = shapeOf(input);
  if (shape != expected && !changesSize(manifest.preprocessing))
    return HostError{path, "",
                     "a picture of shape " + toString(shape) + " (channels, height, width), expected " +
                         toString(expected) + ": the model's preprocessing does not resize"};
  if (shape != expected && sizeDependsOnPicture(manifest.preprocessing) && shape[0] == expected[0])
    return HostError{path, "",
                     "becomes a picture of " + toString({shape[1], shape[2]}) + ", the model takes " +
                         toString({expected[1], expected[2]}) +
                         ": compile it with --image-size=" + toString({shape[1], shape[2]})};
  if (shape != expected)
    return HostError{line.model, "/preprocessing/steps",
                     "they make " + toString(shape) + " of " + path + ", expected the input's " + toString(expected)};
  values.insert(values.end(), tensor->values.begin(), tensor->values.end());
  pending.push_back(path);
  return std::nullopt;
}

std::optional<HostError> PictureRunner::flush() {
  if (pending.empty())
    return std::nullopt;
  HostExpected<Outputs> outputs =
      runModel(model, instance, static_cast<int64_t>(pending.size()), {{values.data(), values.size() * sizeof(float)}});
  if (!outputs)
    return outputs.error();
  const bool isWritten = !line.outputDirectory.empty(), isClassified = !isWritten && hasClasses();
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
  std::optional<HostError> failure = print(text);
  return failure ? failure : error;
}

void PictureRunner::keep(const Outputs &outputs) {
  const auto *bytes = reinterpret_cast<const uint8_t *>(values.data());
  written.buffers.front().insert(written.buffers.front().end(), bytes, bytes + values.size() * sizeof(float));
  for (size_t i = 0; i < outputs.buffers.size(); ++i)
    written.buffers[i + 1].insert(written.buffers[i + 1].end(), outputs.buffers[i].begin(), outputs.buffers[i].end());
  writtenPictures += static_cast<int64_t>(pending.size());
}

std::optional<HostError> PictureRunner::run() {
  if (manifest.preprocessing.empty())
    return HostError{line.model, "preprocessing",
                     "the model does not say how pictures become its input (it was compiled from a checkpoint without "
                     "preprocessor_config.json or with one that cuts pictures into patches, as SigLIP 2's, or from a "
                     "description without preprocessing), expected --input FILE.npy: normalised numbers of shape Nx" +
                         toString(shapeOf(input))};
  if (model.inputs().size() != 1 || input.dtype != VITC_DTYPE_F32)
    return HostError{line.model, "inputs", "more than a picture, expected --input NAME=FILE.npy for each of them"};
  if (line.topK && !hasClasses())
    return HostError{"command line", "--top-k",
                     "the first output of " + line.model + " is not a number for each class"};
  if (!line.outputDirectory.empty()) {
    written.infos = model.outputs();
    written.infos.insert(written.infos.begin(), input);
    written.buffers.resize(written.infos.size());
    if (std::optional<HostError> error = checkWritable(written.infos, line))
      return error;
  }
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
                                           const CommandLine &line) {
  return PictureRunner(model, instance, manifest, line).run();
}
