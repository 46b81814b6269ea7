//===- Precision.cpp - what a module's products are computed with -*- C++ -*-===//

#include "vitc/Dialect/Vit/IR/Precision.h"

using namespace mlir;
using namespace vitc;

vit::Precision vit::defaultAttention(Precision precision) {
  return precision == Precision::F32 ? Precision::F32 : Precision::Bf16;
}

void vit::setPrecision(ModuleOp module, Precision precision, Precision attention, llvm::ArrayRef<std::string> keepF32) {
  Builder builder(module.getContext());
  if (precision != Precision::F32)
    module->setAttr(kPrecisionAttr, PrecisionAttr::get(module.getContext(), precision));
  if (attention != Precision::F32)
    module->setAttr(kAttentionPrecisionAttr, PrecisionAttr::get(module.getContext(), attention));
  if (!keepF32.empty())
    module->setAttr(kKeepF32Attr, builder.getStrArrayAttr(llvm::to_vector_of<llvm::StringRef>(keepF32)));
}

llvm::StringRef vit::precisionOption(Precision precision) {
  return stringifyPrecision(precision == Precision::Int8Pairs ? Precision::Int8 : precision);
}

static vit::Precision get(ModuleOp module, llvm::StringRef attribute) {
  auto precision = module->getAttrOfType<vit::PrecisionAttr>(attribute);
  return precision ? precision.getValue() : vit::Precision::F32;
}

vit::Precision vit::getPrecision(ModuleOp module) { return get(module, kPrecisionAttr); }

vit::Precision vit::getAttentionPrecision(ModuleOp module) { return get(module, kAttentionPrecisionAttr); }

std::vector<std::string> vit::getKeepF32(ModuleOp module) {
  std::vector<std::string> patterns;
  if (auto all = module->getAttrOfType<ArrayAttr>(kKeepF32Attr))
    for (auto pattern : all.getAsValueRange<StringAttr>())
      patterns.push_back(pattern.str());
  return patterns;
}
