//===- vitc-random-graph.cpp - prints a random description ----------------===//
//
// A tool for tests: tools/dev/fuzz-graphs compiles what it prints and compares it with the evaluator.
//
//===----------------------------------------------------------------------===//

#include "RandomGraph.h"

#include "vitc/Description/DescriptionWriter.h"
#include "vitc/Support/InputErrors.h"
#include "llvm/Support/raw_ostream.h"

using namespace vitc;

int main(int argc, char **argv) {
  uint64_t seed = 0;
  if (argc != 2 || llvm::StringRef(argv[1]).getAsInteger(10, seed)) {
    llvm::errs() << "error: "
                 << llvm::toString(inputError("command line", "", "expected one number, the seed of the description"))
                 << "\n";
    return 1;
  }
  llvm::outs() << writeDescription(RandomGraph(seed).make());
  return 0;
}
