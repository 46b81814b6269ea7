//===- ModelViews.cpp - a model for people to look at -----------*- C++ -*-===//

#include "vitc/Importer/ModelViews.h"

#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace vitc;

std::string vitc::timesText(llvm::ArrayRef<int64_t> shape) {
  return llvm::join(llvm::map_range(shape, [](int64_t size) { return std::to_string(size); }), "x");
}

static double elementsOf(llvm::ArrayRef<int64_t> shape) {
  double elements = 1;
  for (int64_t size : shape)
    elements *= double(size);
  return elements;
}

/// Floating-point operations of a matrix product of any kind; 0 for all else.
static double countFlops(Operation &op) {
  double terms = 0;
  if (isa<vit::Conv2dOp, vit::LinearOp>(op))
    terms = elementsOf(vit::getShape(op.getOperand(1)).drop_front());
  else if (isa<vit::MatmulOp>(op))
    terms = double(vit::getShape(op.getOperand(0)).back());
  return terms == 0 ? 0 : 2 * terms * elementsOf(vit::getShape(op.getResult(0)));
}

/// Those of each node.
static llvm::StringMap<double> countFlops(func::FuncOp function) {
  llvm::StringMap<double> flops;
  for (Operation &op : function.front())
    if (auto name = dyn_cast<NameLoc>(op.getLoc()))
      // What stands behind the node's name is a part of the node.
      flops[name.getName().strref().split('/').first] += countFlops(op);
  return flops;
}

namespace {
struct Row {
  std::string name, op, shape;
  uint64_t parameters = 0;
  double flops = 0;
};
} // namespace

static std::vector<Row> rowsOf(const ModelDescription &description, const ImportedFunction &imported) {
  llvm::StringMap<uint64_t> parameters;
  for (const WeightRequirement &weight : imported.weights)
    parameters[weight.node] += uint64_t(elementsOf(weight.shape));
  std::vector<Row> rows;
  for (const ModelInput &input : description.inputs)
    rows.push_back({input.name, "input", timesText(input.shape)});
  const llvm::StringMap<double> flops = countFlops(imported.function);
  for (const auto &[node, shape] : llvm::zip(description.nodes, imported.nodeShapes))
    rows.push_back({node.name, node.op, timesText(shape), parameters.lookup(node.name), flops.lookup(node.name)});
  Row total{"total", "", ""};
  for (const Row &row : rows) {
    total.parameters += row.parameters;
    total.flops += row.flops;
  }
  rows.push_back(std::move(total));
  return rows;
}

std::string vitc::summarize(const ModelDescription &description, const ImportedFunction &imported) {
  using Cells = std::array<std::string, 5>;
  std::vector<Cells> table = {{"node", "op", "output", "parameters", "MFLOPs"}};
  for (const Row &row : rowsOf(description, imported))
    table.push_back(
        {row.name, row.op, row.shape, std::to_string(row.parameters), llvm::formatv("{0:F2}", row.flops / 1e6)});
  std::array<size_t, 5> widths = {};
  for (const Cells &cells : table)
    for (size_t column = 0; column < cells.size(); ++column)
      widths[column] = std::max(widths[column], cells[column].size());

  std::string text;
  llvm::raw_string_ostream os(text);
  os << description.name << "\n\n";
  for (const auto &[number, cells] : llvm::enumerate(table)) {
    bool isTotal = number + 1 == table.size();
    if (number == 1 || isTotal) {
      for (size_t column = 0; column < widths.size(); ++column)
        os << (column ? "  " : "") << std::string(widths[column], '-');
      os << "\n";
    }
    for (size_t column = 0; column < widths.size(); ++column) {
      // Numbers end where their column ends.
      bool isNumber = column >= 3;
      os << (column ? "  " : "")
         << (isNumber ? llvm::right_justify(cells[column], widths[column])
                      : llvm::left_justify(cells[column], widths[column]));
    }
    os << "\n";
  }
  os << "\n";
  for (const auto &[output, shape, dtype] :
       llvm::zip(description.outputs, imported.outputShapes, imported.outputDTypes)) {
    os << "output " << output.name << ": " << output.from << ", " << timesText(shape);
    if (dtype != DType::F32)
      os << " " << llvm::StringRef(nameOf(dtype));
    os << "\n";
  }
  return text;
}

std::string vitc::drawGraph(const ModelDescription &description, const ImportedFunction &imported) {
  // Names consist of characters that need no escaping; those of outputs may be those of nodes too.
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "digraph \"" << description.name << "\" {\n  node [shape=box];\n";
  for (const ModelInput &input : description.inputs)
    os << "  \"" << input.name << "\" [shape=ellipse, label=\"" << input.name << "\\n"
       << timesText(input.shape) << "\"];\n";
  for (const auto &[node, shape] : llvm::zip(description.nodes, imported.nodeShapes)) {
    os << "  \"" << node.name << "\" [label=\"" << node.name << "\\n"
       << node.op << "\\n"
       << timesText(shape) << "\"];\n";
    for (const std::string &input : node.inputs)
      os << "  \"" << input << "\" -> \"" << node.name << "\";\n";
  }
  for (const ModelOutput &output : description.outputs)
    os << "  \"output " << output.name << "\" [shape=ellipse, label=\"" << output.name << "\"];\n  \""
       << llvm::StringRef(output.from).split('/').first << "\" -> \"output " << output.name << "\";\n";
  os << "}\n";
  return text;
}
