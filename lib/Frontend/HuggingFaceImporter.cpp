//===- HuggingFaceImporter.cpp - transformers checkpoints -------*- C++ -*-===//

#include "vitc/Frontend/HuggingFaceImporter.h"

#include "GraphBuilder.h"
#include "HuggingFacePreprocessor.h"
#include "JsonReader.h"
#include "vitc/Frontend/DescriptionParser.h"
#include "vitc/Frontend/OpSpec.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace vitc;

namespace {

/// Keys that change neither what a model computes nor what it returns: training, text generation, loading.
constexpr const char *inertKeys[] = {"_attn_implementation",
                                     "_attn_implementation_autoset",
                                     "_commit_hash",
                                     "_name_or_path",
                                     "attn_implementation",
                                     "attention_probs_dropout_prob",
                                     "chunk_size_feed_forward",
                                     "dtype",
                                     "encoder_stride",
                                     "finetuning_task",
                                     "gradient_checkpointing",
                                     "hidden_dropout_prob",
                                     "initializer_range",
                                     "label2id",
                                     "return_dict",
                                     "tie_word_embeddings",
                                     "torch_dtype",
                                     "torchscript",
                                     "transformers_version",
                                     "use_bfloat16",
                                     "use_cache"};

/// Keys that would change the result unless they have the value that they have in every such checkpoint.
constexpr const char *falseKeys[] = {"add_cross_attention", "is_decoder", "is_encoder_decoder", "output_attentions",
                                     "output_hidden_states"};

/// What stands behind the encoder.
enum class Head { None, Classifier, Distilled };

/// The tensors of an encoder layer, behind "encoder.layer.{i}." or "layers.{i}.".
struct LayerNames {
  const char *layer, *query, *key, *value, *output, *fc1, *fc2;
};
constexpr LayerNames version4 = {"encoder.layer.",
                                 "attention.attention.query",
                                 "attention.attention.key",
                                 "attention.attention.value",
                                 "attention.output.dense",
                                 "intermediate.dense",
                                 "output.dense"};
constexpr LayerNames version5 = {"layers.",          "attention.q_proj", "attention.k_proj", "attention.v_proj",
                                 "attention.o_proj", "mlp.fc1",          "mlp.fc2"};

class VitImport {
public:
  VitImport(InputErrors &errors, const CheckpointFile &config, const WeightSource *weights)
      : errors(errors), reader(errors, config.json, ""), weights(weights) {}

  /// Reads config.json and builds the graph; the preprocessing comes later.
  void import(ModelDescription &result) {
    readConfig(result);
    if (errors.any())
      return;
    ModelInput input;
    input.name = "pixel_values";
    input.isImage = true;
    input.shape = {channels, imageSize[0], imageSize[1]};
    result.inputs.push_back(std::move(input));
    result.name = modelName();
    chooseNames();
    addEmbeddings();
    addEncoder();
    addHead(result);
    result.nodes = std::move(nodes);
    if (head != Head::None) {
      result.labels = labels;
      result.scores = scores;
    }
    listIgnored(result);
  }

private:
  const JsonValue *find(llvm::StringRef key) {
    const JsonValue *value = reader.find(key);
    return value && !value->isNull() ? value : nullptr;
  }

  int64_t integer(llvm::StringRef key, int64_t fallback, int64_t maximum = int64_t(1) << 31) {
    return find(key) ? reader.integer(key, 1, maximum).value_or(fallback) : fallback;
  }

  std::vector<int64_t> size(llvm::StringRef key, int64_t fallback) {
    std::vector<int64_t> both(2, fallback);
    const JsonValue *value = find(key);
    return value ? readSize(errors, reader.pointerTo(key), *value).value_or(both) : both;
  }

  std::string activation(llvm::StringRef key, llvm::StringRef fallback) {
    std::string name = find(key) ? reader.string(key).value_or("") : fallback.str();
    std::string function = llvm::StringSwitch<std::string>(name)
                               .Cases("gelu", "gelu_python", "gelu")
                               .Cases("gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate", "gelu_tanh")
                               .Case("quick_gelu", "quick_gelu")
                               .Cases("silu", "swish", "silu")
                               .Cases("relu", "tanh", "sigmoid", name)
                               .Case("linear", "none")
                               .Default("");
    if (function.empty())
      errors.report(reader.pointerTo(key), "the activation '" + name + "' is not supported");
    return function;
  }

