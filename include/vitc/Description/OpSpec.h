//===- OpSpec.h - the ops of the description language -----------*- C++ -*-===//
//
// One table drives the parser, the writer, the JSON Schema and the documentation.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DESCRIPTION_OPSPEC_H
#define VITC_DESCRIPTION_OPSPEC_H

#include "vitc/Description/ModelDescription.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <optional>

namespace vitc {

/// Type of an attribute as it is written.
enum class AttributeType {
  Bool,
  Integer,
  Real,
  /// One of a list of words.
  Choice,
  /// A list of integers of a fixed length (`count`), or of any length (`count` = 0).
  Integers,
  /// Height and width: a list of two integers, or one integer that stands for both.
  Size,
  /// A dimension, or a list of several: the value is an integer if it is one, else a list.
  Dims
};

struct AttributeSpec {
  const char *name;
  AttributeType type;
  const char *doc;
  /// What an absent attribute means. Without a default the attribute must be given, unless `optional`.
  std::optional<AttributeValue> defaultValue;
  /// May be absent without having a default (its value then follows from something else).
  bool optional = false;
  /// Bounds of Integer and of each element of Integers and Size; Real must be finite and at least `minimum`.
  int64_t minimum = 1;
  int64_t maximum = int64_t(1) << 31;
  unsigned count = 0;
  std::vector<const char *> choices = {};
};

/// What a parameter names.
enum class ParameterKind {
  /// One tensor: the role is the parameter's name.
  Tensor,
  /// A layer with roles NAME.weight and NAME.bias (plain `weight` and `bias` when the name is empty). Written as a
  /// string P it stands for P.weight and P.bias; as an object for exactly what it lists.
  Module
};

struct ParameterSpec {
  std::string name;
  ParameterKind kind;
  bool required;
  const char *doc;
};

struct OpSpec {
  const char *name;
  const char *doc;
  /// Block ops are expanded into primitive ops; others are ops of the vit dialect.
  bool isBlock;
  unsigned minInputs;
  unsigned maxInputs;
  std::vector<AttributeSpec> attributes;
  std::vector<ParameterSpec> parameters;
  /// Whether its first input is a map (MapLayout), and nothing else.
  bool isOnMaps = false;
  /// Whether the values of inputs stay what they are, whatever their dtype. Other ops compute with f32, to which their
  /// inputs are converted.
  bool keepsDType = false;

  /// The attribute of that name, or nullptr.
  const AttributeSpec *findAttribute(llvm::StringRef name) const;
  /// The parameter of that name, or nullptr.
  const ParameterSpec *findParameter(llvm::StringRef name) const;
  /// Whether `role` ("query.weight") is one that this op can have.
  bool hasRole(llvm::StringRef role) const;
};

/// All ops: primitive ones first, then blocks.
llvm::ArrayRef<OpSpec> opSpecs();

/// The op of that name, or nullptr.
const OpSpec *findOpSpec(llvm::StringRef name);

/// "unknown op 'NAME'", and what may be meant: ops of similar names or with the same words, the ops that do what the
/// name says in other libraries, and the attribute that has it as a value.
std::string unknownOp(llvm::StringRef name);

} // namespace vitc

#endif // VITC_DESCRIPTION_OPSPEC_H
