//===- SpecParts.h - what the table of ops is written with -------*- C++ -*-===//
//
// Private to lib/Description: short forms of attributes and parameters, and the parts that the table is made of.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_DESCRIPTION_SPECPARTS_H
#define VITC_LIB_DESCRIPTION_SPECPARTS_H

#include "vitc/Description/OpSpec.h"

#include <limits>

namespace vitc::specs {

inline constexpr int64_t unbounded = std::numeric_limits<int64_t>::min();

inline AttributeSpec boolean(const char *name, bool value, const char *doc) {
  return {name, AttributeType::Bool, doc, AttributeValue(value)};
}

inline AttributeSpec integer(const char *name, const char *doc, std::optional<int64_t> value = std::nullopt,
                             int64_t minimum = 1) {
  AttributeSpec spec{name, AttributeType::Integer, doc, std::nullopt};
  if (value)
    spec.defaultValue = *value;
  spec.minimum = minimum;
  return spec;
}

inline AttributeSpec real(const char *name, const char *doc, std::optional<double> value = std::nullopt,
                          int64_t minimum = unbounded) {
  AttributeSpec spec{name, AttributeType::Real, doc, std::nullopt};
  if (value)
    spec.defaultValue = *value;
  spec.minimum = minimum;
  return spec;
}

inline AttributeSpec choice(const char *name, std::vector<const char *> choices, const char *doc,
                            std::optional<std::string> value = std::nullopt) {
  AttributeSpec spec{name, AttributeType::Choice, doc, std::nullopt};
  if (value)
    spec.defaultValue = *value;
  spec.choices = std::move(choices);
  return spec;
}

inline AttributeSpec integers(const char *name, const char *doc, unsigned count, int64_t minimum,
                              std::optional<std::vector<int64_t>> value = std::nullopt) {
  AttributeSpec spec{name, AttributeType::Integers, doc, std::nullopt};
  if (value)
    spec.defaultValue = *value;
  spec.count = count;
  spec.minimum = minimum;
  return spec;
}

inline AttributeSpec size(const char *name, const char *doc, std::optional<std::vector<int64_t>> value = std::nullopt) {
  AttributeSpec spec{name, AttributeType::Size, doc, std::nullopt};
  if (value)
    spec.defaultValue = *value;
  return spec;
}

/// The same, but it may be absent.
inline AttributeSpec optional(AttributeSpec spec) {
  spec.optional = true;
  return spec;
}

inline AttributeSpec activation(const char *name, std::optional<std::string> value = std::nullopt) {
  return choice(name,
                {"none", "gelu", "gelu_tanh", "quick_gelu", "silu", "relu", "tanh", "sigmoid", "relu6", "hard_sigmoid",
                 "hard_swish", "leaky_relu", "softplus"},
                "elementwise function: `gelu` is the exact one (erf), `gelu_tanh` its approximation; the slope of "
                "`leaky_relu` is 0.01",
                std::move(value));
}

inline ParameterSpec module(std::string name, bool required, const char *doc) {
  return {std::move(name), ParameterKind::Module, required, doc};
}

inline ParameterSpec tensor(std::string name, bool required, const char *doc) {
  return {std::move(name), ParameterKind::Tensor, required, doc};
}

template <typename T> void append(std::vector<T> &to, std::vector<T> from) {
  to.insert(to.end(), from.begin(), from.end());
}

inline AttributeSpec grid() {
  return optional(size("grid", "rows and columns of the patches among the tokens; by default those of the patch "
                               "embedding that the tokens come from"));
}

/// A dimension of the input.
inline AttributeSpec dimension(const char *doc = "the dimension; negative: counted from the end") {
  return integer("dim", doc, std::nullopt, -8);
}

/// One dimension of the input, or several.
inline AttributeSpec dimensions() {
  AttributeSpec spec{"dim", AttributeType::Dims, "the dimension, or several; negative: counted from the end",
                     std::nullopt};
  spec.minimum = -8;
  return spec;
}

/// Ops on tensors of any shape; on maps; on windows of maps; blocks of transformers.
std::vector<OpSpec> primitiveSpecs();
std::vector<OpSpec> mapSpecs();
std::vector<OpSpec> windowSpecs();
std::vector<OpSpec> blockSpecs();

} // namespace vitc::specs

#endif // VITC_LIB_DESCRIPTION_SPECPARTS_H
