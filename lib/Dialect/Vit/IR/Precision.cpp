//===- Precision.cpp - what a module's products are computed with -*- C++ -*-===//

#include "vitc/Dialect/Vit/IR/Precision.h"

using namespace mlir;
using namespace vitc;

void vit::setPrecision(ModuleOp module, Precision precision, llvm::ArrayRef<std::string> keepF32) {
  Builder builder(module.getContext());
  if (precision != Precision::F32)
    module->setAttr(kPrecisionAttr, PrecisionAttr::get(module.getContext(), precision));
  if (!keepF32.empty())
    module->setAttr(kKeepF32Attr, builder.getStrArrayAttr(llvm::to_vector_of<llvm::StringRef>(keepF32)));
}

vit::Precision vit::getPrecision(ModuleOp module) {
  auto precision = module->getAttrOfType<PrecisionAttr>(kPrecisionAttr);
  return precision ? precision.getValue() : Precision::F32;
}

std::vector<std::string> vit::getKeepF32(ModuleOp module) {
  std::vector<std::string> patterns;
  if (auto all = module->getAttrOfType<ArrayAttr>(kKeepF32Attr))
    for (auto pattern : all.getAsValueRange<StringAttr>())
      patterns.push_back(pattern.str());
  return patterns;
}
