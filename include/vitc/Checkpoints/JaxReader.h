//===- JaxReader.h - Google's JAX checkpoints -------------------*- C++ -*-===//

#ifndef VITC_CHECKPOINTS_JAXREADER_H
#define VITC_CHECKPOINTS_JAXREADER_H

#include "vitc/Checkpoints/CheckpointFile.h"
#include "vitc/Description/ModelDescription.h"
#include "vitc/Weights/FlaxParameters.h"

namespace vitc {

/// Describes a ViT of Google's JAX code as that code runs it (GELU is the tanh approximation, epsilon is 1e-6): the
/// original ones and AugReg (google-research/vision_transformer), and big_vision's, alone (`params/`) or as the
/// picture's tower of a pair (`params/img/`). Its name is "vit" (ModelName.h has better ones).
///
/// `config` is a configuration of vit_jax (configs/models.py as JSON) or of big_vision (the arguments of
/// models/vit.py), or transformers' for the family vit, from which sizes, labels and the number of heads are taken.
/// What it leaves open (layers' names, the picture's size, classes) follows from `parameters`. `preprocessor` is
/// preprocessor_config.json; without it pictures are resized bilinearly and scaled to -1 … 1. Every key is read or
/// known to be without effect; any other is an error that names it, and so is a size that contradicts the parameters.
llvm::Expected<ModelDescription> readJax(const CheckpointFile &config, const CheckpointFile *preprocessor,
                                         const FlaxParameters &parameters);

} // namespace vitc

#endif // VITC_CHECKPOINTS_JAXREADER_H
