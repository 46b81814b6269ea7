//===- ExpandedGraph.h - functions that nodes become ------------*- C++ -*-===//
//
// What tests of expanded nodes share.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_TEST_UNIT_IMPORTER_EXPANDEDGRAPH_H
#define VITC_TEST_UNIT_IMPORTER_EXPANDEDGRAPH_H

#include "../Support/TestFiles.h"
#include "CheckedModel.h"
#include "vitc/Description/DescriptionParser.h"

namespace vitc::test {

/// A function of nodes, and what tests ask about it.
struct Graph : TestFunction {
  mlir::func::FuncOp function() { return imported.function; }
  const Shape &outputShape() const { return imported.outputShapes.front(); }
  mlir::Operation *output(unsigned index = 0) {
    return function().front().getTerminator()->getOperand(index).getDefiningOp();
  }
  template <typename Op> std::vector<Op> all() {
    auto ops = function().getOps<Op>();
    return {ops.begin(), ops.end()};
  }
  /// Names of the ops that compute something at run time, in order.
  std::vector<std::string> kinds() {
    std::vector<std::string> kinds;
    for (mlir::Operation &op : function().front().without_terminator())
      if (!vit::isWeightOp(&op))
        kinds.push_back(op.getName().stripDialect().str());
    return kinds;
  }
  Shape weightShape(llvm::StringRef tensor) const {
    for (const WeightRequirement &weight : imported.weights)
      if (weight.tensor == tensor)
        return weight.shape;
    ADD_FAILURE() << "no tensor " << tensor.str();
    return {};
  }
};

using Kinds = std::vector<std::string>;

/// That of an op's result.
inline Shape shapeOf(mlir::Operation *op) { return vit::getShape(op->getResult(0)); }

/// Expands nodes behind the inputs x (6 tokens of 8), m (5 of 10), image (3x8x12).
inline llvm::Expected<Graph> expand(llvm::StringRef nodes, llvm::StringRef outputs = R"({"name":"y"})") {
  std::string text = (R"({"version":1,"name":"m","inputs":[{"name":"x","shape":[6,8]},{"name":"m","shape":[5,10]},
      {"name":"image","channels":3,"size":[8,12]}],"nodes":[)" +
                      nodes + R"(],"outputs":[)" + outputs + "]}")
                         .str();
  llvm::Expected<JsonValue> json = parseJson(text, "f");
  if (!json)
    return json.takeError();
  llvm::Expected<ModelDescription> description = parseDescription(*json, "f");
  if (!description)
    return description.takeError();
  llvm::Expected<TestFunction> function = importAlone(*description);
  if (!function)
    return function.takeError();
  return Graph{std::move(*function)};
}

inline std::string errorOf(llvm::StringRef nodes) { return messageOf(expand(nodes)).substr(3); }

} // namespace vitc::test

#endif // VITC_TEST_UNIT_IMPORTER_EXPANDEDGRAPH_H
