//===- vitc-evaluate.cpp - results of a model in double precision -*- C++ -*-===//
//
// A tool for tests: runs the reference evaluator on a model or on IR, with .npy files as inputs and outputs.
//
//===----------------------------------------------------------------------===//

#include "CommandLine.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "vitc/Checkpoints/ReadModel.h"
#include "vitc/Dialect/Vit/IR/Precision.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"
#include "vitc/Files/Files.h"
#include "vitc/Files/Npy.h"
#include "vitc/Importer/VitImporter.h"
#include "vitc/Reference/Evaluator.h"
#include "vitc/Support/InputErrors.h"
#include "vitc/Weights/SafetensorsFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Format.h"

#include <cmath>
#include <csignal>
#include <cstring>

using namespace mlir;
using namespace vitc;

/// A function to evaluate, and the weights that it names.
struct Program {
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<WeightSource> weights;
  /// Of a model: for each input what it is full of when it is left out, if it may be.
  std::vector<std::optional<double>> defaults = {};
};

/// The first error of MLIR becomes the tool's, instead of being printed with its line of the file.
class DiagnosticCollector {
public:
  explicit DiagnosticCollector(MLIRContext &context)
      : handler(&context, [this](Diagnostic &diagnostic) { return handle(diagnostic); }) {}

  llvm::Error error(llvm::StringRef file, llvm::StringRef fallback) const {
    return inputError(file, place, message.empty() ? fallback : message);
  }

private:
  LogicalResult handle(Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() != DiagnosticSeverity::Error || !message.empty())
      return success();
    message = diagnostic.str();
    if (auto location = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
      place = "line " + std::to_string(location.getLine()) + ", column " + std::to_string(location.getColumn());
    return success();
  }

  std::string place, message;
  ScopedDiagnosticHandler handler;
};

/// A model's program.
static llvm::Expected<Program> import(const CommandLine &line, llvm::StringRef path, MLIRContext &context) {
  ReadOptions options;
  options.configPath = line.config;
  options.weightsPath = line.weights;
  options.randomSeed = line.randomSeed;
  options.imageSize = line.imageSize;
  options.outputs = line.results;
  llvm::Expected<SourceModel> model = readModel(path, options);
  if (!model)
    return model.takeError();
  llvm::Expected<ImportedModel> imported = importModel(context, *model);
  if (!imported)
    return imported.takeError();
  std::vector<std::optional<double>> defaults;
  for (const ModelInput &input : model->description.inputs)
    defaults.push_back(input.defaultValue);
  return Program{std::move(imported->module), std::move(model->weights), std::move(defaults)};
}

static llvm::Expected<Program> loadProgram(const CommandLine &line, MLIRContext &context,
                                           const DiagnosticCollector &diagnostics) {
  if (!llvm::StringRef(line.program).ends_with(".mlir"))
    return import(line, line.program, context);
  Program program;
  context.loadDialect<vit::VitDialect, func::FuncDialect>();
  program.module = parseSourceFile<ModuleOp>(line.program, &context);
  if (!program.module)
    return diagnostics.error(line.program, "is not valid IR");
  if (!line.model.empty()) {
    llvm::Expected<Program> model = import(line, line.model, context);
    if (!model)
      return model.takeError();
    program.weights = std::move(model->weights);
  } else {
    llvm::Expected<std::unique_ptr<SafetensorsFile>> file = SafetensorsFile::open(line.weights);
    if (!file)
      return file.takeError();
    program.weights = std::move(*file);
  }
  return program;
}

/// Reads an argument whose elements are of type `dtype`.
static llvm::Expected<Tensor64> readTensor(const std::string &path, DType dtype) {
  std::string error;
  std::optional<std::vector<uint8_t>> bytes = readFile(path, error);
  std::optional<NpyArray> array;
  if (bytes)
    array = parseNpy({bytes->data(), bytes->size()}, error);
  // As numbers that hold all of that type.
  const DType wide = dtype == DType::F32 ? DType::F64 : DType::I64;
  if (!array || (dtype != DType::F32 && !convertElements(*array, dtype, error)) ||
      !convertElements(*array, wide, error))
    return inputError(path, "", error);
  Tensor64 tensor(array->shape);
  auto copyFrom = [&](auto element) {
    for (size_t index = 0; index < tensor.values.size(); ++index) {
      std::memcpy(&element, array->bytes.data() + index * sizeof element, sizeof element);
      tensor.values[index] = double(element);
    }
  };
  if (wide == DType::F64)
    copyFrom(double());
  else
    copyFrom(int64_t());
  if (wide == DType::I64 && llvm::any_of(tensor.values, [](double value) { return std::abs(value) > 0x1p53; }))
    return inputError(path, "", "has a number beyond 2^53, which double precision does not hold");
  return tensor;
}

