//===- ModelViews.h - a model for people to look at -------------*- C++ -*-===//

#ifndef VITC_IMPORTER_MODELVIEWS_H
#define VITC_IMPORTER_MODELVIEWS_H

#include "vitc/Importer/VitImporter.h"

#include <string>

namespace vitc {

/// "3x224x224", as people write a shape.
std::string timesText(llvm::ArrayRef<int64_t> shape);

/// A table with a line for each input and node of the description: name, op, shape of the result, number of parameters
/// that it is the first to use, and MFLOPs. These are of convolutions, linear layers and matrix products for one image,
/// a multiplication with an addition being two, as models are commonly compared. The function is as it was imported.
std::string summarize(const ModelDescription &description, const ImportedFunction &imported);

/// The description's graph in Graphviz' language.
std::string drawGraph(const ModelDescription &description, const ImportedFunction &imported);

} // namespace vitc

#endif // VITC_IMPORTER_MODELVIEWS_H
