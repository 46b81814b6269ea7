//===- VitcBenchTest.cpp - the tool as users see it -----------------------===//

#include "TestModels.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <nlohmann/json.hpp>

using nlohmann::json;
using testing::HasSubstr;

namespace {

CommandResult bench(const std::string &arguments) { return runCommand(std::string(VITC_BENCH) + " " + arguments); }

TEST(VitcBench, PrintsJson) {
  CommandResult result = bench(testModel("fake") + " --threads 2 --runs 7 --batch 3 --json");
  ASSERT_EQ(result.status, 0) << result.output;
  json values = json::parse(result.output);
  EXPECT_EQ(values["model"], testModel("fake"));
  EXPECT_EQ(values["threads"], 2);
  EXPECT_EQ(values["batch"], 3);
  EXPECT_EQ(values["runs"], 7);
  for (const char *key : {"load_ms", "first_ms", "min_ms", "median_ms", "p90_ms", "gflops", "peak_gflops", "peak_share",
                          "rss_mb", "private_mb"})
    EXPECT_GT(values.at(key).get<double>(), 0) << key;
  EXPECT_LE(values["min_ms"], values["median_ms"]);
  EXPECT_LE(values["median_ms"], values["p90_ms"]);
  EXPECT_LE(values["private_mb"], values["rss_mb"]);
  EXPECT_NEAR(values["gflops"].get<double>(), 3 * 144 / values["median_ms"].get<double>() / 1e6, 1e-3);
  EXPECT_FALSE(values.contains("profile"));
}

TEST(VitcBench, ProfilesGroupsOfLayers) {
  CommandResult result = bench(testModel("fake") + " --threads=1 --runs 5 --json --profile");
  ASSERT_EQ(result.status, 0) << result.output;
  json profile = json::parse(result.output)["profile"];
  ASSERT_EQ(profile.size(), 2u);
  std::map<std::string, int> counts;
  for (const json &group : profile)
    counts[group["name"].get<std::string>() + " " + group["kind"].get<std::string>()] = group["count"];
  EXPECT_EQ(counts["encoder.layer.*.scale scale"], 2);
  EXPECT_EQ(counts["head classify"], 1);

  result = bench(testModel("fake") + " --threads 1 --runs 5 --profile");
  EXPECT_THAT(result.output, HasSubstr("1 thread, batch 1, 5 runs"));
  EXPECT_THAT(result.output, testing::ContainsRegex("encoder\\.layer\\.\\*\\.scale  scale +2 "));
}

TEST(VitcBench, WritesATrace) {
  TemporaryFile trace;
  CommandResult result = bench(testModel("fake") + " --batch 3 --runs 5 --json --trace " + trace.path);
  ASSERT_EQ(result.status, 0) << result.output;
  json events = json::parse(contentsOf(trace.path))["traceEvents"];
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events[0]["name"], "encoder.layer.0.scale");
  EXPECT_EQ(events[0]["ts"], 0);
  EXPECT_EQ(events[4]["args"]["layer"], 1);
  EXPECT_EQ(events[4]["args"]["first_image"], 2);
  EXPECT_GE(events[5]["ts"], events[4]["ts"].get<double>() + events[4]["dur"].get<double>() - 1e-3);

  result = bench(testModel("fake") + " --runs 5 --trace /nowhere/trace.json");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.output, "error: /nowhere/trace.json: the trace cannot be written: No such file or directory\n");
  // A pipe stays one.
  TemporaryFile fifo;
  std::remove(fifo.path.c_str());
  result = runCommand("(mkfifo " + fifo.path + " && (cat " + fifo.path + " > " + trace.path + " & " VITC_BENCH " " +
                      testModel("fake") + " --runs 1 --trace " + fifo.path + " > /dev/null; wait))");
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(json::parse(contentsOf(trace.path))["traceEvents"].size(), 3u);
  EXPECT_EQ(runCommand("test -p " + fifo.path).status, 0);
}

