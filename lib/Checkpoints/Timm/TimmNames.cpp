//===- TimmNames.cpp - names that timm converts when it loads ---*- C++ -*-===//

#include "TimmNames.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;

namespace {

/// Parts of names and what stands for them, replaced everywhere, one after the other.
using Replacements = llvm::ArrayRef<std::pair<const char *, const char *>>;

constexpr std::pair<const char *, const char *> openAiNames[] = {{"conv1", "patch_embed.proj"},
                                                                 {"positional_embedding", "pos_embed"},
                                                                 {"transformer.resblocks.", "blocks."},
                                                                 {"class_embedding", "cls_token"},
                                                                 {"ln_pre", "norm_pre"},
                                                                 {"ln_post", "norm"},
                                                                 {"ln_", "norm"},
                                                                 {"in_proj_", "qkv."},
                                                                 {"out_proj", "proj"},
                                                                 {"mlp.c_fc", "mlp.fc1"},
                                                                 {"mlp.c_proj", "mlp.fc2"}};
/// Layer scale, which a class has as a module or not.
constexpr std::pair<const char *, const char *> scaleModules[] = {{"ls_1.gamma", "ls1.gamma"},
                                                                  {"ls_2.gamma", "ls2.gamma"}};
constexpr std::pair<const char *, const char *> scaleParameters[] = {{"ls_1.gamma", "gamma_1"},
                                                                     {"ls_2.gamma", "gamma_2"}};
constexpr std::pair<const char *, const char *> poolNames[] = {{"attn_pool.attn.", "attn_pool."},
                                                               {"attn_pool.layernorm", "attn_pool.norm"},
                                                               {"attn_pool.probe", "attn_pool.latent"}};
constexpr std::pair<const char *, const char *> dinov2Names[] = {{"mlp.w12.", "mlp.fc1."}, {"mlp.w3.", "mlp.fc2."}};
constexpr std::pair<const char *, const char *> aimv2Names[] = {
    {"norm_1", "norm1"},      {"norm_2", "norm2"},           {"preprocessor.patchifier.", "patch_embed."},
    {"trunk.", ""},           {"post_trunk_norm.", "norm."}, {"preprocessor.pos_embed", "pos_embed"},
    {"mlp.fc1", "mlp.fc1_g"}, {"mlp.fc3", "mlp.fc1_x"}};
constexpr std::pair<const char *, const char *> beit3Names[] = {{"beit3.", ""},
                                                                {"vision_embed.cls_token", "cls_token"},
                                                                {"vision_embed.", "patch_embed."},
                                                                {"embed_positions.", "pos_embed."},
                                                                {"encoder.", ""},
                                                                {"layers.", "blocks."},
                                                                {"ffn_layernorm.", "norm."},
                                                                {"ffn.", "mlp."},
                                                                {"self_attn_layer_norm.", "norm1."},
                                                                {"self_attn.", "attn."},
                                                                {"final_layer_norm.", "norm2."},
                                                                {"inner_attn_ln", "norm"},
                                                                {"out_proj", "proj"},
                                                                {".A.", "."}};
constexpr std::pair<const char *, const char *> sapiensNames[] = {{"storage_tokens", "reg_token"},
                                                                  {"patch_embed.projection.", "patch_embed.proj."},
                                                                  {"attn.wq.", "attn.q_proj."},
                                                                  {"attn.wk.", "attn.k_proj."},
                                                                  {"attn.wv.", "attn.v_proj."},
                                                                  {"attn.gamma.weight", "gamma_1"},
                                                                  {".ffn.", ".mlp."},
                                                                  {".ln1.", ".norm1."},
                                                                  {".ln2.", ".norm2."}};
constexpr std::pair<const char *, const char *> dinov3Names[] = {
    {"ls1.gamma", "gamma_1"}, {"ls2.gamma", "gamma_2"}, {"storage_tokens", "reg_token"}};
constexpr std::pair<const char *, const char *> evaNames[] = {
    {"mlp.ffn_ln", "mlp.norm"}, {"attn.inner_attn_ln", "attn.norm"},
    {"mlp.w12", "mlp.fc1"},     {"mlp.w1", "mlp.fc1_g"},
    {"mlp.w2", "mlp.fc1_x"},    {"mlp.w3", "mlp.fc2"}};

constexpr std::pair<const char *, const char *> convNextNames[] = {
    {"downsample_layers.0.", "stem."}, {"dwconv", "conv_dw"},           {"pwconv", "mlp.pwconv"},
    {"grn.beta", "mlp.grn.bias"},      {"grn.gamma", "mlp.grn.weight"}, {"head.", "head.fc."}};

std::string replaced(llvm::StringRef name, Replacements replacements) {
  std::string text = name.str();
  for (const auto &[from, to] : replacements)
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + llvm::StringRef(to).size()))
      text.replace(at, llvm::StringRef(from).size(), to);
  return text;
}

