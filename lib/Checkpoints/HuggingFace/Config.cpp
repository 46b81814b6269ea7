//===- Config.cpp - config.json of transformers -----------------*- C++ -*-===//

#include "Config.h"

#include "vitc/Description/DescriptionParser.h"
#include "vitc/Weights/Shape.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace vitc;
using namespace vitc::huggingface;

static constexpr const char *commonInert[] = {
    // How weights are loaded, and how the library computes.
    "_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_name_or_path", "attn_implementation",
    "_attn_implementation_internal", "_experts_implementation", "_flash_attn_2_enabled", "_num_labels",
    "_output_attentions", "auto_map", "base_model_ep_plan", "base_model_pp_plan", "base_model_tp_plan", "dtype",
    "gradient_checkpointing", "is_composition", "name_or_path", "output_past", "processor_class", "return_dict",
    "tie_word_embeddings", "torch_dtype", "torchscript", "transformers_version", "transformers_weights",
    "trust_remote_code", "use_bfloat16", "use_cache", "xla_device",
    // What other tools leave: adapters, AutoTrain, ONNX in the browser, Unsloth, Optimum.
    "adapters", "base_model_name_or_path", "custom_pipelines", "export_model_type", "library_name", "license",
    "model_max_length", "onnx_config", "padding", "pipeline_tag", "tags", "transformers.js_config", "unsloth_fixed",
    "unsloth_version",
    // Training.
    "attention_dropout", "attention_probs_dropout_prob", "chunk_size_feed_forward", "classifier_dropout",
    "classifier_dropout_prob", "drop_path_rate", "dropout", "finetuning_task", "label_smoothing", "loss_type",
    "initializer_method", "hidden_dropout_prob", "initializer_factor", "initializer_range",
    // The other direction of id2label; files exist where it is still that of another model, or leaves out labels that
    // two
    // classes have.
    "label2id",
    // Text generation, which transformers 4 wrote into every configuration.
    "bad_words_ids", "begin_suppress_tokens", "bos_token_id", "cross_attention_hidden_size", "decoder_start_token_id",
    "diversity_penalty", "do_sample", "early_stopping", "encoder_no_repeat_ngram_size", "eos_token_id",
    "exponential_decay_length_penalty", "forced_bos_token_id", "forced_eos_token_id", "length_penalty", "max_length",
    "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_return_sequences", "output_scores",
    "pad_token_id", "prefix", "remove_invalid_values", "repetition_penalty", "return_dict_in_generate", "sep_token_id",
    "suppress_tokens", "task_specific_params", "temperature", "tf_legacy_loss", "tie_encoder_decoder",
    "tokenizer_class", "top_k", "top_p", "typical_p"};

static constexpr const char *alwaysFalse[] = {"add_cross_attention", "is_decoder", "is_encoder_decoder"};

// What the library returns beside everything else.
static constexpr std::pair<const char *, const char *> moreOutputs[] = {{"output_attentions", "attention_N"},
                                                                        {"output_hidden_states", "hidden_state_N"}};

// Two classes are transformers' default, and not written then.
static constexpr ConfigKey labels[] = {{"id2label", "null"}, {"num_labels", "2"}, {"problem_type", "null"}};

llvm::ArrayRef<const char *> vitc::huggingface::commonInertKeys() { return commonInert; }
llvm::ArrayRef<const char *> vitc::huggingface::falseKeys() { return alwaysFalse; }
llvm::ArrayRef<ConfigKey> vitc::huggingface::labelKeys() { return labels; }

ConfigReader::ConfigReader(InputErrors &errors, const JsonValue &object, std::string pointer,
                           llvm::ArrayRef<ConfigTable> tables)
    : errors(errors), object(object), reader(errors, object, std::move(pointer)), tables(tables.begin(), tables.end()) {
  for (const ConfigTable &table : tables)
    for (const ConfigKey &key : table.read)
      defaults[key.name] = llvm::cantFail(parseJson(key.defaultValue, key.name));
}

const JsonValue *ConfigReader::find(llvm::StringRef key) {
  const JsonValue *value = reader.find(key);
  return value && !value->isNull() ? value : nullptr;
}

bool ConfigReader::gives(llvm::StringRef key) { return find(key) != nullptr; }

const JsonValue &ConfigReader::valueOf(llvm::StringRef key) {
  assert(knows(key) && "every key that is read is in the family's table");
  const JsonValue *given = find(key);
  return given ? *given : defaults.at(key.str());
}

int64_t ConfigReader::integer(llvm::StringRef key, int64_t minimum, int64_t maximum) {
  return readInteger(errors, pointerTo(key), valueOf(key), minimum, maximum).value_or(minimum);
}

