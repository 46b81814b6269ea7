//===- JaxReader.cpp - Google's JAX checkpoints -----------------*- C++ -*-===//

#include "vitc/Checkpoints/JaxReader.h"

#include "../HuggingFace/Preprocessor.h"
#include "../NodeBuilder.h"
#include "JaxSettings.h"
#include "vitc/Description/DescriptionParser.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace vitc;

namespace {

/// The side of a square of so many patches, or nothing.
std::optional<int64_t> squareRoot(int64_t patches) {
  int64_t side = std::llround(std::sqrt(double(patches)));
  return side > 0 && side * side == patches ? std::optional(side) : std::nullopt;
}

/// Nodes are named as Flax's modules are, with dots between them.
class JaxModel : public NodeBuilder {
public:
  JaxModel(InputErrors &errors, ModelDescription &result, const FlaxParameters &parameters, JaxSettings settings)
      : NodeBuilder(errors, result, &parameters), parameters(parameters), settings(std::move(settings)) {}

  void build() {
    if (!findPrefix())
      return;
    findModules();
    readPatches();
    readImageSize();
    checkHeads("Transformer/encoderblock_0/" + attentionName);
    if (errors.any())
      return;
    addTokens();
    addEncoder();
    addHead();
    ignoreTensors([&](llvm::StringRef name) { return isIgnored(name); });
  }

private:
  std::string path(const std::string &name) const { return prefix + name; }
  bool has(const std::string &name) const { return hasTensor(path(name)); }

  /// Reports what is wrong with a tensor at the parameters' file.
  void reportTensor(const std::string &name, const llvm::Twine &message) {
    errors.report(inputError(parameters.fileOf(path(name)), "tensor " + path(name), message));
  }

  bool findPrefix() {
    for (const char *candidate : {"opt/target/", "params/img/", "params/", ""}) {
      prefix = candidate;
      if (has("conv_root/kernel"))
        reportTensor("conv_root/kernel", "belongs to a hybrid of ResNet and ViT, which is not supported");
      if (has("stem/kernel") && has("MixerBlock_0/LayerNorm_0/scale"))
        reportTensor("stem/kernel", "belongs to an MLP-Mixer, which is not supported");
      if (errors.any())
        return false;
      if (has("embedding/kernel"))
        return true;
    }
    reportTensor("embedding/kernel", "is missing, also under params/, params/img/ and opt/target/: these are not the "
                                     "parameters of a ViT");
    return false;
  }

  /// Modules were counted through all kinds before Flax had its linen interface, and are for each kind since then.
  void findModules() {
    const std::string block = "Transformer/encoderblock_0/";
    auto choose = [&](const char *newer, const char *older, const char *tensor) {
      return has(block + older + tensor) ? older : newer;
    };
    attentionName = choose("MultiHeadDotProductAttention_0", "MultiHeadDotProductAttention_1", "/query/kernel");
    norm2Name = choose("LayerNorm_1", "LayerNorm_2", "/scale");
    mlpName = choose("MlpBlock_0", "MlpBlock_3", "/Dense_0/kernel");
  }

  void readPatches() {
    const std::vector<int64_t> shape = parameters.shapeInFile(path("embedding/kernel"));
    if (shape.size() != 4)
      return reportTensor("embedding/kernel", "has shape " + shapeText(shape) +
                                                  ", expected height x width x channels x features of patches");
    if (settings.channels && *settings.channels != shape[2])
      errors.report(settings.channelsKey, "is " + llvm::Twine(*settings.channels) + ", the tensor " +
                                              path("embedding/kernel") + " has shape " + shapeText(shape) +
                                              ": height x width x channels x features of patches");
    settings.channels = shape[2];
    // The same, before the picture's size is computed from it.
    if (shape[0] != settings.patchSize[0] || shape[1] != settings.patchSize[1])
      reportTensor("embedding/kernel", "has shape " + shapeText(shape) + ", the configuration's patches are of " +
                                           shapeText(settings.patchSize));
  }

