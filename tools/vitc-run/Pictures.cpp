//===- Pictures.cpp - what a model says about pictures --------------------===//

#include "Pictures.h"

#include "Answers.h"
#include "PictureQueue.h"
#include "PictureText.h"
#include "RowFiles.h"
#include "StandardOutput.h"
#include "Tensors.h"

#include "vitc/Files/Npy.h"

#include <algorithm>

using namespace vitc;

namespace {

class PictureRunner {
public:
  using Error = std::optional<HostError>;

  PictureRunner(const LoadedModel &model, ModelInstance &instance, const Manifest &manifest, const CommandLine &line)
      : model(model), instance(instance), line(line), input(model, manifest, line.topK.has_value()),
        text(manifest, line), answers(manifest, line, instance.info().threads), finite(line), files(line) {}

  HostExpected<bool> run(std::optional<uint32_t> wanted);

private:
  /// A picture whose turn to be reported has not come: one that waits for the model, or cannot be used.
  struct Pending {
    std::string path;
    Error error;
    PictureSize size;
  };

  bool isWritten() const { return !line.output.empty() || !line.outputDirectory.empty(); }
  /// Takes a picture from the queue; runs the model before if it is for another entry point.
  Error add(PictureQueue::Picture picture);
  Error addInput(const std::string &path, const PreparedPicture &picture);
  /// Runs the model for the pictures that wait, and reports all that are pending in their order.
  Error flush();
  Error report(const Pending &picture, const Outputs &outputs, size_t element);
  Error reportFailure(const std::string &path, const HostError &why);
  /// The input of the pictures that wait.
  Bytes inputBytes() const;
  /// All inputs of the entry point: the pictures' numbers, and a mask, unless all are whole; others are left out.
  std::vector<vitc_input_buffer> inputBuffers();