  void readConfig(ModelDescription &result) {
    modelType = reader.string("model_type").value_or("");
    for (const char *key : inertKeys)
      if (reader.find(key))
        result.ignoredKeys.push_back(result.file + ": " + reader.pointerTo(key));
    for (const char *key : falseKeys)
      if (find(key) && reader.boolean(key).value_or(false))
        errors.report(reader.pointerTo(key), "true is not supported");
    if (const JsonValue *pruned = find("pruned_heads"))
      if (!pruned->asObject() || !pruned->asObject()->empty())
        errors.report(reader.pointerTo("pruned_heads"), "pruned heads are not supported");
    width = integer("hidden_size", 768);
    layers = integer("num_hidden_layers", 12);
    heads = integer("num_attention_heads", 12);
    hidden = integer("intermediate_size", 3072);
    channels = integer("num_channels", 3, /*maximum=*/4096);
    imageSize = size("image_size", 224);
    patchSize = size("patch_size", 16);
    if (find("head_dim"))
      headDim = integer("head_dim", 1);
    else if (width % heads != 0)
      errors.report(reader.placeOf("num_attention_heads"),
                    llvm::Twine(heads) + " heads do not divide the hidden_size " + llvm::Twine(width));
    if (headDim && !countElements({3, heads, *headDim}))
      errors.report("/head_dim", "all heads together are too wide");
    for (size_t axis : {0, 1})
      if (imageSize[axis] % patchSize[axis] != 0)
        errors.report(reader.placeOf("patch_size"), "the patch_size " + llvm::Twine(patchSize[axis]) +
                                                        " does not divide the image_size " +
                                                        llvm::Twine(imageSize[axis]));
    if (!countElements({channels, imageSize[0], imageSize[1]}))
      errors.report("/image_size",
                    "images of shape " + shapeText({channels, imageSize[0], imageSize[1]}) + " are too large");
    if (layers > int64_t(maximumNodes) / 2)
      errors.report("/num_hidden_layers", llvm::Twine(layers) + " layers are too many");
    act = activation("hidden_act", "gelu");
    poolerAct = activation("pooler_act", "tanh");
    poolerWidth = integer("pooler_output_size", width);
    if (find("layer_norm_eps"))
      epsilon = reader.real("layer_norm_eps").value_or(epsilon);
    if (epsilon < 0)
      errors.report("/layer_norm_eps", "is " + numberText(epsilon) + ", expected at least 0");
    if (find("qkv_bias"))
      qkvBias = reader.boolean("qkv_bias").value_or(true);
    readHead();
    readLabels();
    reader.finish();
  }

  bool hasTensor(const std::string &name) const { return weights && weights->find(name); }

  void readHead() {
    std::string architecture;
    if (const JsonValue *list = find("architectures")) {
      if (!list->asArray() || list->asArray()->size() != 1 || !list->asArray()->front().asString())
        return errors.report("/architectures", "expected an array of one name");
      architecture = *list->asArray()->front().asString();
    } else if (hasTensor("cls_classifier.weight")) {
      architecture = "DeiTForImageClassificationWithTeacher";
    } else {
      architecture = modelType == "deit" ? "DeiTModel" : "ViTModel";
      if (hasTensor("classifier.weight"))
        architecture = modelType == "deit" ? "DeiTForImageClassification" : "ViTForImageClassification";
    }
    std::string family = modelType == "deit" ? "DeiT" : "ViT";
    if (architecture == family + "Model")
      head = Head::None;
    else if (architecture == family + "ForImageClassification")
      head = Head::Classifier;
    else if (architecture == "DeiTForImageClassificationWithTeacher" && modelType == "deit")
      head = Head::Distilled;
    else
      errors.report(reader.placeOf("architectures"),
                    "'" + architecture + "' is not supported, expected " + family + "Model, " + family +
                        "ForImageClassification" +
                        (modelType == "deit" ? " or DeiTForImageClassificationWithTeacher" : ""));
  }

