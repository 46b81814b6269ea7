//===- PhaseFile.cpp - phases of MLIR as files --------------------------------===//

#include "PhaseFile.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Dialect/Kernel/IR/KernelTarget.h"
#include "vitc/Dialect/Vit/IR/Precision.h"
#include "vitc/Pipelines/PhasePipelines.h"
#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/SmallSet.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cerrno>
#include <cstring>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

using namespace mlir;
using namespace vitc;

std::string vitc::phaseFileName(Phase phase, llvm::StringRef part) {
  return std::to_string(int(phase) + 1) + "." + phaseName(phase) + (part.empty() ? "" : "." + part.str()) +
         phaseSuffix(phase).str();
}

OpPrintingFlags vitc::phasePrintingFlags() { return OpPrintingFlags().enableDebugInfo(); }

/// The option that makes of a CPU's features those of the target, with a space in front; empty: there is no difference.
static std::string featureChanges(const TargetInfo &target, TargetInfo::Numbers numbers) {
  llvm::Expected<TargetInfo> whole = TargetInfo::create(target.cpu, "", numbers);
  assert(whole && "the target has been resolved by this name");
  std::vector<std::string> changes;
  for (const std::string &feature : whole->features)
    if (!llvm::is_contained(target.features, feature))
      changes.push_back("-" + feature);
  for (const std::string &feature : target.features)
    if (!llvm::is_contained(whole->features, feature))
      changes.push_back("+" + feature);
  return changes.empty() ? "" : " --target-features=" + llvm::join(changes, ",");
}

std::string vitc::phaseComment(Phase phase, ModuleOp module, llvm::StringRef modelArguments) {
  std::string text = std::string("// Phase ") + phaseName(phase);
  if (auto name = module->getAttrOfType<StringAttr>("vit.name"))
    text += " of " + name.str();
  text += ". Made by\n//   ";
  if (phase == Phase::Vit) {
    text += "vitc " + modelArguments.str() + " --emit=vit -o " + phaseFileName(phase);
    llvm::StringRef separator = " --target-cpu=";
    const vit::Precision precision = vit::getPrecision(module), attention = vit::getAttentionPrecision(module);
    if (FailureOr<std::vector<TargetInfo>> targets = kernel::getTargets(module); succeeded(targets))
      for (const TargetInfo &target : *targets) {
        text += separator.str() + target.cpu +
                (targets->size() == 1 ? featureChanges(target, kernel::numbersOf(precision, attention)) : "");
        separator = ",";
      }
    if (precision != vit::Precision::F32)
      text += " --precision=" + vit::precisionOption(precision).str();
    if (attention != vit::defaultAttention(precision))
      text += " --attention=" + vit::precisionOption(attention).str();
    if (std::vector<std::string> kept = vit::getKeepF32(module); !kept.empty())
      text += " '--keep-f32=" + llvm::join(kept, ",") + "'";
  } else {
    text += "vitc-opt --" + phasePipelineName(phase) + " " + phaseFileName(Phase(int(phase) - 1)) + " -o " +
            phaseFileName(phase) + " --mlir-print-debuginfo";
  }
  return text + "\n// Compiled on by\n//   vitc " + phaseFileName(phase) + " --model=" + modelArguments.str() +
         " -o model.so\n";
}

namespace {

/// Checks that functions are the entry points of models.
class EntryPointChecker {
public:
  EntryPointChecker(llvm::StringRef path, llvm::ArrayRef<SourceModel> models, llvm::ArrayRef<ImportedFunction> imported)
      : path(path), models(models), imported(imported) {}

  llvm::Error check(ModuleOp module);

private:
  /// An input or output as it is told and compared.
  using Values = std::vector<std::string>;

  llvm::Error check(func::FuncOp function, size_t model);
  llvm::Error compare(func::FuncOp function, llvm::StringRef what, const Values &actual, const Values &expected);

  llvm::StringRef path;
  llvm::ArrayRef<SourceModel> models;
  llvm::ArrayRef<ImportedFunction> imported;
};

} // namespace

static std::string describeValue(llvm::StringRef name, llvm::ArrayRef<int64_t> shape, DType dtype) {
  std::string text = "'" + name.str() + "' of " + shapeText(shape);
  return dtype == DType::F32 ? text : text + " " + std::string(nameOf(dtype));
}

llvm::Error EntryPointChecker::compare(func::FuncOp function, llvm::StringRef what, const Values &actual,
                                       const Values &expected) {
  if (actual == expected)
    return llvm::Error::success();
  return inputError(path, ("function '" + function.getName() + "'").str(),
                    "has the " + what + " " + llvm::join(actual, ", ") + ", those of the model are " +
                        llvm::join(expected, ", "));
}

llvm::Error EntryPointChecker::check(func::FuncOp function, size_t model) {
  const ModelDescription &description = models[model].description;
  Values inputs, outputs;
  auto add = [&](Values &values, Type type, Attribute name) {
    auto shaped = dyn_cast<ShapedType>(type);
    auto text = dyn_cast_or_null<StringAttr>(name);
    std::optional<DType> dtype = shaped ? vit::findDType(shaped.getElementType()) : std::nullopt;
    values.push_back(dtype && shaped.hasStaticShape()
                         ? describeValue(text ? text.getValue() : "", shaped.getShape(), *dtype)
                         : "something that is no tensor");
  };
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes()))
    add(function.getArgAttr(index, kernel::kOutputAttr) ? outputs : inputs, type,
        function.getArgAttr(index, "vit.name"));
  for (auto [index, type] : llvm::enumerate(function.getResultTypes()))
    add(outputs, type, function.getResultAttr(index, "vit.name"));

  Values expectedInputs, expectedOutputs;
  for (const ModelInput &input : description.inputs)
    expectedInputs.push_back(describeValue(input.name, input.shape, input.dtype));
  const ImportedFunction &forward = imported[model];
  for (const auto &[output, shape, dtype] :
       llvm::zip_equal(description.outputs, forward.outputShapes, forward.outputDTypes))
    expectedOutputs.push_back(describeValue(output.name, shape, dtype));
  if (llvm::Error error = compare(function, "inputs", inputs, expectedInputs))
    return error;
  return compare(function, "outputs", outputs, expectedOutputs);
}

