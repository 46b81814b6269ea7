//===- TimmVisionTransformer.cpp - ViT, DeiT, CLIP, SigLIP, DINOv2, … -*- C++ -*-===//
//
// The classes VisionTransformer and VisionTransformerDistilled of timm 1.0.31.
//
//===----------------------------------------------------------------------===//

#include "TimmHybrid.h"
#include "vitc/Description/DescriptionParser.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;

namespace {

class VisionTransformer {
public:
  VisionTransformer(TimmGraph &graph, TimmSettings &settings, const TimmInput &input, bool isDistilled)
      : graph(graph), settings(settings), hybrid(graph, settings),
        shape(readTimmShape(graph.errors, settings, input, /*mayBeDynamic=*/true, hybrid.halvings())) {
    tokens.distillationToken = isDistilled;
  }

  int64_t build() {
    readTokens();
    readBlocks();
    readHead();
    compareWithTensors();
    if (graph.errors.any())
      return 0;
    if (hybrid)
      hybrid.addPatches(shape);
    else
      graph.addPatches(shape, /*hasBias=*/!hasPreNorm);
    if (graph.errors.any())
      return 0;
    if (patchNorm)
      graph.addNorm("patch_embed.norm", *patchNorm);
    graph.addTokens(shape, tokens);
    if (hasPreNorm)
      graph.addNorm("norm_pre", norm);
    graph.addBlocks(shape.depth, [&](const std::string &name) {
      if (block == "ParallelScalingBlock")
        addParallelScalingBlock(name);
      else if (block == "ParallelThingsBlock")
        addParallelThingsBlock(name);
      else
        addBlock(name);
    });
    return tokens.distillationToken ? addDistilledHead() : graph.addHead(head, tokens);
  }

private:
  void readTokens() {
    tokens.classToken = settings.boolean("class_token", true);
    tokens.registers = settings.integer("reg_tokens", 0, 0, 1 << 16);
    std::string positions = settings.string("pos_embed", "learn");
    if (!llvm::is_contained({"", "none", "learn"}, positions))
      settings.unsupported("pos_embed", "'" + positions + "'");
    tokens.positions = positions == "learn";
    tokens.patchPositionsOnly = settings.boolean("no_embed_class", false);
    if (tokens.distillationToken) {
      if (!tokens.classToken)
        settings.unsupported("class_token", "a distilled model without class token");
      if (tokens.registers > 0)
        settings.unsupported("reg_tokens", "a distilled model with registers");
      if (tokens.patchPositionsOnly)
        settings.unsupported("no_embed_class", "a distilled model with positions for patches only");
      tokens.positions = true;
    }
    hasPreNorm = settings.boolean("pre_norm", false);
    norm = settings.norm("norm_layer").value_or(TimmNorm());
    patchNorm = settings.norm("embed_norm_layer");
  }

  void readBlocks() {
    act = settings.activation("act_layer", "gelu");
    hidden = fullHidden = timmHiddenSize(graph.errors, settings, shape.width, settings.real("mlp_ratio", 4));
    hasQkvBias = settings.boolean("qkv_bias", true);
    hasQueryKeyNorm = settings.boolean("qk_norm", false);
    hasContextNorm = settings.boolean("scale_attn_norm", false);
    hasHiddenNorm = settings.boolean("scale_mlp_norm", false);
    hasProjectionBias = settings.boolean("proj_bias", true);
    std::string attention = settings.string("attn_layer", "");
    if (!attention.empty() && attention != "attn")
      settings.unsupported("attn_layer", "'" + attention + "'");
    block = settings.className("block_fn", "Block");
    if (!llvm::is_contained({"Block", "ResPostBlock", "ParallelScalingBlock", "ParallelThingsBlock"}, block))
      settings.unsupported("block_fn", block);
    if (block == "ParallelScalingBlock")
      for (const char *key : {"scale_attn_norm", "scale_mlp_norm"})
        if (settings.boolean(key, false))
          settings.unsupported(key, "true for " + block);
    mlp = settings.className("mlp_layer", "Mlp");
    if (!llvm::is_contained({"Mlp", "SwiGLUPacked", "SwiGLU"}, mlp))
      settings.unsupported("mlp_layer", mlp);
    if (mlp == "SwiGLUPacked" && block != "ParallelScalingBlock") {
      if (hidden % 2 != 0)
        graph.errors.report(settings.where({"mlp_ratio", "embed_dim"}),
                            "the two halves of a gated MLP cannot have " + llvm::Twine(hidden) + " features together");
      hidden /= 2;
    }
    std::optional<double> layerScale = settings.optionalReal("init_values");
    // The class that fuses all projections takes 0 for a value, others for nothing.
    hasLayerScale = block == "ParallelScalingBlock" ? layerScale.has_value() : layerScale.value_or(0) != 0;
    // In this one it is where norms start from.
    hasLayerScale &= block != "ResPostBlock";
    bool usesGammaNames = settings.impliedByName("may_have_gamma") && graph.hasTensor("blocks.0.gamma_1");
    scaleNames = usesGammaNames ? std::pair(".gamma_1", ".gamma_2") : std::pair(".ls1.gamma", ".ls2.gamma");
  }

