//===- JsonReader.cpp - typed, strict access to JSON objects ----*- C++ -*-===//

#include "vitc/Support/JsonReader.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace vitc;

void vitc::reportKind(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value, llvm::StringRef expected) {
  errors.report(pointer, llvm::Twine("is ") + value.kindName() + ", expected " + expected);
}

std::optional<int64_t> vitc::readInteger(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value,
                                         int64_t minimum, int64_t maximum) {
  const int64_t *integer = value.asInteger();
  if (!integer) {
    reportKind(errors, pointer, value, "an integer");
    return std::nullopt;
  }
  if (*integer < minimum || *integer > maximum) {
    errors.report(pointer, "is " + llvm::Twine(*integer) + ", expected an integer from " + llvm::Twine(minimum) +
                               " to " + llvm::Twine(maximum));
    return std::nullopt;
  }
  return *integer;
}

std::optional<double> vitc::readReal(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value) {
  if (const int64_t *integer = value.asInteger())
    return double(*integer);
  const double *real = value.asReal();
  if (!real) {
    reportKind(errors, pointer, value, "a number");
    return std::nullopt;
  }
  if (!isFiniteF32(*real)) {
    errors.report(pointer, "is " + numberText(*real) + ", expected a number that is finite in 32 bits");
    return std::nullopt;
  }
  return *real;
}

bool vitc::isFiniteF32(double value) {
  // Half a unit in the last place beyond the largest f32: from here on, rounding gives infinity.
  return std::abs(value) < 0x1.ffffffp127;
}

std::string vitc::numberText(double value) {
  return std::isfinite(value) ? writeJson(value, JsonLayout::Compact) : "not finite";
}

std::optional<std::string> vitc::readString(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value) {
  if (const std::string *string = value.asString())
    return *string;
  reportKind(errors, pointer, value, "a string");
  return std::nullopt;
}

std::optional<std::vector<int64_t>> vitc::readIntegers(InputErrors &errors, llvm::StringRef pointer,
                                                       const JsonValue &value, int64_t minimum, int64_t maximum) {
  const JsonValue::Array *array = value.asArray();
  if (!array) {
    reportKind(errors, pointer, value, "an array of integers");
    return std::nullopt;
  }
  std::vector<int64_t> integers;
  for (const auto &[index, element] : llvm::enumerate(*array)) {
    std::optional<int64_t> integer = readInteger(errors, jsonPointer(pointer, index), element, minimum, maximum);
    if (!integer)
      return std::nullopt;
    integers.push_back(*integer);
  }
  return integers;
}

std::optional<std::vector<double>> vitc::readReals(InputErrors &errors, llvm::StringRef pointer,
                                                   const JsonValue &value) {
  const JsonValue::Array *array = value.asArray();
  if (!array) {
    reportKind(errors, pointer, value, "an array of numbers");
    return std::nullopt;
  }
  std::vector<double> reals;
  for (const auto &[index, element] : llvm::enumerate(*array)) {
    std::optional<double> real = readReal(errors, jsonPointer(pointer, index), element);
    if (!real)
      return std::nullopt;
    reals.push_back(*real);
  }
  return reals;
}

std::optional<std::vector<int64_t>> vitc::readSize(InputErrors &errors, llvm::StringRef pointer,
                                                   const JsonValue &value) {
  constexpr int64_t maximum = 1 << 20;
  if (value.asInteger()) {
    std::optional<int64_t> edge = readInteger(errors, pointer, value, 1, maximum);
    return edge ? std::optional(std::vector<int64_t>(2, *edge)) : std::nullopt;
  }
  if (!value.asArray() || value.asArray()->size() != 2) {
    errors.report(pointer, "expected an integer or an array of two integers (height and width)");
    return std::nullopt;
  }
  return readIntegers(errors, pointer, value, 1, maximum);
}

std::string vitc::unknownName(llvm::StringRef what, llvm::StringRef name, llvm::ArrayRef<std::string> known) {
  std::string message = ("unknown " + what + " '" + name + "'").str();
  const std::string *nearest = nullptr;
  unsigned distance = name.size() / 3 + 1;
  for (const std::string &candidate : known) {
    unsigned d = name.edit_distance(candidate, /*AllowReplacements=*/true, distance);
    if (d < distance) {
      distance = d;
      nearest = &candidate;
    }
  }
  if (nearest)
    return message + "; did you mean '" + *nearest + "'?";
  if (known.empty() || known.size() > 24)
    return message;
  return message + ", expected one of " + llvm::join(known, ", ");
}

ObjectReader::ObjectReader(InputErrors &errors, const JsonValue &value, std::string pointer)
    : errors(errors), value(value), pointer(std::move(pointer)) {
  if (!value.asObject())
    reportKind(errors, this->pointer, value, "an object");
}

const JsonValue *ObjectReader::find(llvm::StringRef key) {
  asked.push_back(key.str());
  return value.find(key);
}

const JsonValue &ObjectReader::require(llvm::StringRef key) {
  static const JsonValue null;
  if (const JsonValue *member = find(key))
    return *member;
  errors.report(pointer, "the key '" + key + "' is missing");
  return null;
}

std::optional<bool> ObjectReader::boolean(llvm::StringRef key) {
  const JsonValue *member = find(key);
  if (!member)
    return std::nullopt;
  if (const bool *boolean = member->asBool())
    return *boolean;
  reportKind(errors, pointerTo(key), *member, "true or false");
  return std::nullopt;
}

std::optional<int64_t> ObjectReader::integer(llvm::StringRef key, int64_t minimum, int64_t maximum) {
  const JsonValue *member = find(key);
  return member ? readInteger(errors, pointerTo(key), *member, minimum, maximum) : std::nullopt;
}

std::optional<double> ObjectReader::real(llvm::StringRef key) {
  const JsonValue *member = find(key);
  return member ? readReal(errors, pointerTo(key), *member) : std::nullopt;
}

std::optional<std::string> ObjectReader::string(llvm::StringRef key) {
  const JsonValue *member = find(key);
  return member ? readString(errors, pointerTo(key), *member) : std::nullopt;
}

void ObjectReader::finish() {
  const JsonValue::Object *object = value.asObject();
  if (!object)
    return;
  for (const auto &[key, member] : *object)
    if (!llvm::is_contained(asked, key) && !errors.ignores(pointerTo(key))) {
      std::string message = unknownName("key", key, asked), wayOut = errors.wayOut(key);
      const char *between = wayOut.empty() ? "" : llvm::StringRef(message).ends_with("?") ? " " : "; ";
      errors.report(pointerTo(key), message + between + wayOut);
    }
}
