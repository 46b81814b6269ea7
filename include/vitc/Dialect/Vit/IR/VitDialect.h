//===- VitDialect.h - the vit dialect ---------------------------*- C++ -*-===//

#ifndef VITC_DIALECT_VIT_IR_VITDIALECT_H
#define VITC_DIALECT_VIT_IR_VITDIALECT_H

#include "mlir/IR/Dialect.h"

#include "vitc/Dialect/Vit/IR/VitDialect.h.inc"

#endif // VITC_DIALECT_VIT_IR_VITDIALECT_H