class Conversion {
public:
  explicit Conversion(NamedTensors &tensors) : tensors(tensors) {}

  void convertVisionTransformer() {
    if (has("visual.class_embedding") || (has("class_embedding") && has("conv1.weight"))) {
      keepBehind(has("conv1.weight") ? "" : "visual.");
      rename(openAiNames);
      rename(scaleModules);
      takeProjection();
      // The tower's norm may stand behind its pooling.
      for (const char *kind : {"weight", "bias"})
        if (const std::string name = std::string("norm.") + kind; has(name))
          tensors.addPart("fc_" + name, tensors.inFile(name));
      // Patches are cut without a bias, whether a norm follows or not.
      tensors.addZeros("patch_embed.proj.bias");
    } else if (has("visual.trunk.patch_embed.proj.weight")) {
      takeOpenClipProjection();
      keepBehind("visual.trunk.");
    } else if (anyContains("beit3.")) {
      convertBeit3();
    } else if (has("preprocessor.patchifier.proj.weight")) {
      rename(aimv2Names);
    } else if (has("radio_model.model.patch_generator.embedder.weight")) {
      convertRadio();
    } else {
      if (has("vision_encoder.mask_token"))
        keepBehind("vision_encoder.");
      rename(dinov2Names);
    }
  }

  void convertEva() {
    if (has("visual.conv1.weight") || has("conv1.weight"))
      return convertPerceptionEncoder();
    takeOpenClipProjection();
    for (const char *prefix : {"visual.trunk.", "visual."})
      if (has(std::string(prefix) + "pos_embed")) {
        keepBehind(prefix);
        break;
      }
    bool isSapiens = has("blocks.0.attn.wq.weight") && has("blocks.0.ffn.w12.weight");
    bool isDinov3 = has("storage_tokens") && !isSapiens;
    bool isMasked = !isDinov3 && !isSapiens && has("mask_token");
    bool isSeparate = has("blocks.0.attn.q_proj.weight");
    discardIf([&](llvm::StringRef name) {
      bool isTraining = name == "mask_token" || name.starts_with("local_cls_norm") || name.ends_with(".periods") ||
                        name.ends_with(".bias_mask") || name.starts_with("projectors.");
      return (name.contains("rope") && name != "rope.freqs") || (isDinov3 && isTraining) ||
             ((isSapiens || isMasked) && name == "mask_token") || (isMasked && name.starts_with("lm_head."));
    });
    if (isSapiens) {
      rename(sapiensNames);
      renameStart("ln1.", "norm.");
    } else if (isDinov3) {
      splitBiases();
      rename(dinov3Names);
    } else if (isMasked) {
      renameStart("norm.", "fc_norm.");
    }
    rename(evaNames);
    if (isSeparate)
      rename({{"q_bias", "q_proj.bias"}, {"v_bias", "v_proj.bias"}});
  }

  void convertConvNext() {
    if (has("head.norm.weight") || has("norm_pre.weight"))
      return;
    if (has("visual.trunk.stem.0.weight")) {
      convertOpenClipConvNext();
      return;
    }
    // Heads of a distillation, and norms of maps.
    discardIf([](llvm::StringRef name) { return name.starts_with("projectors.") || name.starts_with("norms."); });
    rename(convNextNames);
    tensors.rename([](llvm::StringRef name) { return std::optional(convNextStageName(name)); });
    renameStart("norm.", "head.norm.");
  }

