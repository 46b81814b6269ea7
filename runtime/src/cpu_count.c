/*===- cpu_count.c - how many threads a process may keep busy -*- C -*-===*/

#define _GNU_SOURCE
#include "cpu_count.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CPUS = 1024, PATH_BYTES = 4096, FILE_BYTES = 8192 };

/* Reads the start of a file into `text` as a string; returns 0 if that is not possible. */
static int read_text(const char *path, char *text, size_t capacity) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return 0;
  size_t size = 0;
  for (;;) {
    ssize_t got = read(file, text + size, capacity - 1 - size);
    if (got <= 0)
      break;
    size += (size_t)got;
  }
  close(file);
  text[size] = '\0';
  return size > 0;
}

/* Parses a positive decimal number and moves *text behind it; 0 if there is none ("max", "-1"). */
static uint64_t parse_number(const char **text) {
  uint64_t number = 0;
  while (**text == ' ')
    ++*text;
  for (; **text >= '0' && **text <= '9'; ++*text)
    if (number < UINT64_MAX / 16)
      number = number * 10 + (uint64_t)(**text - '0');
  return number;
}

static uint32_t quota_cpus(uint64_t quota, uint64_t period) {
  if (quota == 0 || period == 0)
    return UINT32_MAX;
  uint64_t cpus = quota / period + (quota % period != 0);
  return cpus < UINT32_MAX ? (uint32_t)cpus : UINT32_MAX;
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* The quota of one directory: cpu.max ("quota period") of version 2, two files in version 1. */
static uint32_t directory_quota(const char *directory) {
  char path[PATH_BYTES + 32], text[128];
  const char *cursor = text;
  snprintf(path, sizeof path, "%s/cpu.max", directory);
  if (read_text(path, text, sizeof text)) {
    uint64_t quota = parse_number(&cursor);
    return quota_cpus(quota, parse_number(&cursor));
  }
  snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", directory);
  if (!read_text(path, text, sizeof text))
    return UINT32_MAX;
  uint64_t quota = parse_number(&cursor);
  snprintf(path, sizeof path, "%s/cpu.cfs_period_us", directory);
  cursor = text;
  if (!read_text(path, text, sizeof text))
    return UINT32_MAX;
  return quota_cpus(quota, parse_number(&cursor));
}

/* The smallest quota of a group and all groups above it. A container may see its group's path of the host, which does
 * not exist below its own mount; then only the mount itself counts. */
static uint32_t hierarchy_quota(const char *mount, const char *controller, const char *group) {
  char directory[PATH_BYTES];
  int root = snprintf(directory, sizeof directory, "%s%s", mount, controller);
  int length = snprintf(directory, sizeof directory, "%s%s%s", mount, controller, group);
  if (root < 0 || length < 0 || (size_t)length >= sizeof directory)
    return UINT32_MAX;
  uint32_t cpus = UINT32_MAX;
  for (;;) {
    cpus = smaller(cpus, directory_quota(directory));
    char *slash = strrchr(directory, '/');
    if (!slash || slash - directory < root)
      return cpus;
    *slash = '\0';
  }
}

/* Whether the comma-separated `list` contains "cpu". */
static int names_cpu_controller(const char *list) {
  for (const char *entry = list; entry; entry = strchr(entry, ',')) {
    entry += *entry == ',';
    if (strncmp(entry, "cpu", 3) == 0 && (entry[3] == ',' || entry[3] == '\0'))
      return 1;
  }
  return 0;
}

uint32_t vitc_cgroup_cpu_quota(const char *cgroup_file, const char *mount) {
  char text[FILE_BYTES];
  uint32_t cpus = UINT32_MAX;
  if (!read_text(cgroup_file, text, sizeof text))
    return cpus;
  /* Lines are "number:controllers:group"; version 2 has number 0 and no controllers. */
  for (char *line = text; line;) {
    char *end = strchr(line, '\n');
    if (end)
      *end = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers ? strchr(controllers + 1, ':') : NULL;
    if (group) {
      *group++ = '\0';
      ++controllers;
      if (*controllers == '\0') {
        cpus = smaller(cpus, hierarchy_quota(mount, "", group));
        cpus = smaller(cpus, hierarchy_quota(mount, "/unified", group));
      } else if (names_cpu_controller(controllers)) {
        cpus = smaller(cpus, hierarchy_quota(mount, "/cpu", group));
        cpus = smaller(cpus, hierarchy_quota(mount, "/cpu,cpuacct", group));
      }
    }
    line = end ? end + 1 : NULL;
  }
  return cpus;
}

static uint32_t affinity_cpus(void) {
  /* Larger than any kernel's mask: the call fails with one that is too small. */
  unsigned long mask[8192 / (8 * sizeof(unsigned long))];
  uint32_t cpus = 0;
  memset(mask, 0, sizeof mask);
  if (sched_getaffinity(0, sizeof mask, (cpu_set_t *)mask) != 0)
    return 1;
  for (size_t i = 0; i < sizeof mask / sizeof mask[0]; ++i)
    for (unsigned long bits = mask[i]; bits; bits &= bits - 1)
      ++cpus;
  return cpus ? cpus : 1;
}

uint32_t vitc_cpu_count(void) {
  uint32_t cpus = smaller(affinity_cpus(), vitc_cgroup_cpu_quota("/proc/self/cgroup", "/sys/fs/cgroup"));
  return smaller(cpus, MAX_CPUS);
}
