//===- Compiler.cpp - from a loaded model to a file ---------------------------===//

#include "vitc/Pipelines/Compiler.h"

#include "OutputFile.h"
#include "PhaseFile.h"
#include "Progress.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/LocationSnapshot.h"
#include "vitc/Codegen/LowerToLLVM.h"
#include "vitc/Codegen/ObjectEmitter.h"
#include "vitc/Codegen/Program.h"
#include "vitc/Description/DescriptionWriter.h"
#include "vitc/Dialect/Kernel/IR/KernelTarget.h"
#include "vitc/Importer/ModelViews.h"
#include "vitc/Importer/VitImporter.h"
#include "vitc/InitDialects.h"
#include "vitc/Pipelines/PhasePipelines.h"
#include "vitc/Support/InputErrors.h"
#include "vitc/Target/Manifest.h"
#include "vitc/Target/ModelHeader.h"
#include "vitc/Target/SharedLibrary.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/GlobPattern.h"
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
  Compilation(llvm::MutableArrayRef<SourceModel> models, const CompilerOptions &options)
      : models(models), model(models.front()), options(options),
        context(createRegistry(), MLIRContext::Threading::DISABLED),
        diagnostics(context, model.description.file, progress) {}

  Error run();

private:
  static DialectRegistry createRegistry() {
    DialectRegistry registry;
    registerDialects(registry);
    return registry;
  }

  /// Runs the passes that lead to a phase, unless that is where the compilation starts; reports and dumps it. Returns
  /// whether it is the last one.
  llvm::Expected<bool> reach(Phase phase);
  /// Reports and dumps a phase whose text `print` writes; writes it to the output if it is the last one.
  llvm::Expected<bool> finish(Phase phase, llvm::function_ref<void(llvm::raw_ostream &)> print);
  /// Prints the time since the phase before.
  void reportTime(Phase phase);
  /// Prints a line of what -v tells.
  void tell(const llvm::Twine &line);
  void tellTargets();
  void tellInputs();
  std::string hashOfDescriptions() const;
  Error checkOutputs();
  /// Begins with the models, or with a phase that was read back.
  Error start();
  Error checkKeepF32();
  llvm::Expected<bool> finishDescriptions();
  /// Writes what `print` prints to the output.
  Error writeText(llvm::function_ref<void(llvm::raw_ostream &)> print);
  Error runPhases();
  /// Where a phase is dumped.
  std::string dumpPath(Phase phase, llvm::StringRef part = "") const;
  Error emitMachineCode();
  Error writeSharedLibrary(const Program &program, ModuleOp weightsModule, llvm::StringRef object);
  std::string manifestOf(const Program &program);
  /// The model of an entry point, or nullptr.
  const SourceModel *findModel(llvm::StringRef entryPoint) const {
    const SourceModel *found =
        llvm::find_if(models, [&](const SourceModel &other) { return other.entryPoint == entryPoint; });
    return found == models.end() ? nullptr : found;
  }
  /// Gives each op its line in the dumped vector phase.
  void locateInDump();

  /// One for each entry point. The first is that of which there is one only: weights, labels, what is printed.
  const llvm::MutableArrayRef<SourceModel> models;
  const SourceModel &model;
  const CompilerOptions &options;
  Progress progress{STDERR_FILENO};
  MLIRContext context;
  DiagnosticCollector diagnostics;
  OwningOpRef<ModuleOp> module;
  /// The models as they were imported: their functions do not outlive the passes.
  std::vector<ImportedFunction> imported;
  /// What code is made for, best first.
  std::vector<TargetInfo> targets = options.targets;
  /// The first phase of MLIR.
  Phase firstPhase = Phase::Vit;
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

void Compilation::tellTargets() {
  for (const TargetInfo &target : targets)
    tell("target: " + target.cpu + " " + target.featureString());
}

