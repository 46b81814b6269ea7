//===- JsonReader.h - typed, strict access to JSON objects ------*- C++ -*-===//

#ifndef VITC_SUPPORT_JSONREADER_H
#define VITC_SUPPORT_JSONREADER_H

#include "vitc/Support/InputErrors.h"
#include "vitc/Support/Json.h"

#include <limits>
#include <optional>

namespace vitc {

/// Reports that a value has the wrong kind.
void reportKind(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value, llvm::StringRef expected);

/// An integer in [minimum, maximum]; else reports and gives nothing.
std::optional<int64_t> readInteger(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value,
                                   int64_t minimum = std::numeric_limits<int64_t>::min(),
                                   int64_t maximum = std::numeric_limits<int64_t>::max());
/// Whether a number is still finite as f32, which is what becomes of every real number of a model.
bool isFiniteF32(double value);
/// Whether pixels can be divided by a number: greater than 0, and not rounded to 0 as f32.
inline bool isDeviation(double value) { return float(value) > 0; }
/// A number as JSON writes it, for messages.
std::string numberText(double value);
/// A number of either kind, finite as f32.
std::optional<double> readReal(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value);
std::optional<std::string> readString(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value);
std::optional<std::vector<int64_t>> readIntegers(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value,
                                                 int64_t minimum, int64_t maximum);
std::optional<std::vector<double>> readReals(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value);
/// [height, width], or one integer that stands for both.
std::optional<std::vector<int64_t>> readSize(InputErrors &errors, llvm::StringRef pointer, const JsonValue &value);
/// "unknown WHAT 'NAME'", with the nearest of `known` if one is near, else with the list of them unless it is long.
std::string unknownName(llvm::StringRef what, llvm::StringRef name, llvm::ArrayRef<std::string> known);

/// Reads the members of one object and, at the end, reports the first that nobody asked for. A member of the wrong type
/// is reported and read as absent.
class ObjectReader {
public:
  /// Reports if `value` is not an object; all members are absent then.
  ObjectReader(InputErrors &errors, const JsonValue &value, std::string pointer);

  std::string pointerTo(llvm::StringRef key) const { return jsonPointer(pointer, key); }
  /// The pointer to a member that is there, else to the object: for values that may be defaults.
  std::string placeOf(llvm::StringRef key) const { return value.find(key) ? pointerTo(key) : pointer; }
  const std::string &where() const { return pointer; }

  /// The member, or nullptr.
  const JsonValue *find(llvm::StringRef key);
  /// The member; reports if there is none, and gives null.
  const JsonValue &require(llvm::StringRef key);

  std::optional<bool> boolean(llvm::StringRef key);
  std::optional<int64_t> integer(llvm::StringRef key, int64_t minimum, int64_t maximum);
  std::optional<double> real(llvm::StringRef key);
  std::optional<std::string> string(llvm::StringRef key);

  /// Reports the first member that was never asked for: "unknown key".
  void finish();

private:
  InputErrors &errors;
  const JsonValue &value;
  std::string pointer;
  std::vector<std::string> asked;
};

} // namespace vitc

#endif // VITC_SUPPORT_JSONREADER_H