  /// Checkpoints of the authors make maps smaller at the end of a stage; buffers are never loaded.
  void convertSwin() {
    discardIf(
        [](llvm::StringRef name) { return name.contains("relative_position_index") || name.contains("attn_mask"); });
    if (!has("layers.0.downsample.reduction.weight"))
      return;
    tensors.rename([](llvm::StringRef name) {
      llvm::StringRef rest = name;
      size_t stage = 0;
      if (rest.consume_front("layers.") && !rest.consumeInteger(10, stage) && rest.starts_with(".downsample."))
        return std::optional("layers." + std::to_string(stage + 1) + rest.str());
      return std::optional(name.str());
    });
    renameStart("head.", "head.fc.");
  }

private:
  bool has(llvm::StringRef name) const { return tensors.find(name); }

  /// Blocks and downsampling layers have modules of their own in timm: "stages.0.1.", "downsample_layers.1.0.".
  static std::string convNextStageName(llvm::StringRef name) {
    auto [list, rest] = name.split('.');
    auto [stage, behind] = rest.split('.');
    if (list == "downsample_layers")
      return ("stages." + stage + ".downsample." + behind).str();
    if (list == "stages" && !behind.empty() && llvm::isDigit(behind.front()))
      return ("stages." + stage + ".blocks." + behind).str();
    return name.str();
  }

  void convertOpenClipConvNext() {
    const std::string head = "visual.head.", trunk = "visual.trunk.";
    auto move = [&](const std::string &from, const std::string &to) {
      if (has(head + from))
        tensors.addPart(trunk + to, tensors.inFile(head + from));
    };
    if (has(head + "proj.weight")) {
      move("proj.weight", "head.fc.weight");
      move("proj.bias", "head.fc.bias");
    } else {
      move("mlp.fc1.weight", "head.pre_logits.fc.weight");
      move("mlp.fc1.bias", "head.pre_logits.fc.bias");
      move("mlp.fc2.weight", "head.fc.weight");
      move("mlp.fc2.bias", "head.fc.bias");
    }
    tensors.addZeros("head.fc.bias");
    keepBehind(trunk);
  }

  /// The projection of OpenCLIP's pictures, which stands where a transformer of timm has its classifier.
  void takeOpenClipProjection() {
    const std::string projection = "visual.head.proj.", head = "visual.trunk.head.";
    if (!has(projection + "weight"))
      return;
    for (const char *kind : {"weight", "bias"})
      if (has(projection + kind))
        tensors.addPart(head + kind, tensors.inFile(projection + kind));
    tensors.addZeros("head.bias");
  }

  bool anyContains(llvm::StringRef part) const {
    return llvm::any_of(tensors.names(), [&](const std::string &name) { return llvm::StringRef(name).contains(part); });
  }

  void rename(Replacements replacements) {
    tensors.rename([&](llvm::StringRef name) { return std::optional(replaced(name, replacements)); });
  }

  void rename(std::initializer_list<std::pair<const char *, const char *>> list) {
    rename(Replacements(list.begin(), list.size()));
  }

  void renameStart(llvm::StringRef from, llvm::StringRef to) {
    tensors.rename(
        [&](llvm::StringRef name) { return std::optional(name.consume_front(from) ? (to + name).str() : name.str()); });
  }

  void discardIf(llvm::function_ref<bool(llvm::StringRef)> isDropped) {
    for (const std::string &name : tensors.names())
      if (isDropped(name))
        tensors.discard(name);
  }

  /// Drops the text's tower and whatever else is not behind the prefix, which names lose.
  void keepBehind(llvm::StringRef prefix) {
    discardIf([&](llvm::StringRef name) { return !name.starts_with(prefix); });
    renameStart(prefix, "");
  }

  /// `proj`, of rows for features of the tower: a classifier without a bias.
  void takeProjection() {
    if (!has("proj"))
      return;
    tensors.addPart("head.weight", tensors.inFile("proj") + "^T");
    tensors.remove("proj");
    tensors.addZeros("head.bias");
  }

  void convertBeit3() {
    discardIf([](llvm::StringRef name) {
      return name == "beit3.text_embed.weight" || name == "beit3.vision_embed.mask_token" || name.contains(".B.");
    });
    rename(beit3Names);
    // Two positions that no picture has come first.
    if (has("pos_embed.weight")) {
      tensors.addPart("pos_embed", tensors.inFile("pos_embed.weight") + "[2:]");
      tensors.remove("pos_embed.weight");
    }
  }

