//===- TimmHybrid.h - patches of another network's maps ---------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_TIMM_TIMMHYBRID_H
#define VITC_LIB_CHECKPOINTS_TIMM_TIMMHYBRID_H

#include "TimmGraph.h"

namespace vitc {

/// HybridEmbed: the network, if any, that makes a map of the picture before patches are cut. It follows from the
/// architecture's name (`backbone`: its class and arguments).
class TimmHybrid {
public:
  TimmHybrid(TimmGraph &graph, TimmSettings &settings);

  explicit operator bool() const { return !kind.empty(); }
  /// How often the picture's size is halved.
  int64_t halvings() const;
  /// The image as an input, the network's layers, and patches of their map.
  void addPatches(const TimmShape &shape) const;

private:
  TimmGraph &graph;
  /// ResNet or ResNetV2; empty: there is none.
  std::string kind;
  JsonValue arguments = JsonValue::Object();
};

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_TIMM_TIMMHYBRID_H
