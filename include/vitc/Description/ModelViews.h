//===- ModelViews.h - a model for people to look at -------------*- C++ -*-===//

#ifndef VITC_DESCRIPTION_MODELVIEWS_H
#define VITC_DESCRIPTION_MODELVIEWS_H

#include "vitc/Description/PrimitiveGraph.h"

#include <string>

namespace vitc {

/// "3x224x224", as people write a shape.
std::string timesText(llvm::ArrayRef<int64_t> shape);

/// A table with a line for each input and node of the description: name, op, shape of the result, number of parameters
/// that it is the first to use, and MFLOPs. These are of convolutions, linear layers and matrix products for one image,
/// a multiplication with an addition being two, as models are commonly compared.
std::string summarize(const ModelDescription &description, const PrimitiveGraph &graph);

/// The description's graph in Graphviz' language.
std::string drawGraph(const ModelDescription &description, const PrimitiveGraph &graph);

} // namespace vitc

#endif // VITC_DESCRIPTION_MODELVIEWS_H
