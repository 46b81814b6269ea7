//===- TestFiles.h - the pictures and results under test/Image --*- C++ -*-===//

#ifndef VITC_TEST_UNIT_IMAGE_TESTFILES_H
#define VITC_TEST_UNIT_IMAGE_TESTFILES_H

#include "vitc/Image/Image.h"
#include "vitc/Image/Npy.h"

#include <string>
#include <vector>

namespace vitc {

/// Reads a file under test/Image; fails the test and gives nothing if it is not there.
std::vector<uint8_t> readTestFile(const std::string &name);

/// Reads an array under test/Image; likewise.
NpyArray readTestArray(const std::string &name);

/// The names in test/Image/inputs, sorted.
std::vector<std::string> inputNames();

inline Bytes bytesOf(const std::vector<uint8_t> &data) { return {data.data(), data.size()}; }

} // namespace vitc

#endif // VITC_TEST_UNIT_IMAGE_TESTFILES_H
