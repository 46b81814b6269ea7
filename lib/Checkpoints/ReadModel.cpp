//===- ReadModel.cpp - opens models of all kinds ----------------*- C++ -*-===//

#include "vitc/Checkpoints/ReadModel.h"

#include "NamedTensors.h"
#include "OtherDirectories.h"
#include "Timm/OpenClip.h"
#include "Timm/TimmNames.h"
#include "vitc/Checkpoints/HuggingFaceReader.h"
#include "vitc/Checkpoints/JaxReader.h"
#include "vitc/Checkpoints/LabelsFile.h"
#include "vitc/Checkpoints/TimmReader.h"
#include "vitc/Description/DescriptionParser.h"
#include "vitc/Description/ModelName.h"
#include "vitc/Description/SelectOutputs.h"
#include "vitc/Support/InputErrors.h"
#include "vitc/Weights/OtherFiles.h"
#include "vitc/Weights/WeightFiles.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <cmath>

using namespace vitc;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// Opens the weights of --weights, or those that lie beside the file `model` under the name `named`, which that file
/// gives at `where` (empty: it does not). Null if there are none.
static llvm::Expected<std::unique_ptr<WeightSource>> openWeights(const ReadOptions &options, llvm::StringRef model,
                                                                 llvm::StringRef named, llvm::StringRef where) {
  llvm::StringRef directory = path::parent_path(model);
  if (!options.weightsPath.empty()) {
    if (options.randomSeed)
      return inputError("command line", "--random-weights", "cannot be combined with --weights");
    if (!fs::is_directory(options.weightsPath))
      return openWeightsFile(options.weightsPath);
    llvm::Expected<std::string> found = findOnlyWeightsFile(options.weightsPath, "--weights");
    if (!found)
      return found.takeError();
    return openWeightsFile(*found);
  }
  if (named.empty())
    return nullptr;
  if (options.randomSeed)
    return inputError(model, "--random-weights", "the model has weights ('" + named + "')");
  llvm::Expected<std::string> file =
      resolveBeside(directory, named, where.empty() ? pathIn(directory, named) : model.str(), where);
  if (!file)
    return file.takeError();
  return openWeightsFile(*file);
}

/// Reads a file of a checkpoint directory that may be missing.
static llvm::Expected<std::optional<CheckpointFile>> readOptional(llvm::StringRef directory, llvm::StringRef name) {
  CheckpointFile file;
  file.path = pathIn(directory, name);
  if (!entryExists(file.path))
    return std::nullopt;
  if (llvm::Error error = resolveBeside(directory, name, file.path, "").takeError())
    return error;
  llvm::Expected<JsonValue> json = readJsonFile(file.path);
  if (!json)
    return json.takeError();
  file.json = std::move(*json);
  return file;
}

/// What says how pictures are prepared. Since transformers 5 that of a model with texts is in processor_config.json, as
/// the library looks for it: an older file beside it is what was left behind.
static llvm::Expected<std::optional<CheckpointFile>> readPreprocessorFile(llvm::StringRef directory) {
  auto whole = readOptional(directory, "processor_config.json");
  if (!whole)
    return whole.takeError();
  const JsonValue *part = *whole ? (*whole)->json.find("image_processor") : nullptr;
  if (!part || part->isNull())
    return readOptional(directory, "preprocessor_config.json");
  return CheckpointFile{(*whole)->path, JsonValue(*part), "/image_processor"};
}

/// The same, with what the user says of it.
static llvm::Expected<std::optional<CheckpointFile>> readPreprocessor(llvm::StringRef directory,
                                                                      const ReadOptions &options) {
  auto file = readPreprocessorFile(directory);
  if (file && *file)
    (*file)->resize = options.resize;
  return file;
}

/// Makes pictures of 8 bits be resized by a library's arithmetic.
static llvm::Error setResizing(ModelDescription &description, ResizeLibrary library) {
  const llvm::StringRef prefix = "torchvision_";
  bool isResized = false;
  for (ModelInput &input : description.inputs)
    for (PreprocessStep &step : input.preprocessing) {
      llvm::StringRef filter = step.filter;
      // torchvision alone resizes the real numbers that come then.
      if (step.kind == "rescale" || step.kind == "normalize")
        break;
      if (!llvm::StringRef(step.kind).starts_with("resize"))
        continue;
      isResized = true;
      filter.consume_front(prefix);
      if (library == ResizeLibrary::Torchvision && (filter == "box" || filter == "hamming"))
        return inputError("command line", "--resize",
                          "the model resizes pictures with the filter '" + filter + "', which torchvision does not do");
      step.filter = (library == ResizeLibrary::Torchvision ? prefix : "").str() + filter.str();
    }
  if (!isResized)
    return inputError("command line", "--resize", "the model resizes no pictures of 8 bits");
  description.notes.push_back(std::string("command line: --resize: pictures are resized as ") +
                              (library == ResizeLibrary::Torchvision ? "torchvision" : "Pillow") + " does");
  return llvm::Error::success();
}

