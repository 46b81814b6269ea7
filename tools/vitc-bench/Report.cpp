//===- Report.cpp - prints measurements -----------------------------------===//

#include "Report.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

using namespace vitc;
using Json = nlohmann::ordered_json;

namespace {

/// Rounds for reading: six significant digits.
double rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return std::strtod(text, nullptr);
}

/// `name` with "*" for the number of its layer.
std::string withoutLayer(const StepTime &step) {
  std::string number = std::to_string(step.layer);
  size_t at = step.layer < 0 ? std::string::npos : step.name.find(number);
  return at == std::string::npos ? step.name : std::string(step.name).replace(at, number.size(), "*");
}

double gflops(const StepGroup &group) { return group.ms > 0 ? group.flops / group.ms / 1e6 : 0; }

double peakShare(double rate, const Measurement &measurement) {
  return measurement.peakGflops > 0 ? rate / measurement.peakGflops : 0;
}

template <typename... Values> std::string format(const char *pattern, Values... values) {
  char text[512];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

} // namespace

std::vector<StepGroup> vitc::groupSteps(const Measurement &measurement) {
  std::map<std::pair<std::string, std::string>, StepGroup> groups;
  double runs = static_cast<double>(measurement.steps.size());
  for (const std::vector<StepTime> &run : measurement.steps)
    for (const StepTime &step : run) {
      std::string name = withoutLayer(step);
      StepGroup &group = groups[{name, step.kind}];
      group.name = name;
      group.kind = step.kind;
      ++group.count;
      group.ms += static_cast<double>(step.durationNs) / 1e6 / runs;
      group.flops += step.flops / runs;
    }
  std::vector<StepGroup> sorted;
  for (auto &[key, group] : groups) {
    group.count /= measurement.steps.size();
    sorted.push_back(group);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto &a, const auto &b) { return std::tie(b.ms, a.name) < std::tie(a.ms, b.name); });
  return sorted;
}

std::string vitc::toJson(const Measurement &m, bool profile) {
  Json json = {{"model", m.model}};
  if (!m.entryPoint.empty())
    json["entry_point"] = m.entryPoint;
  if (!m.variant.empty())
    json["variant"] = m.variant;
  json.update({{"threads", m.threads},
               {"batch", m.batch},
               {"runs", m.runs},
               {"load_ms", rounded(m.loadMs)},
               {"first_ms", rounded(m.firstMs)},
               {"min_ms", rounded(m.minMs)},
               {"median_ms", rounded(m.medianMs)},
               {"p90_ms", rounded(m.p90Ms)},
               {"gflops", rounded(m.gflops)},
               {"peak_gflops", rounded(m.peakGflops)},
               {"peak_share", rounded(peakShare(m.gflops, m))},
               {"rss_mb", rounded(m.rssMb)},
               {"private_mb", rounded(m.privateMb)}});
  if (profile) {
    json["profile"] = Json::array();
    for (const StepGroup &group : groupSteps(m))
      json["profile"].push_back({{"name", group.name},
                                 {"kind", group.kind},
                                 {"count", group.count},
                                 {"ms", rounded(group.ms)},
                                 {"gflops", rounded(gflops(group))},
                                 {"peak_share", rounded(peakShare(gflops(group), m))}});
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string vitc::toText(const Measurement &m, bool profile) {
  std::string text = printable(m.model) + "\n";
  if (!m.entryPoint.empty())
    text += "  entry point " + printable(m.entryPoint) + "\n";
  if (!m.variant.empty())
    text += "  variant for " + printable(m.variant) + "\n";
  text += format("  %u thread%s, batch %lld, %zu runs\n", m.threads, m.threads == 1 ? "" : "s",
                 static_cast<long long>(m.batch), m.runs);
  text += format("  load    %10.3f ms\n  first   %10.3f ms\n", m.loadMs, m.firstMs);
  text += format("  median  %10.3f ms   (min %.3f, p90 %.3f)\n", m.medianMs, m.minMs, m.p90Ms);
  text += format("  rate    %10.1f GFLOP/s, %.1f %% of the multiply-add peak (%.1f)\n", m.gflops,
                 100 * peakShare(m.gflops, m), m.peakGflops);
  text += format("  memory  %10.1f MB resident, %.1f MB of it private\n", m.rssMb, m.privateMb);
  if (!profile)
    return text;
  std::vector<StepGroup> groups = groupSteps(m);
  double total = 0;
  size_t nameWidth = 4, kindWidth = 4;
  for (const StepGroup &group : groups) {
    total += group.ms;
    nameWidth = std::max(nameWidth, group.name.size());
    kindWidth = std::max(kindWidth, group.kind.size());
  }
  auto column = [](std::string value, size_t width) { return value + std::string(width - value.size() + 2, ' '); };
  text += "\n" + column("step", nameWidth) + column("kind", kindWidth) + " count        ms   time   GFLOP/s   peak\n";
  for (const StepGroup &group : groups)
    text += column(group.name, nameWidth) + column(group.kind, kindWidth) +
            format("%6zu %9.3f %5.1f%% %9.1f %5.1f%%\n", group.count, group.ms, total > 0 ? 100 * group.ms / total : 0,
                   gflops(group), 100 * peakShare(gflops(group), m));
  return text;
}

std::optional<HostError> vitc::writeTrace(const Measurement &measurement, const std::string &path) {
  Json events = Json::array();
  // The last run: the earlier ones warmed the caches.
  const std::vector<StepTime> &steps = measurement.steps.back();
  for (const StepTime &step : steps)
    events.push_back({{"name", step.name},
                      {"cat", step.kind},
                      {"ph", "X"},
                      {"pid", 1},
                      {"tid", 1},
                      {"ts", static_cast<double>(step.startNs - steps.front().startNs) / 1e3},
                      {"dur", static_cast<double>(step.durationNs) / 1e3},
                      {"args",
                       {{"layer", step.layer},
                        {"first_image", step.firstImage},
                        {"images", step.images},
                        {"gflops", rounded(step.flops / std::max<double>(static_cast<double>(step.durationNs), 1))}}}});
  // A device or a pipe is written to, not replaced.
  struct stat status;
  const bool isReplaced = stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
  std::string temporary = isReplaced ? path + ".tmp" + std::to_string(getpid()) : path;
  {
    std::ofstream file(temporary, std::ios::binary);
    file << Json{{"displayTimeUnit", "ms"}, {"traceEvents", events}}.dump(-1, ' ', false,
                                                                          Json::error_handler_t::replace)
         << "\n";
    file.close();
    if (file && (!isReplaced || std::rename(temporary.c_str(), path.c_str()) == 0))
      return std::nullopt;
  }
  std::string reason = std::strerror(errno);
  if (isReplaced)
    std::remove(temporary.c_str());
  return HostError{path, "", "the trace cannot be written: " + reason};
}
