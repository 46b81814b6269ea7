//===- TestFiles.h - files of the sources that tests read -------*- C++ -*-===//

#ifndef VITC_TEST_UNIT_FILES_TESTFILES_H
#define VITC_TEST_UNIT_FILES_TESTFILES_H

#include "vitc/Files/Bytes.h"
#include "vitc/Files/Npy.h"

#include <string>
#include <vector>

namespace vitc {

/// Reads a file of the tests' directory (VITC_TEST_FILES_DIR); fails the test and gives nothing if it is not there.
std::vector<uint8_t> readTestFile(const std::string &name);

/// Reads an array of that directory; likewise.
NpyArray readTestArray(const std::string &name);

/// The names in its folder `inputs`, sorted.
std::vector<std::string> inputNames();

inline Bytes bytesOf(const std::vector<uint8_t> &data) { return {data.data(), data.size()}; }

} // namespace vitc

#endif // VITC_TEST_UNIT_FILES_TESTFILES_H
