//===- Levit.cpp - LeViT ----------------------------------------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Attention between two stages, whose queries are every `stride`-th row and column; an entry of down_ops.
struct Downsampling {
  int64_t keyDim, heads, ratio, mlpRatio, stride;
};

/// Reads the configuration and appends the nodes.
class Levit {
public:
  Levit(Model &model, ConfigReader &config);
  void build();

private:
  void readDownsamplings(ConfigReader &config);

  /// A linear layer without bias and its batch norm: MLPLayerWithBN.
  void addLinear(const std::string &name, const std::string &tensors, int64_t features) {
    model.addLinear(name + ".linear", features, tensors + ".linear", /*hasBias=*/false);
    addBatchNorm(model, name + ".batch_norm", tensors + ".batch_norm", 1e-5);
  }
  /// Tokens x heads x features as heads x tokens x features.
  std::string addHeads(const std::string &name, const std::string &input) {
    model.addTranspose(name, {1, 0, 2}, input);
    return name;
  }

  void addPatches();
  struct Attention {
    int64_t inputs, outputs, keyDim, heads, ratio, stride;
  };
  /// LevitAttention, or with a stride LevitAttentionSubsample.
  void addAttention(const std::string &name, const std::string &tensors, const Attention &attention);
  void addMlp(const std::string &name, int64_t width, int64_t ratio);
  void addStage(size_t stage);
  void addHead(const std::string &name);

  Model &model;
  const int64_t size, channels, kernel, stride, padding, patch;
  const std::vector<int64_t> widths, heads, depths, keyDims, mlpRatios, ratios;
  std::vector<Downsampling> downsamplings;
  /// Rows of tokens, and tokens of a row, of the last value.
  int64_t resolution;
  std::string prefix;
};
} // namespace

static constexpr int64_t mostChannels = 1 << 20;

Levit::Levit(Model &model, ConfigReader &config)
    : model(model), size(config.integer("image_size", 1, 1 << 20)), channels(config.integer("num_channels", 1, 4096)),
      kernel(config.integer("kernel_size", 1, 1024)), stride(config.integer("stride", 1, 1024)),
      padding(config.integer("padding", 0, 1024)), patch(config.integer("patch_size", 1, 1 << 20)),
      widths(config.integers("hidden_sizes", 1, mostChannels)),
      heads(config.integers("num_attention_heads", 1, mostChannels)), depths(config.integers("depths", 1, 1000)),
      keyDims(config.integers("key_dim", 1, mostChannels)), mlpRatios(config.integers("mlp_ratio", 0, 1024)),
      ratios(config.integers("attention_ratio", 1, 1024)), resolution(size / patch) {
  checkStages(config, int64_t(depths.size()),
              {{"hidden_sizes", &widths},
               {"num_attention_heads", &heads},
               {"key_dim", &keyDims},
               {"mlp_ratio", &mlpRatios},
               {"attention_ratio", &ratios}});
  if (widths.front() < 8)
    model.errors.report(config.placeOf("hidden_sizes"),
                        llvm::Twine(widths.front()) + " is less than the 8 of the first convolution");
  if (resolution < 1 || resolution > 64)
    model.errors.report(config.placeOf("image_size"), "is " + llvm::Twine(size) + ", expected 1 to 64 patches of " +
                                                          llvm::Twine(patch) + " in a row");
  if (!model.errors.any())
    readDownsamplings(config);
}

void Levit::readDownsamplings(ConfigReader &config) {
  const JsonValue *list = config.find("down_ops");
  if (!list) {
    for (size_t stage = 0; stage < std::min<size_t>(2, widths.size()); ++stage)
      downsamplings.push_back({keyDims[0], widths[stage] / keyDims[0], 4, 2, 2});
  } else if (!list->asArray()) {
    reportKind(model.errors, config.pointerTo("down_ops"), *list, "an array of arrays");
  } else {
    for (const JsonValue &entry : *list->asArray()) {
      std::string where = jsonPointer(config.pointerTo("down_ops"), downsamplings.size());
      const JsonValue::Array *fields = entry.asArray();
      // What the library appends for the last stage.
      if (fields && !fields->empty() && fields->front().asString() && fields->front().asString()->empty())
        break;
      if (!fields || fields->size() != 6 || !fields->front().asString() || *fields->front().asString() != "Subsample")
        return model.errors.report(where,
                                   "expected [\"Subsample\", key_dim, heads, attention_ratio, mlp_ratio, stride]");
      int64_t numbers[5] = {};
      for (size_t i = 0; i < 5; ++i)
        numbers[i] =
            readInteger(model.errors, jsonPointer(where, i + 1), (*fields)[i + 1], i == 3 ? 0 : 1, mostChannels)
                .value_or(1);
      downsamplings.push_back({numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]});
    }
  }
  if (downsamplings.size() + 1 < depths.size())
    model.errors.report(config.placeOf("down_ops"), "has " + llvm::Twine(downsamplings.size()) + " entries, expected " +
                                                        llvm::Twine(depths.size() - 1));
  for (const Downsampling &down : downsamplings)
    if (down.heads < 1)
      model.errors.report(config.placeOf("key_dim"), "is larger than a stage is wide");
  // A stage's entry leads to the next width.
  for (size_t stage = 0; stage < std::min(downsamplings.size(), depths.size()); ++stage)
    if (stage + 1 >= widths.size())
      model.errors.report(config.placeOf("hidden_sizes"), "there is no width behind the last of down_ops");
}