TEST(VitcBench, RefusesWrongCommandLines) {
  auto expect = [](const std::string &arguments, const std::string &line) {
    CommandResult result = bench(arguments);
    EXPECT_EQ(result.status, 1) << arguments;
    EXPECT_EQ(result.output, line + "\n");
  };
  expect("", "error: command line: MODEL.so: no model; see --help");
  expect("a.so b.so", "error: command line: b.so: a second model, expected one");
  expect("a.so --fast", "error: command line: --fast: unknown option; see --help");
  expect("a.so --json=1", "error: command line: --json=1: unknown option, or one without a value; see --help");
  expect("a.so --threads", "error: command line: --threads: no value");
  expect("a.so --threads 0", "error: command line: --threads: '0', expected a number from 1 to 1024");
  expect("a.so --runs 1e3", "error: command line: --runs: '1e3', expected a number from 1 to 1000000");
  expect("a.so --batch 99999999999999999999",
         "error: command line: --batch: '99999999999999999999', expected a number from 1 to 1000000");
  expect("/nowhere.so", "error: /nowhere.so: cannot be read: No such file or directory");
}

TEST(VitcBench, NamesTheMissingCpuFeature) {
  CommandResult result = bench(testModel("fake_needs_more"));
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.output, testing::ContainsRegex("^error: [^:]*: create: the model was compiled for x86-64 and "
                                                    "needs (xop|avx512fp16), which "));
}

TEST(VitcBench, EntryPointsAndVariants) {
  const std::string model = testModel("two_sizes_both_run") + " --runs 1 --json --profile";
  json values = json::parse(bench(model).output);
  EXPECT_EQ(values["entry_point"], "4x4");
  EXPECT_EQ(values["variant"], "best");
  EXPECT_EQ(values["profile"][0]["kind"], "best");
  values = json::parse(bench(model + " --entry 6x8 --variant=x86-64").output);
  EXPECT_EQ(values["entry_point"], "6x8");
  EXPECT_EQ(values["variant"], "x86-64");
  EXPECT_EQ(values["profile"][0]["kind"], "any");
  EXPECT_NEAR(values["gflops"].get<double>(), 2 * 144 / values["median_ms"].get<double>() / 1e6, 1e-3);
  // The best does not run here.
  values = json::parse(bench(testModel("two_sizes") + " --runs 1 --json").output);
  EXPECT_EQ(values["variant"], "x86-64");
  EXPECT_THAT(bench(testModel("two_sizes") + " --runs 1 --entry=6x8").output,
              testing::ContainsRegex("two_sizes.so\n  entry point 6x8\n  variant for x86-64\n  [0-9]+ thread"));
  values = json::parse(bench(testModel("fake") + " --runs 1 --json --entry main --variant x86-64").output);
  EXPECT_FALSE(values.contains("entry_point"));
  EXPECT_FALSE(values.contains("variant"));

  const auto expectError = [](const std::string &arguments, const std::string &line) {
    const CommandResult result = bench(testModel("two_sizes") + " " + arguments);
    EXPECT_EQ(result.status, 1) << arguments;
    EXPECT_THAT(result.output, testing::MatchesRegex("error: " + line + "\n"));
  };
  expectError("--entry main", "command line: --entry: the model has no entry point 'main', expected one of: 4x4, 6x8");
  expectError("--variant znver4",
              "command line: --variant: the model has no variant for 'znver4', expected one of: best, x86-64");
  expectError("--variant=", "command line: --variant: no name");
  expectError("--variant best", ".*two_sizes.so: create: the model was compiled for best and needs [a-z0-9]+, which "
                                "this CPU lacks");
}

TEST(VitcBench, StandardOutputThatIsGone) {
  const std::string model = testModel("fake") + " --runs 1 --json";
  for (const std::string &arguments : {model, std::string("--help")}) {
    CommandResult result = runCommand("(" VITC_BENCH " " + arguments + " > /dev/full)");
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.output, "error: standard output: cannot be written: No space left on device\n");
    result = runCommand("(" VITC_BENCH " " + arguments + " >&-)");
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.output, "error: standard output: cannot be written: Bad file descriptor\n");
    // The reader is gone before anything is written.
    result = runCommand("((sleep 0.2; " VITC_BENCH " " + arguments + "; echo status $? >&2) | true)");
    EXPECT_EQ(result.output, "error: standard output: cannot be written: Broken pipe\nstatus 1\n");
  }
}

TEST(VitcBench, HasHelp) {
  CommandResult result = bench("--help");
  EXPECT_EQ(result.status, 0);
  for (const char *option :
       {"--entry NAME", "--variant CPU", "--threads N", "--runs N", "--batch N", "--json", "--profile", "--trace FILE"})
    EXPECT_THAT(result.output, HasSubstr(option));
  if (access("/dev/full", W_OK) == 0) {
    EXPECT_EQ(bench("--help > /dev/full").status, 1);
  }
}

} // namespace
