//===- TimmEva.cpp - EVA, EVA-02, DINOv3, ViTs with rotary positions -*- C++ -*-===//
//
// The class Eva of timm 1.0.31.
//
//===----------------------------------------------------------------------===//

#include "TimmGraph.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;

namespace {

class Eva {
public:
  Eva(TimmGraph &graph, TimmSettings &settings, const TimmInput &input)
      : graph(graph), settings(settings), shape(readTimmShape(graph.errors, settings, input, /*mayBeDynamic=*/true)) {}

  int64_t build() {
    readTokens();
    readBlocks();
    readRotation();
    readHead();
    compareWithTensors();
    if (graph.errors.any())
      return 0;
    graph.addPatches(shape, /*hasBias=*/!hasPreNorm);
    graph.addTokens(shape, tokens);
    if (hasPreNorm)
      graph.addNorm("norm_pre", norm);
    graph.addBlocks(shape.depth, [&](const std::string &name) { addBlock(name); });
    return graph.addHead(head, tokens);
  }

private:
  void readTokens() {
    tokens.classToken = settings.boolean("class_token", true);
    tokens.registers = settings.integer("num_reg_tokens", 0, 0, 1 << 16);
    tokens.patchPositionsOnly = settings.boolean("no_embed_class", false);
    tokens.positions = settings.boolean("use_abs_pos_emb", true);
    hasPreNorm = settings.boolean("use_pre_transformer_norm", false);
    norm = settings.norm("norm_layer").value_or(TimmNorm());
  }

  void readBlocks() {
    hasQkvBias = settings.boolean("qkv_bias", true);
    isFused = settings.boolean("qkv_fused", true);
    hasQueryKeyNorm = settings.boolean("qk_norm", false);
    hasContextNorm = settings.boolean("scale_attn_inner", false);
    hasHiddenNorm = settings.boolean("scale_mlp", false);
    isPostNorm = settings.boolean("use_post_norm", false);
    std::string attention = settings.string("attn_type", "eva");
    if (attention != "eva" && attention != "rope")
      settings.unsupported("attn_type", "'" + attention + "'");
    hasKeyBias = attention == "rope" && hasQkvBias;
    // One number for all layers, or one for each.
    if (const JsonValue *heads = settings.given("num_kv_heads")) {
      auto isAll = [&](const JsonValue &value) { return value.asInteger() && *value.asInteger() == shape.heads; };
      if (!(heads->asArray() ? llvm::all_of(*heads->asArray(), isAll) : isAll(*heads)))
        settings.unsupported("num_kv_heads", "grouped-query attention");
    }
    if (isPostNorm && hasQueryKeyNorm)
      settings.unsupported("qk_norm", "true with use_post_norm");
    hasLayerScale = settings.optionalReal("init_values").has_value() && !isPostNorm;
    scalesAttentionOnly = settings.boolean("attn_only_layer_scale", false);
    hidden = timmHiddenSize(graph.errors, settings, shape.width, settings.real("mlp_ratio", 4));
    isGated = settings.boolean("swiglu_mlp", false);
    int64_t align = settings.integer("swiglu_align_to", 0, 0, 1 << 20);
    // The class with two layers alone can normalise or align; behind a block with post-norm, only if it normalises.
    isGateSeparate = isGated && (hasHiddenNorm || (align > 0 && !isPostNorm));
    if (isGateSeparate && align > 0)
      hidden += (align - hidden % align) % align;
  }

  void readRotation() {
    rotary = settings.boolean("use_rot_pos_emb", false);
    std::string type = settings.string("rope_type", "cat");
    rotaryOffset = settings.real("rope_grid_offset", 0);
    std::string indexing = settings.string("rope_grid_indexing", "ij");
    rotaryTheta = settings.real("rope_temperature", 10000);
    rotatesHalves = settings.boolean("rope_rotate_half", false);
    if (settings.given("ref_feat_shape"))
      rotaryGrid = settings.size("ref_feat_shape", {1, 1});
    if (!rotary)
      return;
    if (type != "cat" && type != "dinov3")
      settings.unsupported("rope_type", "'" + type + "'");
    if (indexing != "ij" && indexing != "xy")
      settings.unsupported("rope_grid_indexing", "'" + indexing + "'");
    if (rotaryTheta <= 0)
      graph.errors.report(settings.where({"rope_temperature"}),
                          "is " + numberText(rotaryTheta) + ", expected more than 0");
    isCentred = type == "dinov3";
    columnsFirst = indexing == "xy";
    if (isCentred)
      rotaryGrid.reset();
  }

