//===- Compiler.cpp - from a loaded model to a file ---------------------------===//

#include "vitc/Pipelines/Compiler.h"

#include "OutputFile.h"
#include "Progress.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/LocationSnapshot.h"
#include "mlir/Transforms/Passes.h"
#include "vitc/Codegen/LowerToLLVM.h"
#include "vitc/Codegen/ObjectEmitter.h"
#include "vitc/Codegen/Program.h"
#include "vitc/Conversion/KernelToVector/KernelToVector.h"
#include "vitc/Conversion/VitToKernel/ExplainSchedules.h"
#include "vitc/Conversion/VitToKernel/VitToKernel.h"
#include "vitc/Conversion/VitToKernel/WarnSlowSteps.h"
#include "vitc/Description/DescriptionWriter.h"
#include "vitc/Dialect/Kernel/Transforms/Passes.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"
#include "vitc/Importer/ModelViews.h"
#include "vitc/Importer/VitImporter.h"
#include "vitc/InitDialects.h"
#include "vitc/Support/InputErrors.h"
#include "vitc/Target/Manifest.h"
#include "vitc/Target/ModelHeader.h"
#include "vitc/Target/SharedLibrary.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/Path.h"
#include "llvm/Transforms/Utils/Cloning.h"

#include <chrono>
#include <functional>
#include <sys/resource.h>
#include <unistd.h>

using namespace mlir;
using namespace vitc;
using llvm::Error;

/// Prints a line about the model that was read.
static void warn(Progress &progress, llvm::StringRef model, const llvm::Twine &message) {
  progress.print(llvm::errs(), [&](llvm::raw_ostream &os) {
    os << "warning: " << llvm::toString(inputError(model, "", message)) << "\n";
  });
}

namespace {

/// The first error that a pass reported becomes the compilation's; warnings and remarks go to standard error.
class DiagnosticCollector {
public:
  DiagnosticCollector(MLIRContext &context, std::string model, Progress &progress)
      : model(std::move(model)), progress(progress),
        handler(&context, [this](Diagnostic &diagnostic) { return handle(diagnostic); }) {}

  Error take(llvm::StringRef phase) {
    return inputError(model, phase, llvm::Twine(message.empty() ? "the compiler failed without a message" : message));
  }

private:
  LogicalResult handle(Diagnostic &diagnostic) {
    if (diagnostic.getSeverity() == DiagnosticSeverity::Error && message.empty())
      message = diagnostic.str();
    if (diagnostic.getSeverity() == DiagnosticSeverity::Remark)
      progress.print(llvm::errs(), [&](llvm::raw_ostream &os) {
        os << "remark: ";
        if (std::string name = nodeName(diagnostic.getLocation()); !name.empty())
          os << name << ": ";
        os << diagnostic.str() << "\n";
      });
    if (diagnostic.getSeverity() == DiagnosticSeverity::Warning)
      warn(progress, model, diagnostic.str());
    return success();
  }

  std::string model, message;
  Progress &progress;
  ScopedDiagnosticHandler handler;
};

class Compilation {
public:
  Compilation(SourceModel &model, const CompilerOptions &options)
      : model(model), options(options), context(createRegistry(), MLIRContext::Threading::DISABLED),
        diagnostics(context, model.description.file, progress) {}

  Error run();

private:
  static DialectRegistry createRegistry() {
    DialectRegistry registry;
    registerDialects(registry);
    return registry;
  }

  /// Runs the passes that lead to a phase, then reports and dumps it. Returns whether it is the last one.
  llvm::Expected<bool> reach(Phase phase, llvm::function_ref<void(OpPassManager &)> addPasses);
  /// Reports and dumps a phase whose text `print` writes; writes it to the output if it is the last one.
  llvm::Expected<bool> finish(Phase phase, llvm::function_ref<void(llvm::raw_ostream &)> print);
  /// Prints the time since the phase before.
  void reportTime(Phase phase);
  /// Prints a line of what -v tells.
  void tell(const llvm::Twine &line);
  void tellInputs();
  Error checkOutputs();
  /// Writes what `print` prints to the output.
  Error writeText(llvm::function_ref<void(llvm::raw_ostream &)> print);
  Error runPhases();
  /// Where a phase is dumped.
  std::string dumpPath(Phase phase) const;
  Error emitMachineCode();
  Error writeSharedLibrary(const Program &program, ModuleOp weightsModule, llvm::StringRef object);
  std::string manifestOf(const Program &program);

