//===- Npy.cpp - NumPy's file format for arrays ---------------------------===//

#include "vitc/Files/Npy.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>

using namespace vitc;
using namespace std::literals;

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are read as little-endian");

namespace {

constexpr std::string_view magic = "\x93NUMPY"sv;
constexpr size_t maxRank = 32;
/// NumPy's default limit, which keeps its parser quick.
constexpr size_t maxHeaderBytes = 10000;

/// The start of a text from the file, for messages.
std::string printable(std::string_view text) {
  std::string result;
  for (char c : text.substr(0, 20))
    result += c >= ' ' && c <= '~' ? c : '?';
  return result;
}

/// Reads the header: a Python dictionary of three literals.
class HeaderParser {
public:
  HeaderParser(std::string_view text, std::string &error) : text(text), error(error) {}

  bool parse();

  NpyHeader header;

private:
  bool fail(const std::string &message) {
    error = "header: " + message;
    return false;
  }
  void skipSpace() {
    while (position < text.size() && (text[position] == ' ' || text[position] == '\n'))
      ++position;
  }
  /// Skips white space and then `token`, if it comes next.
  bool accept(std::string_view token) {
    skipSpace();
    if (text.substr(position, token.size()) != token)
      return false;
    position += token.size();
    return true;
  }
  bool parseString(std::string_view &value);
  bool parseType(std::string_view descr);
  bool parseShape();

  std::string_view text;
  std::string &error;
  size_t position = 0;
};

bool HeaderParser::parseString(std::string_view &value) {
  skipSpace();
  if (position >= text.size() || (text[position] != '\'' && text[position] != '"'))
    return false;
  const size_t end = text.find(text[position], position + 1);
  if (end == text.npos)
    return false;
  value = text.substr(position + 1, end - position - 1);
  position = end + 1;
  return true;
}

bool HeaderParser::parseType(std::string_view descr) {
  const std::string_view order = descr.substr(0, 1);
  // Whoever asks for the type may print it.
  if (order.empty() || "<>|="sv.find(order) == std::string_view::npos || printable(descr) != descr)
    return fail("elements of type '" + printable(descr) + "', expected a byte order and a type");
  header.descr = descr;
  header.isBigEndian = order == ">";
  return true;
}

bool HeaderParser::parseShape() {
  if (!accept("("))
    return fail("expected a tuple of integers as shape");
  while (!accept(")")) {
    skipSpace();
    int64_t value = 0;
    const size_t start = position;
    for (; position < text.size() && text[position] >= '0' && text[position] <= '9'; ++position)
      if (position - start < 18)
        value = value * 10 + (text[position] - '0');
    if (position == start || position - start > 18 || header.shape.size() == maxRank)
      return fail("expected at most 32 integers of at most 18 digits as shape");
    header.shape.push_back(value);
    if (!accept(",") && text.substr(position, 1) != ")")
      return fail("expected a tuple of integers as shape");
  }
  return true;
}

bool HeaderParser::parse() {
  bool hasType = false, hasOrder = false, hasShape = false;
  if (!accept("{"))
    return fail("expected a Python dictionary");
  while (!accept("}")) {
    std::string_view key, descr;
    if (!parseString(key) || !accept(":"))
      return fail("expected a Python dictionary");
    if (key == "descr" && !hasType && parseString(descr)) {
      if (!parseType(descr))
        return false;
      hasType = true;
    } else if (key == "fortran_order" && !hasOrder) {
      header.isFortranOrder = accept("True");
      if (!header.isFortranOrder && !accept("False"))
        return fail("expected True or False as fortran_order");
      hasOrder = true;
    } else if (key == "shape" && !hasShape) {
      if (!parseShape())
        return false;
      hasShape = true;
    } else {
      return fail("expected the keys 'descr' (a plain type), 'fortran_order' and 'shape', each once");
    }
    if (!accept(",") && text.substr(position, 1) != "}")
      return fail("expected a Python dictionary");
  }
  skipSpace();
  if (position != text.size())
    return fail("something follows the dictionary");
  return (hasType && hasOrder && hasShape) || fail("expected the keys 'descr', 'fortran_order' and 'shape'");
}

} // namespace

std::vector<uint8_t> vitc::toRowMajor(Bytes elements, const std::vector<int64_t> &shape, size_t elementBytes) {
  std::vector<size_t> strides(shape.size()), index(shape.size());
  size_t stride = elementBytes;
  for (size_t d = 0; d < shape.size(); ++d) {
    strides[d] = stride;
    stride *= static_cast<size_t>(shape[d]);
  }
  std::vector<uint8_t> result(elements.size);
  size_t from = 0;
  for (size_t to = 0; to < result.size(); to += elementBytes) {
    std::memcpy(result.data() + to, elements.data + from, elementBytes);
    for (size_t d = shape.size(); d-- > 0;) {
      from += strides[d];
      if (++index[d] < static_cast<size_t>(shape[d]))
        break;
      from -= strides[d] * index[d];
      index[d] = 0;
    }
  }
  return result;
}

