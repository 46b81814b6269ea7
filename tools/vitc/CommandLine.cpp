//===- CommandLine.cpp - the options of vitc ----------------------------------===//

#include "CommandLine.h"

#include "vitc/Checkpoints/ReadModel.h"
#include "vitc/Dialect/Vit/IR/Precision.h"
#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/GlobPattern.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace vitc;

const char *const vitc::helpText =
    R"(vitc INPUT [-o OUT] [options]: compiles a Vision Transformer to one native shared object.

INPUT is a model description (*.json), a checkpoint directory of transformers or timm, its config.json, or
Google's JAX parameters (*.npz), with --config. Or a dumped phase (*.mlir), edited perhaps, with --model.

  -o OUT                   output file; "-" is standard output (default: NAME.so in the current directory, where it
                           replaces nothing but the same model)
  --emit=PHASE             json, vit, vit-fused, kernel, vector, llvm, asm, obj or so; or about the model:
                           summary (a table), dot (its graph) or header (for programs in C)
                           (default: what OUT's suffix says; so without a suffix)
  --target-cpu=NAME,...    native (default), or LLVM's name of a CPU; "help" lists them. With several, the output has code
                           for each, of which a machine runs the best that it can
  --target-features=LIST   features to add or remove: +avx2,-avx512f
  --model=INPUT            for *.mlir: where weights, labels and preprocessing come from; the other options about the
                           model are those that the phase was made with
  --name=NAME              what the model is called (default: what its description says, or as the directory of its
                           checkpoint or the *.npz)
  --config=FILE            for *.npz: the model's configuration, vit_jax's or big_vision's as JSON, or transformers'
  --weights=FILE|DIR       weights that are not where the model says: safetensors, their index, a directory with one,
                           or *.npz
  --random-weights[=SEED]  make weights up, for a description without weights (default seed: 0)
  --image-size=SIZE,...    for pictures of another size than the model's, H or HxW: positions are resampled as its library
                           does. With several sizes, the output has an entry point for each, HxW, over one copy of the
                           weights
  --outputs=NAME,...       what to compute instead of what the model's library returns; any other name lists them
  --resize=LIBRARY         pictures are resized as pillow or as torchvision does, whatever the checkpoint says (-v tells)
  --labels=FILE            names of the model's classes, one a line, or JSON (an array, or id2label)
  --ignore-keys=KEY,...    keys of a checkpoint's configuration that are without effect, though unknown
  --ignore-tensors=P,...   tensors of the weights that the model has no use for; * in a name stands for any characters
  --winograd=auto|off      whether 3x3 convolutions may be computed by minimal filtering, which is up to 2.5 times as fast and
                           rounds more (default: auto, where it wins; --remarks says where)
  --hoist-products=auto|off
                           whether products of pixels may be computed before their maps are enlarged, which rounds elsewhere
                           (default: auto, where it wins; --remarks says where)
  --precision=f32|bf16|int8
                           what linear layers are computed with (default: f32). bf16: weights of half the size, and products of
                           bf16 where the CPU has them (elsewhere f32); int8: rows of weights and of activations as numbers of
                           8 bits, a quarter of the memory; everything between them stays f32
  --attention=f32|bf16     what the products of attention are computed with (default: f32 with f32, else bf16); bf16 where the CPU
                           multiplies it, elsewhere f32. With int8, patch embeddings go along
  --keep-f32=PATTERN,...   with bf16 or int8: names of nodes (--emit=summary lists them) that stay f32; * stands for any characters
  --batch=N                images that threads share, at most (default: 1); any batch works at run time
  --dump-phases=DIR        write a numbered text file for every phase
  -g                       with --dump-phases: debuggers and profilers show lines of the dumped vector phase
  --time-phases            print time and memory of every phase
  --remarks                print why fusions were refused, and what schedules follow from
  -v                       print what was left out of account, the target and sizes
  --version                print the version
  --help                   print this text

Examples:
  vitc models/cifar10-vit -o cifar10.so
  vitc model.json --emit=vit-fused -o -
  vitc model.json --emit=summary -o -
  vitc ViT-B_16.npz --config=ViT-B_16.json -o model.so
  vitc model.json --random-weights=7 --target-cpu=x86-64-v3 -o model.so
  vitc checkpoint --dump-phases=phases -o model.so
  vitc phases/5.kernel.mlir --model=checkpoint -o edited.so
)";

/// Entry points of one output, at most: each is read, and held in memory, by itself.
static constexpr size_t kMostEntryPoints = 64;

