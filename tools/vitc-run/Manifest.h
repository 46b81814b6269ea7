//===- Manifest.h - what vitc-run needs to know of a model ------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_MANIFEST_H
#define VITC_TOOLS_VITCRUN_MANIFEST_H

#include "vitc/Preprocessing/Preprocess.h"
#include "vitc/RuntimeHost/ModelFile.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vitc {

/// How the first output becomes the scores of labels.
enum class ScoreKind { None, Softmax, Sigmoid };

/// An input or output, without the batch dimension.
struct TensorDescription {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
};

/// The parts of a manifest that decide what is computed and printed.
struct Manifest {
  std::string name;
  std::vector<TensorDescription> inputs;
  std::vector<TensorDescription> outputs;
  std::vector<std::string> labels;
  ScoreKind scores = ScoreKind::None;
  /// From a picture to the first input; empty when the model is not for pictures.
  std::vector<ImageStep> preprocessing;
};

/// The version of manifests that is understood.
constexpr int64_t manifestVersion = 1;

/// Reads the manifest of a model file. Errors, with a JSON pointer: another version, missing or wrong values, steps of
/// preprocessing that are not known.
HostExpected<Manifest> readManifest(const ModelFile &file);

/// "3x32x32", or "scalar" for a shape without dimensions.
std::string toString(const std::vector<int64_t> &shape);

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_MANIFEST_H