  void readLabels() {
    std::string problem = find("problem_type") ? reader.string("problem_type").value_or("") : "";
    scores = llvm::StringSwitch<Scores>(problem)
                 .Case("multi_label_classification", Scores::Sigmoid)
                 .Case("regression", Scores::None)
                 .Default(Scores::Softmax);
    if (!problem.empty() && problem != "single_label_classification" && scores == Scores::Softmax)
      errors.report("/problem_type", "'" + problem + "' is not supported");
    // Two classes are transformers' default, and not written then.
    int64_t count = integer("num_labels", 2, /*maximum=*/1 << 20);
    const JsonValue *map = find("id2label");
    if (!map) {
      for (int64_t index = 0; index < count; ++index)
        labels.push_back("LABEL_" + std::to_string(index));
      return;
    }
    const JsonValue::Object *object = map->asObject();
    if (!object)
      return reportKind(errors, "/id2label", *map, "an object");
    if (object->empty())
      return errors.report("/id2label", "is empty, expected a label for each class");
    std::vector<std::optional<std::string>> byIndex(object->size());
    for (const auto &[key, value] : *object) {
      std::string where = jsonPointer("/id2label", key);
      uint64_t index = 0;
      if (llvm::StringRef(key).getAsInteger(10, index) || index >= byIndex.size() || byIndex[index])
        return errors.report(where, "expected the numbers from 0 to " + llvm::Twine(byIndex.size() - 1) + " as keys");
      byIndex[index] = readString(errors, where, value).value_or("");
    }
    for (std::optional<std::string> &label : byIndex)
      labels.push_back(std::move(*label));
    if (find("num_labels") && count != int64_t(labels.size()))
      errors.report("/num_labels",
                    "is " + llvm::Twine(count) + ", id2label has " + llvm::Twine(labels.size()) + " labels");
  }

  /// A name that follows from the model alone, not from where it lies.
  std::string modelName() const {
    std::string sizes = llvm::StringSwitch<std::string>(std::to_string(width))
                            .Case("192", "tiny")
                            .Case("384", "small")
                            .Case("768", "base")
                            .Case("1024", "large")
                            .Case("1280", "huge")
                            .Default("w" + std::to_string(width));
    auto text = [](const std::vector<int64_t> &size) {
      return std::to_string(size[0]) + (size[0] == size[1] ? "" : "x" + std::to_string(size[1]));
    };
    return modelType + "_" + sizes + (head == Head::Distilled ? "_distilled" : "") + "_patch" + text(patchSize) + "_" +
           text(imageSize);
  }

  void chooseNames() {
    if (!weights) {
      prefix = head == Head::None ? "" : modelType + ".";
      return;
    }
    std::vector<std::string> all = weights->names();
    std::string base = modelType + ".";
    if (llvm::any_of(all, [&](const std::string &name) { return llvm::StringRef(name).starts_with(base); }))
      prefix = base;
    std::string marker = prefix + version5.layer;
    if (llvm::any_of(all, [&](const std::string &name) { return llvm::StringRef(name).starts_with(marker); }))
      names = version5;
  }

  /// Appends a node whose input is the one before it.
  Node &add(const std::string &name, const std::string &op, const std::string &input = "") {
    Node node;
    node.name = name;
    node.op = op;
    node.where = "node " + name;
    node.inputs = {!input.empty() ? input : nodes.empty() ? "pixel_values" : nodes.back().name};
    for (const AttributeSpec &attribute : findOpSpec(op)->attributes)
      if (attribute.defaultValue)
        node.attributes[attribute.name] = *attribute.defaultValue;
    nodes.push_back(std::move(node));
    return nodes.back();
  }

  static void setModule(Node &node, const std::string &role, const std::string &tensors, bool hasBias = true) {
    std::string start = role.empty() ? "" : role + ".";
    node.parameters[start + "weight"] = tensors + ".weight";
    if (hasBias)
      node.parameters[start + "bias"] = tensors + ".bias";
  }

  void addEmbeddings() {
    Node &patches = add("embeddings.patch_embeddings", "patch_embedding");
    patches.attributes["width"] = width;
    patches.attributes["patch_size"] = patchSize;
    setModule(patches, "", prefix + "embeddings.patch_embeddings.projection");
    Node &tokens = add("embeddings.tokens", "prefix_tokens");
    tokens.parameters["class_token"] = prefix + "embeddings.cls_token";
    if (modelType == "deit")
      tokens.parameters["distillation_token"] = prefix + "embeddings.distillation_token";
    Node &positions = add("embeddings.position_embeddings", "position_embedding");
    positions.attributes["resample"] = std::string("bicubic");
    positions.attributes["source_grid"] = Grid{imageSize[0] / patchSize[0], imageSize[1] / patchSize[1]};
    positions.parameters["value"] = prefix + "embeddings.position_embeddings";
  }

  void addEncoder() {
    for (int64_t index = 0; index < layers; ++index) {
      std::string number = std::to_string(index);
      std::string tensors = prefix + names.layer + number + ".";
      Node &block = add("encoder.layer." + number, "encoder_block");
      block.attributes["heads"] = heads;
      if (headDim)
        block.attributes["head_dim"] = *headDim;
      block.attributes["hidden_size"] = hidden;
      block.attributes["activation"] = act;
      block.attributes["epsilon"] = epsilon;
      setModule(block, "norm1", tensors + "layernorm_before");
      setModule(block, "query", tensors + names.query, qkvBias);
      setModule(block, "key", tensors + names.key, qkvBias);
      setModule(block, "value", tensors + names.value, qkvBias);
      setModule(block, "output", tensors + names.output);
      setModule(block, "norm2", tensors + "layernorm_after");
      setModule(block, "fc1", tensors + names.fc1);
      setModule(block, "fc2", tensors + names.fc2);
    }
    Node &norm = add("layernorm", "layer_norm");
    norm.attributes["epsilon"] = epsilon;
    setModule(norm, "", prefix + "layernorm");
  }

