# cmake -DOUTPUT=x.cpp -DFILES=a;b -P EmbedFiles.cmake: writes the definition of vitc::embeddedRuntimeFiles() with the
# contents of the files, each under its own name.
set(arrays "")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
  cmake_path(GET file FILENAME name)
  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays "const unsigned char file${index}[] = {\n${bytes}};\n")
  string(APPEND table "    {\"${name}\", file${index}, sizeof file${index}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE "${OUTPUT}" "#include \"vitc/Target/RuntimeBlob.h\"

namespace {
${arrays}
const vitc::EmbeddedFile files[] = {
${table}};
} // namespace

llvm::ArrayRef<vitc::EmbeddedFile> vitc::embeddedRuntimeFiles() { return files; }
")
