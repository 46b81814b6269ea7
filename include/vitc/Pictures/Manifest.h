//===- Manifest.h - what a model says about pictures ------------*- C++ -*-===//

#ifndef VITC_PICTURES_MANIFEST_H
#define VITC_PICTURES_MANIFEST_H

#include "vitc/Postprocessing/Postprocess.h"
#include "vitc/Preprocessing/Preprocess.h"
#include "vitc/RuntimeHost/LoadedModel.h"

#include <cstdint>
#include <string>
#include <vector>

namespace vitc {

/// How the first output of an entry point becomes the scores of its labels.
enum class ScoreKind { None, Softmax, Sigmoid };

/// An input or output, without the batch dimension.
struct TensorDescription {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  /// Of an input: from a picture to it; empty when it is not made from pictures.
  std::vector<ImageStep> preprocessing;
  /// Of an output: the names of its classes.
  std::vector<std::string> labels;
  /// Of an input that is 1 where another one has a picture, and 0 where padding: that input's name.
  std::string maskOf = {};
};

/// A function of the model. It has inputs and outputs.
struct EntryPointDescription {
  std::string name;
  std::vector<TensorDescription> inputs;
  std::vector<TensorDescription> outputs;
  /// How they become an answer to a picture; its outputs are there, f32, and have the shapes that it needs.
  std::optional<AnswerRule> answer;
};

/// The code for one kind of CPU.
struct VariantDescription {
  std::string cpu;
  std::vector<std::string> features;
};

/// The parts of a manifest that decide what is computed of pictures, and printed.
struct Manifest {
  std::string name;
  ScoreKind scores = ScoreKind::None;
  /// At least one of each; the best variant first.
  std::vector<EntryPointDescription> entryPoints;
  std::vector<VariantDescription> variants;
};

/// The version of manifests that is understood.
constexpr int64_t manifestVersion = 2;

/// Reads the manifest of a model file. Errors, with a JSON pointer: another version, missing or wrong values, steps of
/// preprocessing that are not known.
HostExpected<Manifest> readManifest(const ModelFile &file);

/// Checks that the manifest and the code of a model have the same entry points.
std::optional<HostError> checkEntryPoints(const LoadedModel &model, const Manifest &manifest);

/// "3x32x32", or "scalar" for a shape without dimensions.
std::string toString(const std::vector<int64_t> &shape);

/// The shape of an output of f32, or an empty one if there is none of that name.
std::vector<int64_t> shapeOf(const EntryPointDescription &entry, const std::string &output);

/// The same of an output that is a map: of rank 3, or 2 for one channel.
MapShape mapShapeOf(const EntryPointDescription &entry, const std::string &output);

} // namespace vitc

#endif // VITC_PICTURES_MANIFEST_H
