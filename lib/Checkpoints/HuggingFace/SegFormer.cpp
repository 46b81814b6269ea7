//===- SegFormer.cpp - SegFormer --------------------------------*- C++ -*-===//

#include "Families.h"
#include "Pyramid.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class SegFormer final : public Pyramid {
public:
  SegFormer(Model &model, ConfigReader &config);
  void build();

private:
  std::string embeddingOf(size_t stage) const override {
    return "encoder.patch_embeddings." + std::to_string(stage) + ".";
  }
  std::string blockOf(size_t stage, int64_t index) const override {
    return "encoder.block." + std::to_string(stage) + "." + std::to_string(index);
  }
  std::string normOf(size_t stage) const override { return "encoder.layer_norm." + std::to_string(stage); }
  /// SegformerDecodeHead: projections of all stages, side by side at the size of the first.
  void addDecoder(llvm::ArrayRef<std::string> states);
  /// last_hidden_state, by default or on demand.
  void addLastState(const std::string &map);

  const int64_t decoderWidth;
  const bool isLastMap;
};

constexpr PyramidAttentionNames attentionNames = {"self.query",   "self.key", "self.value",
                                                  "output.dense", "self.sr",  "self.layer_norm"};
} // namespace

SegFormer::SegFormer(Model &model, ConfigReader &config)
    : Pyramid(model, config, attentionNames), decoderWidth(config.integer("decoder_hidden_size", 1, 1 << 20)),
      isLastMap(config.boolean("reshape_last_stage")) {
  if (int64_t(widths.size()) != count)
    model.errors.report(config.placeOf("hidden_sizes"),
                        "has " + llvm::Twine(widths.size()) + " widths, num_encoder_blocks is " + llvm::Twine(count));
  if (!isLastMap && model.head == Head::Segmentation)
    model.errors.report(config.placeOf("reshape_last_stage"),
                        "is false, of which the library's decoder takes features for pixels");
}

void SegFormer::addDecoder(llvm::ArrayRef<std::string> states) {
  const std::string name = "decode_head.";
  std::vector<std::string> parts;
  for (size_t stage = 0; stage < states.size(); ++stage) {
    const std::string part = name + "linear_c." + std::to_string(stage);
    model.addLinear(part, decoderWidth, part + ".proj", /*hasBias=*/true, states[stage]);
    if (stage > 0)
      addResizeLike(model, part + ".enlarged", "bilinear", states[0]);
    parts.insert(parts.begin(), model.last());
  }
  model.addConcat(name + "concat", std::move(parts), 2);
  PlainConvolution fuse{name + "linear_fuse", decoderWidth, {1, 1}};
  fuse.hasBias = false;
  addConvolution(model, name + "linear_fuse", fuse);
  addBatchNorm(model, name + "batch_norm", name + "batch_norm", 1e-5);
  model.addActivation(name + "activation", "relu");
  addPixelClassifier(model, name + "classifier", name + "classifier");
  returnPixelLogits(model, name + "classifier");
}

void SegFormer::addLastState(const std::string &map) {
  const std::string name = "last_hidden_state";
  if (isLastMap) {
    addChannelsFirst(model, name, map);
  } else {
    model.addReshape(name, {-1, widths.back()}, map);
    model.offers("patch_tokens", name);
  }
  if (model.head == Head::None)
    model.returns(name, name);
  else
    model.offers(name, name);
}

void SegFormer::build() {
  // No key says what pictures the model is for: the library's preprocessor makes them this large.
  const std::vector<int64_t> picture = {512, 512};
  prefix = choosePrefix(model, "segformer.");
  model.NodeBuilder::addImage(channels, picture);
  std::vector<std::string> states = addStages();
  if (model.head == Head::Segmentation)
    addDecoder(states);
  if (model.head == Head::Classifier) {
    addGlobalAverage(model, "average", widths.back(), states.back());
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
  addLastState(states.back());
  // The last one is what the library returns first.
  states.pop_back();
  offerMaps(model, states);
  model.offers("hidden_state_" + std::to_string(states.size()), "last_hidden_state");
  model.ignoreTensors([&](llvm::StringRef name) {
    return name.ends_with(".num_batches_tracked") ||
           (model.head != Head::Segmentation && name.starts_with("decode_head.")) ||
           (model.head != Head::Classifier && name.starts_with("classifier."));
  });
}

static constexpr Architecture classes[] = {
    {"SegformerForSemanticSegmentation", Head::Segmentation, "decode_head.classifier.weight"},
    {"SegformerForImageClassification", Head::Classifier, "classifier.weight"},
    {"SegformerModel", Head::None, nullptr}};
static constexpr ConfigKey keys[] = {{"num_channels", "3"},
                                     {"num_encoder_blocks", "4"},
                                     {"depths", "[2, 2, 2, 2]"},
                                     {"sr_ratios", "[8, 4, 2, 1]"},
                                     {"hidden_sizes", "[32, 64, 160, 256]"},
                                     {"patch_sizes", "[7, 3, 3, 3]"},
                                     {"strides", "[4, 2, 2, 2]"},
                                     {"num_attention_heads", "[1, 2, 5, 8]"},
                                     {"mlp_ratios", "[4, 4, 4, 4]"},
                                     {"hidden_act", "\"gelu\""},
                                     {"decoder_hidden_size", "256"},
                                     {"reshape_last_stage", "true"}};
// Norms have an epsilon of their own; training; keys of older files that no version reads.
static constexpr const char *inert[] = {"layer_norm_eps", "semantic_loss_ignore_index", "image_size",
                                        "downsampling_rates"};

llvm::ArrayRef<Family> vitc::huggingface::segformerFamilies() {
  static const Family list[] = {{"segformer", classes, {keys, inert}, nullptr, {}, buildWith<SegFormer>, true}};
  return list;
}