void Levit::addPatches() {
  model.NodeBuilder::addImage(channels, {size, size});
  addPictureMap(model, "patch_embeddings.map");
  for (int64_t layer = 1; layer <= 4; ++layer) {
    std::string name = "patch_embeddings.embedding_layer_" + std::to_string(layer);
    PlainConvolution convolution{prefix + name + ".convolution", widths.front() >> (4 - layer), {kernel, kernel}};
    convolution.stride = {stride, stride};
    convolution.padding = std::vector<int64_t>(4, padding);
    convolution.hasBias = false;
    addConvolution(model, name + ".convolution", convolution);
    addBatchNorm(model, name + ".batch_norm", prefix + name + ".batch_norm", 1e-5);
    if (layer < 4)
      model.addActivation("patch_embeddings.activation_layer_" + std::to_string(layer), "hard_swish");
  }
  model.addReshape("patch_embeddings.tokens", {-1, widths.front()});
}

void Levit::addAttention(const std::string &name, const std::string &tensors, const Attention &attention) {
  const std::string input = model.last();
  const int64_t keyDim = attention.keyDim, valueDim = attention.ratio * keyDim, heads = attention.heads;
  std::string queries;
  int64_t offset = 0;
  if (attention.stride == 0) {
    addLinear(name + ".queries_keys_values", tensors + ".queries_keys_values", heads * (2 * keyDim + valueDim));
    model.addReshape(name + ".parts", {-1, heads, 2 * keyDim + valueDim});
    model.addSlice(name + ".query", 2, 0, keyDim, name + ".parts");
    queries = addHeads(name + ".queries.heads", name + ".query");
    offset = keyDim;
  } else {
    model.addReshape(name + ".map", {resolution, resolution, attention.inputs});
    // Every stride-th row and column.
    Node &pool = model.add(name + ".queries_subsample", "pool2d");
    pool.attributes["kind"] = std::string("max");
    pool.attributes["window"] = std::vector<int64_t>{1, 1};
    pool.attributes["stride"] = std::vector<int64_t>(2, attention.stride);
    model.addReshape(name + ".queries_subsample.tokens", {-1, attention.inputs});
    addLinear(name + ".queries", tensors + ".queries", heads * keyDim);
    model.addReshape(name + ".query", {-1, heads, keyDim});
    queries = addHeads(name + ".queries.heads", name + ".query");
    model.addLinear(name + ".keys_values.linear", heads * (keyDim + valueDim), tensors + ".keys_values.linear",
                    /*hasBias=*/false, input);
    addBatchNorm(model, name + ".keys_values.batch_norm", tensors + ".keys_values.batch_norm", 1e-5);
    model.addReshape(name + ".parts", {-1, heads, keyDim + valueDim});
  }
  model.addSlice(name + ".key", 2, offset, keyDim, name + ".parts");
  std::string keys = addHeads(name + ".keys.heads", name + ".key");
  model.addSlice(name + ".value", 2, offset + keyDim, valueDim, name + ".parts");
  std::string values = addHeads(name + ".values.heads", name + ".value");

  Node &scores = model.add(name + ".scores", "matmul");
  scores.inputs = {queries, keys};
  scores.attributes["transpose_rhs"] = true;
  model.add(name + ".scaled", "scale").attributes["factor"] = std::pow(double(keyDim), -0.5);
  Node &bias = model.add(name + ".attention_biases", "grid_distance_bias");
  bias.inputs.clear();
  bias.attributes["grid"] = std::vector<int64_t>(2, resolution);
  bias.attributes["heads"] = heads;
  bias.attributes["stride"] = std::max<int64_t>(attention.stride, 1);
  bias.parameters["value"] = tensors + ".attention_biases";
  model.addSum(name + ".biased", name + ".scaled", name + ".attention_biases");
  model.add(name + ".probabilities", "softmax");
  model.add(name + ".context", "matmul").inputs = {name + ".probabilities", values};
  addHeads(name + ".context.tokens", name + ".context");
  model.addReshape(name + ".context.features", {-1, heads * valueDim});
  model.addActivation(name + ".activation", "hard_swish");
  addLinear(name + ".projection", tensors + ".projection", attention.outputs);
}

