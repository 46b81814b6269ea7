//===- vitc-evaluate.cpp - results of a model in double precision -*- C++ -*-===//
//
// A tool for tests: runs the reference evaluator on a model or on IR, with .npy files as inputs and outputs.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"
#include "vitc/Frontend/Importer/VitImporter.h"
#include "vitc/Frontend/InputErrors.h"
#include "vitc/Frontend/LoadModel.h"
#include "vitc/Frontend/SafetensorsFile.h"
#include "vitc/Image/Files.h"
#include "vitc/Image/Npy.h"
#include "vitc/Reference/Evaluator.h"
#include "llvm/Support/CommandLine.h"

#include <cstring>

using namespace mlir;
using namespace vitc;
namespace cl = llvm::cl;

static cl::OptionCategory category("vitc-evaluate options");
static cl::opt<std::string> inputPath(cl::Positional, cl::Required, cl::cat(category),
                                      cl::desc("<a .mlir file, or a model as vitc takes it>"));
static cl::list<std::string> inputs("input", cl::cat(category),
                                    cl::desc("An argument, f32 or f64; its first dimension may be a batch"),
                                    cl::value_desc("x.npy"));
static cl::list<std::string> outputs("output", cl::cat(category), cl::desc("Where a result goes, as f64"),
                                     cl::value_desc("y.npy"));
static cl::opt<std::string> weightsPath("weights", cl::cat(category), cl::desc("Weights elsewhere (.safetensors)"));
static cl::opt<std::string> modelPath("model", cl::cat(category),
                                      cl::desc("The model whose weights a .mlir file names"));
static cl::opt<uint64_t> randomSeed("random-weights", cl::cat(category), cl::desc("Seed of made-up weights"));
static cl::opt<bool> fuse("fuse", cl::cat(category), cl::desc("Run the fusion pipeline first"));

/// A function to evaluate, and the weights that it names.
struct Program {
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<WeightSource> weights;
};

static llvm::Expected<LoadedModel> load(llvm::StringRef path) {
  LoadOptions options;
  options.weightsPath = weightsPath;
  if (randomSeed.getNumOccurrences())
    options.randomSeed = randomSeed;
  return loadModel(path, options);
}

static llvm::Expected<Program> loadProgram(MLIRContext &context) {
  Program program;
  if (!llvm::StringRef(inputPath).ends_with(".mlir")) {
    llvm::Expected<LoadedModel> model = load(inputPath);
    if (!model)
      return model.takeError();
    llvm::Expected<OwningOpRef<ModuleOp>> module = importModel(context, *model);
    if (!module)
      return module.takeError();
    program.module = std::move(*module);
    program.weights = std::move(model->weights);
    return program;
  }
  context.loadDialect<vit::VitDialect, func::FuncDialect>();
  program.module = parseSourceFile<ModuleOp>(inputPath, &context);
  if (!program.module)
    return inputError(inputPath, "", "is not valid IR");
  if (!modelPath.empty()) {
    llvm::Expected<LoadedModel> model = load(modelPath);
    if (!model)
      return model.takeError();
    program.weights = std::move(model->weights);
  } else {
    llvm::Expected<std::unique_ptr<SafetensorsFile>> file = SafetensorsFile::open(weightsPath);
    if (!file)
      return file.takeError();
    program.weights = std::move(*file);
  }
  return program;
}

static llvm::Expected<Tensor64> readTensor(const std::string &path) {
  std::string error;
  std::optional<std::vector<uint8_t>> bytes = readFile(path, error);
  std::optional<NpyArray> array;
  if (bytes)
    array = parseNpy({bytes->data(), bytes->size()}, error);
  if (!array)
    return inputError(path, "", error);
  Tensor64 tensor(array->shape);
  auto copyFrom = [&](auto element) {
    for (size_t index = 0; index < tensor.values.size(); ++index) {
      std::memcpy(&element, array->bytes.data() + index * sizeof element, sizeof element);
      tensor.values[index] = double(element);
    }
  };
  if (array->type == NpyType::F32)
    copyFrom(float());
  else if (array->type == NpyType::F64)
    copyFrom(double());
  else
    return inputError(path, "", "expected f32 or f64");
  return tensor;
}