  void readHead() {
    head.classes = shape.classes;
    head.pool = settings.string("global_pool", "token");
    if (!llvm::is_contained({"", "token", "avg", "max", "avgmax", "map"}, head.pool))
      settings.unsupported("global_pool", "'" + head.pool + "'");
    if (tokens.distillationToken && head.pool != "token")
      settings.unsupported("global_pool", "'" + head.pool + "' for a distilled model");
    if (head.pool == "token" && !tokens.classToken)
      graph.errors.report(settings.where({"class_token", "global_pool"}), "pooling 'token' needs the class token");
    head.pooledFrom = settings.boolean("pool_include_prefix", false) ? 0 : tokens.count();
    bool hasFinalNorm = settings.boolean("final_norm", true);
    bool isBehindPool =
        settings.optionalBoolean("fc_norm").value_or(llvm::is_contained({"avg", "avgmax", "max"}, head.pool));
    head.norm = norm;
    head.hasNorm = hasFinalNorm && !isBehindPool;
    head.hasPooledNorm = hasFinalNorm && isBehindPool;
    head.attention = {shape.width, shape.heads, fullHidden, act};
    bool mayHavePool = settings.impliedByName("may_have_attn_pool") && head.pool != "map";
    graph.ignoreTensors([&](llvm::StringRef tensor) {
      return tensor == "mask_token" || tensor.starts_with("pre_logits.") ||
             (mayHavePool && tensor.starts_with("attn_pool."));
    });
  }

  /// Reports arguments that only code gives, and whose traces are in the file.
  void compareWithTensors() {
    const std::string block = "blocks.0.";
    const int64_t rows = graph.lengthOf(block + "mlp.fc1.weight", 0),
                  columns = graph.lengthOf(block + "mlp.fc2.weight", 1);
    if (mlp == "Mlp" && rows > 0 && rows == 2 * columns)
      graph.missArgument(
          R"("mlp_layer": "SwiGLUPacked", "act_layer": "SiLU" (fc1 has twice the features that fc2 takes))");
    graph.expectArgument(mlp == "SwiGLU", block + "mlp.fc1_g.weight", R"("mlp_layer": "SwiGLU", "act_layer": "SiLU")");
    const int64_t registers = graph.lengthOf("reg_token", 1);
    graph.expectArgument(tokens.registers > 0, "reg_token", "\"reg_tokens\": " + std::to_string(registers));
    graph.expectArgument(tokens.classToken, "cls_token", R"("class_token": true)");
    graph.expectArgument(hasLayerScale, block + "ls1.gamma", R"("init_values": 1e-05)");
    graph.expectArgument(hasPreNorm, "norm_pre.weight", R"("pre_norm": true)");
    graph.expectArgument(hasQueryKeyNorm, block + "attn.q_norm.weight", R"("qk_norm": true)");
    graph.expectArgument(hasContextNorm, block + "attn.norm.weight", R"("scale_attn_norm": true)");
    graph.expectArgument(hasHiddenNorm, block + "mlp.norm.weight", R"("scale_mlp_norm": true)");
    if (!tokens.patchPositionsOnly && tokens.count() > 0 &&
        graph.lengthOf("pos_embed", 1) == shape.grid(0) * shape.grid(1))
      graph.missArgument(R"("no_embed_class": true)");
    graph.reportMissing();
  }

