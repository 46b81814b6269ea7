//===- TimmMobileBlocks.cpp - block_args of mobile networks -----*- C++ -*-===//

#include "TimmMobileBlocks.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace vitc;

namespace {

/// Reads one string.
class BlockParser {
public:
  /// What is wrong, or nothing.
  std::string parse(llvm::StringRef text) {
    llvm::SmallVector<llvm::StringRef> options;
    text.split(options, '_');
    block.kind = options.front().str();
    if (!llvm::is_contained({"cn", "ds", "dsa", "ir", "er", "uir"}, block.kind))
      return "the block '" + block.kind + "'";
    if (block.kind == "ds" || block.kind == "dsa" || block.kind == "ir" || block.kind == "uir")
      block.groupSize = 1;
    if (block.kind == "uir")
      block.startKernel = block.endKernel = 0;
    for (llvm::StringRef option : llvm::drop_begin(options))
      if (!read(option))
        return ("'" + option + "' of a block").str();
    if (block.channels == 0 || (block.kernel == 0 && block.kind != "uir"))
      return "a block without channels or kernel";
    return "";
  }

  TimmMobileBlocks block;

private:
  static bool readInteger(llvm::StringRef text, int64_t minimum, int64_t maximum, int64_t &value) {
    return !text.getAsInteger(10, value) && value >= minimum && value <= maximum;
  }

  static bool readFactor(llvm::StringRef text, double &value) {
    return !text.getAsDouble(value) && value >= 0 && value < 1024;
  }

  bool read(llvm::StringRef option) {
    if (option == "noskip" || option == "skip") {
      (option == "skip" ? block.skips : block.neverSkips) = true;
      return true;
    }
    if (option.starts_with("n")) {
      block.activation = llvm::StringSwitch<std::string>(option)
                             .Case("nre", "relu")
                             .Case("nr6", "relu6")
                             .Case("nhs", "hard_swish")
                             .Case("nsw", "silu")
                             .Default("");
      return !block.activation.empty();
    }
    constexpr int64_t mostChannels = int64_t(1) << 20, largestKernel = 255;
    const llvm::StringRef key = option.take_while(llvm::isAlpha), value = option.drop_front(key.size());
    if (key == "r")
      return readInteger(value, 1, 1000, block.repeats);
    if (key == "k")
      return readInteger(value, 0, largestKernel, block.kernel);
    if (key == "s")
      return readInteger(value, 1, 2, block.stride);
    if (key == "c")
      return readInteger(value, 1, mostChannels, block.channels);
    if (key == "a")
      return readInteger(value, 0, largestKernel, block.startKernel);
    if (key == "p")
      return readInteger(value, 0, largestKernel, block.endKernel);
    if (key == "gs")
      return readInteger(value, 0, mostChannels, block.groupSize);
    if (key == "fc")
      return readInteger(value, 0, mostChannels, block.forcedInputs);
    if (key == "e")
      return readFactor(value, block.expansion) && block.expansion > 0;
    if (key == "se")
      return readFactor(value, block.gates);
    return false;
  }
};

} // namespace

std::vector<std::vector<TimmMobileBlocks>> vitc::readTimmMobileBlocks(InputErrors &errors, TimmSettings &settings) {
  std::vector<std::vector<TimmMobileBlocks>> stages;
  const JsonValue *list = settings.given("block_args");
  if (!list)
    return stages;
  const std::string where = settings.where({"block_args"});
  if (!list->asArray() || list->asArray()->empty()) {
    errors.report(where, "expected an array of stages");
    return stages;
  }
  for (const JsonValue &stage : *list->asArray()) {
    stages.emplace_back();
    if (!stage.asArray() || stage.asArray()->empty()) {
      errors.report(where, "expected an array of blocks for each stage");
      return stages;
    }
    for (const JsonValue &text : *stage.asArray()) {
      BlockParser parser;
      const std::string wrong = parser.parse(readString(errors, where, text).value_or(""));
      if (!wrong.empty()) {
        settings.unsupported("block_args", wrong);
        return stages;
      }
      stages.back().push_back(parser.block);
    }
  }
  return stages;
}
