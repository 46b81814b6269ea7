//===- TimmSettings.h - arguments of a timm model ---------------*- C++ -*-===//
//
// timm calls a model's class with what the architecture's name stands for, overridden by `model_args` of config.json,
// completed from `pretrained_cfg`; the rest has the class' defaults.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_TIMM_TIMMSETTINGS_H
#define VITC_LIB_CHECKPOINTS_TIMM_TIMMSETTINGS_H

#include "vitc/Support/JsonReader.h"

namespace vitc {

/// What normalises, and its epsilon.
struct TimmNorm {
  bool rms = false;
  double epsilon = 1e-6;
};

class TimmSettings {
public:
  /// `modelArgs` and `implied` (the architecture's arguments) are objects that must outlive this.
  TimmSettings(InputErrors &errors, const JsonValue &modelArgs, const JsonValue &implied, std::string architecture)
      : errors(errors), file(modelArgs), modelArgs(errors, modelArgs, "/model_args"), implied(implied),
        architecture(std::move(architecture)) {}

  /// Whether config.json or the architecture gives an argument (as null, perhaps) that is not read.
  bool skips(llvm::StringRef key);
  /// An argument as it is written, but nullptr if it is null or absent.
  const JsonValue *given(llvm::StringRef key) { return findGiven(key); }
  /// Whether config.json itself gives an argument.
  bool gives(llvm::StringRef key) const {
    const JsonValue *value = file.find(key);
    return value && !value->isNull();
  }
  /// Where a value comes from, for messages: "/model_args/KEY" for the first key that config.json gives, else
  /// "/architecture".
  std::string where(llvm::ArrayRef<llvm::StringRef> keys);

  bool boolean(llvm::StringRef key, bool fallback);
  int64_t integer(llvm::StringRef key, int64_t fallback, int64_t minimum, int64_t maximum);
  double real(llvm::StringRef key, double fallback);
  /// `None` is an empty string.
  std::string string(llvm::StringRef key, llvm::StringRef fallback);
  std::vector<int64_t> size(llvm::StringRef key, std::vector<int64_t> fallback);
  /// A list, or one number; without a fallback there must be one.
  std::vector<int64_t> integers(llvm::StringRef key, std::vector<int64_t> fallback, int64_t minimum, int64_t maximum);
  /// Nothing if the argument is `None` or not given.
  std::optional<bool> optionalBoolean(llvm::StringRef key);
  std::optional<double> optionalReal(llvm::StringRef key);
  /// The same for an argument whose default is not `None`.
  std::optional<double> optionalReal(llvm::StringRef key, double fallback);
  std::optional<int64_t> optionalInteger(llvm::StringRef key, int64_t minimum, int64_t maximum);
  std::optional<TimmNorm> norm(llvm::StringRef key);
  /// An activation by timm's name, as the description language names it.
  std::string activation(llvm::StringRef key, llvm::StringRef fallback);
  /// The same, of a value that lies inside the argument.
  std::string activationIn(llvm::StringRef key, const JsonValue &value);
  /// A class of timm's. Where it is an argument in code only, a file says its name.
  std::string className(llvm::StringRef key, llvm::StringRef fallback);
  /// The same for one class, or a list of them.
  std::vector<std::string> classNames(llvm::StringRef key);
  /// A class, perhaps with some of its arguments: "SEModule" or ["SEModule", {"rd_ratio": 0.25}].
  struct ClassCall {
    std::string name;
    JsonValue::Object keywords;
  };
  std::optional<ClassCall> classCall(llvm::StringRef key);
  /// The same, of a value that lies inside the argument.
  std::optional<ClassCall> classCall(llvm::StringRef key, const JsonValue &value);
  /// What timm decides by the architecture's name: no argument of the class.
  const JsonValue *impliedByName(llvm::StringRef key);

  /// Reports an argument that is not supported.
  void unsupported(llvm::StringRef key, const llvm::Twine &what);

  /// Reports the first argument that nobody asked for.
  void finish();

  /// An argument that a file can give, and what its absence means; empty: it follows from something else.
  struct Argument {
    std::string name, defaultValue;
  };
  /// Those that were read so far, in the order of reading.
  llvm::ArrayRef<Argument> read() const { return arguments; }

private:
  /// The argument, or nullptr.
  const JsonValue *find(llvm::StringRef key, llvm::StringRef defaultValue = "");
  /// The argument, but null counts as absent.
  const JsonValue *findGiven(llvm::StringRef key, llvm::StringRef defaultValue = "");
  std::string activationNamed(llvm::StringRef key, llvm::StringRef written);
  std::optional<bool> readBoolean(llvm::StringRef key, const JsonValue &value);

  InputErrors &errors;
  const JsonValue &file;
  ObjectReader modelArgs;
  const JsonValue &implied;
  std::string architecture;
  std::vector<Argument> arguments;
  /// What else the architecture may imply.
  std::vector<std::string> known;
};

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_TIMM_TIMMSETTINGS_H
