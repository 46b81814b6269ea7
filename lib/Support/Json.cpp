//===- Json.cpp - JSON as a plain tree --------------------------*- C++ -*-===//
//
// The only file of the room that knows nlohmann/json.
//
//===----------------------------------------------------------------------===//

#include "vitc/Support/Json.h"

#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

using namespace vitc;

namespace {

constexpr size_t maximumDepth = 64;
constexpr uint64_t maximumFileBytes = uint64_t(64) << 20;

/// Goes over a text and tells how far: the parser, which says nothing about places, has a copy.
class TextIterator {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;

  TextIterator(const char *at, const char *&reached) : at(at), reached(&reached) {}
  const char &operator*() const { return *at; }
  TextIterator &operator++() {
    *reached = ++at;
    return *this;
  }
  bool operator!=(const TextIterator &other) const { return at != other.at; }
  bool operator==(const TextIterator &other) const { return at == other.at; }

private:
  const char *at;
  const char **reached;
};

/// Builds the tree from the events of nlohmann's parser, which itself does not recurse.
class TreeBuilder : public nlohmann::json::json_sax_t {
public:
  TreeBuilder(llvm::StringRef text, InputErrors &errors)
      : text(text), errors(errors), reached(text.begin()), counted(text.begin()) {}

  /// Parses the text; what is wrong is reported.
  void parse() {
    nlohmann::json::sax_parse(TextIterator(text.begin(), reached), TextIterator(text.end(), reached), this);
  }

  bool null() override { return add(JsonValue()); }
  bool boolean(bool value) override { return add(JsonValue(value)); }
  bool number_integer(number_integer_t value) override { return add(JsonValue(int64_t(value))); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > uint64_t(std::numeric_limits<int64_t>::max()))
      return failAtNext("the integer " + llvm::Twine(uint64_t(value)) + " needs more than 63 bits");
    return add(JsonValue(int64_t(value)));
  }
  bool number_float(number_float_t value, const string_t &) override { return add(JsonValue(double(value))); }
  bool string(string_t &value) override { return add(JsonValue(std::move(value))); }
  bool binary(binary_t &) override { return fail("", "binary values are not JSON"); }
  bool start_object(size_t) override { return open(/*isObject=*/true); }
  bool start_array(size_t) override { return open(/*isObject=*/false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t &value) override {
    Level &level = levels.back();
    level.key = value;
    if (!level.keys.insert(level.key).second)
      return failAtNext("the key occurs twice");
    return true;
  }

  bool parse_error(size_t position, const std::string &, const nlohmann::detail::exception &error) override {
    size_t byte = position == 0 ? 0 : std::min(position - 1, text.size());
    size_t line = text.take_front(byte).count('\n') + 1;
    llvm::StringRef detail = error.what();
    // nlohmann words it "[json.exception…] parse error at line 1, column 2: syntax error while parsing X - DETAIL".
    size_t cut = detail.find(" - ");
    detail = cut == llvm::StringRef::npos ? detail.rsplit("] ").second : detail.drop_front(cut + 3);
    return fail("byte " + std::to_string(byte) + " (line " + std::to_string(line) + ")", "not valid JSON: " + detail);
  }

  JsonValue root;

private:
  struct Level {
    bool isObject;
    unsigned line;
    std::string key;
    llvm::StringSet<> keys;
    JsonValue::Array elements;
    JsonValue::Object members;
  };

  bool fail(llvm::StringRef where, const llvm::Twine &message) {
    errors.report(where, message);
    return false;
  }

  /// At the value that comes next.
  bool failAtNext(const llvm::Twine &message) {
    return fail(pointerToNext() + " (line " + std::to_string(currentLine()) + ")", message);
  }

  /// The line of what the parser has just read. It may have read one character more, behind a number.
  unsigned currentLine() {
    const char *end = std::max(counted, reached - 1);
    line += unsigned(std::count(counted, end, '\n'));
    counted = end;
    return line;
  }

  std::string pointerToNext() const {
    std::string pointer;
    for (const Level &level : levels)
      pointer = level.isObject ? jsonPointer(pointer, level.key) : jsonPointer(pointer, level.elements.size());
    return pointer;
  }

  bool open(bool isObject) {
    if (levels.size() == maximumDepth)
      return fail("", "nested deeper than " + llvm::Twine(maximumDepth) + " levels");
    levels.emplace_back();
    levels.back().isObject = isObject;
    levels.back().line = currentLine();
    return true;
  }

  bool close() {
    Level level = std::move(levels.back());
    levels.pop_back();
    return level.isObject ? add(JsonValue(std::move(level.members)), level.line)
                          : add(JsonValue(std::move(level.elements)), level.line);
  }

  bool add(JsonValue value) { return add(std::move(value), currentLine()); }

  bool add(JsonValue value, unsigned valueLine) {
    value.setLine(valueLine);
    if (levels.empty())
      root = std::move(value);
    else if (levels.back().isObject)
      levels.back().members.emplace_back(levels.back().key, std::move(value));
    else
      levels.back().elements.push_back(std::move(value));
    return true;
  }

  llvm::StringRef text;
  InputErrors &errors;
  std::vector<Level> levels;
  /// How far the parser has read, and how far its lines were counted.
  const char *reached, *counted;
  unsigned line = 1;
};

std::string quote(const std::string &text) {
  return nlohmann::json(text).dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::json::error_handler_t::replace);
}