  SourceModel &model;
  const CompilerOptions &options;
  Progress progress{STDERR_FILENO};
  MLIRContext context;
  DiagnosticCollector diagnostics;
  OwningOpRef<ModuleOp> module;
  /// As it was imported: the function does not outlive the passes.
  ImportedFunction imported;
  std::chrono::steady_clock::time_point phaseStart = std::chrono::steady_clock::now();
};

} // namespace

void Compilation::reportTime(Phase phase) {
  if (!options.timePhases)
    return;
  auto now = std::chrono::steady_clock::now();
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  progress.print(llvm::errs(), [&](llvm::raw_ostream &os) {
    os << llvm::format("%-10s %8.1f ms %8.1f MB peak\n", phaseName(phase),
                       std::chrono::duration<double, std::milli>(now - phaseStart).count(), usage.ru_maxrss / 1024.0);
  });
  phaseStart = now;
}

void Compilation::tell(const llvm::Twine &line) {
  if (options.verbose)
    progress.print(llvm::errs(), [&](llvm::raw_ostream &os) { os << "vitc: " << line << "\n"; });
}

void Compilation::tellInputs() {
  tell("target: " + options.target.cpu + " " + options.target.featureString());
  for (const std::string &key : model.description.ignoredKeys)
    tell("ignored: " + key);
  for (const std::string &note : model.description.notes)
    tell("note: " + note);
  llvm::StringSet<> used;
  uint64_t elements = 0;
  for (const WeightRequirement &weight : imported.weights) {
    used.insert(weight.tensor);
    elements += uint64_t(ShapedType::getNumElements(weight.shape));
  }
  if (model.weights)
    for (const std::string &name : model.weights->names())
      if (!used.contains(name))
        tell("ignored: " + model.weights->fileOf(name) + ": tensor " + name);
  tell("parameters: " + llvm::Twine(elements) + " in " + llvm::Twine(imported.weights.size()) + " tensors");
}

/// "node 'a'", or "nodes 'a', 'b' and 3 more".
static std::string describeNodes(llvm::ArrayRef<std::string> names) {
  constexpr size_t kMostNames = 5;
  std::string text = names.size() == 1 ? "node " : "nodes ";
  llvm::interleave(
      names.take_front(kMostNames), [&](const std::string &name) { text += "'" + name + "'"; }, [&] { text += ", "; });
  if (names.size() > kMostNames)
    text += " and " + std::to_string(names.size() - kMostNames) + " more";
  return text;
}

std::string Compilation::dumpPath(Phase phase) const {
  llvm::SmallString<128> path(options.dumpDirectory);
  llvm::sys::path::append(path, llvm::Twine(int(phase) + 1) + "." + phaseName(phase) + phaseSuffix(phase));
  return std::string(path);
}

Error Compilation::checkOutputs() {
  if (Error error = checkReplacesNoInput(options.outputPath, "output", model.files))
    return error;
  if (options.keepsOtherFiles && options.phase == Phase::SharedLibrary)
    // The weights follow when their hash is known.
    if (Error error = checkReplacesSameModel(options.outputPath, descriptionHash(model.description), ""))
      return error;
  if (options.dumpDirectory.empty())
    return Error::success();
  for (int phase = 0; phase <= int(std::min(options.phase, Phase::Object)); ++phase)
    if (Error error = checkReplacesNoInput(dumpPath(Phase(phase)), "--dump-phases", model.files))
      return error;
  return Error::success();
}

Error Compilation::writeText(llvm::function_ref<void(llvm::raw_ostream &)> print) {
  return options.keepsOtherFiles ? writeNewOutput(options.outputPath, print) : writeOutput(options.outputPath, print);
}

llvm::Expected<bool> Compilation::finish(Phase phase, llvm::function_ref<void(llvm::raw_ostream &)> print) {
  reportTime(phase);
  if (!options.dumpDirectory.empty())
    if (Error error = writeOutput(dumpPath(phase), print))
      return error;
  if (phase != options.phase)
    return false;
  if (Error error = writeText(print))
    return error;
  return true;
}