void Compilation::tellInputs() {
  tellTargets();
  for (const std::string &key : model.description.ignoredKeys)
    tell("ignored: " + key);
  for (const std::string &note : model.description.notes)
    tell("note: " + note);
  llvm::StringSet<> used;
  uint64_t elements = 0;
  for (const WeightRequirement &weight : imported.front().weights) {
    used.insert(weight.tensor);
    elements += uint64_t(ShapedType::getNumElements(weight.shape));
  }
  if (model.weights)
    for (const std::string &name : model.weights->names())
      if (!used.contains(name))
        tell("ignored: " + model.weights->fileOf(name) + ": tensor " + name);
  tell("parameters: " + llvm::Twine(elements) + " in " + llvm::Twine(imported.front().weights.size()) + " tensors");
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

std::string Compilation::dumpPath(Phase phase, llvm::StringRef part) const {
  llvm::SmallString<128> path(options.dumpDirectory);
  llvm::sys::path::append(path, phaseFileName(phase, part));
  return std::string(path);
}

std::string Compilation::hashOfDescriptions() const {
  llvm::SmallVector<const ModelDescription *> descriptions;
  for (const SourceModel &entry : models)
    descriptions.push_back(&entry.description);
  return descriptionsHash(descriptions);
}

/// A pattern that names no node is a mistake.
Error Compilation::checkKeepF32() {
  llvm::StringSet<> names;
  module->walk([&](Operation *op) {
    if (auto name = op->getLoc()->findInstanceOf<NameLoc>())
      names.insert(name.getName());
  });
  for (const std::string &text : options.keepF32) {
    llvm::GlobPattern pattern = llvm::cantFail(llvm::GlobPattern::create(text));
    if (llvm::none_of(names, [&](const auto &name) { return pattern.match(name.getKey()); }))
      return inputError("command line", "--keep-f32", "no node is called '" + text + "'; --emit=summary lists them");
  }
  return Error::success();
}

Error Compilation::start() {
  if (!options.phaseFile.empty()) {
    llvm::Expected<PhaseFile> file = readPhaseFile(context, options.phaseFile, models, imported);
    if (!file)
      return file.takeError();
    module = std::move(file->module);
    targets = std::move(file->targets);
    firstPhase = file->phase;
    tellTargets();
  } else {
    if (std::vector<std::string> unused = findUnusedNodes(model.description); !unused.empty())
      warn(progress, model.description.file, "no output needs " + describeNodes(unused));
    context.loadDialect<kernel::KernelDialect>();
    kernel::setTargets(*module, targets);
    // All code in a file computes with the same numbers.
    bool saturates = llvm::any_of(targets, [](const TargetInfo &target) { return target.saturatesPairs; });
    vit::Precision precision =
        options.precision == vit::Precision::Int8 && saturates ? vit::Precision::Int8Pairs : options.precision;
    vit::setPrecision(*module, precision, options.attention, options.keepF32);
    if (Error error = checkKeepF32())
      return error;
    setPhase(*module, firstPhase);
  }
  return Error::success();
}

/// The phase before MLIR: the description of each entry point.
llvm::Expected<bool> Compilation::finishDescriptions() {
  for (const SourceModel &other : models.drop_front())
    if (!options.dumpDirectory.empty())
      if (Error error = writeOutput(dumpPath(Phase::Json, other.entryPoint),
                                    [&](llvm::raw_ostream &os) { os << writeDescription(other.description); }))
        return error;
  return finish(Phase::Json, [&](llvm::raw_ostream &os) { os << writeDescription(model.description); });
}

Error Compilation::checkOutputs() {
  std::vector<std::string> inputs = model.files;
  if (!options.phaseFile.empty())
    inputs.push_back(options.phaseFile);
  if (Error error = checkReplacesNoInput(options.outputPath, "output", inputs))
    return error;
  if (options.keepsOtherFiles && options.phase == Phase::SharedLibrary)
    // The weights follow when their hash is known.
    if (Error error = checkReplacesSameModel(options.outputPath, hashOfDescriptions(), ""))
      return error;
  if (options.dumpDirectory.empty())
    return Error::success();
  for (int phase = 0; phase <= int(std::min(options.phase, Phase::Object)); ++phase)
    if (Error error = checkReplacesNoInput(dumpPath(Phase(phase)), "--dump-phases", inputs))
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

llvm::Expected<bool> Compilation::reach(Phase phase) {
  if (phase < firstPhase)
    return false;
  progress.begin(phaseName(phase));
  if (phase > firstPhase) {
    PassManager manager(&context);
    PhasePipelineOptions pipeline;
    pipeline.emitRemarks = options.remarks;
    pipeline.useWinograd = options.useWinograd;
    pipeline.hoistProducts = options.hoistProducts;
    buildPhasePipeline(phase, manager, pipeline);
    if (failed(manager.run(*module)))
      return diagnostics.take(phaseName(phase));
  }
  return finish(phase, [&](llvm::raw_ostream &os) {
    os << phaseComment(phase, *module, options.modelArguments);
    module->print(os, phasePrintingFlags());
    os << "\n";
  });
}

/// Tensors of an entry point as the manifest lists them.
static std::vector<ManifestTensor> manifestTensors(llvm::ArrayRef<ProgramValue> values) {
  std::vector<ManifestTensor> tensors;
  for (const ProgramValue &value : values) {
    ManifestTensor &tensor = tensors.emplace_back(ManifestTensor{value.name,
                                                                 std::string(nameOf(DType(value.dtype))),
                                                                 value.shape,
                                                                 {},
                                                                 value.labels,
                                                                 value.defaultValue,
                                                                 value.maskOf});
    for (const ProgramPreprocess &step : value.preprocess)
      tensor.preprocessing.push_back({step.kind, step.text, step.values});
  }
  return tensors;
}

std::string Compilation::manifestOf(const Program &program) {
  ManifestOptions manifest;
  for (const auto &[index, entry] : llvm::enumerate(program.entryPoints)) {
    ManifestEntryPoint &described = manifest.entryPoints.emplace_back();
    described.name = entry.name;
    described.inputs = manifestTensors(entry.inputs);
    described.outputs = manifestTensors(entry.outputs);
    // The program's entry points are those of the models.
    described.postprocessing = findModel(entry.name)->description.postprocessing;
    for (const ProgramVariant &variant : program.variants) {
      described.arenaBytes = std::max(described.arenaBytes, variant.functions[index].arenaBytes);
      described.scratchBytes = std::max(described.scratchBytes, variant.functions[index].scratchBytes);
    }
  }
  for (const ProgramVariant &variant : program.variants)
    manifest.variants.push_back({variant.target.cpu, variant.target.features});
  manifest.triple = program.variants.front().target.triple;
  manifest.batch = options.batch;
  manifest.precision = vit::precisionOption(vit::getPrecision(module.get())).str();
  manifest.attention = vit::precisionOption(vit::getAttentionPrecision(module.get())).str();
  manifest.weightsBytes = program.weightsBytes;
  manifest.descriptionHash = hashOfDescriptions();
  return buildManifest(model.description, manifest);
}

void Compilation::locateInDump() {
  std::string file = phaseFileName(Phase::Vector);
  generateLocationsFromIR(llvm::nulls(), file, *module, phasePrintingFlags());
  // The comment stands in front.
  std::string comment = phaseComment(Phase::Vector, *module, options.modelArguments);
  auto lines = unsigned(llvm::count(comment, '\n'));
  module->walk([&](Operation *op) {
    if (auto place = dyn_cast<FileLineColLoc>(op->getLoc()))
      op->setLoc(FileLineColLoc::get(place.getFilename(), place.getLine() + lines, place.getColumn()));
  });
}

/// Adds what the IR does not say of an entry point.
static void describeEntryPoint(ProgramEntryPoint &entry, const ModelDescription &description) {
  // The classes are those of the first output.
  entry.outputs.front().labels = description.labels;
  for (auto [input, described] : llvm::zip(entry.inputs, description.inputs)) {
    input.defaultValue = described.defaultValue;
    input.maskOf = described.maskOf;
    for (const PreprocessStep &step : described.preprocessing)
      input.preprocess.push_back({step.kind, step.filter, step.values});
  }
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
    locateInDump();
  OwningOpRef<ModuleOp> weightsModule = detachProgram(*module);
  program.chunkImages = options.batch;
  for (ProgramEntryPoint &entry : program.entryPoints) {
    const SourceModel *source = findModel(entry.name);
    if (!source)
      return inputError(model.description.file, phaseName(Phase::LLVM),
                        "a function is the entry point '" + entry.name + "', which the model has not");
    describeEntryPoint(entry, source->description);
  }
  program.manifest = manifestOf(program);
  const ProgramFunction &function = program.variants.front().functions.front();
  tell("steps: " + llvm::Twine(function.steps.size()) + ", weights: " + llvm::Twine(program.weightsBytes) + " bytes");
  tell("memory: " + llvm::Twine(function.arenaBytes) + " bytes for each image of a batch, " +
       llvm::Twine(function.scratchBytes) + " for each thread");

  PassManager manager(&context);
  buildLowerToLLVMPipeline(manager, options.debugLines);
  if (failed(manager.run(*module)))
    return diagnostics.take(phaseName(Phase::LLVM));
  llvm::LLVMContext llvmContext;
  llvm::Expected<std::unique_ptr<llvm::Module>> llvmModule = emitLLVM(llvmContext, *module, program);
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
    if (Error error = emitCode(*copy, targets.front(), CodeFormat::Assembly, os))
      return error;
    done = finish(Phase::Assembly, [&](llvm::raw_ostream &out) { out << text; });
    if (!done || *done)
      return done.takeError();
  }
  progress.begin(phaseName(Phase::Object));
  llvm::SmallString<0> object;
  llvm::raw_svector_ostream os(object);
  if (Error error = emitCode(**llvmModule, targets.front(), CodeFormat::Object, os))
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
    return checkReplacesSameModel(options.outputPath, hashOfDescriptions(), weightsHash);
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
  llvm::Expected<ImportedModel> import = importModel(context, models);
  if (!import)
    return import.takeError();
  module = std::move(import->module);
  imported = std::move(import->functions);
  if (Error error = checkOutputs())
    return error;
  for (const std::string &warning : model.description.warnings)
    progress.print(llvm::errs(), [&](llvm::raw_ostream &os) { os << "warning: " << warning << "\n"; });
  tellInputs();
  // What follows from the description alone.
  bool showsOne = options.phase >= Phase::Summary || options.phase == Phase::Json;
  if (showsOne && models.size() > 1)
    return inputError("command line", (llvm::Twine("--emit=") + phaseName(options.phase)).str(),
                      "shows one image size, but --image-size has " + llvm::Twine(models.size()));
  std::optional<std::string> text;
  if (options.phase == Phase::Summary)
    text = summarize(model.description, imported.front());
  else if (options.phase == Phase::Dot)
    text = drawGraph(model.description, imported.front());
  else if (options.phase == Phase::Header)
    text = writeModelHeader(model.description, imported.front().outputShapes, imported.front().outputDTypes);
  if (text)
    return writeText([&](llvm::raw_ostream &os) { os << *text; });
  if (!options.dumpDirectory.empty())
    if (std::error_code code = llvm::sys::fs::create_directories(options.dumpDirectory))
      return inputError(options.dumpDirectory, "--dump-phases", llvm::Twine("cannot be created: ") + code.message());
  llvm::Expected<bool> done = finishDescriptions();
  if (!done || *done)
    return done.takeError();
  if (Error error = start())
    return error;
  if (options.phase < firstPhase)
    return inputError("command line", (llvm::Twine("--emit=") + phaseName(options.phase)).str(),
                      "is before the phase of the input, " + llvm::Twine(phaseName(firstPhase)));
  for (Phase phase : {Phase::Vit, Phase::VitFused, Phase::KernelUnscheduled, Phase::Kernel, Phase::Vector}) {
    done = reach(phase);
    if (!done || *done)
      return done.takeError();
  }
  return emitMachineCode();
}

Error vitc::compileModel(llvm::MutableArrayRef<SourceModel> models, const CompilerOptions &options) {
  return Compilation(models, options).run();
}