static Error commandLineError(StringRef where, const Twine &message) {
  return inputError("command line", where, message);
}

/// The value of a numeric option.
static Error parseNumber(StringRef option, StringRef text, uint64_t least, uint64_t most, uint64_t &out) {
  if (text.getAsInteger(10, out) || out < least || out > most)
    return commandLineError(option, "'" + text + "', expected a number from " + Twine(least) + " to " + Twine(most));
  return Error::success();
}

/// The word as a shell takes it.
static std::string quote(StringRef word) {
  if (!word.empty() && all_of(word, [](char c) { return isAlnum(c) || StringRef("+,-./:=@_").contains(c); }))
    return word.str();
  std::string text = "'";
  for (char c : word)
    text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

static Error parseEmit(StringRef text, std::optional<Phase> &emit) {
  emit = phaseNamed(text);
  if (!emit)
    return commandLineError("--emit", "'" + text + "', expected " + phaseNames());
  return Error::success();
}

static Error parseImageSizes(StringRef text, std::vector<std::vector<int64_t>> &sizes) {
  SmallVector<StringRef> parts;
  text.split(parts, ',');
  if (parts.size() > kMostEntryPoints)
    return commandLineError("--image-size",
                            Twine(parts.size()) + " sizes, expected at most " + Twine(kMostEntryPoints));
  for (StringRef part : parts) {
    std::optional<std::vector<int64_t>> size = parseImageSize(part);
    if (!size)
      return commandLineError("--image-size",
                              "'" + part + "', expected a number from 1 to 65536, or two as HEIGHTxWIDTH");
    if (is_contained(sizes, *size))
      return commandLineError("--image-size", "'" + part + "' is given twice");
    sizes.push_back(std::move(*size));
  }
  return Error::success();
}

/// What to write when the user did not say it: what the output's suffix says.
static Expected<Phase> phaseOfOutput(StringRef output) {
  StringRef suffix = sys::path::extension(output);
  if (output == "-" || suffix.empty())
    return Phase::SharedLibrary;
  if (std::optional<Phase> phase = phaseOfSuffix(output))
    return *phase;
  if (suffix == ".mlir")
    return commandLineError("-o", "'" + suffix + "' may be several phases, expected also --emit=" + phaseNames(suffix));
  return commandLineError("-o", "no phase has the suffix '" + suffix + "', expected " + phaseSuffixes() +
                                    ", or also --emit=PHASE");
}

Expected<CommandLine> vitc::parseCommandLine(ArrayRef<const char *> arguments) {
  CommandLine line;
  std::optional<Phase> emit;
  StringSet<> given;
  std::string options;
  for (size_t next = 0; next < arguments.size(); ++next) {
    StringRef argument = arguments[next];
    if (!argument.starts_with("-") || argument == "-") {
      if (!line.input.empty())
        return commandLineError(argument, "a second input, expected one");
      line.input = argument.str();
      continue;
    }
    auto [option, value] = argument.split('=');
    bool hasValue = argument.contains('=');
    // Options without a value.
    bool *flag = StringSwitch<bool *>(argument)
                     .Case("-g", &line.debugLines)
                     .Case("--time-phases", &line.timePhases)
                     .Case("--remarks", &line.remarks)
                     .Case("-v", &line.verbose)
                     .Cases("--help", "-h", &line.help)
                     .Case("--version", &line.version)
                     .Default(nullptr);
    if (flag) {
      *flag = true;
      continue;
    }
    if (option == "--random-weights") {
      uint64_t seed = 0;
      if (hasValue)
        if (Error error = parseNumber(option, value, 0, UINT64_MAX, seed))
          return error;
      line.randomSeed = seed;
      options += " " + argument.str();
      continue;
    }
    std::string *text = StringSwitch<std::string *>(option)
                            .Case("-o", &line.output)
                            .Case("--target-cpu", &line.targetCPU)
                            .Case("--target-features", &line.targetFeatures)
                            .Case("--weights", &line.weights)
                            .Case("--config", &line.config)
                            .Case("--labels", &line.labels)
                            .Case("--name", &line.name)
                            .Case("--resize", &line.resize)
                            .Case("--winograd", &line.winograd)
                            .Case("--hoist-products", &line.hoistProducts)
                            .Case("--model", &line.model)
                            .Case("--dump-phases", &line.dumpDirectory)
                            .Default(nullptr);
    std::vector<std::string> *list = StringSwitch<std::vector<std::string> *>(option)
                                         .Case("--ignore-keys", &line.ignoredKeys)
                                         .Case("--ignore-tensors", &line.ignoredTensors)
                                         .Case("--keep-f32", &line.keepF32)
                                         .Case("--outputs", &line.outputs)
                                         .Default(nullptr);
    if (!text && !list && option != "--emit" && option != "--batch" && option != "--image-size" &&
        option != "--precision" && option != "--attention")
      return commandLineError(option, "unknown option; see --help");
    if (!given.insert(option).second)
      return commandLineError(option, "given twice");
    if (!hasValue) {
      if (++next == arguments.size())
        return commandLineError(option, "no value");
      value = arguments[next];
    }
    if (value.empty())
      return commandLineError(option, "no value");
    if (is_contained({"--config", "--ignore-keys", "--ignore-tensors", "--image-size", "--labels", "--name",
                      "--outputs", "--resize", "--weights"},
                     option))
      options += " " + quote(option.str() + "=" + value.str());
    if (option == "--resize" && value != "pillow" && value != "torchvision")
      return commandLineError(option, "'" + value.str() + "', expected pillow or torchvision");
    if ((option == "--winograd" || option == "--hoist-products") && value != "auto" && value != "off")
      return commandLineError(option, "'" + value.str() + "', expected auto or off");
    if (text) {
      *text = value.str();
    } else if (option == "--image-size") {
      if (Error error = parseImageSizes(value, line.imageSizes))
        return error;
    } else if (list) {
      SmallVector<StringRef> names;
      value.split(names, ',');
      list->assign(names.begin(), names.end());
      if (list == &line.keepF32)
        for (StringRef name : names)
          if (Expected<GlobPattern> pattern = GlobPattern::create(name); !pattern)
            return commandLineError(option, "'" + name + "': " + toString(pattern.takeError()));
    } else if (option == "--precision") {
      std::optional<vit::Precision> precision = vit::symbolizePrecision(value);
      // How weights are rounded for int8 follows from the targets.
      if (!precision || *precision == vit::Precision::Int8Pairs)
        return commandLineError(option, "'" + value + "', expected f32, bf16 or int8");
      line.precision = *precision;
    } else if (option == "--attention") {
      std::optional<vit::Precision> attention = vit::symbolizePrecision(value);
      if (attention != vit::Precision::F32 && attention != vit::Precision::Bf16)
        return commandLineError(option, "'" + value + "', expected f32 or bf16");
      line.attention = *attention;
    } else if (option == "--emit") {
      if (Error error = parseEmit(value, emit))
        return error;
    } else {
      uint64_t batch = 1;
      if (Error error = parseNumber(option, value, 1, 4096, batch))
        return error;
      line.batch = batch;
    }
  }
  const bool isPhase = StringRef(line.input).ends_with(".mlir");
  if (isPhase && line.model.empty())
    return commandLineError("--model", "is missing: a phase (" + line.input + ") does not have the model's weights");
  if (!isPhase && !line.model.empty())
    return commandLineError("--model", "is for *.mlir, the input is '" + line.input + "'");
  if (isPhase && !(line.targetCPU + line.targetFeatures).empty())
    return commandLineError(line.targetCPU.empty() ? "--target-features" : "--target-cpu",
                            "the phase " + line.input + " says what it is compiled for");
  for (StringRef option : {"--precision", "--attention", "--keep-f32"})
    if (isPhase && given.contains(option))
      return commandLineError(option, "the phase " + line.input + " says what it computes with");
  if (!given.contains("--attention"))
    line.attention = vit::defaultAttention(line.precision);
  if (!line.keepF32.empty() && line.precision == vit::Precision::F32 && line.attention == vit::Precision::F32)
    return commandLineError("--keep-f32", "is for --precision=bf16 or int8");
  line.modelArguments = quote(isPhase ? line.model : line.input) + options;
  if (line.input.empty() && !line.help && !line.version && line.targetCPU != "help")
    return commandLineError("INPUT", "no input, expected a description or a checkpoint; see --help");
  if (line.debugLines && line.dumpDirectory.empty())
    return commandLineError("-g", "needs --dump-phases=DIR: the lines are those of the dumped text");
  if (emit) {
    line.emit = *emit;
  } else {
    Expected<Phase> phase = phaseOfOutput(line.output);
    if (!phase)
      return phase.takeError();
    line.emit = *phase;
  }
  return line;
}