/// Number of bytes of the data, or empty if it does not fit 63 bits.
static std::optional<uint64_t> dataBytes(const std::vector<int64_t> &shape, size_t elementBytes) {
  uint64_t bytes = elementBytes;
  for (int64_t extent : shape)
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes) || bytes > INT64_MAX)
      return std::nullopt;
  return bytes;
}

std::optional<NpyHeader> vitc::parseNpyHeader(Bytes start, std::string &error) {
  const std::string_view text(reinterpret_cast<const char *>(start.data), start.size);
  if (text.substr(0, magic.size()) != magic) {
    error = "byte 0: not a .npy file";
    return std::nullopt;
  }
  const int version = text.size() > 6 ? start.data[6] : 0;
  if (version < 1 || version > 3) {
    error = "byte 6: version " + std::to_string(version) + " of the .npy format, expected 1, 2 or 3";
    return std::nullopt;
  }
  const size_t lengthBytes = version == 1 ? 2 : 4, headerStart = magic.size() + 2 + lengthBytes;
  uint32_t headerBytes = 0;
  if (start.size >= headerStart)
    std::memcpy(&headerBytes, start.data + magic.size() + 2, lengthBytes);
  if (headerBytes > maxHeaderBytes) {
    error = "byte 8: a header of " + std::to_string(headerBytes) + " bytes, at most " + std::to_string(maxHeaderBytes) +
            " are allowed";
    return std::nullopt;
  }
  if (start.size < headerStart || headerBytes > start.size - headerStart) {
    error = "byte " + std::to_string(start.size) + ": the file is truncated in its header";
    return std::nullopt;
  }
  HeaderParser parser(text.substr(headerStart, headerBytes), error);
  if (!parser.parse())
    return std::nullopt;
  parser.header.dataStart = headerStart + headerBytes;
  return std::move(parser.header);
}

std::optional<NpyArray> vitc::parseNpy(Bytes file, std::string &error) {
  std::optional<NpyHeader> header = parseNpyHeader(file, error);
  if (!header)
    return std::nullopt;
  const std::optional<DType> dtype = dtypeOfNpyCode(header->type());
  if (!dtype) {
    error = "header: elements of type '" + printable(header->descr) +
            "', expected floating-point numbers, integers or booleans";
    return std::nullopt;
  }

  const size_t elementBytes = bytesOf(*dtype), dataStart = header->dataStart;
  const std::optional<uint64_t> expected = dataBytes(header->shape, elementBytes);
  if (!expected || *expected != file.size - dataStart) {
    error = "byte " + std::to_string(dataStart) + ": " + std::to_string(file.size - dataStart) +
            " bytes of data, expected " + (expected ? std::to_string(*expected) : "more than 2^63") +
            " for the shape in the header";
    return std::nullopt;
  }
  try {
    NpyArray array{*dtype, header->shape, std::vector<uint8_t>(file.data + dataStart, file.data + file.size)};
    if (header->isBigEndian)
      for (size_t i = 0; i < array.bytes.size(); i += elementBytes)
        std::reverse(array.bytes.begin() + i, array.bytes.begin() + i + elementBytes);
    if (header->isFortranOrder && array.shape.size() > 1)
      array.bytes = toRowMajor({array.bytes.data(), array.bytes.size()}, array.shape, elementBytes);
    return array;
  } catch (const std::bad_alloc &) {
    error = "byte " + std::to_string(dataStart) + ": not enough memory for the data";
    return std::nullopt;
  }
}

std::string vitc::npyHeader(DType dtype, const std::vector<int64_t> &shape, size_t minimumBytes) {
  std::string tuple;
  for (const int64_t &extent : shape)
    tuple += std::to_string(extent) + (shape.size() == 1 ? "," : &extent == &shape.back() ? "" : ", ");
  std::string header = "{'descr': '"s + (bytesOf(dtype) == 1 || dtype == DType::BF16 ? "|" : "<") +
                       std::string(npyCodeOf(dtype)) + "', 'fortran_order': False, 'shape': (" + tuple + "), }";
  // Magic, version and length take 10 bytes; the data begin at a multiple of 64.
  header.append(63 - (header.size() + 10) % 64, ' ');
  if (header.size() + 11 < minimumBytes)
    header.append((minimumBytes - header.size() - 11 + 63) / 64 * 64, ' ');
  header += '\n';
  const char length[] = {static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  return std::string(magic) + "\x01\x00"s + std::string(length, 2) + header;
}
