//===- TimmReader.h - timm checkpoints --------------------------*- C++ -*-===//

#ifndef VITC_CHECKPOINTS_TIMMREADER_H
#define VITC_CHECKPOINTS_TIMMREADER_H

#include "vitc/Checkpoints/CheckpointFile.h"
#include "vitc/Description/ModelDescription.h"
#include "vitc/Weights/WeightSource.h"

namespace vitc {

/// Describes a checkpoint of timm (a config.json with `architecture`) as timm 1.0.31 would run it, for the classes
/// VisionTransformer, VisionTransformerDistilled, Beit, Eva, SwinTransformer and those of convolutional networks. What
/// an architecture's name stands for is in a table that is made from timm's registry. The model has the architecture's
/// name (ModelName.h has better ones).
///
/// `weights` tells which names the checkpoint has, where timm accepts several; without it the current ones are taken.
/// Every key of the file is read or known to be without effect; any other is an error that names it.
///
/// `imageSize`: height and width of pictures that are asked for, of which layers of windows depend.
llvm::Expected<ModelDescription> readTimm(const CheckpointFile &config, const WeightSource *weights,
                                          const std::optional<std::vector<int64_t>> &imageSize = std::nullopt);

/// timm's class of the architecture that a configuration names; empty if it is unknown.
std::string timmClassOf(const JsonValue &config);

/// How pictures become images of another shape (channels, height, width) than the model's own: what timm does for that
/// `input_size`. `config` was read without an error.
std::vector<PreprocessStep> timmPreprocessing(const CheckpointFile &config, const std::vector<int64_t> &imageShape);

/// The names of all architectures of the table, sorted. Some need what is not supported.
std::vector<std::string> timmArchitectureNames();

/// Classes and their keys, as models/README.md shows them.
std::string timmReference();

} // namespace vitc

#endif // VITC_CHECKPOINTS_TIMMREADER_H
