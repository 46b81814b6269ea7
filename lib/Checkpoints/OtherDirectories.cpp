//===- OtherDirectories.cpp - directories that are no checkpoints -*- C++ -*-===//

#include "OtherDirectories.h"

#include "vitc/Support/InputErrors.h"
#include "vitc/Support/Json.h"
#include "vitc/Weights/OtherFiles.h"
#include "vitc/Weights/WeightFiles.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace vitc;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

/// Files of a directory, sorted.
static std::vector<std::string> filesOf(llvm::StringRef directory) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator entry(directory.empty() ? "." : directory, code), end; !code && entry != end;
       entry.increment(code))
    names.push_back(path::filename(entry->path()).str());
  llvm::sort(names);
  return names;
}

/// A text as Python has it.
static std::string quoted(llvm::StringRef text) {
  std::string result = "'";
  for (char c : text)
    result += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return result + "'";
}

llvm::Error vitc::checkNoAdapter(llvm::StringRef directory) {
  const std::string file = pathIn(directory, "adapter_config.json");
  if (!entryExists(file))
    return llvm::Error::success();
  std::string base = "BASE";
  if (llvm::Expected<JsonValue> config = readJsonFile(file)) {
    const JsonValue *name = config->asObject() ? config->find("base_model_name_or_path") : nullptr;
    if (name && name->asString())
      base = *name->asString();
  } else {
    return config.takeError();
  }
  return inputError(
      file, "",
      "an adapter of PEFT, not a model: merge it into its base first, in Python: from transformers import "
      "AutoModelForImageClassification as Model; from peft import PeftModel; "
      "PeftModel.from_pretrained(Model.from_pretrained(" +
          quoted(base) + "), " + quoted(directory) + ").merge_and_unload().save_pretrained('merged')");
}

llvm::Error vitc::checkAdaptersMerged(const WeightSource &weights, llvm::ArrayRef<std::string> ignored) {
  constexpr llvm::StringRef signs[] = {
      ".lora_A.", ".lora_B.", ".lora_magnitude_vector", ".base_layer.",   ".ia3_l",     ".hada_w1_a", ".lokr_w1",
      ".oft_r.",  ".boft_R",  ".vera_lambda_",          ".adapter_down.", ".lora_down."};
  for (const std::string &name : weights.names()) {
    bool isAdapter = llvm::any_of(signs, [&](llvm::StringRef sign) { return llvm::StringRef(name).contains(sign); });
    if (isAdapter && llvm::none_of(ignored, [&](const std::string &pattern) { return matchesPattern(pattern, name); }))
      return inputError(weights.fileOf(name), "tensor " + name,
                        "belongs to an adapter that is not merged into its layer: save model.merge_and_unload() of "
                        "PEFT in Python");
  }
  return llvm::Error::success();
}

/// What to do about quantized weights.
static llvm::Error quantizedError(llvm::StringRef file, llvm::StringRef place, llvm::StringRef what) {
  return inputError(file, place,
                    what +
                        ": vitc reads weights of f64, f32, f16 or bf16 and quantizes them itself (--precision=int8); "
                        "give it the model that this was made from, or save model.dequantize() in Python");
}

llvm::Error vitc::checkNotQuantized(const CheckpointFile &config, const ReadOptions &options) {
  const char *const key = "quantization_config";
  const JsonValue *quantization = config.json.find(key);
  if (!quantization || !quantization->asObject() || llvm::is_contained(options.ignoredKeys, key))
    return llvm::Error::success();
  const JsonValue *method = quantization->find("quant_method");
  const bool isNamed = method && method->asString();
  return quantizedError(config.path, config.pointer + "/" + key,
                        "the weights are quantized" + (isNamed ? " by " + *method->asString() : std::string()));
}

llvm::Error vitc::checkNotQuantized(const WeightSource &weights, llvm::ArrayRef<std::string> ignored) {
  // As compressed-tensors, optimum-quanto, GPTQ and AWQ, and bitsandbytes write them.
  constexpr llvm::StringRef signs[] = {".weight_scale", ".weight_packed", ".weight._data",
                                       ".qweight",      ".SCB",           ".weight.absmax"};
  for (const std::string &name : weights.names()) {
    const bool isQuantized =
        llvm::any_of(signs, [&](llvm::StringRef sign) { return llvm::StringRef(name).ends_with(sign); });
    if (isQuantized &&
        llvm::none_of(ignored, [&](const std::string &pattern) { return matchesPattern(pattern, name); }))
      return quantizedError(weights.fileOf(name), "tensor " + name, "belongs to a quantized layer");
  }
  return llvm::Error::success();
}

llvm::Error vitc::explainWeights(llvm::StringRef directory) {
  const std::vector<std::string> names = filesOf(directory);
  auto has = [&](llvm::StringRef name) { return llvm::is_contained(names, name); };
  for (const char *index : {"pytorch_model.bin.index.json", "pytorch_model.bin", "open_clip_pytorch_model.bin"})
    if (has(index))
      return pickledFileError(pathIn(directory, index));
  // What libraries leave beside weights is no model.
  constexpr llvm::StringRef others[] = {"training_args.bin", "optimizer.bin", "optimizer.pt",
                                        "scheduler.pt",      "scheduler.bin", "rng_state.pth"};
  for (const std::string &name : names)
    if (isPickledFile(name) && !llvm::is_contained(others, name) && !llvm::StringRef(name).starts_with("rng_state"))
      return pickledFileError(pathIn(directory, name));
  for (const auto &[name, option] : {std::pair("flax_model.msgpack", "from_flax"), {"tf_model.h5", "from_tf"}})
    if (has(name))
      return inputError(pathIn(directory, name), "",
                        "weights of another framework: with transformers 4 in Python, "
                        "AutoModelForImageClassification.from_pretrained(" +
                            quoted(directory) + ", " + option +
                            "=True).save_pretrained('converted') makes "
                            "model.safetensors of them");
  for (const std::string &name : names)
    if (std::string other = explainName(name); !other.empty())
      return inputError(pathIn(directory, name), "", other);
  return llvm::Error::success();
}

llvm::Error vitc::explainDirectory(llvm::StringRef directory) {
  if (entryExists(pathIn(directory, "model_index.json")))
    return inputError(directory, "",
                      "a pipeline of diffusers, which is several models: name the directory of the one that takes "
                      "pictures (image_encoder, as a rule)");
  if (entryExists(pathIn(directory, "onnx")))
    if (llvm::Error error = explainWeights(pathIn(directory, "onnx")))
      return error;
  if (llvm::Error error = explainWeights(directory))
    return error;
  return inputError(directory, "", "not a checkpoint directory: it has no config.json");
}