/// An image's size as names of models end with it, behind '_' or '-'.
static std::string sizeText(int64_t height, int64_t width) {
  return std::to_string(height) + (height == width ? "" : "x" + std::to_string(width));
}

/// Makes the model one for images of another size: the end of its name and its input, and how pictures become it. What
/// depends on the number of patches follows when blocks are expanded.
static llvm::Error setImageSize(ModelDescription &description, llvm::ArrayRef<int64_t> size, bool renames) {
  auto isImage = [](const ModelInput &input) { return input.isImage; };
  if (llvm::count_if(description.inputs, isImage) != 1)
    return inputError(description.file, "--image-size", "is for models with one image as input");
  ModelInput &input = *llvm::find_if(description.inputs, isImage);
  double ratios[] = {double(size[0]) / double(input.shape[1]), double(size[1]) / double(input.shape[2])};
  const bool isPadded =
      llvm::any_of(input.preprocessing, [](const PreprocessStep &step) { return step.kind == "pad_end"; });
  for (PreprocessStep &step : input.preprocessing) {
    if (step.kind == "pad_end") {
      step.values = {double(size[0]), double(size[1])};
    } else if (step.kind == "resize_bounded_edges" && isPadded) {
      // The size may be what becomes of some pictures anyway.
      if (step.values[0] == double(std::min(size[0], size[1])) && step.values[1] >= double(std::max(size[0], size[1])))
        continue;
      // As large as a picture within the size can be, whichever way it lies.
      step.values[0] = double(std::min(size[0], size[1]));
      step.values[1] = double(std::max(size[0], size[1]));
    } else if (step.hasSize()) {
      for (size_t axis : {0, 1})
        step.values[axis] = std::round(step.values[axis] * ratios[axis]);
    } else if (step.kind == "resize_shortest_edge") {
      // So that what is cropped is within the picture.
      step.values[0] = std::ceil(step.values[0] * std::max(ratios[0], ratios[1]) - 1e-9);
    } else if (step.kind == "resize_longest_edge") {
      // So that it is within what is padded.
      step.values[0] = std::max(std::floor(step.values[0] * std::min(ratios[0], ratios[1]) + 1e-9), 1.0);
    }
  }
  llvm::StringRef name = description.name;
  if (renames && name.consume_back(sizeText(input.shape[1], input.shape[2])) &&
      (name.ends_with("_") || name.ends_with("-")))
    if (std::string renamed = name.str() + sizeText(size[0], size[1]); isName(renamed))
      description.name = renamed;
  input.shape = {input.shape[0], size[0], size[1]};
  fitMasks(description);
  return llvm::Error::success();
}

/// What the model of a checkpoint is called that is described by this file.
static std::string nameOfCheckpoint(llvm::StringRef config) {
  const llvm::StringRef name = path::filename(config);
  return name == "config.json" || name == "open_clip_config.json" ? modelNameOfDirectory(path::parent_path(config))
                                                                  : modelNameOfFile(config);
}

/// Modules of transformers' models in these families, but for `backbone` and `model`, which others have around theirs
/// (a model that has one of its own uses it).
static constexpr const char *transformersModules[] = {"auxiliary_head",
                                                      "bbox_predictor",
                                                      "beit",
                                                      "class_labels_classifier",
                                                      "classifier",
                                                      "classifier_distill",
                                                      "cls_classifier",
                                                      "conv_1x1",
                                                      "conv_1x1_exp",
                                                      "conv_stem",
                                                      "convnext",
                                                      "convnextv2",
                                                      "data2vec_vision",
                                                      "decode_head",
                                                      "decoder",
                                                      "deit",
                                                      "dinov2",
                                                      "dinov2_with_registers",
                                                      "distillation_classifier",
                                                      "dpt",
                                                      "efficientnet",
                                                      "embedder",
                                                      "embeddings",
                                                      "encoder",
                                                      "final_layer_norm",
                                                      "fpn1",
                                                      "fpn2",
                                                      "head",
                                                      "hidden_states_norms",
                                                      "ijepa",
                                                      "layer",
                                                      "layernorm",
                                                      "layers",
                                                      "levit",
                                                      "mobilenet_v1",
                                                      "mobilenet_v2",
                                                      "mobilevit",
                                                      "mobilevitv2",
                                                      "neck",
                                                      "norm",
                                                      "patch_embeddings",
                                                      "pooler",
                                                      "poolformer",
                                                      "post_layernorm",
                                                      "pre_layrnorm",
                                                      "pvt_v2",
                                                      "regnet",
                                                      "resnet",
                                                      "segformer",
                                                      "segmentation_head",
                                                      "siglip",
                                                      "stages",
                                                      "swin",
                                                      "swinv2",
                                                      "text_model",
                                                      "text_projection",
                                                      "vision_model",
                                                      "visual_projection",
                                                      "vit"};
