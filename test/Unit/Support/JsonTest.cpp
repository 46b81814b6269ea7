//===- JsonTest.cpp ---------------------------------------------*- C++ -*-===//

#include "vitc/Support/Json.h"

#include "TestFiles.h"

using namespace vitc;
using namespace vitc::test;

TEST(Json, KeepsOrderAndKinds) {
  JsonValue value = valueOf(parseJson(R"({"b": 1, "a": [1.0, true, null, "x"]})", "f"));
  EXPECT_EQ(writeJson(value, JsonLayout::Compact), R"({"b":1,"a":[1.0,true,null,"x"]})");
  EXPECT_TRUE(value.find("b")->asInteger());
  EXPECT_FALSE(value.find("b")->asReal());
  EXPECT_EQ(value.find("c"), nullptr);
}

TEST(Json, RealsAreReadBackExactly) {
  for (double real : {1e-12, 0.1, 0.00392156862745098, 1.0 / 3, 5e-324}) {
    JsonValue value = valueOf(parseJson(writeJson(JsonValue(real), JsonLayout::Compact), "f"));
    EXPECT_EQ(*value.asReal(), real);
  }
}

TEST(Json, ReadableLayoutBreaksLongLinesOnly) {
  JsonValue::Array numbers(60, JsonValue(1));
  JsonValue value = JsonValue::Object{{"short", JsonValue::Array{1, 2}}, {"long", numbers}};
  std::string text = writeJson(value, JsonLayout::Readable);
  EXPECT_NE(text.find("  \"short\": [1, 2],\n  \"long\": [\n    1,\n"), std::string::npos);
  EXPECT_EQ(writeJson(valueOf(parseJson(text, "f")), JsonLayout::Readable), text);
}

TEST(Json, ErrorsNameByteAndLine) {
  EXPECT_EQ(messageOf(parseJson("{\n \"a\": x}", "f")), "f: byte 8 (line 2): not valid JSON: invalid literal; last "
                                                        "read: '\"a\": x'");
  EXPECT_NE(messageOf(parseJson("", "f")).find("f: byte 0 (line 1): not valid JSON"), std::string::npos);
  EXPECT_NE(messageOf(parseJson("{} {}", "f")).find("not valid JSON"), std::string::npos);
}

TEST(Json, ValuesKnowTheirLines) {
  JsonValue value =
      valueOf(parseJson("\n{\"a\": 1,\n\"b\":\n  -2.5\n,\n \"c/~\": [true,\nnull\n, 3\n, \"x\", {\n}]}\n", "f"));
  EXPECT_EQ(value.line(), 2u);
  auto line = [&](const char *pointer) { return jsonLine(value, pointer); };
  EXPECT_EQ(line("/a"), 2u);
  EXPECT_EQ(line("/b"), 4u);
  EXPECT_EQ(line("/c~1~0"), 6u);
  EXPECT_EQ(line("/c~1~0/0"), 6u);
  EXPECT_EQ(line("/c~1~0/1"), 7u);
  EXPECT_EQ(line("/c~1~0/2"), 8u);
  EXPECT_EQ(line("/c~1~0/3"), 9u);
  EXPECT_EQ(line("/c~1~0/4"), 9u);
  // What is not there is looked for in what is around it.
  EXPECT_EQ(line(""), 2u);
  EXPECT_EQ(line("/d/e"), 2u);
  EXPECT_EQ(line("/b/0"), 4u);
  EXPECT_EQ(line("/c~1~0/5"), 6u);
  EXPECT_EQ(line("/c~1~0/x"), 6u);
  EXPECT_EQ(JsonValue(1).line(), 0u);
  // A number at the very end.
  EXPECT_EQ(valueOf(parseJson("\n12", "f")).line(), 2u);
}

TEST(Json, DepthIsLimited) {
  std::string deep(100000, '[');
  EXPECT_EQ(messageOf(parseJson(deep, "f")), "f: nested deeper than 64 levels");
  EXPECT_TRUE(valueOf(parseJson(std::string(64, '[') + std::string(64, ']'), "f")).asArray());
}

TEST(Json, DuplicateKeysAndHugeIntegers) {
  EXPECT_EQ(messageOf(parseJson(R"({"a": [{"b/c": 1, "b/c": 2}]})", "f")),
            "f: /a/0/b~1c (line 1): the key occurs twice");
  EXPECT_EQ(messageOf(parseJson("[\n9223372036854775808\n]", "f")),
            "f: /0 (line 2): the integer 9223372036854775808 needs more than 63 bits");
}

TEST(Json, ErrorsStayOnOneLine) {
  std::string message = messageOf(parseJson("{\"a\\nb\": 1, \"a\\nb\": 1}", "f"));
  EXPECT_EQ(message, "f: /a\\x0ab (line 1): the key occurs twice");
}

TEST(Json, OnlyRegularFilesAreRead) {
  TemporaryDirectory directory;
  EXPECT_EQ(messageOf(readJsonFile(directory.path())), directory.path() + ": not a regular file");
  EXPECT_EQ(messageOf(readJsonFile(directory.path("none"))), directory.path("none") + ": No such file or directory");
}
