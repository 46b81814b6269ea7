//===- TensorParts.cpp - rows and transposes of tensors ---------*- C++ -*-===//

#include "vitc/Weights/TensorParts.h"

#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace vitc;

/// What is in front of a part's suffix; the whole if there is none.
static llvm::StringRef stem(llvm::StringRef name) {
  if (name.ends_with("^T"))
    return name.drop_back(2);
  return name.ends_with("]") ? name.take_front(std::min(name.rfind('['), name.size())) : name;
}

/// The first row and the one behind the last of "[2:]" and its like.
static std::optional<std::pair<int64_t, int64_t>> parseRows(llvm::StringRef suffix, int64_t rows) {
  if (!suffix.consume_front("[") || !suffix.consume_back("]") || !suffix.contains(':'))
    return std::nullopt;
  auto [from, to] = suffix.split(':');
  int64_t first = 0, end = rows;
  if ((!from.empty() && from.getAsInteger(10, first)) || (!to.empty() && to.getAsInteger(10, end)))
    return std::nullopt;
  if (first < 0 || first > end || end > rows)
    return std::nullopt;
  return std::pair(first, end);
}

llvm::StringRef TensorParts::wholeOf(llvm::StringRef name) const { return whole->find(name) ? name : stem(name); }

const TensorParts::Part *TensorParts::findPart(llvm::StringRef name) const {
  const llvm::StringRef tensor = stem(name), suffix = name.drop_front(tensor.size());
  if (suffix.empty())
    return nullptr;
  const std::lock_guard<std::mutex> lock(mutex);
  auto known = parts.find(std::string_view(name));
  if (known != parts.end())
    return known->second.get();
  auto part = std::make_unique<Part>();
  part->tensor = tensor.str();
  const TensorInfo *info = whole->find(tensor);
  bool isPart = false;
  if (info && suffix == "^T" && info->shape.size() == 2) {
    part->isTransposed = isPart = true;
    part->info = {info->dtype, {info->shape[1], info->shape[0]}, shapeText(info->shape) + " in the file"};
  } else if (info && suffix != "^T" && !info->shape.empty()) {
    const size_t dim =
        size_t(llvm::find_if(llvm::ArrayRef(info->shape).drop_back(), [](int64_t size) { return size != 1; }) -
               info->shape.data());
    if (auto rows = parseRows(suffix, info->shape[dim])) {
      isPart = true;
      part->info = *info;
      part->info.shape[dim] = rows->second - rows->first;
      part->info.original = shapeText(info->shape) + " in the file";
      part->first = rows->first;
      for (int64_t size : llvm::ArrayRef(info->shape).drop_front(dim + 1))
        part->first *= size;
    }
  }
  return parts.emplace(name.str(), isPart ? std::move(part) : nullptr).first->second.get();
}

const TensorInfo *TensorParts::find(llvm::StringRef name) const {
  if (const TensorInfo *info = whole->find(name))
    return info;
  const Part *part = findPart(name);
  return part ? &part->info : nullptr;
}

llvm::Error TensorParts::read(llvm::StringRef name, int64_t first, int64_t count, float *out) const {
  const Part *part = whole->find(name) ? nullptr : findPart(name);
  if (!part)
    return whole->read(name, first, count, out);
  const std::optional<int64_t> elements = countElements(part->info.shape);
  if (!elements)
    return inputError(fileOf(name), ("tensor " + name).str(), "is too large");
  if (llvm::Error error = checkRange(fileOf(name), name, uint64_t(*elements), first, count))
    return error;
  if (!part->isTransposed)
    return whole->read(part->tensor, part->first + first, count, out);
  const std::lock_guard<std::mutex> lock(mutex);
  if (lastName != name) {
    lastName.clear();
    std::vector<float> values(static_cast<size_t>(*elements));
    if (llvm::Error error = whole->read(part->tensor, 0, *elements, values.data()))
      return error;
    lastValues.resize(values.size());
    const auto rows = size_t(part->info.shape[0]), columns = size_t(part->info.shape[1]);
    for (size_t row = 0; row < rows; ++row)
      for (size_t column = 0; column < columns; ++column)
        lastValues[row * columns + column] = values[column * rows + row];
    lastName = name.str();
  }
  std::copy_n(lastValues.begin() + first, count, out);
  return llvm::Error::success();
}