/// Whether a configuration is one of timm's: its own, or what transformers' wrapper of timm writes.
static bool isTimm(const JsonValue &config) {
  const JsonValue *type = config.find("model_type");
  return !type || (type->asString() && *type->asString() == "timm_wrapper");
}

/// Describes a checkpoint whose tensors a reader knows, perhaps by other names than the file's.
static llvm::Expected<ModelDescription>
describeCheckpoint(const WeightSource *weights, const CheckpointNames &names,
                   llvm::function_ref<llvm::Expected<ModelDescription>(NamedTensors *)> describe) {
  if (!weights)
    return describe(nullptr);
  return describeTensors(*weights, names, [&](NamedTensors &tensors) { return describe(&tensors); });
}

/// An error if a key that is to be left out of account was none that is unknown.
static llvm::Error checkIgnoredKeys(llvm::StringRef config, const IgnoredKeys &keys) {
  for (const std::string &name : keys.names)
    if (!keys.used.count(name))
      return inputError("command line", "--ignore-keys",
                        "'" + name + "' is no unknown key of " + config +
                            ": it is read, known to be without effect, or not there");
  return llvm::Error::success();
}

/// The weights that a configuration names (transformers 5), else those that lie there as usual.
static std::string weightsNamedBy(const JsonValue &config, llvm::StringRef directory) {
  const JsonValue *named = config.find("transformers_weights");
  if (named && named->asString())
    return *named->asString();
  return findWeightsFile(directory.empty() ? "." : directory);
}

static llvm::Expected<SourceModel> loadCheckpoint(CheckpointFile config, const ReadOptions &options) {
  llvm::StringRef directory = path::parent_path(config.path);
  std::string named = weightsNamedBy(config.json, directory);
  IgnoredKeys ignoredKeys{options.ignoredKeys};
  config.ignoredKeys = &ignoredKeys;
  const bool isOpenClipModel = isOpenClip(config.json);
  // Such a directory may be transformers' too, whose weights have the usual name.
  if (isOpenClipModel && entryExists(pathIn(directory, "open_clip_model.safetensors")))
    named = "open_clip_model.safetensors";
  SourceModel model;
  const bool isNamed = config.json.find("transformers_weights");
  auto weights = openWeights(options, config.path, named, isNamed ? "/transformers_weights" : "");
  if (!weights)
    return weights.takeError();
  model.weights = std::move(*weights);
  if (llvm::Error error = checkNoAdapter(directory))
    return error;
  if (!model.weights && !options.randomSeed && options.needsWeights)
    if (llvm::Error error = explainWeights(directory))
      return error;
  if (llvm::Error error = checkNotQuantized(config, options))
    return error;
  if (model.weights) {
    if (llvm::Error error = checkAdaptersMerged(*model.weights, options.ignoredTensors))
      return error;
    if (llvm::Error error = checkNotQuantized(*model.weights, options.ignoredTensors))
      return error;
  }
  model.files.push_back(config.path);
  if (isOpenClipModel) {
    llvm::Expected<CheckpointFile> asTimm = timmConfigOfOpenClip(config, model.weights.get());
    if (!asTimm)
      return asTimm.takeError();
    config = std::move(*asTimm);
  }
  if (isTimm(config.json)) {
    const std::string kind = timmClassOf(config.json);
    auto description = describeCheckpoint(model.weights.get(), {timmModules(kind), options.ignoredTensors},
                                          [&](NamedTensors *tensors) {
                                            if (tensors)
                                              convertTimmNames(*tensors, kind);
                                            return readTimm(config, tensors, options.imageSize);
                                          });
    if (!description)
      return description.takeError();
    model.description = std::move(*description);
    if (isOpenClipModel)
      nameOpenClipOutputs(model.description);
  } else {
    auto preprocessor = readPreprocessor(directory, options);
    if (!preprocessor)
      return preprocessor.takeError();
    CheckpointFile *pictures = *preprocessor ? &**preprocessor : nullptr;
    if (pictures)
      pictures->ignoredKeys = &ignoredKeys;
    auto description = describeCheckpoint(
        model.weights.get(), {transformersModules, options.ignoredTensors},
        [&](NamedTensors *tensors) { return readHuggingFace(config, pictures, tensors, options.imageSize); });
    if (!description)
      return description.takeError();
    model.description = std::move(*description);
    if (pictures)
      model.files.push_back(pictures->path);
  }
  if (llvm::Error error = checkIgnoredKeys(config.path, ignoredKeys))
    return error;
  model.description.name = nameOfCheckpoint(config.path);
  model.description.weights = named;
  if (isTimm(config.json) && options.imageSize) {
    if (llvm::Error error = setImageSize(model.description, *options.imageSize, options.namesImageSize))
      return error;
    // Not steps that are scaled: the library rounds in its own way, and has other steps if not square. Setting the
    // same size once more leaves them alone.
    ModelInput &image = model.description.inputs.front();
    image.preprocessing = timmPreprocessing(config, image.shape);
  }
  return model;
}

