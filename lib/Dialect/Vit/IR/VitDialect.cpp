//===- VitDialect.cpp - the vit dialect -------------------------*- C++ -*-===//

#include "vitc/Dialect/Vit/IR/VitDialect.h"

#include "vitc/Dialect/Vit/IR/Precision.h"

#include "llvm/Support/GlobPattern.h"

using namespace mlir;
using namespace vitc::vit;

#include "vitc/Dialect/Vit/IR/VitDialect.cpp.inc"

void VitDialect::initialize() {
  registerAttributes();
  addOperations<
#define GET_OP_LIST
#include "vitc/Dialect/Vit/IR/VitOps.cpp.inc"
      >();
}

/// Checks what a module says of the precision of products; nothing for another attribute.
static std::optional<LogicalResult> verifyPrecision(Operation *op, NamedAttribute attribute) {
  const StringRef name = attribute.getName();
  const bool isPrecision = name == kPrecisionAttr || name == kAttentionPrecisionAttr;
  if (!isa<ModuleOp>(op) || (!isPrecision && name != kKeepF32Attr))
    return std::nullopt;
  // What attention has no form for is a mistake of whoever wrote the attribute.
  if (name == kAttentionPrecisionAttr)
    if (auto precision = dyn_cast<PrecisionAttr>(attribute.getValue());
        precision && precision.getValue() != Precision::F32 && precision.getValue() != Precision::Bf16)
      return op->emitError() << "expected '" << name << "' to be f32 or bf16, but got " << precision;
  if (isPrecision)
    return isa<PrecisionAttr>(attribute.getValue())
               ? success()
               : LogicalResult(op->emitError()
                               << "expected '" << name << "' to be a precision, but got " << attribute.getValue());
  auto patterns = dyn_cast<ArrayAttr>(attribute.getValue());
  auto isPattern = [](Attribute pattern) {
    auto text = dyn_cast<StringAttr>(pattern);
    return text && llvm::expectedToOptional(llvm::GlobPattern::create(text));
  };
  if (!patterns || !llvm::all_of(patterns, isPattern))
    return LogicalResult(op->emitError() << "expected '" << kKeepF32Attr << "' to be patterns, but got "
                                         << attribute.getValue());
  return success();
}

/// Checks a discardable attribute of an operation, or of an argument or result of a function.
static LogicalResult verifyDiscardable(Operation *op, NamedAttribute attribute, bool isOnOperation) {
  llvm::StringRef name = attribute.getName().strref();
  bool isKnown = name == "vit.name" || (isOnOperation && name == "vit.not_fused") ||
                 (isOnOperation && op->getName().getStringRef() == "builtin.module" && name == "vit.phase");
  if (!isKnown)
    return op->emitError() << "'" << name << "' is not an attribute that the vit dialect knows here";
  if (!isa<StringAttr>(attribute.getValue()))
    return op->emitError() << "expected '" << name << "' to be a string, but got " << attribute.getValue();
  return success();
}

LogicalResult VitDialect::verifyOperationAttribute(Operation *op, NamedAttribute attribute) {
  if (std::optional<LogicalResult> result = verifyPrecision(op, attribute))
    return *result;
  return verifyDiscardable(op, attribute, /*isOnOperation=*/true);
}

LogicalResult VitDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  return verifyDiscardable(op, attribute, /*isOnOperation=*/false);
}

LogicalResult VitDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  return verifyDiscardable(op, attribute, /*isOnOperation=*/false);
}
