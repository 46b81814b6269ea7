//===- Shape.cpp - sizes of tensors -----------------------------*- C++ -*-===//

#include "vitc/Weights/Shape.h"

using namespace vitc;

std::optional<int64_t> vitc::countElements(llvm::ArrayRef<int64_t> shape) {
  constexpr int64_t maximum = int64_t(1) << 40;
  int64_t elements = 1;
  for (int64_t size : shape)
    if (__builtin_mul_overflow(elements, size, &elements) || elements > maximum)
      return std::nullopt;
  return elements;
}

std::string vitc::shapeText(llvm::ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}
