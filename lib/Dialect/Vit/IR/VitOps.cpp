//===- VitOps.cpp - ops of the vit dialect ----------------------*- C++ -*-===//

#include "vitc/Dialect/Vit/IR/VitOps.h"

#include "mlir/IR/DialectImplementation.h"
#include "mlir/IR/OpImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace vitc::vit;

#include "vitc/Dialect/Vit/IR/VitEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "vitc/Dialect/Vit/IR/VitAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "vitc/Dialect/Vit/IR/VitOps.cpp.inc"

void VitDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "vitc/Dialect/Vit/IR/VitAttrs.cpp.inc"
      >();
}

LogicalResult WindowsAttr::verify(llvm::function_ref<InFlightDiagnostic()> emitError, llvm::ArrayRef<int64_t> map,
                                  llvm::ArrayRef<int64_t> window, llvm::ArrayRef<int64_t> shift) {
  auto areSizes = [](llvm::ArrayRef<int64_t> sizes) {
    return sizes.size() == 2 && llvm::all_of(sizes, [](int64_t size) { return size >= 1 && size <= 1 << 20; });
  };
  if (!areSizes(map) || !areSizes(window))
    return emitError() << "expected a map and a window of two sizes from 1 to " << (1 << 20) << ", but got [" << map
                       << "] and [" << window << "]";
  if (shift.size() != 2 || shift[0] < 0 || shift[1] < 0 || shift[0] >= window[0] || shift[1] >= window[1])
    return emitError() << "expected two shifts from 0 to below the window's [" << window << "], but got [" << shift
                       << "]";
  return success();
}

bool vitc::vit::isWeightOp(Operation *op) { return op->hasTrait<WeightExpression>(); }

bool vitc::vit::isWeight(Value value) {
  Operation *op = value.getDefiningOp();
  return op && isWeightOp(op);
}

Location vitc::vit::aboutAttribute(Location op, llvm::StringRef attribute) {
  return FusedLoc::get(op.getContext(), op, StringAttr::get(op.getContext(), attribute));
}

llvm::StringRef vitc::vit::attributeOf(Location message) {
  auto fused = dyn_cast<FusedLoc>(message);
  auto attribute = fused ? dyn_cast_if_present<StringAttr>(fused.getMetadata()) : StringAttr();
  return attribute ? attribute.getValue() : llvm::StringRef();
}

bool vitc::vit::resizesMaps(ResampleKind kind) {
  return kind != ResampleKind::Geometric && kind != ResampleKind::BicubicOffset;
}

int64_t vitc::vit::getTapCount(ResampleKind kind, int64_t from, int64_t to) {
  // A kernel of half a width of `halfWidth` steps meets so many.
  auto widened = [&](int64_t halfWidth) {
    return 2 * halfWidth * std::max<int64_t>(llvm::divideCeil(from, to), 1) + 1;
  };
  switch (kind) {
  case ResampleKind::Nearest:
  case ResampleKind::NearestExact:
    return 1;
  case ResampleKind::Bilinear:
  case ResampleKind::BilinearCorners:
  case ResampleKind::Geometric:
    return std::min<int64_t>(from, 2);
  case ResampleKind::Bicubic:
  case ResampleKind::BicubicOffset:
  case ResampleKind::BicubicCorners:
    return std::min<int64_t>(from, 4);
  case ResampleKind::BilinearAntialias:
    return std::min(from, widened(1));
  case ResampleKind::BicubicAntialias:
    return std::min(from, widened(2));
  }
  llvm_unreachable("all kinds are above");
}

Type vitc::vit::getElementType(MLIRContext *context, DType dtype) {
  switch (dtype) {
  case DType::F32:
    return Float32Type::get(context);
  case DType::U8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case DType::Bool:
    return IntegerType::get(context, 1);
  default:
    assert((dtype == DType::I32 || dtype == DType::I64) && "no other dtype is one of inputs");
    return IntegerType::get(context, unsigned(8 * bytesOf(dtype)));
  }
}

std::optional<vitc::DType> vitc::vit::findDType(Type element) {
  for (DType dtype : {DType::F32, DType::I32, DType::I64, DType::U8, DType::Bool})
    if (element == getElementType(element.getContext(), dtype))
      return dtype;
  return std::nullopt;
}

llvm::ArrayRef<int64_t> vitc::vit::getShape(Value value) { return cast<RankedTensorType>(value.getType()).getShape(); }
