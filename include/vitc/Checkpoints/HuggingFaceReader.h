//===- HuggingFaceReader.h - transformers checkpoints -----------*- C++ -*-===//

#ifndef VITC_CHECKPOINTS_HUGGINGFACEREADER_H
#define VITC_CHECKPOINTS_HUGGINGFACEREADER_H

#include "vitc/Checkpoints/CheckpointFile.h"
#include "vitc/Description/ModelDescription.h"
#include "vitc/Weights/WeightSource.h"

namespace vitc {

/// Describes a Hugging Face checkpoint as transformers 5.24 would run it, of any family that huggingFaceReference
/// lists; tensor names of transformers 4 and 5, with and without base prefix. Its name is the family's, until someone
/// who knows where the checkpoint lies gives it one (ModelName.h).
///
/// `preprocessor` is preprocessor_config.json or what stands for it in processor_config.json; without it nothing is
/// known about pictures. `weights` tells which names and which optional tensors the checkpoint has; without it
/// transformers 4 names are taken. Every key of both files is read or known to be without effect; any other is an error
/// that names it. A model that is made one for pictures of `imageSize` afterwards may have pictures of any size
/// prepared for it, and positions of another grid than the configuration says, if a square one; nodes that depend on
/// the size are those for it.
llvm::Expected<ModelDescription> readHuggingFace(const CheckpointFile &config, const CheckpointFile *preprocessor,
                                                 const WeightSource *weights,
                                                 const std::optional<std::vector<int64_t>> &imageSize = std::nullopt);

/// Families and their keys, as models/README.md shows them.
std::string huggingFaceReference();

} // namespace vitc

#endif // VITC_CHECKPOINTS_HUGGINGFACEREADER_H