  void setAttention(Node &node, const std::string &tensors) const {
    node.attributes["heads"] = shape.heads;
    node.attributes["qk_norm_epsilon"] = norm.epsilon;
    // BEiT-3's own files have them apart.
    if (graph.hasTensor(tensors + ".q_proj.weight")) {
      TimmGraph::setModule(node, "query", tensors + ".q_proj", hasQkvBias);
      TimmGraph::setModule(node, "key", tensors + ".k_proj", hasQkvBias);
      TimmGraph::setModule(node, "value", tensors + ".v_proj", hasQkvBias);
    } else {
      TimmGraph::setModule(node, "qkv", tensors + ".qkv", hasQkvBias);
    }
    if (hasQueryKeyNorm) {
      TimmGraph::setNorm(node, "query_norm", tensors + ".q_norm", norm);
      TimmGraph::setNorm(node, "key_norm", tensors + ".k_norm", norm);
    }
    if (hasContextNorm)
      TimmGraph::setNorm(node, "context_norm", tensors + ".norm", norm);
    TimmGraph::setModule(node, "output", tensors + ".proj", hasProjectionBias);
  }

  void setMlp(Node &node, const std::string &tensors) const {
    node.attributes["hidden_size"] = hidden;
    node.attributes["activation"] = act;
    if (mlp == "SwiGLU") {
      node.attributes["gate"] = std::string("separate");
      TimmGraph::setModule(node, "gate", tensors + ".fc1_g", hasProjectionBias);
      TimmGraph::setModule(node, "fc1", tensors + ".fc1_x", hasProjectionBias);
    } else {
      node.attributes["gate"] = std::string(mlp == "Mlp" ? "none" : "first_half");
      TimmGraph::setModule(node, "fc1", tensors + ".fc1", hasProjectionBias);
    }
    if (hasHiddenNorm)
      TimmGraph::setNorm(node, "hidden_norm", tensors + ".norm", norm);
    TimmGraph::setModule(node, "fc2", tensors + ".fc2", hasProjectionBias);
  }

  void addBlock(const std::string &name) {
    Node &node = graph.add(name, "encoder_block");
    node.attributes["norm"] = std::string(block == "ResPostBlock" ? "residual_post" : "pre");
    node.attributes["epsilon"] = norm.epsilon;
    TimmGraph::setNormKind(node, norm);
    TimmGraph::setNorm(node, "norm1", name + ".norm1", norm);
    setAttention(node, name + ".attn");
    TimmGraph::setNorm(node, "norm2", name + ".norm2", norm);
    setMlp(node, name + ".mlp");
    if (hasLayerScale) {
      node.parameters["layer_scale1"] = name + scaleNames.first;
      node.parameters["layer_scale2"] = name + scaleNames.second;
    }
  }

  /// Two attentions side by side, then two MLPs.
  void addParallelThingsBlock(const std::string &name) {
    for (const char *part : {"attns", "ffns"}) {
      bool isAttention = llvm::StringRef(part) == "attns";
      std::string x = graph.last();
      std::vector<std::string> branches;
      for (int index = 0; index < 2; ++index) {
        std::string branch = name + "." + part + "." + std::to_string(index);
        graph.addNorm(branch + ".norm", norm, x);
        std::string layer = branch + (isAttention ? ".attn" : ".mlp");
        Node &node = graph.add(layer, isAttention ? "attention" : "mlp");
        TimmGraph::setNormKind(node, norm);
        if (isAttention)
          setAttention(node, layer);
        else
          setMlp(node, layer);
        if (hasLayerScale)
          graph.addCombined(branch + ".ls", "mul", branch + ".ls.gamma", {shape.width});
        branches.push_back(graph.last());
      }
      graph.addSum(name + "." + part, branches[0], branches[1]);
      graph.addSum(name + "." + part + ".residual", x, graph.last());
    }
  }

