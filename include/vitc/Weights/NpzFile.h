//===- NpzFile.h - weights in NumPy's archives ------------------*- C++ -*-===//

#ifndef VITC_WEIGHTS_NPZFILE_H
#define VITC_WEIGHTS_NPZFILE_H

#include "vitc/Weights/WeightSource.h"

#include <map>
#include <memory>
#include <mutex>

struct zip;

namespace vitc {

class InputFile;

/// The arrays of an .npz file: a ZIP archive of .npy files, as numpy.savez and savez_compressed write it. An array's
/// name is its member's without ".npy" and may contain '/'.
///
/// Types: floating point of 2, 4 and 8 bytes in either byte order, and two bytes without a type, which is what
/// ml_dtypes' bfloat16 is written as; integers and booleans only so that the file may have them. Arrays in Fortran
/// order are presented in row-major order. Only names and shapes are held in memory. The checksum of a member is
/// verified when it is read first; after that, ranges of a member that is not compressed are read where they lie.
class NpzFile : public WeightSource {
public:
  /// Opens a file and reads all headers. Errors name the member: not an archive, encrypted, another compression than
  /// DEFLATE, no array, pickled objects, another type, a size that contradicts the shape, two members of one name.
  static llvm::Expected<std::unique_ptr<NpzFile>> open(llvm::StringRef path);
  ~NpzFile() override;

  std::vector<std::string> names() const override;
  const TensorInfo *find(llvm::StringRef name) const override;
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override;
  std::string fileOf(llvm::StringRef name) const override { return path; }
  std::vector<std::string> files() const override { return {path}; }

private:
  struct Entry {
    TensorInfo info;
    uint64_t elements = 0;
    /// The member's number in the archive, its size, and where in it the elements begin.
    uint64_t index = 0, bytes = 0, dataStart = 0;
    bool isCompressed = false, isBigEndian = false, isFortranOrder = false;
    mutable bool isVerified = false;
  };

  explicit NpzFile(llvm::StringRef path);
  llvm::Error readDirectory();
  /// Reads the header of a member.
  llvm::Error readHeader(uint64_t index);
  /// Reads the bytes [begin, end) of a member, and the rest of it if its checksum is yet to be verified.
  llvm::Error readMember(const Entry &entry, const std::string &where, uint64_t begin, uint64_t end, char *out) const;

  std::string path;
  std::unique_ptr<InputFile> file;
  zip *archive = nullptr;
  std::map<std::string, Entry, std::less<>> entries;
  /// The archive's library is not made for several threads.
  mutable std::mutex mutex;
};

} // namespace vitc

#endif // VITC_WEIGHTS_NPZFILE_H
