//===- WindowOpSpecs.h - ops of windows of maps -----------------*- C++ -*-===//

#ifndef VITC_LIB_DESCRIPTION_WINDOWOPSPECS_H
#define VITC_LIB_DESCRIPTION_WINDOWOPSPECS_H

#include "vitc/Description/OpSpec.h"

namespace vitc {

/// The block ops whose maps are cut into windows (lib/Importer/ExpandWindows.cpp).
std::vector<OpSpec> makeWindowSpecs();

} // namespace vitc

#endif // VITC_LIB_DESCRIPTION_WINDOWOPSPECS_H
