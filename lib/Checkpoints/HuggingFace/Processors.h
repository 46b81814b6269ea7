//===- Processors.h - what processor classes do by default ------*- C++ -*-===//
//
// Private to lib/Checkpoints/HuggingFace.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_PROCESSORS_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_PROCESSORS_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace vitc {

/// How the channels of pixels are distributed.
struct Statistics {
  double mean[3], deviation[3];
};
/// How a size is meant.
enum class Edges { Both, Shortest, Longest, Bounded };

/// What is resized beyond the size that the file gives, so that a crop leaves out the edges.
enum class Margin {
  None,
  /// The shortest edge by `crop_pct`, if it is less than 384, with a crop of its own; larger ones become squares.
  ConvNext,
  /// By `crop_pct`.
  PoolFormer,
  /// The shortest edge by 256 / 224.
  Levit
};

/// What a processor class of transformers does unless its file says otherwise.
struct Processor {
  const char *name;
  double size;
  Edges edges;
  /// What a size that is one number means.
  Edges oneNumber;
  bool crops;
  /// 0: there is no default.
  double crop;
  int64_t resample;
  const Statistics &statistics;
  /// Whether pictures are rescaled first: real numbers are resized then.
  bool rescalesFirst = false;
  Margin margin = Margin::None;
  /// `crop_pct` unless the file gives it.
  double cropFraction = 1;
  /// Whether it has the keys `rescale_offset` and `include_top`.
  bool hasTop = false;
  /// Whether it has the key `do_flip_channel_order`, true by default, and does not look at `do_normalize`.
  bool flipsChannels = false;
  /// Whether it has the keys `ensure_multiple_of`, `keep_aspect_ratio` and `size_divisor`.
  bool hasMultiple = false;
  /// Of bounded edges: what sides are made multiples of; 1: nothing, and pictures are padded at their ends, with a
  /// mask.
  double multiple = 16;

  bool padsEnds() const { return edges == Edges::Bounded && multiple == 1; }
};

/// All whose results steps describe.
llvm::ArrayRef<Processor> processors();

/// Processors whose results no steps describe: patches, masks, trimaps, people cut out of pictures. Models of theirs
/// take numbers only.
llvm::ArrayRef<const char *> otherProcessors();

/// The processor of a family whose file does not name it.
const char *processorOf(llvm::StringRef modelType);

/// Keys without effect on the pixels of one picture. What is said of annotations and of maps of labels is for training.
llvm::ArrayRef<const char *> inertProcessorKeys();

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_PROCESSORS_H