llvm::Error EntryPointChecker::check(ModuleOp module) {
  llvm::SmallSet<std::string, 4> found;
  for (auto function : module.getOps<func::FuncOp>()) {
    // Kernels and what they call.
    if (function.isPrivate() || function.isDeclaration())
      continue;
    auto name = function->getAttrOfType<StringAttr>("vit.name");
    std::string entryPoint = name ? name.str() : "main";
    const SourceModel *model =
        llvm::find_if(models, [&](const SourceModel &other) { return other.entryPoint == entryPoint; });
    if (model == models.end())
      return inputError(path, ("function '" + function.getName() + "'").str(),
                        "is the entry point '" + entryPoint +
                            "', which the model has not: give the --image-size that the phase was made with");
    if (llvm::Error error = check(function, size_t(model - models.begin())))
      return error;
    found.insert(entryPoint);
  }
  for (const SourceModel &model : models)
    if (!found.contains(model.entryPoint))
      return inputError(path, "", "has no function for the entry point '" + model.entryPoint + "'");
  return llvm::Error::success();
}

namespace {

/// The first error that MLIR reports, with the line or the node.
class FirstError {
public:
  FirstError(MLIRContext &context, llvm::StringRef path)
      : path(path), handler(&context, [this](Diagnostic &diagnostic) { return handle(diagnostic); }) {}

  /// What is told when an error is handled, beside keeping it.
  std::function<void()> whenFirst;

  std::string where, message;

  llvm::Error take() const { return inputError(path, where, message.empty() ? "is no valid MLIR" : message); }

private:
  LogicalResult handle(Diagnostic &diagnostic) {
    if (!message.empty() || diagnostic.getSeverity() != DiagnosticSeverity::Error)
      return success();
    message = diagnostic.str();
    if (auto place = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>())
      where = "line " + std::to_string(place.getLine());
    else if (auto node = diagnostic.getLocation()->findInstanceOf<NameLoc>())
      where = "node '" + node.getName().str() + "'";
    if (whenFirst)
      whenFirst();
    return success();
  }

  std::string path;
  ScopedDiagnosticHandler handler;
};

} // namespace

static OwningOpRef<ModuleOp> parse(MLIRContext &context, llvm::StringRef text, llvm::StringRef path) {
  return parseSourceString<ModuleOp>(text, ParserConfig(&context), path);
}

/// Reads the text in a process of its own, to learn what is wrong with it: when MLIR 19's parser gives up within a
/// region, it goes on to use operations that it has freed.
static llvm::Error checkParses(MLIRContext &context, llvm::StringRef text, llvm::StringRef path) {
  int ends[2];
  if (pipe(ends) != 0)
    return inputError(path, "", std::string("cannot be read: ") + std::strerror(errno));
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    FirstError error(context, path);
    // Ended here, before what was parsed is freed.
    auto end = [&] {
      std::string line = error.where + '\0' + error.message;
      _exit(write(ends[1], line.data(), line.size()) == ssize_t(line.size()) ? 1 : 2);
    };
    error.whenFirst = end;
    if (!parse(context, text, path))
      end();
    _exit(0);
  }
  close(ends[1]);
  std::string line;
  char buffer[4096];
  for (ssize_t bytes = 0; child > 0 && (bytes = read(ends[0], buffer, sizeof buffer)) > 0;)
    line.append(buffer, size_t(bytes));
  close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child)
    return inputError(path, "", std::string("cannot be read: ") + std::strerror(errno));
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return llvm::Error::success();
  auto [where, message] = llvm::StringRef(line).split('\0');
  return inputError(path, where, message.empty() ? "is no valid MLIR" : message);
}

llvm::Expected<PhaseFile> vitc::readPhaseFile(MLIRContext &context, llvm::StringRef path,
                                              llvm::ArrayRef<SourceModel> models,
                                              llvm::ArrayRef<ImportedFunction> imported) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return inputError(path, "", "cannot be read: " + buffer.getError().message());
  if (llvm::Error error = checkParses(context, (*buffer)->getBuffer(), path))
    return error;
  FirstError first(context, path);
  PhaseFile file;
  file.module = parse(context, (*buffer)->getBuffer(), path);
  if (!file.module)
    return first.take();
  auto name = (*file.module)->getAttrOfType<StringAttr>(kPhaseAttr);
  std::optional<Phase> phase = name ? phaseNamed(name.getValue()) : std::nullopt;
  if (!phase || phaseSuffix(*phase) != ".mlir")
    return inputError(path, "",
                      "the module's attribute '" + kPhaseAttr + "' names no phase, expected " + phaseNames(".mlir"));
  file.phase = *phase;
  FailureOr<std::vector<TargetInfo>> targets = kernel::getTargets(*file.module);
  if (failed(targets)) {
    // The module's location is the model's name.
    first.where.clear();
    return first.take();
  }
  file.targets = std::move(*targets);
  if (llvm::Error error = EntryPointChecker(path, models, imported).check(*file.module))
    return error;
  return file;
}