  void readHead() {
    head.pool = settings.string("global_pool", "avg");
    if (!llvm::is_contained({"", "token", "avg", "max", "avgmax", "map"}, head.pool))
      settings.unsupported("global_pool", "'" + head.pool + "'");
    if (head.pool == "token" && !tokens.classToken)
      graph.errors.report(settings.where({"class_token", "global_pool"}), "pooling 'token' needs the class token");
    head.norm = norm;
    head.hasPooledNorm = settings.optionalBoolean("use_fc_norm").value_or(head.pool == "avg");
    head.hasNorm = settings.optionalBoolean("use_post_transformer_norm").value_or(!head.hasPooledNorm);
    // Attention pooling of this class takes all tokens.
    head.pooledFrom = head.pool == "map" ? 0 : tokens.count();
    head.classes = shape.classes;
    int64_t poolHeads = settings.optionalInteger("attn_pool_num_heads", 0, 1 << 20).value_or(0);
    double poolRatio = settings.optionalReal("attn_pool_mlp_ratio").value_or(0);
    // 0 counts as absent.
    head.attention = {shape.width, poolHeads > 0 ? poolHeads : shape.heads,
                      poolRatio != 0
                          ? timmHiddenSize(graph.errors, settings, shape.width, poolRatio)
                          : timmHiddenSize(graph.errors, settings, shape.width, settings.real("mlp_ratio", 4)),
                      "gelu"};
    if (head.pool == "map" && shape.width % head.attention.heads != 0)
      graph.errors.report(settings.where({"attn_pool_num_heads", "embed_dim"}), llvm::Twine(head.attention.heads) +
                                                                                    " heads do not divide the width " +
                                                                                    llvm::Twine(shape.width));
    // timm computes what it needs of these; learned rotations are not supported anyway.
    graph.ignoreTensors([](llvm::StringRef tensor) { return tensor.starts_with("rope.") || tensor == "mask_token"; });
  }

  /// Reports arguments that only code gives, and whose traces are in the file.
  void compareWithTensors() {
    const std::string block = "blocks.0.";
    const int64_t rows = graph.lengthOf(block + "mlp.fc1.weight", 0),
                  columns = graph.lengthOf(block + "mlp.fc2.weight", 1);
    if (!isGated && ((rows > 0 && rows == 2 * columns) || graph.hasTensor(block + "mlp.fc1_g.weight")))
      graph.missArgument(R"("swiglu_mlp": true)");
    graph.expectArgument(tokens.registers > 0, "reg_token",
                         "\"num_reg_tokens\": " + std::to_string(graph.lengthOf("reg_token", 1)));
    graph.expectArgument(tokens.classToken, "cls_token", R"("class_token": true)");
    graph.expectArgument(hasLayerScale, block + "gamma_1", R"("init_values": 1e-05)");
    graph.expectArgument(hasPreNorm, "norm_pre.weight", R"("use_pre_transformer_norm": true)");
    graph.expectArgument(hasQueryKeyNorm, block + "attn.q_norm.weight", R"("qk_norm": true)");
    graph.expectArgument(hasContextNorm, block + "attn.norm.weight", R"("scale_attn_inner": true)");
    graph.expectArgument(hasHiddenNorm, block + "mlp.norm.weight", R"("scale_mlp": true)");
    graph.reportMissing();
  }