static llvm::Expected<SourceModel> loadJax(llvm::StringRef input, const ReadOptions &options) {
  if (options.configPath.empty())
    return inputError(input, "", "parameters alone are no model: give its configuration with --config");
  if (!options.weightsPath.empty())
    return inputError("command line", "--weights", "is not for .npz files, which have the weights");
  if (options.randomSeed)
    return inputError(input, "--random-weights", "the model has weights");
  auto parameters = FlaxParameters::open(input);
  if (!parameters)
    return parameters.takeError();
  CheckpointFile config;
  config.path = options.configPath;
  IgnoredKeys ignoredKeys{options.ignoredKeys};
  config.ignoredKeys = &ignoredKeys;
  llvm::Expected<JsonValue> json = readJsonFile(config.path);
  if (!json)
    return json.takeError();
  config.json = std::move(*json);
  auto preprocessor = readPreprocessor(path::parent_path(config.path), options);
  if (!preprocessor)
    return preprocessor.takeError();
  auto description = readJax(config, *preprocessor ? &**preprocessor : nullptr, **parameters);
  if (!description)
    return description.takeError();
  SourceModel model;
  model.description = std::move(*description);
  model.description.name = modelNameOfFile(input);
  model.description.weights = path::filename(input).str();
  if (llvm::Error error = checkIgnoredKeys(config.path, ignoredKeys))
    return error;
  if (llvm::Error error = ignoreTensors(model.description, **parameters, options.ignoredTensors))
    return error;
  model.weights = std::move(*parameters);
  model.files.push_back(config.path);
  if (*preprocessor)
    model.files.push_back((*preprocessor)->path);
  return model;
}

static llvm::Expected<SourceModel> loadDescription(JsonValue json, llvm::StringRef file, const ReadOptions &options) {
  auto description = parseDescription(std::move(json), file);
  if (!description)
    return description.takeError();
  SourceModel model;
  model.description = std::move(*description);
  model.files.push_back(file.str());
  llvm::StringRef directory = path::parent_path(file);
  llvm::StringRef named = model.description.weights;
  // Whoever needs no weights may have the description alone.
  if (!options.needsWeights && !named.empty() && !fs::exists(pathIn(directory, named)))
    named = "";
  const std::string where = InputErrors(file, model.description.text.get()).placeOf("/weights");
  auto weights = openWeights(options, file, named, where);
  if (!weights)
    return weights.takeError();
  model.weights = std::move(*weights);
  if (model.weights)
    if (llvm::Error error = ignoreTensors(model.description, *model.weights, options.ignoredTensors))
      return error;
  return model;
}

