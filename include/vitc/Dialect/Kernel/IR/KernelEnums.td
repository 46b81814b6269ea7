//===- KernelEnums.td - enums of the kernel dialect ---------*- tablegen -*-===//

#ifndef VITC_DIALECT_KERNEL_IR_KERNELENUMS_TD
#define VITC_DIALECT_KERNEL_IR_KERNELENUMS_TD

include "mlir/IR/EnumAttr.td"
include "vitc/Dialect/Kernel/IR/KernelDialect.td"

def Kernel_Reduction : I32EnumAttr<"Reduction", "how the elements of a dimension are combined", [
    I32EnumAttrCase<"Mean", 0, "mean">,
    I32EnumAttrCase<"Max", 1, "max">, // NaN if an element is
    I32EnumAttrCase<"Norm", 2, "norm">]> { // root of the sum of squares
  let cppNamespace = "::vitc::kernel";
  let genSpecializedAttr = 0;
}

#endif // VITC_DIALECT_KERNEL_IR_KERNELENUMS_TD