  const LoadedModel &model;
  ModelInstance &instance;
  const CommandLine &line;
  PictureInput input;
  PictureText text;
  Answers answers;
  FiniteCheck finite;
  RowFiles files;
  std::vector<Pending> pending;
  /// How many of them wait for the model, their entry point, and their numbers.
  size_t waiting = 0;
  uint32_t entry = 0;
  std::vector<float> values;
  /// How much of them is no padding, for each picture.
  std::vector<PictureSize> filled;
  /// Masks of padding, as the model has them; empty if there is none, or no padding.
  std::vector<uint8_t> masks;
  /// The numbers once more, if the input is u8.
  std::vector<uint8_t> pixels;
  bool areAllUsed = true;
};

std::optional<HostError> PictureRunner::addInput(const std::string &path, const PreparedPicture &picture) {
  if (isWritten() && files.isOpen() && picture.entryPoint != entry) {
    const std::vector<vitc_entry_point_info> names = model.entryPoints();
    pending.push_back(
        {path,
         HostError{path, "",
                   std::string("is for entry point ") + names[picture.entryPoint].name + ", those before for " +
                       names[entry].name + ": " + (line.output.empty() ? "--output-dir" : "--output") +
                       " takes pictures for one, which --entry chooses"},
         {}});
    return std::nullopt;
  }
  if (picture.entryPoint != entry)
    if (Error error = flush())
      return error;
  entry = picture.entryPoint;
  if (isWritten() && !files.isOpen())
    if (Error error = files.open(model.outputs(entry), model.inputs(entry).front()))
      return error;
  values.insert(values.end(), picture.tensor.values.begin(), picture.tensor.values.end());
  filled.push_back(picture.filled);
  pending.push_back({path, std::nullopt, picture.size});
  ++waiting;
  return std::nullopt;
}

std::optional<HostError> PictureRunner::add(PictureQueue::Picture picture) {
  if (picture.input)
    return addInput(picture.path, *picture.input);
  pending.push_back({std::move(picture.path), picture.input.error(), {}});
  // Nothing that could come before it is still to be computed.
  return waiting == 0 ? flush() : std::nullopt;
}

std::optional<HostError> PictureRunner::reportFailure(const std::string &path, const HostError &why) {
  areAllUsed = false;
  printDiagnostic(why.line());
  return isWritten() ? files.addFailure(path, why) : std::nullopt;
}

std::optional<HostError> PictureRunner::report(const Pending &picture, const Outputs &outputs, size_t element) {
  if (isWritten())
    return files.addPicture(picture.path);
  if (answers.has(entry)) {
    HostExpected<std::string> said = answers.report(picture.path, picture.size, outputs, element, entry);
    return said ? print(*said) : reportFailure(picture.path, said.error());
  }
  if (!input.hasClasses(entry))
    return print(text.norms(picture.path, outputs, element));
  if (Error error = print(text.classes(picture.path, outputs, element, entry)))
    return error;
  if (isFinite(outputs, 0, element))
    return std::nullopt;
  return reportFailure(picture.path,
                       {line.model, picture.path, std::string("output '") + outputs.infos[0].name + "' is not finite"});
}

std::optional<HostError> PictureRunner::flush() {
  Outputs outputs;
  if (waiting > 0) {
    // Without a step that makes real numbers of them, channels still are whole numbers of 8 bits.
    if (model.inputs(entry).front().dtype == VITC_DTYPE_U8)
      pixels.assign(values.begin(), values.end());
    HostExpected<Outputs> computed = runModel(model, instance, entry, static_cast<int64_t>(waiting), inputBuffers());
    if (!computed)
      return computed.error();
    outputs = std::move(*computed);
    if (isWritten())
      if (Error error = files.addRows(inputBytes(), outputs.buffers))
        return error;
  }
  size_t element = 0;
  for (const Pending &picture : pending)
    if (Error error = picture.error ? reportFailure(picture.path, *picture.error) : report(picture, outputs, element++))
      return error;
  // Scores have been looked at.
  for (size_t i = !isWritten() && input.hasClasses(entry) ? 1 : 0; i < outputs.infos.size(); ++i)
    finite.check(outputs, i, waiting);
  pending.clear();
  waiting = 0;
  values.clear();
  filled.clear();
  pixels.clear();
  return std::nullopt;
}

Bytes PictureRunner::inputBytes() const {
  if (!pixels.empty())
    return {pixels.data(), pixels.size()};
  return {reinterpret_cast<const uint8_t *>(values.data()), values.size() * sizeof(float)};
}

std::vector<vitc_input_buffer> PictureRunner::inputBuffers() {
  const std::vector<vitc_tensor_info> infos = model.inputs(entry);
  const std::vector<bool> optional = model.optionalInputs(entry);
  std::vector<vitc_input_buffer> buffers = {{inputBytes().data, inputBytes().size}};
  for (size_t i = 1; i < infos.size(); ++i) {
    const std::vector<int64_t> shape = shapeOf(infos[i]);
    const auto isPadded = [&](const PictureSize &own) { return own.height < shape[0] || own.width < shape[1]; };
    buffers.push_back({nullptr, 0});
    if (!input.isMask(entry, i) || (optional[i] && std::none_of(filled.begin(), filled.end(), isPadded)))
      continue;
    NpyArray mask{DType::U8, {static_cast<int64_t>(filled.size()), shape[0], shape[1]}, {}};
    for (const PictureSize &own : filled)
      for (int64_t y = 0; y < shape[0]; ++y)
        for (int64_t x = 0; x < shape[1]; ++x)
          mask.bytes.push_back(y < own.height && x < own.width);
    // Any type holds 0 and 1.
    std::string error;
    convertElements(mask, static_cast<DType>(infos[i].dtype), error);
    masks = std::move(mask.bytes);
    buffers.back() = {masks.data(), masks.size()};
  }
  return buffers;
}

HostExpected<bool> PictureRunner::run(std::optional<uint32_t> wanted) {
  if (Error error = input.findEntryPoints(wanted))
    return *error;
  if (Error error = answers.open(input.found()))
    return *error;
  PictureList list(line);
  if (Error error = list.open())
    return *error;
  silenceLibraries();
  const vitc_instance_info info = instance.info();
  const size_t batch = line.batch ? line.batch : info.chunk_images;
  PictureQueue queue(list, input, info.threads, 2 * batch + info.threads);
  while (std::optional<PictureQueue::Picture> picture = queue.next()) {
    if (Error error = add(std::move(*picture)))
      return *error;
    // Nobody waits for a full batch: the list may come from a slow pipe.
    if (waiting >= batch || pending.size() > 2 * batch || (waiting > 0 && !queue.isNextReady()))
      if (Error error = flush())
        return *error;
  }
  if (Error error = flush())
    return *error;
  if (isWritten())
    if (Error error = files.finish())
      return *error;
  return areAllUsed;
}

} // namespace

HostExpected<bool> vitc::runPictures(const LoadedModel &model, ModelInstance &instance, const Manifest &manifest,
                                     std::optional<uint32_t> entryPoint, const CommandLine &line) {
  return PictureRunner(model, instance, manifest, line).run(entryPoint);
}
