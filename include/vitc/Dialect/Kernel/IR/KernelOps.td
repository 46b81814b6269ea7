include "vitc/Dialect/Kernel/IR/KernelDialect.td"