std::optional<int64_t> ConfigReader::optionalInteger(llvm::StringRef key) {
  if (valueOf(key).isNull())
    return std::nullopt;
  return integer(key);
}

double ConfigReader::real(llvm::StringRef key) { return readReal(errors, pointerTo(key), valueOf(key)).value_or(1); }

bool ConfigReader::boolean(llvm::StringRef key) {
  const JsonValue &value = valueOf(key);
  if (const bool *boolean = value.asBool())
    return *boolean;
  reportKind(errors, pointerTo(key), value, "true or false");
  return false;
}

std::string ConfigReader::string(llvm::StringRef key) {
  return readString(errors, pointerTo(key), valueOf(key)).value_or("");
}

std::vector<int64_t> ConfigReader::integers(llvm::StringRef key, int64_t minimum, int64_t maximum) {
  const JsonValue &value = valueOf(key);
  std::optional<std::vector<int64_t>> list;
  if (value.asArray() && !value.asArray()->empty())
    list = readIntegers(errors, pointerTo(key), value, minimum, maximum);
  else
    reportKind(errors, pointerTo(key), value, "an array of integers");
  return list.value_or(std::vector<int64_t>{minimum});
}

std::vector<double> ConfigReader::reals(llvm::StringRef key) {
  return readReals(errors, pointerTo(key), valueOf(key)).value_or(std::vector<double>());
}

std::vector<bool> ConfigReader::booleans(llvm::StringRef key) {
  const JsonValue &value = valueOf(key);
  std::vector<bool> list;
  if (!value.asArray()) {
    reportKind(errors, pointerTo(key), value, "an array of true and false");
    return list;
  }
  for (const auto &[index, element] : llvm::enumerate(*value.asArray())) {
    if (!element.asBool())
      reportKind(errors, jsonPointer(pointerTo(key), index), element, "true or false");
    list.push_back(element.asBool() && *element.asBool());
  }
  return list;
}

std::vector<std::string> ConfigReader::strings(llvm::StringRef key) {
  const JsonValue &value = valueOf(key);
  std::vector<std::string> list;
  if (!value.asArray())
    reportKind(errors, pointerTo(key), value, "an array of strings");
  else
    for (const auto &[index, element] : llvm::enumerate(*value.asArray()))
      list.push_back(readString(errors, jsonPointer(pointerTo(key), index), element).value_or(""));
  return list;
}

std::vector<int64_t> ConfigReader::size(llvm::StringRef key) {
  return readSize(errors, pointerTo(key), valueOf(key)).value_or(std::vector<int64_t>{1, 1});
}

std::string ConfigReader::activation(llvm::StringRef key) {
  std::string name = string(key);
  std::string function = llvm::StringSwitch<std::string>(name)
                             .Cases("gelu", "gelu_python", "gelu")
                             .Cases("gelu_new", "gelu_pytorch_tanh", "gelu_fast", "gelu_accurate", "gelu_tanh")
                             .Case("quick_gelu", "quick_gelu")
                             .Cases("silu", "swish", "silu")
                             .Cases("relu", "tanh", "sigmoid", "relu6", "leaky_relu", name)
                             .Case("hardswish", "hard_swish")
                             .Case("linear", "none")
                             .Default("");
  if (function.empty())
    errors.report(pointerTo(key), "the activation '" + name + "' is not supported");
  return function;
}

void ConfigReader::finish(std::vector<std::string> &ignored, std::vector<std::string> &notes) {
  auto isInert = [&](llvm::StringRef key) {
    auto is = [&](const char *other) { return key == other; };
    return llvm::any_of(commonInert, is) ||
           llvm::any_of(tables, [&](const ConfigTable &table) { return llvm::any_of(table.inert, is); });
  };
  if (const JsonValue::Object *members = object.asObject())
    for (const auto &[key, value] : *members)
      if (isInert(key)) {
        reader.find(key);
        ignored.push_back(pointerTo(key));
      }
  for (const char *key : alwaysFalse)
    if (!isInert(key) && find(key) && !errors.ignores(pointerTo(key)) && reader.boolean(key).value_or(false))
      errors.report(pointerTo(key), "true is not supported");
  for (const auto &[key, output] : moreOutputs)
    if (find(key)) {
      ignored.push_back(pointerTo(key));
      if (reader.boolean(key).value_or(false))
        notes.push_back(pointerTo(key) + ": such outputs come on demand: --outputs=" + output);
    }
  if (const JsonValue *pruned = find("pruned_heads"))
    if (!pruned->asObject() || !pruned->asObject()->empty())
      errors.report(pointerTo("pruned_heads"), "pruned heads are not supported");
  // A key that matters to another architecture of the family.
  for (const auto &[key, value] : defaults)
    reader.find(key);
  reader.finish();
}

