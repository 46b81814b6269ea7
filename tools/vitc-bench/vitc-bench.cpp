//===- vitc-bench.cpp - how fast a compiled model is ----------------------===//

#include "Measurement.h"
#include "Report.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

using namespace vitc;

namespace {

constexpr const char *help =
    R"(vitc-bench MODEL.so [options]: how fast a compiled model is, and how much memory it takes.

The model runs on made-up inputs: once, then --runs times, of which minimum, median and 90th percentile are printed.
GFLOP/s counts the operations of the mathematics; the peak is what multiply-adds alone reach in the same process on as
many threads.

  --entry NAME   the entry point to run (default: the first)
  --variant CPU  the code variant to run, by the CPU it is for (default: the best that this CPU runs)
  --threads N    threads to use (default: as many as CPU affinity and cgroup quota allow)
  --runs N       runs to measure (default: as many as fit in two seconds, 5 to 1000)
  --batch N      images per run (default: 1)
  --json         print one line of JSON
  --profile      print a table of steps too, layers summed up
  --trace FILE   write the steps of one run for chrome://tracing or ui.perfetto.dev
  --version      print the version
  --help         print this text

Examples:
  vitc-bench model.so --threads 1
  vitc-bench model.so --batch 8 --profile
  vitc-bench model.so --json --trace steps.json
)";

struct CommandLine {
  BenchOptions bench;
  std::string trace;
  bool json = false, profile = false, help = false, version = false;
};

HostError wrong(const std::string &where, const std::string &message) { return {"command line", where, message}; }

/// Reads a decimal number from 1 to `limit` into `out`.
template <typename Number>
std::optional<HostError> parseNumber(const std::string &option, const std::string &text, Number limit, Number &out) {
  bool digits = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
  long value = digits ? std::stol(text) : 0;
  if (value < 1 || value > static_cast<long>(limit))
    return wrong(option, "'" + text + "', expected a number from 1 to " + std::to_string(limit));
  out = static_cast<Number>(value);
  return std::nullopt;
}

HostExpected<CommandLine> parse(const std::vector<std::string> &arguments) {
  CommandLine line;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string option = arguments[i], value;
    size_t equals = option.find('=');
    bool attached = option.rfind("--", 0) == 0 && equals != std::string::npos;
    if (attached) {
      value = option.substr(equals + 1);
      option.resize(equals);
    }
    if (option == "--threads" || option == "--runs" || option == "--batch" || option == "--trace" ||
        option == "--entry" || option == "--variant") {
      if (!attached && i + 1 == arguments.size())
        return wrong(option, "no value");
      if (!attached)
        value = arguments[++i];
      std::optional<HostError> error;
      if (option == "--threads")
        error = parseNumber(option, value, 1024u, line.bench.threads);
      else if (option == "--runs")
        error = parseNumber(option, value, 1000000u, line.bench.runs);
      else if (option == "--batch")
        error = parseNumber(option, value, int64_t(1000000), line.bench.batch);
      else if (value.empty())
        error = wrong(option, option == "--trace" ? "no file name" : "no name");
      else
        (option == "--trace" ? line.trace : option == "--entry" ? line.bench.entryPoint : line.bench.variant) = value;
      if (error)
        return *error;
      continue;
    }
    if (attached)
      return wrong(arguments[i], "unknown option, or one without a value; see --help");
    if (option == "--json")
      line.json = true;
    else if (option == "--profile")
      line.profile = true;
    else if (option == "--help" || option == "-h")
      line.help = true;
    else if (option == "--version")
      line.version = true;
    else if (option.size() > 1 && option[0] == '-')
      return wrong(option, "unknown option; see --help");
    else if (!line.bench.model.empty())
      return wrong(option, "a second model, expected one");
    else
      line.bench.model = option;
  }
  if (line.bench.model.empty() && !line.help && !line.version)
    return wrong("MODEL.so", "no model; see --help");
  line.bench.steps = line.profile || !line.trace.empty();
  return line;
}

int fail(const HostError &error) {
  std::fprintf(stderr, "%s\n", error.line().c_str());
  return 1;
}

/// Prints all of it, or says why not.
int print(const std::string &text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return 0;
  return fail({"standard output", "", std::string("cannot be written: ") + std::strerror(errno)});
}

int run(const std::vector<std::string> &arguments) {
  HostExpected<CommandLine> line = parse(arguments);
  if (!line)
    return fail(line.error());
  if (line->help)
    return print(help);
  if (line->version)
    return print("vitc-bench " VITC_VERSION "\n");
  HostExpected<Measurement> measurement = measure(line->bench);
  if (!measurement)
    return fail(measurement.error());
  if (!line->trace.empty())
    if (std::optional<HostError> error = writeTrace(*measurement, line->trace))
      return fail(*error);
  return print(line->json ? toJson(*measurement, line->profile) : toText(*measurement, line->profile));
}

} // namespace

int main(int argc, char **argv) {
  // A reader that goes away, or a limit on the size of files, is an error of writing, not a signal.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::bad_alloc &) {
    return fail({"vitc-bench", "", "not enough memory"});
  } catch (const std::exception &exception) {
    return fail({"vitc-bench", "", exception.what()});
  }
}
