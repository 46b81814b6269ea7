//===- CommandLine.cpp - the options of vitc-evaluate -----------*- C++ -*-===//

#include "CommandLine.h"

#include "vitc/Checkpoints/ReadModel.h"
#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/StringSwitch.h"

using namespace llvm;
using namespace vitc;

const char *const vitc::helpText =
    R"(vitc-evaluate MODEL [options]: what a model computes, in double precision.

MODEL is a description (*.json) or checkpoint, as vitc takes it, or a .mlir file of vit ops.

  --input FILE           an argument, .npy of its dtype, perhaps with a batch dimension; repeat it for the others
  --output FILE          where a result goes, as .npy of f64; repeat it for the others
                         (default: print the results' names, shapes and norms)
  --config FILE          the configuration of *.npz, as for vitc
  --weights FILE|DIR     weights that are not where the model says
  --random-weights SEED  make weights up, as vitc does
  --image-size H|HxW     for pictures of another size, as vitc does
  --outputs NAME,...     what to compute, as for vitc
  --noise SEED           change every value that is computed by up to half a unit in the last place of f32, at random:
                         what is left of the result is what f32 can be expected to give
  --model MODEL          the model whose weights a .mlir file names
  --fuse                 run the fusion passes first
  --precision KIND       what the products of fused ops are computed with: f32, bf16, int8, or int8_pairs as for CPUs without
                         VNNI; all but f32 need --fuse
  --attention KIND       the same of attention: f32 or bf16 (default: f32 with f32, else bf16)
  --version              print the version
  --help                 print this text
)";

static Error commandLineError(StringRef where, const Twine &message) {
  return inputError("command line", where, message);
}

static Error setValue(CommandLine &line, StringRef option, StringRef value) {
  if (value.empty())
    return commandLineError(option, "no value");
  if (option == "--input") {
    line.inputs.push_back(value.str());
  } else if (option == "--output") {
    line.outputs.push_back(value.str());
  } else if (option == "--weights") {
    line.weights = value.str();
  } else if (option == "--config") {
    line.config = value.str();
  } else if (option == "--model") {
    line.model = value.str();
  } else if (option == "--image-size") {
    line.imageSize = parseImageSize(value);
    if (!line.imageSize)
      return commandLineError(option, "'" + value + "', expected a number from 1 to 65536, or two as HEIGHTxWIDTH");
  } else if (option == "--precision") {
    std::optional<vit::Precision> precision = vit::symbolizePrecision(value);
    if (!precision)
      return commandLineError(option, "'" + value + "', expected f32, bf16, int8 or int8_pairs");
    line.precision = *precision;
  } else if (option == "--attention") {
    line.attention = vit::symbolizePrecision(value);
    if (line.attention != vit::Precision::F32 && line.attention != vit::Precision::Bf16)
      return commandLineError(option, "'" + value + "', expected f32 or bf16");
  } else if (option == "--outputs") {
    SmallVector<StringRef> names;
    value.split(names, ',');
    line.results.assign(names.begin(), names.end());
  } else {
    uint64_t seed;
    if (value.getAsInteger(10, seed))
      return commandLineError(option, "'" + value + "', expected a number from 0 to " + Twine(UINT64_MAX));
    (option == "--noise" ? line.noiseSeed : line.randomSeed) = seed;
  }
  return Error::success();
}

Expected<CommandLine> vitc::parseCommandLine(ArrayRef<const char *> arguments) {
  CommandLine line;
  for (size_t next = 0; next < arguments.size(); ++next) {
    StringRef argument = arguments[next];
    if (!argument.starts_with("-")) {
      if (!line.program.empty())
        return commandLineError(argument, "a second model, expected one");
      line.program = argument.str();
      continue;
    }
    bool *flag = StringSwitch<bool *>(argument)
                     .Case("--fuse", &line.fuse)
                     .Cases("--help", "-h", &line.help)
                     .Case("--version", &line.version)
                     .Default(nullptr);
    if (flag) {
      *flag = true;
      continue;
    }
    auto [option, value] = argument.split('=');
    if (!is_contained({"--input", "--output", "--config", "--weights", "--model", "--random-weights", "--image-size",
                       "--outputs", "--noise", "--precision", "--attention"},
                      option))
      return commandLineError(argument, "unknown option; see --help");
    if (!argument.contains('=')) {
      if (++next == arguments.size())
        return commandLineError(option, "no value");
      value = arguments[next];
    }
    if (Error error = setValue(line, option, value))
      return error;
  }
  if (line.program.empty() && !line.help && !line.version)
    return commandLineError("MODEL", "no model; see --help");
  if (line.precision != vit::Precision::F32 && !line.fuse)
    return commandLineError("--precision", "needs --fuse");
  if (line.attention.value_or(vit::Precision::F32) != vit::Precision::F32 && !line.fuse)
    return commandLineError("--attention", "needs --fuse");
  return line;
}
