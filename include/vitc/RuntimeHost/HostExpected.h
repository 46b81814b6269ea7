//===- HostExpected.h - a value or the line that says why not ---*- C++ -*-===//
//
// Tools that run models do not link LLVM, so its Expected is not at hand.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_RUNTIMEHOST_HOSTEXPECTED_H
#define VITC_RUNTIMEHOST_HOSTEXPECTED_H

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace vitc {

/// What went wrong with a file, in the parts that tools print.
struct HostError {
  std::string file;
  std::string where;   // a byte offset, a part of the file, an option; may be empty
  std::string message; // what is wrong, what was expected

  /// "error: FILE: WHERE: message", printable and without a line end.
  std::string line() const;

  /// The same as a warning: "warning: FILE: WHERE: message".
  std::string warningLine() const;
};

/// The text on one line, harmless to a terminal. What may come from names of files and labels is escaped: control
/// characters and bytes that are not UTF-8 as \xNN, the controls of Unicode (ends of lines, changes of direction) as
/// \uNNNN.
std::string printable(const std::string &text);

/// A T, or a HostError.
template <typename T> class HostExpected {
public:
  HostExpected(T value) : state(std::move(value)) {}
  HostExpected(HostError error) : state(std::move(error)) {}

  /// Whether there is a value.
  explicit operator bool() const { return std::holds_alternative<T>(state); }

  /// The value; there must be one.
  T &operator*() {
    assert(*this && "no value");
    return *std::get_if<T>(&state);
  }
  const T &operator*() const { return *const_cast<HostExpected &>(*this); }
  T *operator->() { return &**this; }
  const T *operator->() const { return &**this; }

  /// The error; there must be one.
  const HostError &error() const {
    assert(!*this && "no error");
    return *std::get_if<HostError>(&state);
  }

private:
  std::variant<T, HostError> state;
};

} // namespace vitc

#endif // VITC_RUNTIMEHOST_HOSTEXPECTED_H
