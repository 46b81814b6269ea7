//===- Random.h - random choices that are the same everywhere ---*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRANDOMGRAPH_RANDOM_H
#define VITC_TOOLS_VITCRANDOMGRAPH_RANDOM_H

#include <cstdint>
#include <random>
#include <vector>

namespace vitc {

/// The standard fixes what its generators give, but not what its distributions make of it.
class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}

  /// A number from 0 to below `end`, which is greater than 0.
  uint64_t below(uint64_t end) { return engine() % end; }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <typename T> const T &pick(const std::vector<T> &choices) { return choices[below(choices.size())]; }

private:
  std::mt19937_64 engine;
};

} // namespace vitc

#endif // VITC_TOOLS_VITCRANDOMGRAPH_RANDOM_H
