//===- TimmBeit.cpp - BEiT and BEiT v2 --------------------------*- C++ -*-===//
//
// The class Beit of timm 1.0.31.
//
//===----------------------------------------------------------------------===//

#include "TimmGraph.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;

namespace {

class Beit {
public:
  Beit(TimmGraph &graph, TimmSettings &settings, const TimmInput &input)
      : graph(graph), settings(settings), shape(readTimmShape(graph.errors, settings, input, /*mayBeDynamic=*/false)) {}

  int64_t build() {
    readSettings();
    if (graph.errors.any())
      return 0;
    graph.addPatches(shape, /*hasBias=*/true);
    graph.addTokens(shape, tokens);
    graph.addBlocks(shape.depth, [&](const std::string &name) { addBlock(name); });
    return graph.addHead(head, tokens);
  }

private:
  void readSettings() {
    norm = settings.norm("norm_layer").value_or(TimmNorm());
    tokens.positions = settings.boolean("use_abs_pos_emb", true);
    hidden = timmHiddenSize(graph.errors, settings, shape.width, settings.real("mlp_ratio", 4));
    hasQkvBias = settings.boolean("qkv_bias", true);
    hasLayerScale = settings.optionalReal("init_values").value_or(0) != 0;
    isGated = settings.boolean("swiglu_mlp", false);
    hasHiddenNorm = settings.boolean("scale_mlp", false);
    hasRelativePositions = settings.boolean("use_rel_pos_bias", false);
    sharesRelativePositions = settings.boolean("use_shared_rel_pos_bias", false);
    head.pool = settings.string("global_pool", "avg");
    if (!llvm::is_contained({"", "avg", "token"}, head.pool))
      settings.unsupported("global_pool", "'" + head.pool + "'");
    bool isBehindPool = settings.optionalBoolean("use_fc_norm").value_or(head.pool == "avg");
    head.norm = norm;
    head.hasNorm = !isBehindPool;
    head.hasPooledNorm = isBehindPool;
    head.pooledFrom = 1;
    head.classes = shape.classes;
    graph.ignoreTensors(
        [](llvm::StringRef tensor) { return tensor.ends_with("relative_position_index") || tensor == "mask_token"; });
  }

  /// Rows and columns of a table in the file. timm takes every table for a square one if its length allows that.
  std::vector<int64_t> tableSize(const std::string &tensor) const {
    int64_t rows = 2 * shape.grid(0) - 1, columns = 2 * shape.grid(1) - 1, entries = rows * columns;
    // Those for the class token come last.
    if (const TensorInfo *info = graph.weights ? graph.weights->find(tensor) : nullptr)
      entries = info->shape.size() == 2 && info->shape[0] > 3 ? info->shape[0] - 3 : entries;
    auto edge = int64_t(std::sqrt(double(entries)));
    if (edge * edge == entries)
      return {edge, edge};
    return {rows, columns};
  }

  void addBlock(const std::string &name) {
    Node &node = graph.add(name, "encoder_block");
    node.attributes["heads"] = shape.heads;
    node.attributes["hidden_size"] = hidden;
    node.attributes["epsilon"] = norm.epsilon;
    TimmGraph::setNormKind(node, norm);
    TimmGraph::setNorm(node, "norm1", name + ".norm1", norm);
    TimmGraph::setModule(node, "qkv", name + ".attn.qkv", /*hasBias=*/false);
    if (hasQkvBias) {
      node.parameters["query_bias"] = name + ".attn.q_bias";
      node.parameters["value_bias"] = name + ".attn.v_bias";
    }
    TimmGraph::setModule(node, "output", name + ".attn.proj", true);
    TimmGraph::setNorm(node, "norm2", name + ".norm2", norm);
    if (isGated) {
      node.attributes["gate"] = std::string("separate");
      node.attributes["activation"] = std::string("silu");
      TimmGraph::setModule(node, "gate", name + ".mlp.fc1_g", true);
    }
    TimmGraph::setModule(node, "fc1", name + (isGated ? ".mlp.fc1_x" : ".mlp.fc1"), true);
    if (hasHiddenNorm)
      TimmGraph::setNorm(node, "hidden_norm", name + ".mlp.norm", norm);
    TimmGraph::setModule(node, "fc2", name + ".mlp.fc2", true);
    if (hasLayerScale) {
      node.parameters["layer_scale1"] = name + ".gamma_1";
      node.parameters["layer_scale2"] = name + ".gamma_2";
    }
    if (hasRelativePositions)
      node.parameters["relative_positions"] = name + ".attn.relative_position_bias_table";
    if (sharesRelativePositions)
      node.parameters["shared_relative_positions"] = "rel_pos_bias.relative_position_bias_table";
    if (hasRelativePositions || sharesRelativePositions) {
      node.attributes["relative_table"] =
          tableSize(node.parameters.at(hasRelativePositions ? "relative_positions" : "shared_relative_positions"));
      node.attributes["relative_resample"] = std::string("geometric");
    }
  }

  TimmGraph &graph;
  TimmSettings &settings;
  const TimmShape shape;
  TimmNorm norm;
  TimmGraph::Tokens tokens;
  TimmHead head;
  int64_t hidden = 0;
  bool hasQkvBias = true, hasLayerScale = false, isGated = false, hasHiddenNorm = false, hasRelativePositions = false,
       sharesRelativePositions = false;
};

} // namespace

int64_t vitc::buildTimmBeit(TimmGraph &graph, TimmSettings &settings, const TimmInput &input) {
  return Beit(graph, settings, input).build();
}