  /// Attention and MLP side by side, behind one norm and one projection, whose rows are: MLP, queries, keys, values.
  void addParallelScalingBlock(const std::string &name) {
    std::string x = graph.last(), projected = name + ".in_proj";
    graph.addNorm(name + ".in_norm", norm);
    graph.addLinear(projected, hidden + 3 * shape.width, hasQkvBias);
    graph.addSlice(name + ".mlp", 1, 0, hidden, projected);
    if (!hasQkvBias)
      graph.addCombined(name + ".mlp.biased", "add", name + ".mlp_bias", {hidden});
    graph.addActivation(name + ".mlp_act", act);
    graph.addLinear(name + ".mlp_out_proj", shape.width, hasProjectionBias);

    std::string parts[3];
    for (int64_t index = 0; index < 3; ++index) {
      std::string part = name + "." + "qkv"[index];
      graph.addSlice(part, 1, hidden + index * shape.width, shape.width, projected);
      graph.addReshape(part + ".heads", {-1, shape.heads, shape.width / shape.heads});
      graph.addTranspose(part + ".by_head", {1, 0, 2});
      if (hasQueryKeyNorm && index < 2)
        graph.addNorm(part + "_norm", norm);
      parts[index] = graph.last();
    }
    Node &scores = graph.add(name + ".scores", "matmul");
    scores.inputs = {parts[0], parts[1]};
    scores.attributes["transpose_rhs"] = true;
    const int64_t headDim = shape.width / shape.heads;
    graph.add(name + ".scaled_scores", "scale").attributes["factor"] = 1 / std::sqrt(double(headDim));
    graph.add(name + ".softmax", "softmax");
    graph.add(name + ".context", "matmul").inputs = {name + ".softmax", parts[2]};
    graph.addTranspose(name + ".context.by_token", {1, 0, 2});
    graph.addReshape(name + ".context.heads", {-1, shape.width});
    graph.addLinear(name + ".attn_out_proj", shape.width, hasProjectionBias);
    graph.addSum(name + ".branches", name + ".attn_out_proj", name + ".mlp_out_proj");
    if (hasLayerScale)
      graph.addCombined(name + ".ls", "mul", name + ".ls.gamma", {shape.width});
    graph.addSum(name, x, graph.last());
  }

  int64_t addDistilledHead() {
    if (head.hasNorm)
      graph.addNorm("norm", norm);
    std::string last = graph.last();
    bool hasClasses = head.classes > 0;
    graph.addPooling("class_token", "token", 0, last);
    if (hasClasses)
      graph.addClassifier("head", head.classes, "class_token");
    graph.addPooling("distillation_token", "token", 1, last);
    if (hasClasses)
      graph.addClassifier("head_dist", head.classes, "distillation_token");
    Node &average = graph.add("average", "average");
    average.inputs = {hasClasses ? "head" : "class_token", hasClasses ? "head_dist" : "distillation_token"};
    graph.result.outputs = {{hasClasses ? "logits" : "pooler_output", "average"}};
    graph.offers(graph.result.outputs.front().name, "average");
    graph.offerTokens(tokens, last);
    return head.classes;
  }

  TimmGraph &graph;
  TimmSettings &settings;
  const TimmHybrid hybrid;
  const TimmShape shape;
  TimmGraph::Tokens tokens;
  TimmHead head;
  /// Features of an MLP; the same before they are halved for a gate.
  int64_t hidden = 0, fullHidden = 0;
  bool hasPreNorm = false, hasQkvBias = true, hasQueryKeyNorm = false, hasContextNorm = false, hasHiddenNorm = false,
       hasProjectionBias = true, hasLayerScale = false;
  TimmNorm norm;
  std::optional<TimmNorm> patchNorm;
  std::string act, block, mlp;
  std::pair<const char *, const char *> scaleNames;
};

} // namespace

int64_t vitc::buildTimmVisionTransformer(TimmGraph &graph, TimmSettings &settings, const TimmInput &input,
                                         bool isDistilled) {
  return VisionTransformer(graph, settings, input, isDistilled).build();
}
