//===- Scores.cpp - from logits to the scores of classes ------------------===//

#include "vitc/Pictures/Scores.h"

#include <algorithm>
#include <cmath>

using namespace vitc;

std::vector<ClassScore> vitc::scoresOf(const std::vector<float> &logits, ScoreKind kind) {
  std::vector<ClassScore> scores;
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0.0;
  for (float logit : logits)
    sum += std::exp(logit - largest);
  for (size_t i = 0; i < logits.size(); ++i)
    scores.push_back({i, kind == ScoreKind::None      ? double(logits[i])
                         : kind == ScoreKind::Sigmoid ? 1.0 / (1.0 + std::exp(-double(logits[i])))
                                                      : std::exp(logits[i] - largest) / sum});
  // By logits: scores may be equal where logits are not. NaN comes last.
  const auto isBetter = [&](const ClassScore &a, const ClassScore &b) {
    const float x = logits[a.index], y = logits[b.index];
    if (std::isnan(x) || std::isnan(y) || x == y)
      return std::isnan(x) != std::isnan(y) ? std::isnan(y) : a.index < b.index;
    return x > y;
  };
  std::sort(scores.begin(), scores.end(), isBetter);
  return scores;
}
