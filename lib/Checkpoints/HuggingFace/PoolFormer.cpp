//===- PoolFormer.cpp - blocks whose mixer is an average --------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class PoolFormer {
public:
  PoolFormer(Model &model, ConfigReader &config);
  void build();

private:
  void addGroupNorm(const std::string &name, const std::string &tensors, const std::string &input = "") {
    Node &norm = model.add(name, "group_norm", input);
    norm.attributes["groups"] = int64_t(1);
    Model::setModule(norm, "", tensors);
  }
  /// Ends a branch beside `input`: layer scale, and the sum.
  void addBranch(const std::string &name, const std::string &scale, int64_t width, const std::string &input);
  /// PoolFormerLayer.
  void addLayer(const std::string &name, int64_t width);

  Model &model;
  const int64_t channels, stages, window;
  const double ratio;
  const std::vector<int64_t> depths, widths, patches, strides, paddings;
  const std::string activation;
  const bool hasLayerScale;
  std::string prefix;
};
} // namespace

static constexpr int64_t mostChannels = 1 << 20;

PoolFormer::PoolFormer(Model &model, ConfigReader &config)
    : model(model), channels(config.integer("num_channels", 1, 4096)),
      stages(config.integer("num_encoder_blocks", 1, 1000)), window(config.integer("pool_size", 1, 1023)),
      ratio(config.real("mlp_ratio")), depths(config.integers("depths", 1, 1000)),
      widths(config.integers("hidden_sizes", 1, mostChannels)), patches(config.integers("patch_sizes", 1, 1024)),
      strides(config.integers("strides", 1, 1024)), paddings(config.integers("padding", 0, 1024)),
      activation(config.activation("hidden_act")), hasLayerScale(config.boolean("use_layer_scale")) {
  checkMultiplier(config, "mlp_ratio", ratio);
  checkStages(config, stages,
              {{"depths", &depths},
               {"hidden_sizes", &widths},
               {"patch_sizes", &patches},
               {"strides", &strides},
               {"padding", &paddings}});
  // The average would be larger than what is subtracted from it.
  if (window % 2 == 0)
    model.errors.report(config.placeOf("pool_size"), "is " + llvm::Twine(window) + ", expected an odd number");
}

void PoolFormer::addBranch(const std::string &name, const std::string &scale, int64_t width, const std::string &input) {
  if (hasLayerScale)
    model.addFactors(name + "." + scale, prefix + name + "." + scale, width);
  model.addSum(name + (scale == "layer_scale_1" ? ".mixed" : ""), input, model.last());
}

void PoolFormer::addLayer(const std::string &name, int64_t width) {
  std::string input = model.last(), tensors = prefix + name, norm = name + ".before_norm";
  addGroupNorm(norm, tensors + ".before_norm");
  Node &pool = model.add(name + ".pooling.pool", "pool2d");
  pool.attributes["kind"] = std::string("average");
  pool.attributes["window"] = std::vector<int64_t>(2, window);
  pool.attributes["padding"] = std::vector<int64_t>(4, window / 2);
  model.add(name + ".pooling", "sub").inputs = {name + ".pooling.pool", norm};
  addBranch(name, "layer_scale_1", width, input);

  input = model.last();
  addGroupNorm(name + ".after_norm", tensors + ".after_norm");
  std::string mlp = ".output.conv";
  addConvolution(model, name + mlp + "1",
                 PlainConvolution{tensors + mlp + "1", int64_t(double(width) * ratio), {1, 1}});
  if (activation != "none")
    model.addActivation(name + ".output.act_fn", activation);
  addConvolution(model, name + mlp + "2", PlainConvolution{tensors + mlp + "2", width, {1, 1}});
  addBranch(name, "layer_scale_2", width, input);
}

void PoolFormer::build() {
  prefix = choosePrefix(model, "poolformer.");
  model.NodeBuilder::addImage(channels, {224, 224});
  addPictureMap(model, "map");
  std::vector<std::string> states;
  for (int64_t stage = 0; stage < stages; ++stage) {
    std::string number = std::to_string(stage), name = "encoder.patch_embeddings." + number + ".projection";
    PlainConvolution patch{prefix + name, widths[stage], {patches[stage], patches[stage]}};
    patch.stride = {strides[stage], strides[stage]};
    patch.padding = std::vector<int64_t>(4, paddings[stage]);
    addConvolution(model, name, patch);
    for (int64_t index = 0; index < depths[stage]; ++index)
      addLayer("encoder.block." + number + "." + std::to_string(index), widths[stage]);
    states.push_back(model.last());
  }
  std::string map = model.last();
  if (model.head == Head::Classifier) {
    addGroupNorm("norm", "norm");
    addGlobalAverage(model, "average", widths[stages - 1], model.last());
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  } else {
    model.ignoreTensors([](llvm::StringRef name) { return name.starts_with("norm."); });
  }
  addMapOutputs(model, map, "", states);
}

static constexpr Architecture classes[] = {{"PoolFormerForImageClassification", Head::Classifier, "classifier.weight"},
                                           {"PoolFormerModel", Head::None, nullptr}};
static constexpr ConfigKey keys[] = {{"num_channels", "3"},
                                     {"pool_size", "3"},
                                     {"mlp_ratio", "4.0"},
                                     {"depths", "[2, 2, 6, 2]"},
                                     {"hidden_sizes", "[64, 128, 320, 512]"},
                                     {"patch_sizes", "[7, 3, 3, 3]"},
                                     {"strides", "[4, 2, 2, 2]"},
                                     {"padding", "[2, 1, 1, 1]"},
                                     {"num_encoder_blocks", "4"},
                                     {"hidden_act", "\"gelu\""},
                                     {"use_layer_scale", "true"}};
// Initial values; what the library's class does not look at.
static constexpr const char *inert[] = {"layer_scale_init_value", "patch_size", "stride"};

llvm::ArrayRef<Family> vitc::huggingface::poolformerFamilies() {
  static const Family list[] = {{"poolformer", classes, {keys, inert}, nullptr, {}, buildWith<PoolFormer>, true}};
  return list;
}
