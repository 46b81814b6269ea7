//===- OpSpec.cpp - the ops of the description language ---------*- C++ -*-===//

#include "vitc/Description/OpSpec.h"

#include "SpecParts.h"

#include <algorithm>

using namespace vitc;

const AttributeSpec *OpSpec::findAttribute(llvm::StringRef name) const {
  for (const AttributeSpec &attribute : attributes)
    if (name == attribute.name)
      return &attribute;
  return nullptr;
}

const ParameterSpec *OpSpec::findParameter(llvm::StringRef name) const {
  for (const ParameterSpec &parameter : parameters)
    if (name == parameter.name)
      return &parameter;
  return nullptr;
}

bool OpSpec::hasRole(llvm::StringRef role) const {
  for (const ParameterSpec &parameter : parameters) {
    if (parameter.kind == ParameterKind::Tensor) {
      if (role == parameter.name)
        return true;
      continue;
    }
    llvm::StringRef rest = role;
    if (!parameter.name.empty() && !(rest.consume_front(parameter.name) && rest.consume_front(".")))
      continue;
    if (rest == "weight" || rest == "bias")
      return true;
  }
  return false;
}

llvm::ArrayRef<OpSpec> vitc::opSpecs() {
  static const std::vector<OpSpec> specs = [] {
    std::vector<OpSpec> all = specs::primitiveSpecs();
    specs::append(all, specs::mapSpecs());
    specs::append(all, specs::windowSpecs());
    specs::append(all, specs::blockSpecs());
    std::stable_partition(all.begin(), all.end(), [](const OpSpec &spec) { return !spec.isBlock; });
    return all;
  }();
  return specs;
}

const OpSpec *vitc::findOpSpec(llvm::StringRef name) {
  for (const OpSpec &spec : opSpecs())
    if (name == spec.name)
      return &spec;
  return nullptr;
}
