//===- Json.h - JSON as a plain tree ----------------------------*- C++ -*-===//
//
// The one place where JSON text is read and written. Input is untrusted: nesting is limited, duplicate keys are errors,
// and nothing recurses deeper than the limit.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_SUPPORT_JSON_H
#define VITC_SUPPORT_JSON_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace vitc {

/// A JSON value. Members keep the order of the text.
class JsonValue {
public:
  using Array = std::vector<JsonValue>;
  using Object = std::vector<std::pair<std::string, JsonValue>>;

  JsonValue() = default;
  JsonValue(bool value) : storage(value) {}
  JsonValue(int value) : storage(int64_t(value)) {}
  JsonValue(int64_t value) : storage(value) {}
  JsonValue(double value) : storage(value) {}
  JsonValue(std::string value) : storage(std::move(value)) {}
  JsonValue(llvm::StringRef value) : storage(value.str()) {}
  JsonValue(const char *value) : storage(std::string(value)) {}
  JsonValue(Array value) : storage(std::move(value)) {}
  JsonValue(Object value) : storage(std::move(value)) {}

  bool isNull() const { return std::holds_alternative<std::monostate>(storage); }
  const bool *asBool() const { return std::get_if<bool>(&storage); }
  /// Numbers written without fraction and exponent.
  const int64_t *asInteger() const { return std::get_if<int64_t>(&storage); }
  /// Numbers written with fraction or exponent.
  const double *asReal() const { return std::get_if<double>(&storage); }
  const std::string *asString() const { return std::get_if<std::string>(&storage); }
  const Array *asArray() const { return std::get_if<Array>(&storage); }
  const Object *asObject() const { return std::get_if<Object>(&storage); }
  Object *asObject() { return std::get_if<Object>(&storage); }

  /// The member of an object, or nullptr if this is no object or has none of that name.
  const JsonValue *find(llvm::StringRef key) const;

  /// "a string", "an object", …: for messages.
  const char *kindName() const;

  /// The line of the text, from 1 on, on which a value begins that parseJson made; 0 of others.
  unsigned line() const { return textLine; }
  void setLine(unsigned line) { textLine = line; }

private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> storage;
  unsigned textLine = 0;
};

/// Parses a JSON text (UTF-8). Errors name `file` and the byte, or the JSON pointer of the value, and the line: not
/// JSON, deeper than 64 levels, a duplicate key, an integer that needs more than 63 bits, a number that is not finite.
llvm::Expected<JsonValue> parseJson(llvm::StringRef text, llvm::StringRef file);

/// Reads and parses a regular file of at most 64 MiB. Errors as of parseJson, and: not readable, too large.
llvm::Expected<JsonValue> readJsonFile(llvm::StringRef path);

/// How JSON text is laid out.
enum class JsonLayout {
  /// No white space at all.
  Compact,
  /// Indented by two; what fits on a line of 120 columns stays on one.
  Readable
};

/// The text of a value; reals have the fewest digits that give the same double again. Ends without a newline.
std::string writeJson(const JsonValue &value, JsonLayout layout);

/// Appends a key to a JSON pointer (RFC 6901): "/nodes" and "a/b" give "/nodes/a~1b".
std::string jsonPointer(llvm::StringRef parent, llvm::StringRef key);
/// Appends an array index to a JSON pointer.
std::string jsonPointer(llvm::StringRef parent, size_t index);

/// The line of the value that a JSON pointer leads to from `root`, or of the innermost one that is there on the way; 0
/// if it is not known.
unsigned jsonLine(const JsonValue &root, llvm::StringRef pointer);

} // namespace vitc

#endif // VITC_SUPPORT_JSON_H
