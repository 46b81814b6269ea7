//===- TimmHybrid.cpp - patches of another network's maps -------*- C++ -*-===//

#include "TimmHybrid.h"

#include "TimmMaps.h"

using namespace vitc;

TimmHybrid::TimmHybrid(TimmGraph &graph, TimmSettings &settings) : graph(graph) {
  std::optional<TimmSettings::ClassCall> call = settings.classCall("backbone");
  if (!call)
    return;
  kind = call->name;
  if (kind != "ResNet" && kind != "ResNetV2") {
    settings.unsupported("backbone", "'" + kind + "'");
    return;
  }
  for (const char *key : {"dynamic_img_size", "dynamic_img_pad", "pre_norm"})
    if (settings.boolean(key, false))
      settings.unsupported(key, "true behind another network");
  arguments = JsonValue(std::move(call->keywords));
}

int64_t TimmHybrid::halvings() const {
  // By the stem twice, and by each stage but the first; ResNet's stages are counted from the stem on.
  const JsonValue *list = arguments.find(kind == "ResNet" ? "out_indices" : "layers");
  const JsonValue::Array *values = list ? list->asArray() : nullptr;
  if (!values)
    return 0;
  if (kind == "ResNetV2")
    return std::max<int64_t>(int64_t(values->size()) + 1, 2);
  const int64_t *last = values->empty() ? nullptr : values->back().asInteger();
  return last ? *last + 1 : 0;
}

void TimmHybrid::addPatches(const TimmShape &shape) const {
  const std::string prefix = "patch_embed.backbone.";
  graph.addImage(shape.channels, shape.imageSize);
  addPictureMap(graph, "map");
  const JsonValue none = JsonValue::Object();
  TimmSettings own(graph.errors, none, arguments, graph.result.name);
  if (kind == "ResNet")
    addTimmResNetMap(graph, own, prefix);
  else
    addTimmResNetV2Map(graph, own, prefix);
  own.finish();
  if (graph.errors.any())
    return;
  graph.ignoreTensors([](llvm::StringRef tensor) { return tensor.ends_with(".num_batches_tracked"); });
  addChannelsFirst(graph, "patch_embed.map", graph.last());
  graph.addPatchProjection(shape, /*hasBias=*/true);
}
