//===- ReadModel.h - opens models of all kinds ------------------*- C++ -*-===//

#ifndef VITC_CHECKPOINTS_READMODEL_H
#define VITC_CHECKPOINTS_READMODEL_H

#include "vitc/Checkpoints/CheckpointFile.h"
#include "vitc/Description/ModelDescription.h"
#include "vitc/Weights/WeightSource.h"

#include <memory>
#include <optional>

namespace vitc {

struct ReadOptions {
  /// What the model is called; empty: as its description says, or as the place where its checkpoint lies (ModelName.h).
  std::string name;
  /// The configuration of an .npz checkpoint, which has none beside it.
  std::string configPath;
  /// A safetensors file, an index of shards, an .npz file, or a directory with exactly one of the
  /// first two, instead of what the model names.
  std::string weightsPath;
  /// Makes weights up, for models that come without them (RandomWeights).
  std::optional<uint64_t> randomSeed;
  /// Height and width of images, instead of the model's.
  std::optional<std::vector<int64_t>> imageSize;
  /// Whether a name that ends with the model's image size ends with the new one then.
  bool namesImageSize = true;
  /// Names of outputs instead of those that the model has by default.
  std::vector<std::string> outputs;
  /// Whose arithmetic resizes pictures, instead of what the model says.
  std::optional<ResizeLibrary> resize;
  /// A file with names of the model's classes (LabelsFile.h).
  std::string labelsPath;
  /// Keys of a checkpoint's configuration that are without effect, though unknown.
  std::vector<std::string> ignoredKeys;
  /// Patterns (`*` matches any characters) of tensors that the model has no use for.
  std::vector<std::string> ignoredTensors;
  /// Whether a model without weights is an error.
  bool needsWeights = true;
};

/// Height and width from "H" or "HxW" (1 to 65536), or nothing if the text is neither.
std::optional<std::vector<int64_t>> parseImageSize(llvm::StringRef text);

/// A model as the compiler takes it. (A compiled one that runs is a LoadedModel.)
struct SourceModel {
  /// What its function is called in a compiled model.
  std::string entryPoint = "main";
  ModelDescription description;
  /// Null if there are none, or none yet: what is made up follows the shapes that the importer finds.
  std::unique_ptr<WeightSource> weights;
  /// As in ReadOptions.
  std::optional<uint64_t> randomSeed;
  bool needsWeights = true;
  /// All files that were read or will be: no output may replace one.
  std::vector<std::string> files;
};

/// Reads a description (`*.json`), a checkpoint directory or its config.json; which one it is, is seen from its
/// content. Or a JAX checkpoint (`*.npz`), with its configuration. The description is checked; the importer checks
/// shapes, and that the weights are those of the model. Errors are one line that begins with the file concerned.
///
/// A weights file that a description or an index names lies in the same directory: links may lead out of it only within
/// an enclosing `models--*` directory (the cache of the Hugging Face hub is made of such links).
llvm::Expected<SourceModel> readModel(llvm::StringRef path, const ReadOptions &options);

/// Reads a model once for each of several image sizes (instead of `options.imageSize`), after which the entry points
/// are called if there are several.
llvm::Expected<std::vector<SourceModel>> readModelInSizes(llvm::StringRef path, ReadOptions options,
                                                          llvm::ArrayRef<std::vector<int64_t>> imageSizes);

/// "224x224".
std::string imageSizeText(llvm::ArrayRef<int64_t> size);

} // namespace vitc

#endif // VITC_CHECKPOINTS_READMODEL_H
