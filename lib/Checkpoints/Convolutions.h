//===- Convolutions.h - what readers of convolutions share ------*- C++ -*-===//
//
// Maps are height x width x channels. Libraries have their channels first.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_CONVOLUTIONS_H
#define VITC_LIB_CHECKPOINTS_CONVOLUTIONS_H

#include "NodeBuilder.h"

namespace vitc {

/// A convolution with tensors PREFIX.weight and PREFIX.bias, alone.
struct PlainConvolution {
  std::string tensors;
  int64_t channels;
  std::vector<int64_t> kernel;
  std::vector<int64_t> stride = {1, 1};
  /// At top, left, bottom and right.
  std::vector<int64_t> padding = {0, 0, 0, 0};
  int64_t groups = 1;
  bool hasBias = true;
  int64_t dilation = 1;
  /// As TensorFlow pads; `padding` is nothing then.
  bool samePadding = false;
  /// Weight standardisation: each filter is taken to mean 0 and variance 1, with this epsilon.
  std::optional<double> standardizeEpsilon = std::nullopt;
};
void addConvolution(NodeBuilder &builder, const std::string &name, const PlainConvolution &convolution,
                    const std::string &input = "");

/// A batch norm with its statistics.
void addBatchNorm(NodeBuilder &builder, const std::string &name, const std::string &tensors, double epsilon);

/// Two layers that make a gate for each channel of what all pixels have in common.
struct SqueezeExcitation {
  /// Prefixes of the tensors of the layers, which are convolutions of one pixel in the file.
  std::string reduce, expand;
  /// Of the map, and between the layers.
  int64_t channels, reduced;
  /// Between the layers.
  std::string activation;
  /// Behind them.
  std::string gate = "sigmoid";
};
/// Multiplies the last map with its gates; the product is called NAME.
void addSqueezeExcitation(NodeBuilder &builder, const std::string &name, const SqueezeExcitation &gates);

/// make_divisible of both libraries: a multiple of the divisor, at least the minimum and at least so large a part of
/// the value.
int64_t makeDivisible(double value, int64_t divisor, int64_t minimum, double leastPart = 0.9);

/// Makes of a picture, channels x height x width, a map.
void addPictureMap(NodeBuilder &builder, const std::string &name, const std::string &picture = "");

/// A map, the last one without `input`, at another size, or at that of `map`; `kind` is that of resize2d.
void addResize(NodeBuilder &builder, const std::string &name, const char *kind, std::vector<int64_t> size,
               const std::string &input = "");
void addResizeLike(NodeBuilder &builder, const std::string &name, const char *kind, const std::string &map,
                   const std::string &input = "");

/// The mean of all pixels of a map of so many channels.
void addGlobalAverage(NodeBuilder &builder, const std::string &name, int64_t channels, const std::string &map);

/// A maximum over windows, padded by half of them; `samePadding`: as TensorFlow pads.
void addMaximumPool(NodeBuilder &builder, const std::string &name, int64_t window, int64_t stride,
                    bool samePadding = false);

/// Makes a map one with its channels first, as libraries have it.
void addChannelsFirst(NodeBuilder &builder, const std::string &name, const std::string &map);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_CONVOLUTIONS_H