  void addPooling(const std::string &name, int64_t index) {
    Node &pooling = add(name, "pooling", "layernorm");
    pooling.attributes["kind"] = std::string("token");
    pooling.attributes["index"] = index;
  }

  void addClassifier(const std::string &name) {
    Node &classifier = add(name, "classifier");
    classifier.attributes["classes"] = int64_t(labels.size());
    setModule(classifier, "", name);
  }

  void addHead(ModelDescription &result) {
    if (head == Head::Classifier) {
      addPooling("class_token", 0);
      addClassifier("classifier");
      result.outputs = {{"logits", "classifier"}};
    } else if (head == Head::Distilled) {
      addPooling("class_token", 0);
      addClassifier("cls_classifier");
      addPooling("distillation_token", 1);
      addClassifier("distillation_classifier");
      add("logits", "average").inputs = {"cls_classifier", "distillation_classifier"};
      result.outputs = {
          {"logits", "logits"}, {"cls_logits", "cls_classifier"}, {"distillation_logits", "distillation_classifier"}};
    } else {
      result.outputs = {{"last_hidden_state", "layernorm"}};
      // Checkpoints without a pooler exist; the library would make up random weights for it.
      if (weights && !hasTensor(prefix + "pooler.dense.weight"))
        return;
      addPooling("class_token", 0);
      Node &dense = add("pooler.dense", "linear");
      dense.attributes["out_features"] = poolerWidth;
      setModule(dense, "", prefix + "pooler.dense");
      add("pooler.activation", "activation").attributes["kind"] = poolerAct;
      result.outputs.push_back({"pooler_output", "pooler.activation"});
    }
  }

  /// Tensors that such checkpoints may hold without the model's using them.
  void listIgnored(ModelDescription &result) const {
    if (!weights)
      return;
    for (const std::string &name : weights->names()) {
      llvm::StringRef rest = name;
      rest.consume_front(prefix);
      bool isOtherHead =
          head == Head::None && (rest.starts_with("classifier.") || rest.starts_with("cls_classifier.") ||
                                 rest.starts_with("distillation_classifier."));
      bool isPooler = head != Head::None && rest.starts_with("pooler.");
      if (rest == "embeddings.mask_token" || rest.ends_with(".position_ids") || rest.starts_with("decoder.") ||
          isOtherHead || isPooler)
        result.ignoredTensors.push_back(name);
    }
  }

  InputErrors &errors;
  ObjectReader reader;
  const WeightSource *weights;

  std::string modelType;
  int64_t width = 0, layers = 0, heads = 0, hidden = 0, channels = 0, poolerWidth = 0;
  std::optional<int64_t> headDim;
  std::vector<int64_t> imageSize, patchSize;
  double epsilon = 1e-12;
  bool qkvBias = true;
  std::string act, poolerAct;
  Head head = Head::None;
  std::vector<std::string> labels;
  Scores scores = Scores::Softmax;

  std::string prefix;
  LayerNames names = version4;
  std::vector<Node> nodes;
};

} // namespace

llvm::Expected<ModelDescription>
vitc::importHuggingFace(const CheckpointFile &config, const CheckpointFile *preprocessor, const WeightSource *weights) {
  ModelDescription description;
  description.file = config.path;
  InputErrors errors(config.path);
  const JsonValue *type = config.json.find("model_type");
  if (!type || !type->asString() || (*type->asString() != "vit" && *type->asString() != "deit"))
    return inputError(config.path, "/model_type",
                      (type && type->asString() ? "'" + *type->asString() + "' is" : std::string("this is")) +
                          " not supported, expected vit or deit");
  VitImport(errors, config, weights).import(description);
  if (llvm::Error error = errors.take())
    return error;
  if (preprocessor) {
    InputErrors preprocessorErrors(preprocessor->path);
    ModelInput &image = description.inputs.front();
    image.preprocessing =
        importPreprocessor(*preprocessor, *type->asString(), image.shape, preprocessorErrors, description.ignoredKeys);
    if (llvm::Error error = preprocessorErrors.take())
      return error;
  }
  if (llvm::Error error = validateDescription(description))
    return error;
  return description;
}