void Levit::addMlp(const std::string &name, int64_t width, int64_t ratio) {
  std::string input = model.last(), tensors = prefix + name + ".module";
  addLinear(name + ".linear_up", tensors + ".linear_up", width * ratio);
  model.addActivation(name + ".activation", "hard_swish");
  addLinear(name + ".linear_down", tensors + ".linear_down", width);
  model.addSum(name, input, model.last());
}

void Levit::addStage(size_t stage) {
  std::string layers = "encoder.stages." + std::to_string(stage) + ".layers.";
  int64_t number = 0, width = widths[stage];
  auto nextLayer = [&] { return layers + std::to_string(number++); };
  for (int64_t index = 0; index < depths[stage]; ++index) {
    std::string name = nextLayer(), input = model.last();
    addAttention(name, prefix + name + ".module",
                 {width, width, keyDims[stage], heads[stage], ratios[stage], /*stride=*/0});
    model.addSum(name, input, model.last());
    if (mlpRatios[stage] > 0)
      addMlp(nextLayer(), width, mlpRatios[stage]);
  }
  if (stage >= downsamplings.size())
    return;
  const Downsampling &down = downsamplings[stage];
  std::string name = nextLayer();
  addAttention(name, prefix + name, {width, widths[stage + 1], down.keyDim, down.heads, down.ratio, down.stride});
  resolution = (resolution - 1) / down.stride + 1;
  if (down.mlpRatio > 0)
    addMlp(nextLayer(), widths[stage + 1], down.mlpRatio);
}

void Levit::addHead(const std::string &name) {
  model.checkLabels(name + ".linear.weight");
  addBatchNorm(model, name + ".batch_norm", name + ".batch_norm", 1e-5);
  model.result.nodes.back().inputs = {"pooler"};
  Node &classifier = model.add(name, "classifier");
  classifier.attributes["classes"] = int64_t(model.labels.names.size());
  Model::setModule(classifier, "", name + ".linear");
}

void Levit::build() {
  prefix = choosePrefix(model, "levit.");
  addPatches();
  std::vector<std::string> states;
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    states.push_back(model.last());
    addStage(stage);
  }
  states.push_back(model.last());
  const std::string &tokens = states.back();
  model.addMean("pooler", 0, tokens);
  bool hasHead = model.head != Head::None;
  if (hasHead)
    addHead("classifier");
  if (model.head == Head::Distilled) {
    addHead("classifier_distill");
    model.add("logits", "average").inputs = {"classifier", "classifier_distill"};
    model.returns("logits", "logits");
    model.returns("cls_logits", "classifier");
    model.returns("distillation_logits", "classifier_distill");
  } else if (hasHead) {
    model.returns("logits", "classifier");
  }
  model.addState("last_hidden_state", tokens);
  model.addState("pooler_output", "pooler");
  model.offers("patch_tokens", tokens);
  for (size_t index = 0; index < states.size(); ++index)
    model.offers("hidden_state_" + std::to_string(index), states[index]);
  model.ignoreTensors([&](llvm::StringRef name) {
    // Older files have what follows from the size.
    return name.ends_with(".num_batches_tracked") || name.ends_with(".attention_bias_idxs") ||
           (!hasHead && name.starts_with("classifier")) ||
           (model.head == Head::Classifier && name.starts_with("classifier_distill."));
  });
}

static constexpr Architecture classes[] = {
    {"LevitForImageClassificationWithTeacher", Head::Distilled, "classifier_distill.linear.weight"},
    {"LevitForImageClassification", Head::Classifier, "classifier.linear.weight"},
    {"LevitModel", Head::None, nullptr}};
static constexpr ConfigKey keys[] = {{"image_size", "224"},
                                     {"num_channels", "3"},
                                     {"kernel_size", "3"},
                                     {"stride", "2"},
                                     {"padding", "1"},
                                     {"patch_size", "16"},
                                     {"hidden_sizes", "[128, 256, 384]"},
                                     {"num_attention_heads", "[4, 8, 12]"},
                                     {"depths", "[4, 4, 4]"},
                                     {"key_dim", "[16, 16, 16]"},
                                     {"mlp_ratio", "[2, 2, 2]"},
                                     {"attention_ratio", "[2, 2, 2]"},
                                     {"down_ops", "null"}};

llvm::ArrayRef<Family> vitc::huggingface::levitFamilies() {
  static const Family list[] = {{"levit", classes, {keys, {}}, nullptr, {}, buildWith<Levit>}};
  return list;
}