Dimensions vitc::huggingface::readDimensions(ConfigReader &config) {
  Dimensions dimensions;
  dimensions.width = config.integer("hidden_size");
  dimensions.layers = config.integer("num_hidden_layers");
  dimensions.heads = config.integer("num_attention_heads");
  dimensions.channels = config.integer("num_channels", 1, /*maximum=*/4096);
  dimensions.patchSize = config.size("patch_size");
  dimensions.activation = config.activation("hidden_act");
  dimensions.epsilon = config.real("layer_norm_eps");
  if (config.knows("intermediate_size"))
    dimensions.hidden = config.integer("intermediate_size");
  if (config.knows("image_size"))
    dimensions.imageSize = config.size("image_size");
  if (config.knows("head_dim"))
    dimensions.headDim = config.optionalInteger("head_dim");
  return dimensions;
}

void vitc::huggingface::checkDimensions(ConfigReader &config, const Dimensions &dimensions) {
  InputErrors &errors = config.getErrors();
  if (!dimensions.headDim && dimensions.width % dimensions.heads != 0)
    errors.report(config.placeOf("num_attention_heads"), llvm::Twine(dimensions.heads) +
                                                             " heads do not divide the hidden_size " +
                                                             llvm::Twine(dimensions.width));
  if (dimensions.headDim && !countElements({3, dimensions.heads, *dimensions.headDim}))
    errors.report(config.placeOf("head_dim"), "all heads together are too wide");
  const std::vector<int64_t> &image = dimensions.imageSize, &patch = dimensions.patchSize;
  // The library's convolution leaves out what fills no patch.
  for (size_t axis : {0, 1})
    if (image[axis] < patch[axis])
      errors.report(config.placeOf("patch_size"), "patches of " + llvm::Twine(patch[axis]) +
                                                      " are larger than the image_size " + llvm::Twine(image[axis]));
  if (!countElements({dimensions.channels, image[0], image[1]}))
    errors.report(config.placeOf("image_size"),
                  "images of shape " + shapeText({dimensions.channels, image[0], image[1]}) + " are too large");
  if (dimensions.layers > int64_t(maximumNodes) / 4)
    errors.report(config.placeOf("num_hidden_layers"), llvm::Twine(dimensions.layers) + " layers are too many");
  if (dimensions.epsilon < 0)
    errors.report(config.placeOf("layer_norm_eps"), "is " + numberText(dimensions.epsilon) + ", expected at least 0");
}

Labels vitc::huggingface::readLabels(ConfigReader &config) {
  InputErrors &errors = config.getErrors();
  Labels result;
  std::string problem = config.gives("problem_type") ? config.string("problem_type") : "single_label_classification";
  if (problem == "multi_label_classification")
    result.scores = Scores::Sigmoid;
  else if (problem == "regression")
    result.scores = Scores::None;
  else if (problem != "single_label_classification")
    errors.report(config.pointerTo("problem_type"), "'" + problem + "' is not supported");
  int64_t count = config.integer("num_labels", 1, /*maximum=*/1 << 20);
  const JsonValue *map = config.find("id2label");
  std::string where = config.pointerTo("id2label");
  result.where = map ? where : config.placeOf("num_labels");
  if (!map) {
    for (int64_t index = 0; index < count; ++index)
      result.names.push_back("LABEL_" + std::to_string(index));
    if (count == 1 && result.scores == Scores::Softmax)
      result.scores = Scores::Sigmoid;
    return result;
  }
  const JsonValue::Object *object = map->asObject();
  if (!object) {
    reportKind(errors, where, *map, "an object");
    return result;
  }
  if (object->empty())
    errors.report(where, "is empty, expected a label for each class");
  std::vector<std::optional<std::string>> byIndex(object->size());
  for (const auto &[key, value] : *object) {
    uint64_t index = 0;
    if (llvm::StringRef(key).getAsInteger(10, index) || index >= byIndex.size() || byIndex[index]) {
      errors.report(jsonPointer(where, key),
                    "expected the numbers from 0 to " + llvm::Twine(byIndex.size() - 1) + " as keys");
      return result;
    }
    // Some tools write numbers for names.
    byIndex[index] = value.asInteger() ? std::to_string(*value.asInteger())
                                       : readString(errors, jsonPointer(where, key), value).value_or("");
  }
  for (std::optional<std::string> &label : byIndex)
    result.names.push_back(std::move(*label));
  if (result.names.size() == 1 && result.scores == Scores::Softmax)
    result.scores = Scores::Sigmoid;
  if (config.gives("num_labels") && count != int64_t(result.names.size()))
    errors.report(config.pointerTo("num_labels"),
                  "is " + llvm::Twine(count) + ", id2label has " + llvm::Twine(result.names.size()) + " labels");
  return result;
}
