//===- OtherDirectories.h - directories that are no checkpoints -*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_OTHERDIRECTORIES_H
#define VITC_LIB_CHECKPOINTS_OTHERDIRECTORIES_H

#include "vitc/Checkpoints/CheckpointFile.h"
#include "vitc/Checkpoints/ReadModel.h"
#include "vitc/Weights/WeightSource.h"

namespace vitc {

/// An error if a directory is one of adapters (PEFT): they change a model that lies elsewhere.
llvm::Error checkNoAdapter(llvm::StringRef directory);

/// An error if a file has adapters that are not merged into the layers that they change. Tensors that match a pattern
/// are none of the model's.
llvm::Error checkAdaptersMerged(const WeightSource &weights, llvm::ArrayRef<std::string> ignored);

/// An error if a configuration, or the tensors of a file, say that the weights are quantized. Keys and tensors that
/// match a pattern are without effect.
llvm::Error checkNotQuantized(const CheckpointFile &config, const ReadOptions &options);
llvm::Error checkNotQuantized(const WeightSource &weights, llvm::ArrayRef<std::string> ignored);

/// Says what a directory without a configuration is, or what one without weights has instead.
llvm::Error explainDirectory(llvm::StringRef directory);
/// What a directory has in place of safetensors, and which way leads on; success if nothing of that kind.
llvm::Error explainWeights(llvm::StringRef directory);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_OTHERDIRECTORIES_H
