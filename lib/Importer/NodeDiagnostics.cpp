//===- NodeDiagnostics.cpp - what ops say, where it was described -*- C++ -*-===//

#include "NodeDiagnostics.h"

#include "mlir/IR/BuiltinTypes.h"
#include "vitc/Description/OpSpec.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Support/Json.h"
#include "vitc/Weights/Shape.h"

using namespace mlir;
using namespace vitc;

NodeDiagnostics::NodeDiagnostics(MLIRContext *context, const ModelDescription &description, InputErrors &errors)
    : errors(errors), handler(context, [this](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
          return failure();
        report(diagnostic);
        return success();
      }) {
  for (const Node &node : description.nodes)
    nodes[node.name] = &node;
}

/// The message without the op's name in front, which is not in the description, and with shapes instead of types.
static std::string textOf(Diagnostic &diagnostic) {
  std::string text;
  llvm::raw_string_ostream os(text);
  for (DiagnosticArgument &argument : diagnostic.getArguments()) {
    Type type = argument.getKind() == DiagnosticArgument::DiagnosticArgumentKind::Type ? argument.getAsType() : Type();
    if (auto tensor = dyn_cast_if_present<RankedTensorType>(type))
      os << shapeText(tensor.getShape());
    else if (std::optional<DType> dtype = type ? vit::findDType(type) : std::nullopt)
      os << llvm::StringRef(nameOf(*dtype));
    else
      os << argument;
  }
  auto [op, rest] = llvm::StringRef(text).split("' op ");
  return op.starts_with("'vit.") ? rest.str() : text;
}

void NodeDiagnostics::report(Diagnostic &diagnostic) {
  const Node *node = nullptr;
  if (auto name = diagnostic.getLocation()->findInstanceOf<NameLoc>())
    node = nodes.lookup(name.getName().strref().split('/').first);
  if (!node)
    return errors.report("", "the imported module is not valid: " + diagnostic.str());
  errors.enterNode(node->name);
  llvm::StringRef attribute = vit::attributeOf(diagnostic.getLocation());
  std::string where = node->where;
  if (attribute.empty())
    where = jsonPointer(where, "inputs");
  else if (findOpSpec(node->op)->findAttribute(attribute))
    where = jsonPointer(where, attribute);
  errors.report(where, textOf(diagnostic));
}
