//===- ProgramHash.cpp - whether a model's file is as it was written ------===//

#include "vitc/RuntimeHost/ProgramHash.h"

#include "Blake3.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <elf.h>

using namespace vitc;

static constexpr std::string_view memberStart = "\"program_hash\":\"";

std::string vitc::programHashMember(const std::string &hash) { return std::string(memberStart) + hash + "\""; }

std::string vitc::unknownProgramHash() { return std::string(Blake3::digits, '0'); }

std::string vitc::findProgramHash(std::string_view manifest) {
  const size_t at = manifest.find(memberStart);
  if (at == std::string_view::npos)
    return "";
  const std::string_view hash = manifest.substr(at + memberStart.size(), Blake3::digits);
  return std::string(hash.size() == Blake3::digits ? hash : "");
}

std::string vitc::programHash(std::string file, std::string_view weightsHead) {
  Elf64_Ehdr header;
  if (file.size() < sizeof header)
    return "";
  std::memcpy(&header, file.data(), sizeof header);
  const uint64_t segmentBytes = uint64_t(header.e_phnum) * sizeof(Elf64_Phdr);
  if (header.e_phoff > file.size() || segmentBytes > file.size() - header.e_phoff)
    return "";
  header.e_shoff = 0;
  header.e_shnum = header.e_shstrndx = 0;

  uint64_t end = 0; // of the segments before the last one
  uint64_t lastEnd = 0, last = 0;
  for (uint64_t at = header.e_phoff; at < header.e_phoff + segmentBytes; at += sizeof(Elf64_Phdr)) {
    Elf64_Phdr segment;
    std::memcpy(&segment, file.data() + at, sizeof segment);
    if (segment.p_type != PT_LOAD)
      continue;
    end = std::max(end, lastEnd);
    if (__builtin_add_overflow(segment.p_offset, segment.p_filesz, &lastEnd))
      return "";
    last = at;
  }
  if (end < header.e_phoff + segmentBytes || end > file.size())
    return "";

  std::memcpy(file.data(), &header, sizeof header);
  std::memset(file.data() + last + offsetof(Elf64_Phdr, p_offset), 0, sizeof(Elf64_Phdr::p_offset));
  file.resize(end);
  for (size_t at = file.find(memberStart); at != std::string::npos; at = file.find(memberStart, at + 1)) {
    const size_t first = at + memberStart.size();
    std::fill_n(file.begin() + static_cast<ptrdiff_t>(first), std::min(Blake3::digits, file.size() - first), '0');
  }

  Blake3 hash;
  hash.update(file);
  hash.update(weightsHead);
  return hash.text();
}