  void setAttention(Node &node, const std::string &tensors) const {
    node.attributes["heads"] = shape.heads;
    node.attributes["qk_norm_epsilon"] = norm.epsilon;
    if (isFused) {
      TimmGraph::setModule(node, "qkv", tensors + ".qkv", hasKeyBias);
      if (hasQkvBias && !hasKeyBias) {
        node.parameters["query_bias"] = tensors + ".q_bias";
        node.parameters["value_bias"] = tensors + ".v_bias";
      }
    } else {
      TimmGraph::setModule(node, "query", tensors + ".q_proj", hasQkvBias);
      TimmGraph::setModule(node, "key", tensors + ".k_proj", hasKeyBias);
      TimmGraph::setModule(node, "value", tensors + ".v_proj", hasQkvBias);
    }
    if (hasQueryKeyNorm) {
      TimmGraph::setNorm(node, "query_norm", tensors + ".q_norm", norm);
      TimmGraph::setNorm(node, "key_norm", tensors + ".k_norm", norm);
    }
    if (hasContextNorm)
      TimmGraph::setNorm(node, "context_norm", tensors + ".norm", norm);
    TimmGraph::setModule(node, "output", tensors + ".proj", true);
    if (!rotary)
      return;
    node.attributes["rotary"] = std::string(rotatesHalves ? "halves" : "interleaved");
    node.attributes["rotary_theta"] = rotaryTheta;
    node.attributes["rotary_coordinates"] = std::string(isCentred ? "centred" : "index");
    node.attributes["rotary_offset"] = rotaryOffset;
    node.attributes["rotary_axes"] = std::string(columnsFirst ? "xy" : "yx");
    if (rotaryGrid)
      node.attributes["rotary_grid"] = *rotaryGrid;
  }

  void setMlp(Node &node, const std::string &tensors) const {
    node.attributes["hidden_size"] = hidden;
    node.attributes["activation"] = std::string(isGated ? "silu" : "gelu");
    if (isGated)
      node.attributes["gate"] = std::string(isGateSeparate ? "separate" : "first_half");
    if (isGateSeparate)
      TimmGraph::setModule(node, "gate", tensors + ".fc1_g", true);
    TimmGraph::setModule(node, "fc1", tensors + (isGateSeparate ? ".fc1_x" : ".fc1"), true);
    if (hasHiddenNorm)
      TimmGraph::setNorm(node, "hidden_norm", tensors + ".norm", norm);
    TimmGraph::setModule(node, "fc2", tensors + ".fc2", true);
  }

  void addBlock(const std::string &name) {
    Node &node = graph.add(name, "encoder_block");
    node.attributes["norm"] = std::string(isPostNorm ? "residual_post" : "pre");
    node.attributes["epsilon"] = norm.epsilon;
    TimmGraph::setNormKind(node, norm);
    TimmGraph::setNorm(node, "norm1", name + ".norm1", norm);
    setAttention(node, name + ".attn");
    TimmGraph::setNorm(node, "norm2", name + ".norm2", norm);
    setMlp(node, name + ".mlp");
    if (hasLayerScale)
      node.parameters["layer_scale1"] = name + ".gamma_1";
    if (hasLayerScale && !scalesAttentionOnly)
      node.parameters["layer_scale2"] = name + ".gamma_2";
  }

  TimmGraph &graph;
  TimmSettings &settings;
  const TimmShape shape;
  TimmNorm norm;
  TimmGraph::Tokens tokens;
  TimmHead head;
  int64_t hidden = 0;
  bool hasPreNorm = false, hasQkvBias = true, hasKeyBias = false, isFused = true, hasQueryKeyNorm = false,
       hasContextNorm = false, hasHiddenNorm = false, isPostNorm = false, hasLayerScale = false,
       scalesAttentionOnly = false, isGated = false, isGateSeparate = false;
  bool rotary = false, rotatesHalves = false, isCentred = false, columnsFirst = false;
  double rotaryOffset = 0, rotaryTheta = 10000;
  std::optional<std::vector<int64_t>> rotaryGrid;
};

} // namespace

int64_t vitc::buildTimmEva(TimmGraph &graph, TimmSettings &settings, const TimmInput &input) {
  return Eva(graph, settings, input).build();
}
