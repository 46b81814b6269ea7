//===- Scores.h - from logits to the scores of classes ----------*- C++ -*-===//

#ifndef VITC_PICTURES_SCORES_H
#define VITC_PICTURES_SCORES_H

#include "vitc/Pictures/Manifest.h"

#include <cstddef>
#include <vector>

namespace vitc {

struct ClassScore {
  size_t index;
  double value;
};

/// The scores of all classes from their logits, in double precision, or the logits themselves; the best first, equal
/// ones in the order of classes.
std::vector<ClassScore> scoresOf(const std::vector<float> &logits, ScoreKind kind);

} // namespace vitc

#endif // VITC_PICTURES_SCORES_H