  /// Where the positions are, whether there is one for the class token, and what picture they are for.
  void readImageSize() {
    if (settings.positions == JaxSettings::Positions::Learned)
      for (const char *name :
           {"Transformer/posembed_input/pos_embedding", "Transformer/pos_embedding", "pos_embedding"})
        if (positionsName.empty() || has(name))
          positionsName = name;
    const std::vector<int64_t> shape =
        positionsName.empty() ? std::vector<int64_t>() : parameters.shapeInFile(path(positionsName));
    if (!positionsName.empty() && shape.size() != 3)
      return reportTensor(positionsName, shape.empty()
                                             ? "is missing"
                                             : "has shape " + shapeText(shape) + ", expected 1 x tokens x features");
    const int64_t rows = shape.empty() ? 0 : shape[1];
    if (settings.imageSize) {
      for (size_t axis : {0, 1})
        grid.push_back((*settings.imageSize)[axis] / settings.patchSize[axis]);
      coversClassToken = settings.hasClassToken && rows != grid[0] * grid[1] &&
                         llvm::StringRef(positionsName).starts_with("Transformer/");
    } else if (std::optional<int64_t> side = squareRoot(rows)) {
      grid = {*side, *side};
    } else if (std::optional<int64_t> side = squareRoot(rows - 1); side && settings.hasClassToken) {
      grid = {*side, *side};
      coversClassToken = true;
    } else if (positionsName.empty()) {
      return errors.report("", "there are no positions that the picture's size follows from: 'image_size' is missing");
    } else {
      return reportTensor(positionsName, "has shape " + shapeText(shape) +
                                             ", which are no positions of a square of patches" +
                                             (settings.hasClassToken ? " and perhaps a class token" : "") +
                                             ": the configuration needs 'image_size'");
    }
    if (!settings.imageSize)
      settings.imageSize = {grid[0] * settings.patchSize[0], grid[1] * settings.patchSize[1]};
    const std::vector<int64_t> &size = *settings.imageSize;
    constexpr int64_t largest = 65536;
    if (grid[0] == 0 || grid[1] == 0)
      errors.report("",
                    "patches of " + shapeText(settings.patchSize) + " are larger than the image of " + shapeText(size));
    else if (size[0] > largest || size[1] > largest)
      errors.report("", "images of " + shapeText(size) + " are too large");
  }

  /// The number of heads does not follow from shapes without their split.
  void checkHeads(const std::string &module) {
    const std::string name = path(module) + "/query/kernel";
    const std::vector<int64_t> shape = parameters.shapeInFile(name);
    if (shape.size() == 3 && shape[1] != settings.heads)
      errors.report(settings.headsKey, "there are " + llvm::Twine(settings.heads) + " heads, the tensor " + name +
                                           " has shape " + shapeText(shape) +
                                           ": features x heads x features of a head");
    else if (!settings.headDim && settings.width % settings.heads != 0)
      errors.report(settings.headsKey,
                    llvm::Twine(settings.heads) + " heads do not divide the width " + llvm::Twine(settings.width));
  }

  void setDense(Node &node, const std::string &role, const std::string &module) const {
    const std::string start = role.empty() ? "" : role + ".";
    node.parameters[start + "weight"] = path(module) + "/kernel";
    node.parameters[start + "bias"] = path(module) + "/bias";
  }

  void setNorm(Node &node, const std::string &role, const std::string &module) const {
    const std::string start = role.empty() ? "" : role + ".";
    node.parameters[start + "weight"] = path(module) + "/scale";
    node.parameters[start + "bias"] = path(module) + "/bias";
  }

  void setAttention(Node &node, const std::string &module) const {
    node.attributes["heads"] = settings.heads;
    if (settings.headDim)
      node.attributes["head_dim"] = *settings.headDim;
    for (const char *role : {"query", "key", "value"})
      setDense(node, role, module + "/" + role);
    setDense(node, "output", module + "/out");
  }

  void setMlp(Node &node, const std::string &module) const {
    node.attributes["hidden_size"] = settings.hidden;
    node.attributes["activation"] = std::string("gelu_tanh");
    setDense(node, "fc1", module + "/Dense_0");
    setDense(node, "fc2", module + "/Dense_1");
  }

