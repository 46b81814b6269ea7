//===- ModelHeader.h - a C header for one model -----------------*- C++ -*-===//

#ifndef VITC_TARGET_MODELHEADER_H
#define VITC_TARGET_MODELHEADER_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/Weights/Shape.h"

#include <string>

namespace vitc {

/// The text of a header, C11 and C++, for programs that use the compiled model: names, sizes and types of inputs and
/// outputs as macros, and functions around `vitc/runtime/model_abi.h` whose arguments are the inputs and outputs. It
/// follows from the description alone and fits the model compiled for any target.
std::string writeModelHeader(const ModelDescription &description, llvm::ArrayRef<Shape> outputShapes,
                             llvm::ArrayRef<DType> outputDTypes);

} // namespace vitc

#endif // VITC_TARGET_MODELHEADER_H
