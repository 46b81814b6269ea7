//===- HostApi.cpp - the host library as functions of C -------------------===//

#include "vitc/HostApi/vitc_host.h"

#include "vitc/Drawing/Drawing.h"
#include "vitc/Pictures/PictureInput.h"
#include "vitc/Pictures/Scores.h"
#include "vitc/RuntimeHost/LoadedModel.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>

using namespace vitc;
using nlohmann::ordered_json;

struct vitc_host_model {
  vitc_host_model(LoadedModel loaded, Manifest read) : model(std::move(loaded)), manifest(std::move(read)) {
    const auto count = static_cast<int32_t>(manifest.entryPoints.size());
    for (int32_t wanted = -1; wanted < count; ++wanted) {
      PictureInput &input = inputs.emplace_back(model, manifest, /*needsClasses=*/false);
      whyNot.push_back(input.findEntryPoints(wanted < 0 ? std::nullopt : std::optional<uint32_t>(wanted)));
    }
  }
  // `inputs` refer to the others.
  vitc_host_model(const vitc_host_model &) = delete;
  vitc_host_model &operator=(const vitc_host_model &) = delete;

  LoadedModel model;
  Manifest manifest;
  /// For pictures that go to any entry point, then for those of each one; and why none of these take pictures.
  std::vector<PictureInput> inputs;
  std::vector<std::optional<HostError>> whyNot;
};

struct vitc_host_instance {
  ModelInstance instance;
};

