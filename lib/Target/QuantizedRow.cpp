//===- QuantizedRow.cpp - a row of a weight as numbers of 8 bits ----------===//

#include "QuantizedRow.h"

#include "vitc/Support/InputErrors.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace vitc;

llvm::Expected<QuantizedRow> QuantizedRow::create(std::vector<double> values, bool pairs, llvm::StringRef node) {
  double most = 0;
  for (double value : values) {
    if (!std::isfinite(value))
      return inputError("weights", node,
                        "a value that is not finite, which int8 has no room for; --keep-f32=" + node +
                            " computes with f32");
    most = std::max(most, std::abs(value));
  }
  for (size_t k = 1; pairs && k < values.size(); k += 2)
    most = std::max(most, std::abs(values[k - 1] + values[k]));
  QuantizedRow row;
  row.values = std::move(values);
  row.scale = double(float(most / 127));
  if (row.scale < std::numeric_limits<float>::min())
    row.scale = 0;
  return row;
}

double QuantizedRow::get(int64_t k) const {
  return scale == 0 ? 0 : std::clamp(std::nearbyint(values[k] / scale), -127.0, 127.0);
}

double QuantizedRow::getSum() const {
  double sum = 0;
  for (size_t k = 0; k < values.size(); ++k)
    sum += get(int64_t(k));
  return sum * scale;
}