static llvm::Expected<SourceModel> loadAnyKind(llvm::StringRef input, const ReadOptions &options) {
  if (path::extension(input) == ".npz" && !fs::is_directory(input))
    return loadJax(input, options);
  if (!options.configPath.empty())
    return inputError("command line", "--config", "is for .npz files, the input '" + input + "' is none");
  CheckpointFile file;
  file.path = input.str();
  if (fs::is_directory(input)) {
    file.path = pathIn(input, "config.json");
    if (llvm::Error error = checkNoAdapter(input))
      return error;
    if (!fs::exists(file.path) && fs::exists(pathIn(input, "open_clip_config.json")))
      file.path = pathIn(input, "open_clip_config.json");
    if (!fs::exists(file.path))
      return explainDirectory(input);
  } else if (path::extension(input) == ".safetensors") {
    return inputError(input, "", "weights alone are no model: name its directory, or a description with --weights");
  } else if (isPickledFile(input)) {
    return pickledFileError(input);
  } else if (std::string other = explainName(input); !other.empty()) {
    return inputError(input, "", other);
  }
  if (std::string other = explainFile(file.path); !other.empty())
    return inputError(file.path, "", other);
  llvm::Expected<JsonValue> json = readJsonFile(file.path);
  if (!json)
    return json.takeError();
  file.json = std::move(*json);
  if (!file.json.asObject())
    return inputError(file.path, "", llvm::Twine("is ") + file.json.kindName() + ", expected an object");
  if (file.json.find("architecture") && !isTimm(file.json))
    return inputError(file.path, "", "has both 'model_type' (of transformers) and 'architecture' (of timm)");
  if (file.json.find("model_type") || file.json.find("architecture") || isOpenClip(file.json))
    return loadCheckpoint(std::move(file), options);
  if (!options.ignoredKeys.empty())
    return inputError("command line", "--ignore-keys", "is for checkpoints, the input '" + input + "' is none");
  if (file.json.find("nodes") || file.json.find("version"))
    return loadDescription(std::move(file.json), file.path, options);
  if (file.json.find("_class_name") || file.json.find("_diffusers_version"))
    return inputError(file.path, "/_class_name", "a model of diffusers, which is not supported");
  return inputError(
      file.path, "",
      "neither a description (no 'version' and 'nodes') nor a checkpoint's config (no 'model_type' or 'architecture')");
}

std::optional<std::vector<int64_t>> vitc::parseImageSize(llvm::StringRef text) {
  auto [height, width] = text.split('x');
  if (!text.contains('x'))
    width = height;
  std::vector<int64_t> size(2);
  for (auto [part, value] : {std::pair(height, &size[0]), std::pair(width, &size[1])})
    if (part.empty() || !llvm::all_of(part, llvm::isDigit) || part.getAsInteger(10, *value) || *value < 1 ||
        *value > 65536)
      return std::nullopt;
  return size;
}

llvm::Expected<SourceModel> vitc::readModel(llvm::StringRef input, const ReadOptions &options) {
  if (!options.name.empty() && !isName(options.name))
    return inputError("command line", "--name", notAName(options.name));
  llvm::Expected<SourceModel> model = loadAnyKind(input, options);
  if (!model)
    return model.takeError();
  if (model->weights)
    llvm::append_range(model->files, model->weights->files());
  else if (!options.ignoredTensors.empty())
    return inputError("command line", "--ignore-tensors", "the model has no weights");
  if (options.imageSize)
    if (llvm::Error error = setImageSize(model->description, *options.imageSize, options.namesImageSize))
      return error;
  if (options.resize)
    if (llvm::Error error = setResizing(model->description, *options.resize))
      return error;
  if (!options.labelsPath.empty()) {
    if (llvm::Error error = setLabels(model->description, options.labelsPath))
      return error;
    model->files.push_back(options.labelsPath);
  }
  if (!options.name.empty())
    model->description.name = options.name;
  if (!options.outputs.empty())
    if (llvm::Error error = selectOutputs(model->description, options.outputs))
      return error;
  // Readers describe all that can be asked for.
  if (!options.outputs.empty() || !model->description.availableOutputs.empty())
    removeUnusedNodes(model->description);
  model->randomSeed = options.randomSeed;
  model->needsWeights = options.needsWeights;
  return model;
}

std::string vitc::imageSizeText(llvm::ArrayRef<int64_t> size) {
  return std::to_string(size[0]) + "x" + std::to_string(size[1]);
}

llvm::Expected<std::vector<SourceModel>> vitc::readModelInSizes(llvm::StringRef path, ReadOptions options,
                                                                llvm::ArrayRef<std::vector<int64_t>> imageSizes) {
  std::vector<SourceModel> models;
  options.namesImageSize = imageSizes.size() == 1;
  for (const std::vector<int64_t> &size : imageSizes) {
    options.imageSize = size;
    llvm::Expected<SourceModel> model = readModel(path, options);
    if (!model)
      return model.takeError();
    models.push_back(std::move(*model));
    if (imageSizes.size() > 1)
      models.back().entryPoint = imageSizeText(size);
  }
  return models;
}
