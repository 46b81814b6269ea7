//===- JaxSettings.h - configurations of JAX models -------------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_JAX_JAXSETTINGS_H
#define VITC_LIB_CHECKPOINTS_JAX_JAXSETTINGS_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/Support/JsonReader.h"

namespace vitc {

/// How all tokens become one vector.
enum class JaxPooling { FirstToken, Mean, Attention, None };

/// What a model is, whichever configuration says it.
struct JaxSettings {
  int64_t width = 0, layers = 0, heads = 0, hidden = 0;
  std::vector<int64_t> patchSize;
  /// Unless given, a square that follows from the number of positions.
  std::optional<std::vector<int64_t>> imageSize;
  /// Unless given, what the patch embedding has.
  std::optional<int64_t> channels, headDim;
  bool hasClassToken = false;
  JaxPooling pooling = JaxPooling::None;
  enum class Positions { None, Learned, Sines } positions = Positions::Learned;
  /// Features of the layer between pooling and the head, 0 if there is none. Unless given, as the file has it.
  std::optional<int64_t> representation;
  /// 0: none, whatever the file has. Unless given, as the file has it.
  std::optional<int64_t> classes;
  double epsilon = 1e-6;
  std::vector<std::string> labels;
  Scores scores = Scores::Softmax;
  /// Pointers to the keys that the parameters are compared with.
  std::string headsKey, channelsKey;
  /// Pointers of keys without effect; how others were understood, each with its pointer in front.
  std::vector<std::string> ignored, notes;
};

/// Reads any of the configurations that readJax takes.
JaxSettings readJaxSettings(InputErrors &errors, const JsonValue &config);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_JAX_JAXSETTINGS_H