std::string writeCompact(const JsonValue &value, bool spaces) {
  if (const bool *boolean = value.asBool())
    return *boolean ? "true" : "false";
  if (const int64_t *integer = value.asInteger())
    return std::to_string(*integer);
  if (const double *real = value.asReal())
    return nlohmann::json(*real).dump();
  if (const std::string *string = value.asString())
    return quote(*string);
  std::string separator = spaces ? ", " : ",";
  std::string text;
  if (const JsonValue::Array *array = value.asArray()) {
    for (const JsonValue &element : *array)
      text += (text.empty() ? "" : separator) + writeCompact(element, spaces);
    return "[" + text + "]";
  }
  if (const JsonValue::Object *object = value.asObject()) {
    for (const auto &[key, member] : *object)
      text += (text.empty() ? "" : separator) + quote(key) + (spaces ? ": " : ":") + writeCompact(member, spaces);
    return "{" + text + "}";
  }
  return "null";
}

/// `column` is where the value's first character will stand.
std::string writeReadable(const JsonValue &value, size_t indent, size_t column) {
  constexpr size_t columns = 120;
  std::string line = writeCompact(value, /*spaces=*/true);
  if (column + line.size() < columns || (!value.asArray() && !value.asObject()))
    return line;
  std::string margin(indent + 2, ' ');
  std::string text;
  if (const JsonValue::Array *array = value.asArray()) {
    for (const JsonValue &element : *array)
      text += (text.empty() ? "" : ",\n") + margin + writeReadable(element, indent + 2, indent + 2);
    return "[\n" + text + "\n" + std::string(indent, ' ') + "]";
  }
  for (const auto &[key, member] : *value.asObject()) {
    std::string start = margin + quote(key) + ": ";
    text += (text.empty() ? "" : ",\n") + start + writeReadable(member, indent + 2, start.size());
  }
  return "{\n" + text + "\n" + std::string(indent, ' ') + "}";
}

} // namespace

const JsonValue *JsonValue::find(llvm::StringRef key) const {
  if (const Object *object = asObject())
    for (const auto &[name, value] : *object)
      if (name == key)
        return &value;
  return nullptr;
}

const char *JsonValue::kindName() const {
  static const char *const names[] = {"null",     "a boolean", "an integer", "a number with a fraction or exponent",
                                      "a string", "an array",  "an object"};
  return names[storage.index()];
}

llvm::Expected<JsonValue> vitc::parseJson(llvm::StringRef text, llvm::StringRef file) {
  InputErrors errors(file);
  TreeBuilder builder(text, errors);
  builder.parse();
  // For the parser it is the end, whatever follows.
  if (size_t nul = text.find('\0'); nul != llvm::StringRef::npos)
    errors.report("byte " + std::to_string(nul), "not valid JSON: a NUL");
  if (llvm::Error error = errors.take())
    return error;
  return std::move(builder.root);
}

llvm::Expected<JsonValue> vitc::readJsonFile(llvm::StringRef path) {
  llvm::sys::fs::file_status status;
  if (std::error_code code = llvm::sys::fs::status(path, status))
    return inputError(path, "", code.message());
  if (status.type() != llvm::sys::fs::file_type::regular_file)
    return inputError(path, "", "not a regular file");
  if (status.getSize() > maximumFileBytes)
    return inputError(path, "",
                      "has " + llvm::Twine(status.getSize()) + " bytes, at most " + llvm::Twine(maximumFileBytes) +
                          " are read");
  // Volatile: read, not mapped, so that a file that shrinks meanwhile cannot end in SIGBUS.
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false,
                                            /*IsVolatile=*/true);
  if (!buffer)
    return inputError(path, "", buffer.getError().message());
  return parseJson((*buffer)->getBuffer(), path);
}

std::string vitc::writeJson(const JsonValue &value, JsonLayout layout) {
  return layout == JsonLayout::Compact ? writeCompact(value, /*spaces=*/false) : writeReadable(value, 0, 0);
}

std::string vitc::jsonPointer(llvm::StringRef parent, llvm::StringRef key) {
  std::string pointer = parent.str() + "/";
  for (char c : key)
    pointer += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  return pointer;
}

std::string vitc::jsonPointer(llvm::StringRef parent, size_t index) {
  return parent.str() + "/" + std::to_string(index);
}

unsigned vitc::jsonLine(const JsonValue &root, llvm::StringRef pointer) {
  const JsonValue *value = &root;
  while (pointer.consume_front("/")) {
    llvm::StringRef key = pointer.take_until([](char c) { return c == '/'; });
    pointer = pointer.drop_front(key.size());
    const JsonValue *next = nullptr;
    if (const JsonValue::Array *array = value->asArray()) {
      size_t index = 0;
      if (!key.getAsInteger(10, index) && index < array->size())
        next = &(*array)[index];
    } else if (const JsonValue::Object *object = value->asObject()) {
      for (const auto &[name, member] : *object)
        if (jsonPointer("", name).substr(1) == key)
          next = &member;
    }
    if (!next)
      break;
    value = next;
  }
  return value->line();
}
