//===- Manifest.h - what a compiled model says about itself -----*- C++ -*-===//
//
// JSON text, a part of the program table and the content of an ELF note (model_abi.h). Tools read it without loading
// the model.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_TARGET_MANIFEST_H
#define VITC_TARGET_MANIFEST_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/TargetInfo/TargetInfo.h"

#include <string>
#include <vector>

namespace vitc {

/// An input or output, without the batch dimension.
struct ManifestTensor {
  std::string name;
  std::string dtype = "f32";
  std::vector<int64_t> shape;
};

/// What the description and the target do not say.
struct ManifestOptions {
  std::vector<ManifestTensor> inputs;
  std::vector<ManifestTensor> outputs;
  int64_t batch = 1;
  std::string precision = "f32";
  /// Size of the weights segment.
  uint64_t weightsBytes = 0;
  /// Memory for each image of a chunk, and for each thread.
  uint64_t arenaBytes = 0;
  uint64_t scratchBytes = 0;
};

/// The manifest of a model, of one line, without a newline: the same text for the same model, target and options. It
/// contains `unknownWeightsHash()` and an unknown program hash (ProgramHash.h) once; writing the shared object replaces
/// them.
std::string buildManifest(const ModelDescription &description, const TargetInfo &target,
                          const ManifestOptions &options);

/// The member that holds the hash of the weights as long as it is not known: `"hash":"000…0"`. No other part of a
/// manifest can contain it, quotes in strings being escaped.
std::string unknownWeightsHash();

/// The same member with a hash of 64 hexadecimal digits; as long as the other.
std::string weightsHashMember(const std::string &hash);

} // namespace vitc

#endif // VITC_TARGET_MANIFEST_H