  void addTokens() {
    const std::vector<int64_t> &size = *settings.imageSize;
    addImage(*settings.channels, size);
    Node &patches = add("embedding", "patch_embedding");
    patches.attributes["width"] = settings.width;
    patches.attributes["patch_size"] = settings.patchSize;
    // As Flax's convolution does. Another size that is asked for has to be filled.
    patches.attributes["crop"] = size[0] % settings.patchSize[0] != 0 || size[1] % settings.patchSize[1] != 0;
    setDense(patches, "", "embedding");
    if (!coversClassToken)
      addPositions();
    if (settings.hasClassToken)
      add("cls", "prefix_tokens").parameters["class_token"] = path("cls");
    if (coversClassToken)
      addPositions();
  }

  void addPositions() {
    if (settings.positions == JaxSettings::Positions::None)
      return;
    Node &positions = add("pos_embedding", "position_embedding");
    if (settings.positions == JaxSettings::Positions::Sines) {
      // Frequencies go down to the 10000th part itself, not to the one before it.
      const int64_t frequencies = settings.width / 4;
      positions.attributes["kind"] = std::string("sincos_2d");
      positions.attributes["theta"] = std::pow(10000.0, double(frequencies) / double(frequencies - 1));
      return;
    }
    // As scipy.ndimage.zoom of order 1, which Google's code calls.
    positions.attributes["resample"] = std::string("bilinear_corners");
    positions.attributes["source_grid"] = grid;
    positions.parameters["value"] = path(positionsName);
  }

  void addEncoder() {
    std::string embeddings = last();
    std::vector<std::string> blocks;
    for (int64_t index = 0; index < settings.layers; ++index) {
      const std::string number = std::to_string(index), module = "Transformer/encoderblock_" + number + "/";
      blocks.push_back("Transformer.encoderblock_" + number);
      Node &block = add(blocks.back(), "encoder_block");
      block.attributes["epsilon"] = settings.epsilon;
      setNorm(block, "norm1", module + "LayerNorm_0");
      setAttention(block, module + attentionName);
      setNorm(block, "norm2", module + norm2Name);
      setMlp(block, module + mlpName);
    }
    addNorm("Transformer.encoder_norm", "Transformer/encoder_norm");
    offerStates(embeddings, blocks);
  }

  void addNorm(const std::string &name, const std::string &module) {
    Node &norm = add(name, "layer_norm");
    norm.attributes["epsilon"] = settings.epsilon;
    setNorm(norm, "", module);
  }

  void addHead() {
    const std::string tokens = last();
    offers("last_hidden_state", tokens);
    if (settings.pooling == JaxPooling::FirstToken)
      addPooling("head_input", "token", 0);
    else if (settings.pooling == JaxPooling::Mean)
      addPooling("head_input", "mean", 0);
    else if (settings.pooling == JaxPooling::Attention)
      addAttentionPooling();
    const bool isPooled = settings.pooling != JaxPooling::None;
    std::string output = isPooled ? "pooler_output" : "last_hidden_state";
    if (isPooled)
      offers(output, last());
    int64_t width = settings.width;
    if (int64_t features = sizeOf(settings.representation, "pre_logits")) {
      addLinear("pre_logits.dense", features, "pre_logits");
      addActivation("pre_logits", "tanh");
      output = "pre_logits";
      offers(output, last());
      width = features;
    }
    const bool isTower = llvm::StringRef(prefix).ends_with("/img/");
    if (int64_t classes = sizeOf(settings.classes, "head")) {
      addLinear("head", classes, "head");
      output = isTower ? "image_embeds" : "logits";
      offers(output, last());
      width = classes;
      if (isPooled && !isTower) {
        result.scores = settings.scores;
        result.labels = settings.labels;
      }
    }
    result.outputs = {{output, last()}};
    if (isTower && isPooled) {
      addUnitLength("image_embeds_normalized", last(), width);
      returns("image_embeds_normalized", last());
    }
    addParts(tokens);
  }

  /// What the configuration says about a layer's features, or what the file has: 0 if there is no such layer.
  int64_t sizeOf(std::optional<int64_t> given, const std::string &module) {
    if (given)
      return *given;
    const TensorInfo *kernel = parameters.find(path(module) + "/kernel");
    return kernel && kernel->shape.size() == 2 ? kernel->shape[0] : 0;
  }

