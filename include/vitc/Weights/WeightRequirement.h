//===- WeightRequirement.h - a tensor that a model needs --------*- C++ -*-===//

#ifndef VITC_WEIGHTS_WEIGHTREQUIREMENT_H
#define VITC_WEIGHTS_WEIGHTREQUIREMENT_H

#include "vitc/Weights/Shape.h"

#include <string>

namespace vitc {

/// What a tensor of weights is for; it decides how random values are distributed.
enum class WeightRole {
  /// Weight of a linear layer or convolution: fan-in is the product of all dimensions but the first.
  Matrix,
  /// Bias of a linear layer or convolution.
  Bias,
  /// Factor of normalised features or of a layer's result.
  NormWeight,
  /// Addend of normalised features.
  NormBias,
  /// Variance that a norm divides by.
  NormVariance,
  /// Tokens, positions and other values.
  Embedding
};

/// A tensor that the model needs.
struct WeightRequirement {
  std::string tensor;
  Shape shape;
  WeightRole role = WeightRole::Matrix;
  /// Whether dimensions of 1 in front may be more or fewer in the file (tokens are [1, 1, D] here and [D] there).
  bool leadingOnes = false;
  /// The node that uses it first.
  std::string node = "";
};

} // namespace vitc

#endif // VITC_WEIGHTS_WEIGHTREQUIREMENT_H
