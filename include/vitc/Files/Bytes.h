//===- Bytes.h - bytes that somebody else owns ------------------*- C++ -*-===//
//
// The library of files is for programs that run models, so it uses nothing of LLVM. Functions that can fail return an
// empty optional (or false) and set `error` to one line "WHERE: what is wrong, what was expected", without the name of
// the file, which the caller knows.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_FILES_BYTES_H
#define VITC_FILES_BYTES_H

#include <cstddef>
#include <cstdint>

namespace vitc {

/// Bytes that somebody else owns.
struct Bytes {
  const uint8_t *data = nullptr;
  size_t size = 0;
};

} // namespace vitc

#endif // VITC_FILES_BYTES_H