llvm::Expected<bool> Compilation::reach(Phase phase, llvm::function_ref<void(OpPassManager &)> addPasses) {
  progress.begin(phaseName(phase));
  PassManager manager(&context);
  addPasses(manager);
  if (failed(manager.run(*module)))
    return diagnostics.take(phaseName(phase));
  return finish(phase, [&](llvm::raw_ostream &os) { module->print(os); });
}

std::string Compilation::manifestOf(const Program &program) {
  ManifestOptions manifest;
  auto tensors = [](const std::vector<ProgramValue> &values) {
    std::vector<ManifestTensor> result;
    for (const ProgramValue &value : values)
      result.push_back({value.name, "f32", value.shape});
    return result;
  };
  manifest.inputs = tensors(program.inputs);
  manifest.outputs = tensors(program.outputs);
  manifest.batch = options.batch;
  manifest.weightsBytes = program.weightsBytes;
  manifest.arenaBytes = program.arenaBytes;
  manifest.scratchBytes = program.scratchBytes;
  return buildManifest(model.description, options.target, manifest);
}

Error Compilation::emitMachineCode() {
  progress.begin(phaseName(Phase::LLVM));
  llvm::Expected<Program> read = readProgram(*module);
  if (!read)
    return inputError(model.description.file, phaseName(Phase::LLVM), llvm::toString(read.takeError()));
  Program program = std::move(*read);
  // Locations are names of nodes, which the program has by now. Bare names of files: the bytes of the output do not
  // depend on where it is made.
  if (options.debugLines)
    generateLocationsFromIR(llvm::nulls(), llvm::sys::path::filename(dumpPath(Phase::Vector)), *module,
                            OpPrintingFlags());
  OwningOpRef<ModuleOp> weightsModule = detachProgram(*module);
  program.chunkImages = options.batch;
  program.labels = model.description.labels;
  // Of the first input, as in the manifest: a picture becomes one input.
  if (!model.description.inputs.empty())
    for (const PreprocessStep &step : model.description.inputs.front().preprocessing)
      program.preprocess.push_back({step.kind, step.filter, step.values});
  program.manifest = manifestOf(program);
  tell("steps: " + llvm::Twine(program.steps.size()) + ", weights: " + llvm::Twine(program.weightsBytes) + " bytes");
  tell("memory: " + llvm::Twine(program.arenaBytes) + " bytes for each image of a batch, " +
       llvm::Twine(program.scratchBytes) + " for each thread");

  PassManager manager(&context);
  buildLowerToLLVMPipeline(manager, options.debugLines);
  if (failed(manager.run(*module)))
    return diagnostics.take(phaseName(Phase::LLVM));
  llvm::LLVMContext llvmContext;
  llvm::Expected<std::unique_ptr<llvm::Module>> llvmModule = emitLLVM(llvmContext, *module, program, options.target);
  if (!llvmModule)
    return llvmModule.takeError();
  module = nullptr;
  llvm::Expected<bool> done = finish(Phase::LLVM, [&](llvm::raw_ostream &os) { (*llvmModule)->print(os, nullptr); });
  if (!done || *done)
    return done.takeError();

  if (options.phase == Phase::Assembly || !options.dumpDirectory.empty()) {
    progress.begin(phaseName(Phase::Assembly));
    // Emitting code changes a module, so the object gets the original.
    std::unique_ptr<llvm::Module> copy = llvm::CloneModule(**llvmModule);
    llvm::SmallString<0> text;
    llvm::raw_svector_ostream os(text);
    if (Error error = emitCode(*copy, options.target, CodeFormat::Assembly, os))
      return error;
    done = finish(Phase::Assembly, [&](llvm::raw_ostream &out) { out << text; });
    if (!done || *done)
      return done.takeError();
  }
  progress.begin(phaseName(Phase::Object));
  llvm::SmallString<0> object;
  llvm::raw_svector_ostream os(object);
  if (Error error = emitCode(**llvmModule, options.target, CodeFormat::Object, os))
    return error;
  done = finish(Phase::Object, [&](llvm::raw_ostream &out) { out << object; });
  tell("object file: " + llvm::Twine(object.size()) + " bytes");
  if (!done || *done)
    return done.takeError();
  return writeSharedLibrary(program, *weightsModule, object);
}

