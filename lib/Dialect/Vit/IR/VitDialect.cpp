//===- VitDialect.cpp - the vit dialect -------------------------*- C++ -*-===//

#include "vitc/Dialect/Vit/IR/VitDialect.h"

#include "vitc/Dialect/Vit/IR/VitOps.h"

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
  return verifyDiscardable(op, attribute, /*isOnOperation=*/true);
}

LogicalResult VitDialect::verifyRegionArgAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  return verifyDiscardable(op, attribute, /*isOnOperation=*/false);
}

LogicalResult VitDialect::verifyRegionResultAttribute(Operation *op, unsigned, unsigned, NamedAttribute attribute) {
  return verifyDiscardable(op, attribute, /*isOnOperation=*/false);
}