/// The dtype of an argument; f32 if there is no such, which is reported later.
static DType argumentDType(func::FuncOp function, size_t index) {
  auto type = index < function.getNumArguments() ? dyn_cast<RankedTensorType>(function.getArgumentTypes()[index])
                                                 : RankedTensorType();
  return (type ? vit::findDType(type.getElementType()) : std::nullopt).value_or(DType::F32);
}

/// Writes as many results as there are paths, all or none.
static llvm::Error writeTensors(llvm::ArrayRef<std::string> paths, llvm::ArrayRef<Tensor64> tensors) {
  std::vector<StagedFile> files;
  std::string error;
  for (auto [path, tensor] : llvm::zip_first(paths, tensors)) {
    std::string header = npyHeader(DType::F64, tensor.shape);
    std::vector<Bytes> parts = {
        {reinterpret_cast<const uint8_t *>(header.data()), header.size()},
        {reinterpret_cast<const uint8_t *>(tensor.values.data()), tensor.values.size() * sizeof(double)}};
    std::optional<StagedFile> file = StagedFile::create(path, parts, error);
    if (!file)
      return inputError(path, "", error);
    files.push_back(std::move(*file));
  }
  for (auto [path, file] : llvm::zip_equal(paths, files))
    if (!file.commit(error))
      return inputError(path, "", error);
  return llvm::Error::success();
}

/// Element `index` of a batch, without that dimension.
static Tensor64 imageOf(const Tensor64 &batch, int64_t index) {
  int64_t count = batch.product(1, batch.rank());
  auto first = batch.values.begin() + index * count;
  return {llvm::ArrayRef(batch.shape).drop_front(), std::vector<double>(first, first + count)};
}

static std::string timesText(llvm::ArrayRef<int64_t> shape) {
  return shape.empty() ? "scalar"
                       : llvm::join(llvm::map_range(shape, [](int64_t n) { return std::to_string(n); }), "x");
}

/// The name that the model gives to an argument or result, else its number.
static std::string nameOf(DictionaryAttr attributes, llvm::StringRef kind, size_t index) {
  auto name = attributes ? attributes.getAs<StringAttr>("vit.name") : StringAttr();
  return name ? name.str() : (kind + " " + llvm::Twine(index)).str();
}

constexpr int64_t noBatch = -1;

static std::string batchText(int64_t batch) {
  return batch == noBatch ? "no batch" : "a batch of " + std::to_string(batch);
}

/// Checks the inputs against the function's arguments. Gives the size of their batch.
static llvm::Expected<int64_t> checkInputs(const CommandLine &line, func::FuncOp function,
                                           llvm::ArrayRef<Tensor64> tensors) {
  if (tensors.size() != function.getNumArguments())
    return inputError(line.program, "inputs",
                      "--input was given " + llvm::Twine(tensors.size()) + " times, expected " +
                          llvm::Twine(function.getNumArguments()));
  int64_t batch = noBatch;
  for (auto [index, tensor] : llvm::enumerate(tensors)) {
    const std::string &path = index < line.inputs.size() ? line.inputs[index] : line.program;
    auto type = dyn_cast<RankedTensorType>(function.getArgumentTypes()[index]);
    if (!type)
      return inputError(line.program, "inputs", "an argument is no tensor");
    llvm::ArrayRef<int64_t> shape = tensor.shape;
    bool hasBatch = int64_t(shape.size()) == type.getRank() + 1;
    if (type.getShape() != shape.drop_front(hasBatch ? 1 : 0))
      return inputError(path, "header",
                        "shape " + timesText(shape) + ", expected " + timesText(type.getShape()) + " or Nx" +
                            timesText(type.getShape()) + " for " +
                            nameOf(function.getArgAttrDict(index), "argument", index));
    int64_t found = hasBatch ? shape.front() : noBatch;
    if (found == 0)
      return inputError(path, "header", "an empty batch, expected at least one element");
    if (index > 0 && found != batch)
      return inputError(path, "header",
                        batchText(found) + ", expected " + batchText(batch) + " as in " + line.inputs.front());
    batch = found;
  }
  return batch;
}

static llvm::Expected<std::vector<Tensor64>> evaluateImage(const CommandLine &line, func::FuncOp function,
                                                           llvm::ArrayRef<Tensor64> tensors,
                                                           const WeightSource &weights) {
  llvm::Expected<std::vector<Tensor64>> results = evaluate(function, tensors, weights, line.noiseSeed);
  return results ? std::move(results) : inputError(line.program, "", llvm::toString(results.takeError()));
}