  void convertRadio() {
    const std::string generator = "patch_generator.";
    keepBehind("radio_model.model.");
    discardIf([&](llvm::StringRef name) {
      return !name.starts_with("blocks.") && name != generator + "embedder.weight" && name != generator + "pos_embed" &&
             name != generator + "cls_token.token";
    });
    rename({{"patch_generator.embedder.", "patch_embed.proj."}, {".grandma", ".gamma"}});
    tensors.addZeros("patch_embed.proj.bias");
    // The first is the class token, the others work as registers.
    if (const std::string name = generator + "cls_token.token"; has(name)) {
      const std::string file = tensors.inFile(name);
      tensors.addPart("cls_token", file + "[:1]");
      tensors.addPart("reg_token", file + "[1:]");
      tensors.remove(name);
    }
  }

  void convertPerceptionEncoder() {
    rename({{"module.", ""}});
    keepBehind(has("visual.conv1.weight") ? "visual." : "");
    rename(openAiNames);
    rename(scaleParameters);
    rename(poolNames);
    for (const char *kind : {"weight", "bias"}) {
      const std::string name = std::string("attn_pool.qkv.") + kind;
      const TensorInfo *info = tensors.find(name);
      if (!info || info->shape.empty())
        continue;
      const std::string file = tensors.inFile(name), width = std::to_string(info->shape[0] / 3);
      tensors.addPart(std::string("attn_pool.q.") + kind, file + "[:" + width + "]");
      tensors.addPart(std::string("attn_pool.kv.") + kind, file + "[" + width + ":]");
      tensors.remove(name);
    }
    takeProjection();
  }

  /// DINOv3's biases of queries, keys (zeros) and values; models without any leave them out.
  void splitBiases() {
    for (const std::string &name : tensors.names()) {
      llvm::StringRef module = name;
      const TensorInfo *info = tensors.find(name);
      if (!module.consume_back("qkv.bias") || info->shape.size() != 1)
        continue;
      const int64_t width = info->shape[0] / 3;
      const std::string file = tensors.inFile(name);
      tensors.discard(name);
      tensors.addPart((module + "q_bias").str(), file + "[:" + std::to_string(width) + "]");
      tensors.addPart((module + "v_bias").str(), file + "[" + std::to_string(2 * width) + ":]");
    }
  }

  NamedTensors &tensors;
};

} // namespace

void vitc::convertTimmNames(NamedTensors &tensors, llvm::StringRef kind) {
  if (kind == "Eva")
    Conversion(tensors).convertEva();
  else if (kind == "ConvNeXt")
    Conversion(tensors).convertConvNext();
  else if (kind == "SwinTransformer")
    Conversion(tensors).convertSwin();
  else if (kind.starts_with("VisionTransformer"))
    Conversion(tensors).convertVisionTransformer();
}

static constexpr const char *transformerModules[] = {
    "attn_pool", "blocks",      "cls_token", "dist_token", "fc_norm", "head",         "head_dist",  "norm",
    "norm_pre",  "patch_embed", "pos_embed", "reg_token",  "rope",    "rel_pos_bias", "timm_model", "register_tokens"};
static constexpr const char *resnetModules[] = {"bn1",    "conv1",  "fc",      "layer1",    "layer2",
                                                "layer3", "layer4", "maxpool", "timm_model"};
static constexpr const char *convNextModules[] = {"head", "norm_pre", "stages", "stem", "timm_model"};
static constexpr const char *swinModules[] = {"head", "layers", "norm", "patch_embed", "timm_model"};
static constexpr const char *mobileNetModules[] = {"blocks",    "bn1",       "bn2",       "classifier",
                                                   "conv_head", "conv_stem", "norm_head", "timm_model"};

llvm::ArrayRef<const char *> vitc::timmModules(llvm::StringRef kind) {
  if (kind == "ResNet")
    return resnetModules;
  if (kind == "ConvNeXt")
    return convNextModules;
  if (kind == "SwinTransformer")
    return swinModules;
  if (kind == "EfficientNet" || kind == "MobileNetV3")
    return mobileNetModules;
  return transformerModules;
}
