//===- OpenClip.h - OpenCLIP's configurations -------------------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_TIMM_OPENCLIP_H
#define VITC_LIB_CHECKPOINTS_TIMM_OPENCLIP_H

#include "vitc/Checkpoints/CheckpointFile.h"
#include "vitc/Description/ModelDescription.h"
#include "vitc/Weights/WeightSource.h"

namespace vitc {

/// Whether a JSON object is an open_clip_config.json.
bool isOpenClip(const JsonValue &config);

/// The picture's tower of an open_clip_config.json as a configuration of timm, whose names its tensors get
/// (convertTimmNames). `weights` tells what the configuration leaves to a model of timm; null: its defaults.
/// Errors: unknown keys, towers that are no Vision Transformer, what timm has no argument for.
llvm::Expected<CheckpointFile> timmConfigOfOpenClip(const CheckpointFile &config, const WeightSource *weights);

/// Names the outputs of a tower that was read so as the library does: a vector to be compared with those of texts.
void nameOpenClipOutputs(ModelDescription &description);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_TIMM_OPENCLIP_H