Error Compilation::writeSharedLibrary(const Program &program, ModuleOp weightsModule, llvm::StringRef object) {
  progress.begin("linking");
  SharedLibraryJob job;
  job.object = llvm::MemoryBufferRef(object, "model.o");
  job.weightsBytes = program.weightsBytes;
  auto write = [&](ByteSink sink) {
    progress.begin("weights");
    uint64_t bytes = 0;
    return writeWeights(weightsModule, *model.weights, program.weightsBytes, [&](llvm::ArrayRef<char> next) {
      progress.advance(bytes += next.size(), program.weightsBytes);
      return sink(next);
    });
  };
  job.writeWeights = write;
  job.outputPath = options.outputPath;
  auto mayTakeName = [&](llvm::StringRef weightsHash) {
    return checkReplacesSameModel(options.outputPath, descriptionHash(model.description), weightsHash);
  };
  if (options.keepsOtherFiles)
    job.mayTakeName = mayTakeName;
  if (Error error = linkSharedLibrary(job))
    return error;
  reportTime(Phase::SharedLibrary);
  return Error::success();
}

Error Compilation::run() {
  if (Error error = runPhases())
    return error;
  uint64_t bytes = 0;
  if (llvm::sys::fs::is_regular_file(options.outputPath) && !llvm::sys::fs::file_size(options.outputPath, bytes))
    tell("output: " + options.outputPath + ", " + llvm::Twine(bytes) + " bytes");
  return Error::success();
}

Error Compilation::runPhases() {
  llvm::Expected<ImportedModel> import = importModel(context, model);
  if (!import)
    return import.takeError();
  module = std::move(import->module);
  imported = std::move(import->forward);
  if (Error error = checkOutputs())
    return error;
  tellInputs();
  // What follows from the description alone.
  std::optional<std::string> text;
  if (options.phase == Phase::Summary)
    text = summarize(model.description, imported);
  else if (options.phase == Phase::Dot)
    text = drawGraph(model.description, imported);
  else if (options.phase == Phase::Header)
    text = writeModelHeader(model.description, imported.outputShapes);
  if (text)
    return writeText([&](llvm::raw_ostream &os) { os << *text; });
  if (!options.dumpDirectory.empty())
    if (std::error_code code = llvm::sys::fs::create_directories(options.dumpDirectory))
      return inputError(options.dumpDirectory, "--dump-phases", llvm::Twine("cannot be created: ") + code.message());
  llvm::Expected<bool> done =
      finish(Phase::Json, [&](llvm::raw_ostream &os) { os << writeDescription(model.description); });
  if (!done || *done)
    return done.takeError();

  if (std::vector<std::string> unused = findUnusedNodes(model.description); !unused.empty())
    warn(progress, model.description.file, "no output needs " + describeNodes(unused));

  // Each phase, what leads to it, and the dialects that are live after it.
  const std::pair<Phase, std::function<void(OpPassManager &)>> phases[] = {
      // func, vit (primitive and weight ops)
      {Phase::Vit, [](OpPassManager &) {}},
      // func, vit (fused ops; primitive ones where nothing fuses)
      {Phase::VitFused,
       [&](OpPassManager &manager) {
         vit::FusePipelineOptions fuse;
         fuse.emitRemarks = options.remarks;
         vit::buildFusePipeline(manager, fuse);
       }},
      // func, kernel (+ arith in kernel.map), vit (weight ops)
      {Phase::Kernel,
       [&](OpPassManager &manager) {
         manager.addNestedPass<func::FuncOp>(kernel::createSetTarget(options.target));
         manager.addPass(createConvertVitToKernel());
         // A weight that several steps read is one operand. What is computed in vain goes, before it gets memory.
         manager.addPass(createCSEPass());
         manager.addPass(createCanonicalizerPass());
         manager.addNestedPass<func::FuncOp>(kernel::createSchedule());
         manager.addPass(kernel::createPlanMemory());
         manager.addPass(createWarnSlowSteps());
         if (options.remarks)
           manager.addPass(createExplainSchedules());
       }},
      // func, kernel (launches), arith, math, memref, scf, vector; vit (weight ops)
      {Phase::Vector, [&](OpPassManager &manager) {
         manager.addPass(createConvertKernelToVector());
         manager.addPass(createCSEPass());
       }}};
  for (const auto &[phase, addPasses] : phases) {
    done = reach(phase, addPasses);
    if (!done || *done)
      return done.takeError();
  }
  return emitMachineCode();
}

Error vitc::compileModel(SourceModel &model, const CompilerOptions &options) {
  return Compilation(model, options).run();
}
