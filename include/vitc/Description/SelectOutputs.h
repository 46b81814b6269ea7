//===- SelectOutputs.h - outputs that are asked for -------------*- C++ -*-===//

#ifndef VITC_DESCRIPTION_SELECTOUTPUTS_H
#define VITC_DESCRIPTION_SELECTOUTPUTS_H

#include "vitc/Description/ModelDescription.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

namespace vitc {

/// Gives the model these outputs, in this order, out of those that it has or can have. Labels stay if the first output
/// is still the one that they are for. An unknown name is an error that lists the known ones.
llvm::Error selectOutputs(ModelDescription &description, llvm::ArrayRef<std::string> names);

/// Removes the nodes that no output needs. Their tensors are ignored from then on.
void removeUnusedNodes(ModelDescription &description);

} // namespace vitc

#endif // VITC_DESCRIPTION_SELECTOUTPUTS_H