static llvm::Error writeTensor(const std::string &path, const Tensor64 &tensor) {
  std::string header = npyHeader(NpyType::F64, tensor.shape), error;
  std::vector<Bytes> parts = {
      {reinterpret_cast<const uint8_t *>(header.data()), header.size()},
      {reinterpret_cast<const uint8_t *>(tensor.values.data()), tensor.values.size() * sizeof(double)}};
  std::optional<StagedFile> file = StagedFile::create(path, parts, error);
  if (!file || !file->commit(error))
    return inputError(path, "", error);
  return llvm::Error::success();
}

/// Element `index` of a batch, without that dimension.
static Tensor64 imageOf(const Tensor64 &batch, int64_t index) {
  int64_t count = batch.product(1, batch.rank());
  auto first = batch.values.begin() + index * count;
  return {llvm::ArrayRef(batch.shape).drop_front(), std::vector<double>(first, first + count)};
}

/// Evaluates once for every image; the inputs have a batch dimension if their rank is one more than the arguments'.
static llvm::Expected<std::vector<Tensor64>> evaluateBatch(func::FuncOp function, std::vector<Tensor64> tensors,
                                                           const WeightSource &weights) {
  auto hasBatch = [&](size_t index) {
    return index < function.getNumArguments() &&
           tensors[index].rank() == cast<RankedTensorType>(function.getArgumentTypes()[index]).getRank() + 1;
  };
  if (tensors.empty() || !hasBatch(0))
    return evaluate(function, tensors, weights);
  std::vector<Tensor64> results;
  for (int64_t image = 0; image < tensors.front().shape.front(); ++image) {
    std::vector<Tensor64> images;
    for (auto [index, tensor] : llvm::enumerate(tensors)) {
      if (!hasBatch(index) || tensor.shape.front() != tensors.front().shape.front())
        return inputError(inputs[index], "", "expected the batch of the first input");
      images.push_back(imageOf(tensor, image));
    }
    llvm::Expected<std::vector<Tensor64>> outputs = evaluate(function, images, weights);
    if (!outputs)
      return outputs;
    results.resize(outputs->size());
    for (auto [result, output] : llvm::zip_equal(results, *outputs)) {
      if (image == 0) {
        result.shape = output.shape;
        result.shape.insert(result.shape.begin(), tensors.front().shape.front());
      }
      llvm::append_range(result.values, output.values);
    }
  }
  return results;
}

static llvm::Error run() {
  MLIRContext context;
  llvm::Expected<Program> program = loadProgram(context);
  if (!program)
    return program.takeError();
  if (fuse) {
    PassManager manager(&context);
    vit::buildFusePipeline(manager);
    if (failed(manager.run(*program->module)))
      return inputError(inputPath, "", "cannot be fused");
  }
  auto functions = program->module->getOps<func::FuncOp>();
  if (functions.empty())
    return inputError(inputPath, "", "has no function");
  std::vector<Tensor64> tensors;
  for (const std::string &path : inputs) {
    llvm::Expected<Tensor64> tensor = readTensor(path);
    if (!tensor)
      return tensor.takeError();
    tensors.push_back(std::move(*tensor));
  }
  llvm::Expected<std::vector<Tensor64>> results =
      evaluateBatch(*functions.begin(), std::move(tensors), *program->weights);
  if (!results)
    return results.takeError();
  if (outputs.size() > results->size())
    return inputError("command line", "--output",
                      "given " + llvm::Twine(outputs.size()) + " times, but there are " + llvm::Twine(results->size()) +
                          " results");
  for (auto [path, result] : llvm::zip_first(outputs, *results))
    if (llvm::Error error = writeTensor(path, result))
      return error;
  return llvm::Error::success();
}

int main(int argc, char **argv) {
  cl::HideUnrelatedOptions(category);
  cl::ParseCommandLineOptions(argc, argv, "Evaluates a model in double precision\n");
  if (llvm::Error error = run()) {
    llvm::errs() << "error: " << llvm::toString(std::move(error)) << '\n';
    return 1;
  }
  return 0;
}
