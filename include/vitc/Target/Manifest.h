//===- Manifest.h - what a compiled model says about itself -----*- C++ -*-===//
//
// JSON text, a part of the program table and the content of an ELF note (model_abi.h). Tools read it without loading
// the model.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_TARGET_MANIFEST_H
#define VITC_TARGET_MANIFEST_H

#include "vitc/Description/ModelDescription.h"

#include <string>
#include <vector>

namespace vitc {

/// An input or output, without the batch dimension.
struct ManifestTensor {
  std::string name;
  std::string dtype = "f32";
  std::vector<int64_t> shape;
  /// Of an input: the steps from a picture to it.
  std::vector<PreprocessStep> preprocessing;
  /// Of an output: the names of its classes.
  std::vector<std::string> labels;
  /// Of an input: as in ModelInput.
  std::optional<double> defaultValue = {};
  std::string maskOf = "";
};

/// A function of the model that can be run.
struct ManifestEntryPoint {
  std::string name;
  std::vector<ManifestTensor> inputs, outputs;
  Postprocessing postprocessing = {};
  /// Memory for each image of a chunk, and for each thread; the most that the code of any variant needs.
  uint64_t arenaBytes = 0, scratchBytes = 0;
};

/// The code of all entry points for one CPU.
struct ManifestVariant {
  std::string cpu;
  std::vector<std::string> features;
};

/// What the description does not say.
struct ManifestOptions {
  /// At least one of each; the best variant first.
  std::vector<ManifestEntryPoint> entryPoints;
  std::vector<ManifestVariant> variants;
  std::string triple;
  /// Of the descriptions of all entry points.
  std::string descriptionHash;
  int64_t batch = 1;
  std::string precision = "f32", attention = "f32";
  /// Size of the weights segment.
  uint64_t weightsBytes = 0;
};

/// The manifest of a model, of one line, without a newline: the same text for the same model and options. Beside the
/// lists of entry points and variants it says at its top what the first of each are, and the memory for any entry
/// point. It contains `unknownWeightsHash()` and an unknown program hash (ProgramHash.h) once; writing the shared
/// object replaces them.
std::string buildManifest(const ModelDescription &description, const ManifestOptions &options);

/// The member that holds the hash of the weights as long as it is not known: `"hash":"000…0"`. No other part of a
/// manifest can contain it, quotes in strings being escaped.
std::string unknownWeightsHash();

/// The same member with a hash of 64 hexadecimal digits; as long as the other.
std::string weightsHashMember(const std::string &hash);

} // namespace vitc

#endif // VITC_TARGET_MANIFEST_H