namespace {

/// What a picture's numbers lie in.
struct OwnedPicture : vitc_host_picture {
  std::vector<float> reals;
  std::vector<uint8_t> pixels;
};

char *copyOf(const std::string &text) {
  char *copy = static_cast<char *>(std::malloc(text.size() + 1));
  if (copy)
    std::memcpy(copy, text.c_str(), text.size() + 1);
  return copy;
}

/// The line without its "error: ", which an exception says by itself; NULL if there is no memory even for that.
void tell(char **error, const HostError &why) { *error = copyOf(why.line().substr(std::strlen("error: "))); }

/// A name as a text, of NULL an error.
const char *checkedPath(const char *path) {
  if (!path)
    throw std::invalid_argument("the path is NULL");
  return path;
}

/// What `work` returns; nothing leaves these functions but messages. `file` is what they name, if it is known.
template <typename T, typename Work> T guarded(char **error, T failed, const char *file, const Work &work) noexcept {
  *error = nullptr;
  const auto tellWhat = [&](const char *what) {
    try {
      tell(error, {file ? file : "", "", what});
    } catch (const std::bad_alloc &) {
      // A failure without a message.
      *error = nullptr;
    }
  };
  try {
    HostExpected<T> result = work();
    if (result)
      return *result;
    tell(error, result.error());
  } catch (const std::bad_alloc &) {
    tellWhat("not enough memory");
  } catch (const std::exception &exception) {
    tellWhat(exception.what());
  }
  return failed;
}

std::string jsonText(const ordered_json &json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

HostError noSuchEntryPoint(const vitc_host_model &host, int64_t index) {
  return {host.model.file().path, "entry_points",
          "there is none of index " + std::to_string(index) + ", expected one below " +
              std::to_string(host.manifest.entryPoints.size())};
}

/// Makes answers of the outputs for one picture.
class Answerer {
public:
  Answerer(const vitc_host_model &host, const vitc_host_question &question)
      : host(host), question(question), entry(host.manifest.entryPoints[question.entry_point]) {}

  HostExpected<ordered_json> answer() {
    if (entry.answer)
      return std::visit([&](const auto &rule) { return make(rule); }, *entry.answer);
    if (!host.inputs.front().hasClasses(question.entry_point))
      return ordered_json{{"kind", "none"}};
    return classes();
  }

  /// A copy that the C library frees; nullptr without a map.
  void *takeMap() {
    void *copy = map.empty() ? nullptr : std::malloc(map.size());
    if (copy)
      std::memcpy(copy, map.data(), map.size());
    return copy;
  }

private:
  const float *numbersOf(const std::string &output) const {
    for (size_t i = 0; i < entry.outputs.size(); ++i)
      if (entry.outputs[i].name == output)
        return static_cast<const float *>(question.outputs[i]);
    return nullptr;
  }
  size_t shown(size_t count) const {
    return question.top < 0 ? count : std::min(count, static_cast<size_t>(question.top));
  }
  const std::vector<std::string> &labels() const { return entry.outputs.front().labels; }
  ordered_json named(int64_t index) const { return {{"index", index}, {"label", nameOfClass(labels(), index)}}; }
  template <typename T> void keepMap(const std::vector<T> &elements) {
    const auto *bytes = reinterpret_cast<const uint8_t *>(elements.data());
    map.assign(bytes, bytes + elements.size() * sizeof(T));
  }

  HostExpected<ordered_json> classes() const {
    const auto *first = static_cast<const float *>(question.outputs[0]);
    const std::vector<float> logits(first, first + entry.outputs.front().shape[0]);
    if (!std::all_of(logits.begin(), logits.end(), [](float logit) { return std::isfinite(logit); }))
      return HostError{host.model.file().path, "", "output '" + entry.outputs.front().name + "' is not finite"};
    const std::vector<ClassScore> scores = scoresOf(logits, host.manifest.scores);
    ordered_json list = ordered_json::array();
    for (size_t i = 0; i < shown(scores.size()); ++i) {
      list.push_back(named(static_cast<int64_t>(scores[i].index)));
      list.back()["score"] = scores[i].value;
    }
    return ordered_json{{"kind", "classes"}, {"classes", list}};
  }

  HostExpected<ordered_json> make(const SegmentationRule &rule) {
    const Segmentation segmentation = segment(numbersOf(rule.output), mapShapeOf(entry, rule.output), question.height,
                                              question.width, question.threads);
    const std::vector<ClassArea> areas = areasOf(segmentation);
    ordered_json list = ordered_json::array();
    for (size_t i = 0; i < shown(areas.size()); ++i) {
      list.push_back(named(areas[i].index));
      list.back()["pixels"] = areas[i].pixels;
      list.back()["share"] = static_cast<double>(areas[i].pixels) / static_cast<double>(segmentation.classes.size());
    }
    keepMap(segmentation.classes);
    return ordered_json{{"kind", "segmentation"}, {"segments", list}};
  }

  HostExpected<ordered_json> make(const DetectionRule &rule) {
    DetectionRule own = rule;
    if (!std::isnan(question.threshold))
      own.threshold = question.threshold;
    const std::vector<int64_t> shape = shapeOf(entry, rule.logits);
    std::vector<Detection> detections =
        detect(numbersOf(rule.logits), numbersOf(rule.boxes), shape[0], shape[1], own, question.height, question.width);
    std::stable_sort(detections.begin(), detections.end(),
                     [](const Detection &a, const Detection &b) { return a.score > b.score; });
    ordered_json list = ordered_json::array();
    for (size_t i = 0; i < shown(detections.size()); ++i) {
      list.push_back(named(detections[i].label));
      list.back()["score"] = detections[i].score;
      list.back()["box"] = detections[i].box;
    }
    return ordered_json{{"kind", "detection"}, {"boxes", list}};
  }

  HostExpected<ordered_json> make(const DepthRule &rule) {
    keepMap(resizeDepth(numbersOf(rule.output), mapShapeOf(entry, rule.output), rule.filter, question.height,
                        question.width, question.threads)
                .values);
    return ordered_json{{"kind", "depth"}};
  }

  const vitc_host_model &host;
  const vitc_host_question &question;
  const EntryPointDescription &entry;
  std::vector<uint8_t> map;
};

HostExpected<PreparedPicture> prepare(const PictureInput &input, const vitc_host_source &source) {
  if (!source.bytes)
    return input.prepare(source.path);
  if (source.height == 0)
    return input.prepare(source.path, Bytes{source.bytes, source.size});
  std::string error;
  std::optional<Image> image = makeImage(source.height, source.width, source.channels, error, "the picture has");
  if (!image)
    return HostError{source.path, "", error};
  std::copy_n(source.bytes, image->pixels.size(), image->pixels.begin());
  return input.prepare(source.path, *image);
}

} // namespace

vitc_host_model *vitc_host_load(const char *path, char **error) {
  return guarded<vitc_host_model *>(error, nullptr, path, [&]() -> HostExpected<vitc_host_model *> {
    HostExpected<LoadedModel> model = LoadedModel::load(checkedPath(path));
    if (!model)
      return model.error();
    HostExpected<Manifest> manifest = readManifest(model->file());
    if (!manifest)
      return manifest.error();
    if (std::optional<HostError> mismatch = checkEntryPoints(*model, *manifest))
      return *mismatch;
    return std::make_unique<vitc_host_model>(std::move(*model), std::move(*manifest)).release();
  });
}

void vitc_host_unload(vitc_host_model *model) { delete model; }

const char *vitc_host_manifest(const vitc_host_model *model) { return model->model.file().manifest.c_str(); }

char *vitc_host_describe(const char *path, char **error) {
  return guarded<char *>(error, nullptr, path, [&]() -> HostExpected<char *> {
    HostExpected<ModelFile> file = ModelFile::open(checkedPath(path));
    if (!file)
      return file.error();
    ordered_json manifest = ordered_json::parse(file->manifest);
    manifest["file_bytes"] = file->fileBytes;
    return copyOf(jsonText(manifest));
  });
}

int32_t vitc_host_check_weights(const char *path, char **error) {
  return guarded<int32_t>(error, -1, path, [&]() -> HostExpected<int32_t> {
    HostExpected<ModelFile> file = ModelFile::open(checkedPath(path));
    if (!file)
      return file.error();
    if (std::optional<HostError> damage = file->checkWeights())
      return *damage;
    return 0;
  });
}

vitc_host_instance *vitc_host_create(const vitc_host_model *model, uint32_t threads, char **error) {
  return guarded<vitc_host_instance *>(
      error, nullptr, model->model.file().path.c_str(), [&]() -> HostExpected<vitc_host_instance *> {
        HostExpected<ModelInstance> instance = model->model.createInstance({threads, 0, nullptr});
        if (!instance)
          return instance.error();
        return new vitc_host_instance{std::move(*instance)};
      });
}

void vitc_host_destroy(vitc_host_instance *instance) { delete instance; }

uint32_t vitc_host_threads(const vitc_host_instance *instance) { return instance->instance.info().threads; }

uint64_t vitc_host_chunk_images(const vitc_host_instance *instance) { return instance->instance.info().chunk_images; }

int32_t vitc_host_run(vitc_host_instance *instance, uint32_t entry_point, int64_t batch,
                      const vitc_input_buffer *inputs, uint32_t input_count, const vitc_output_buffer *outputs,
                      uint32_t output_count, char **error) {
  return guarded<int32_t>(error, -1, "", [&]() -> HostExpected<int32_t> {
    std::optional<HostError> why =
        instance->instance.run(batch, {inputs, inputs + input_count}, {outputs, outputs + output_count}, entry_point);
    if (why)
      return *why;
    return 0;
  });
}

vitc_host_picture *vitc_host_prepare(const vitc_host_model *model, int32_t entry_point, const vitc_host_source *source,
                                     char **error) {
  return guarded<vitc_host_picture *>(error, nullptr, source->path, [&]() -> HostExpected<vitc_host_picture *> {
    const int64_t index = int64_t{entry_point} + 1;
    if (index < 0 || index >= static_cast<int64_t>(model->inputs.size()))
      return noSuchEntryPoint(*model, entry_point);
    if (model->whyNot[index])
      return *model->whyNot[index];
    checkedPath(source->path);
    HostExpected<PreparedPicture> prepared = prepare(model->inputs[index], *source);
    if (!prepared)
      return prepared.error();
    auto picture = std::make_unique<OwnedPicture>();
    std::vector<float> &reals = prepared->tensor.values;
    picture->entry_point = prepared->entryPoint;
    picture->height = prepared->size.height;
    picture->width = prepared->size.width;
    picture->filled_height = std::min(prepared->filled.height, prepared->tensor.height);
    picture->filled_width = std::min(prepared->filled.width, prepared->tensor.width);
    picture->is_u8 = model->manifest.entryPoints[prepared->entryPoint].inputs.front().dtype == "u8";
    // Without a step that makes real numbers of them, channels still are whole numbers of 8 bits.
    if (picture->is_u8)
      picture->pixels.assign(reals.begin(), reals.end());
    else
      picture->reals = std::move(reals);
    picture->elements = picture->is_u8 ? static_cast<const void *>(picture->pixels.data()) : picture->reals.data();
    picture->bytes = picture->is_u8 ? picture->pixels.size() : picture->reals.size() * sizeof(float);
    return picture.release();
  });
}

void vitc_host_free_picture(vitc_host_picture *picture) { delete static_cast<OwnedPicture *>(picture); }

char *vitc_host_answer(const vitc_host_model *model, const vitc_host_question *question, void **map, char **error) {
  return guarded<char *>(error, nullptr, model->model.file().path.c_str(), [&]() -> HostExpected<char *> {
    *map = nullptr;
    if (question->entry_point >= model->manifest.entryPoints.size())
      return noSuchEntryPoint(*model, question->entry_point);
    if (question->output_count != model->manifest.entryPoints[question->entry_point].outputs.size())
      return HostError{model->model.file().path, "outputs",
                       std::to_string(question->output_count) + " are given, expected " +
                           std::to_string(model->manifest.entryPoints[question->entry_point].outputs.size())};
    Answerer answerer(*model, *question);
    HostExpected<ordered_json> answer = answerer.answer();
    if (!answer)
      return answer.error();
    *map = answerer.takeMap();
    return copyOf(jsonText(*answer));
  });
}

void vitc_host_free(void *memory) { std::free(memory); }