  void addLinear(const std::string &name, int64_t features, const std::string &module) {
    Node &node = add(name, "linear");
    node.attributes["out_features"] = features;
    setDense(node, "", module);
  }

  /// MAPHead: a learned query attends to all tokens.
  void addAttentionPooling() {
    const std::string tokens = last(), module = "MAPHead_0/";
    checkHeads(module + "MultiHeadDotProductAttention_0");
    addParameter("MAPHead_0.probe", path(module + "probe"), {1, settings.width});
    Node &attention = add("MAPHead_0.attention", "attention");
    attention.inputs = {"MAPHead_0.probe", tokens};
    setAttention(attention, module + "MultiHeadDotProductAttention_0");
    addNorm("MAPHead_0.LayerNorm_0", module + "LayerNorm_0");
    setMlp(add("MAPHead_0.MlpBlock_0", "mlp"), module + "MlpBlock_0");
    addSum("MAPHead_0.sum", "MAPHead_0.attention", "MAPHead_0.MlpBlock_0");
    addPooling("head_input", "token", 0);
  }

  void addParts(const std::string &tokens) {
    if (settings.hasClassToken) {
      addPooling("tokens.class", "token", 0, tokens);
      offers("class_token", "tokens.class");
    }
    addSlice("tokens.patches", 0, settings.hasClassToken ? 1 : 0, -1, tokens);
    offers("patch_tokens", "tokens.patches");
  }

  /// State of training, the other tower and what compares both; a head that is not wanted.
  bool isIgnored(llvm::StringRef name) const {
    const bool isModel = name.consume_front(prefix);
    return !isModel || (settings.classes == 0 && name.starts_with("head/"));
  }

  const FlaxParameters &parameters;
  JaxSettings settings;
  std::string prefix, attentionName, norm2Name, mlpName, positionsName;
  /// Of the patches that the positions are for.
  std::vector<int64_t> grid;
  bool coversClassToken = false;
};

/// Pixels as Google's code wants them, (x - 127.5) / 127.5, of pictures that are resized to a size whatever theirs is.
std::vector<PreprocessStep> defaultPreprocessing(const std::vector<int64_t> &imageShape) {
  const int64_t channels = imageShape[0];
  if (channels != 1 && channels != 3)
    return {};
  return {{"decode", "", {double(channels)}},
          {"resize", "bilinear", {double(imageShape[1]), double(imageShape[2])}},
          {"rescale", "", {1.0 / 255.0}},
          {"normalize", "", std::vector<double>(size_t(2 * channels), 0.5)}};
}

} // namespace

llvm::Expected<ModelDescription> vitc::readJax(const CheckpointFile &config, const CheckpointFile *preprocessor,
                                               const FlaxParameters &parameters) {
  ModelDescription description;
  description.file = config.path;
  description.name = "vit";
  InputErrors errors(config.path, &config.json);
  errors.setIgnoredKeys(config.ignoredKeys);
  JaxSettings settings = readJaxSettings(errors, config.json);
  if (llvm::Error error = errors.take())
    return error;
  for (const std::string &pointer : settings.ignored)
    description.ignoredKeys.push_back(config.path + ": " + pointer);
  for (const std::string &note : settings.notes)
    description.notes.push_back(config.path + ": " + note);
  JaxModel(errors, description, parameters, std::move(settings)).build();
  if (llvm::Error error = errors.take())
    return error;
  ModelInput &image = description.inputs.front();
  image.preprocessing = defaultPreprocessing(image.shape);
  if (preprocessor) {
    InputErrors preprocessorErrors(preprocessor->path, &preprocessor->json, preprocessor->pointer);
    image.preprocessing = readPreprocessor(*preprocessor, "vit", image.shape, /*takesAnySize=*/false,
                                           preprocessorErrors, description.ignoredKeys, description.notes);
    if (llvm::Error error = preprocessorErrors.take())
      return error;
  }
  if (llvm::Error error = validateDescription(description))
    return error;
  return description;
}
