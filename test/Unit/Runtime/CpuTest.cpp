//===- CpuTest.cpp - features and counts of processors --------------------===//

extern "C" {
#include "cpu.h"
#include "cpu_count.h"
}

#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <sched.h>
#include <unistd.h>

namespace {

TEST(CpuFeatures, AgreesWithTheCompilersLibrary) {
  auto supports = [](const char *name) { return vitc_cpu_supports(name) == VITC_CPU_SUPPORTED; };
#define EXPECT_SAME(llvmName, gccName) EXPECT_EQ(supports(llvmName), __builtin_cpu_supports(gccName) != 0) << llvmName
  EXPECT_SAME("sse2", "sse2");
  EXPECT_SAME("sse4.1", "sse4.1");
  EXPECT_SAME("sse4.2", "sse4.2");
  EXPECT_SAME("sse4a", "sse4a");
  EXPECT_SAME("popcnt", "popcnt");
  EXPECT_SAME("avx", "avx");
  EXPECT_SAME("avx2", "avx2");
  EXPECT_SAME("fma", "fma");
  EXPECT_SAME("fma4", "fma4");
  EXPECT_SAME("xop", "xop");
  EXPECT_SAME("bmi", "bmi");
  EXPECT_SAME("bmi2", "bmi2");
  EXPECT_SAME("avx512f", "avx512f");
  EXPECT_SAME("avx512vl", "avx512vl");
  EXPECT_SAME("avx512bw", "avx512bw");
  EXPECT_SAME("avx512dq", "avx512dq");
  EXPECT_SAME("avx512cd", "avx512cd");
  EXPECT_SAME("avx512vbmi", "avx512vbmi");
  EXPECT_SAME("avx512ifma", "avx512ifma");
  EXPECT_SAME("avx512vbmi2", "avx512vbmi2");
  EXPECT_SAME("avx512vnni", "avx512vnni");
  EXPECT_SAME("avx512bitalg", "avx512bitalg");
  EXPECT_SAME("avx512vpopcntdq", "avx512vpopcntdq");
  EXPECT_SAME("gfni", "gfni");
#undef EXPECT_SAME
}

/// The flags that Linux lists are those that it has enabled.
TEST(CpuFeatures, AgreesWithTheKernel) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line) && line.rfind("flags", 0) != 0) {
  }
  ASSERT_NE(line, "");
  line += ' ';
  const char *names[][2] = {{"lzcnt", "abm"},
                            {"movbe", "movbe"},
                            {"f16c", "f16c"},
                            {"avx512bf16", "avx512_bf16"},
                            {"avxvnni", "avx_vnni"},
                            {"avx512fp16", "avx512_fp16"},
                            {"avx512vp2intersect", "avx512_vp2intersect"},
                            {"vaes", "vaes"},
                            {"vpclmulqdq", "vpclmulqdq"},
                            {"sha", "sha_ni"},
                            {"amx-tile", "amx_tile"}};
  for (auto &[ours, kernels] : names)
    EXPECT_EQ(vitc_cpu_supports(ours) == VITC_CPU_SUPPORTED,
              line.find(std::string(" ") + kernels + ' ') != std::string::npos)
        << ours;
}

TEST(CpuFeatures, UnknownNamesAreReported) {
  EXPECT_EQ(vitc_cpu_supports("teleport"), VITC_CPU_UNKNOWN_NAME);
  EXPECT_EQ(vitc_cpu_supports(""), VITC_CPU_UNKNOWN_NAME);
  EXPECT_EQ(vitc_cpu_supports("avx51"), VITC_CPU_UNKNOWN_NAME);
}

class CgroupQuota : public testing::Test {
protected:
  CgroupQuota() {
    char pattern[] = "/tmp/vitc-cgroup-XXXXXX";
    root = mkdtemp(pattern);
  }
  ~CgroupQuota() override { std::filesystem::remove_all(root); }

  void write(const std::string &path, const std::string &text) {
    std::filesystem::path file = root / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  uint32_t quota() { return vitc_cgroup_cpu_quota((root / "cgroup").c_str(), (root / "fs").c_str()); }

  std::filesystem::path root;
};

TEST_F(CgroupQuota, VersionTwoTakesTheSmallestUpToTheRoot) {
  write("cgroup", "0::/a/b\n");
  EXPECT_EQ(quota(), UINT32_MAX);
  write("fs/a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), UINT32_MAX);
  write("fs/a/cpu.max", "250000 100000\n");
  EXPECT_EQ(quota(), 3u);
  write("fs/a/b/cpu.max", "100000 100000\n");
  EXPECT_EQ(quota(), 1u);
  write("fs/a/b/cpu.max", "10000 100000\n");
  EXPECT_EQ(quota(), 1u);
}

TEST_F(CgroupQuota, VersionTwoInAContainer) {
  write("cgroup", "0::/\n");
  write("fs/cpu.max", "200000 100000\n");
  EXPECT_EQ(quota(), 2u);
  write("cgroup", "0::/of/the/host\n");
  EXPECT_EQ(quota(), 2u);
}

TEST_F(CgroupQuota, VersionOne) {
  write("cgroup", "9:cpuset:/x\n4:cpu,cpuacct:/docker/1\n1:name=systemd:/\n");
  write("fs/cpu,cpuacct/docker/1/cpu.cfs_quota_us", "-1\n");
  write("fs/cpu,cpuacct/docker/1/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), UINT32_MAX);
  write("fs/cpu,cpuacct/docker/1/cpu.cfs_quota_us", "150000\n");
  EXPECT_EQ(quota(), 2u);
  write("cgroup", "4:cpuset:/docker/1\n");
  EXPECT_EQ(quota(), UINT32_MAX);
}

TEST_F(CgroupQuota, DamagedFilesMeanNoQuota) {
  EXPECT_EQ(quota(), UINT32_MAX);
  for (const char *text : {"", "0", "0:", "0::", "::", "nonsense\n\n", "1:cpu"}) {
    write("cgroup", text);
    EXPECT_EQ(quota(), UINT32_MAX) << text;
  }
  write("cgroup", "0::/\n");
  for (const char *text : {"", "x", "100000", "100000 0", "0 100000"}) {
    write("fs/cpu.max", text);
    EXPECT_EQ(quota(), UINT32_MAX) << text;
  }
}

TEST(CpuCount, FollowsAffinity) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before))
      CPU_SET(cpu, &one);
  EXPECT_LE(vitc_cpu_count(), static_cast<uint32_t>(CPU_COUNT(&before)));
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(vitc_cpu_count(), 1u);
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}

} // namespace