/// Evaluates once for every image of the batch.
static llvm::Expected<std::vector<Tensor64>> evaluateBatch(const CommandLine &line, func::FuncOp function,
                                                           llvm::ArrayRef<Tensor64> tensors,
                                                           const WeightSource &weights) {
  llvm::Expected<int64_t> batch = checkInputs(line, function, tensors);
  if (!batch)
    return batch.takeError();
  if (*batch == noBatch)
    return evaluateImage(line, function, tensors, weights);
  std::vector<Tensor64> results;
  for (int64_t image = 0; image < *batch; ++image) {
    std::vector<Tensor64> images;
    for (const Tensor64 &tensor : tensors)
      images.push_back(imageOf(tensor, image));
    llvm::Expected<std::vector<Tensor64>> outputs = evaluateImage(line, function, images, weights);
    if (!outputs)
      return outputs;
    results.resize(outputs->size());
    for (auto [result, output] : llvm::zip_equal(results, *outputs)) {
      if (image == 0) {
        result.shape = output.shape;
        result.shape.insert(result.shape.begin(), *batch);
      }
      llvm::append_range(result.values, output.values);
    }
  }
  return results;
}

/// Prints all of the text; a full disk is an error like any other.
static llvm::Error print(llvm::StringRef text) {
  llvm::outs() << text;
  llvm::outs().flush();
  std::error_code code = llvm::outs().error();
  llvm::outs().clear_error();
  return code ? inputError("standard output", "", "cannot be written: " + code.message()) : llvm::Error::success();
}

/// A line for each result: its name, shape and norm.
static llvm::Error printResults(func::FuncOp function, llvm::ArrayRef<Tensor64> results) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (auto [index, result] : llvm::enumerate(results)) {
    double squares = 0;
    for (double value : result.values)
      squares += value * value;
    stream << nameOf(function.getResultAttrDict(index), "result", index) << "  " << timesText(result.shape)
           << llvm::format("  norm %.6g\n", std::sqrt(squares));
  }
  return print(text);
}

static llvm::Error run(const CommandLine &line) {
  MLIRContext context;
  DiagnosticCollector diagnostics(context);
  llvm::Expected<Program> program = loadProgram(line, context, diagnostics);
  if (!program)
    return program.takeError();
  if (line.fuse) {
    vit::setPrecision(*program->module, line.precision, line.attention.value_or(vit::defaultAttention(line.precision)),
                      {});
    PassManager manager(&context);
    vit::buildFusePipeline(manager);
    if (failed(manager.run(*program->module)))
      return diagnostics.error(line.program, "cannot be fused");
  }
  auto functions = program->module->getOps<func::FuncOp>();
  if (functions.empty())
    return inputError(line.program, "", "has no function");
  func::FuncOp function = *functions.begin();
  size_t count = function.getNumResults();
  if (line.outputs.size() > count)
    return inputError("command line", "--output",
                      "given " + llvm::Twine(line.outputs.size()) + " times, but there are " + llvm::Twine(count) +
                          " results");
  std::vector<Tensor64> tensors;
  for (const auto &[index, path] : llvm::enumerate(line.inputs)) {
    llvm::Expected<Tensor64> tensor = readTensor(path, argumentDType(function, index));
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(std::move(*tensor));
  }
  // Inputs that are left out, behind those that are given.
  for (size_t index = tensors.size(); index > 0 && index < program->defaults.size(); ++index) {
    auto type = cast<RankedTensorType>(function.getArgumentTypes()[index]);
    if (!program->defaults[index])
      break;
    std::vector<int64_t> shape = type.getShape().vec();
    auto first = cast<RankedTensorType>(function.getArgumentTypes().front());
    if (int64_t(tensors.front().shape.size()) == first.getRank() + 1)
      shape.insert(shape.begin(), tensors.front().shape.front());
    tensors.emplace_back(shape);
    std::fill(tensors.back().values.begin(), tensors.back().values.end(), *program->defaults[index]);
  }
  llvm::Expected<std::vector<Tensor64>> results = evaluateBatch(line, function, tensors, *program->weights);
  if (!results)
    return results.takeError();
  if (line.outputs.empty())
    return printResults(function, *results);
  return writeTensors(line.outputs, *results);
}

int main(int argc, char **argv) {
  // A reader that goes away, or a limit on the size of files, is an error of writing, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  llvm::Expected<CommandLine> line = parseCommandLine(llvm::ArrayRef<const char *>(argv + 1, argc > 0 ? argc - 1 : 0));
  llvm::Error error = line ? llvm::Error::success() : line.takeError();
  if (!error)
    error = line->help      ? print(helpText)
            : line->version ? print("vitc-evaluate " VITC_VERSION " (LLVM " LLVM_VERSION_STRING ")\n")
                            : run(*line);
  if (!error)
    return 0;
  llvm::errs() << "error: " << llvm::toString(std::move(error)) << '\n';
  return 1;
}
