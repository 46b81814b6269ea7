//===- AllocationTest.cpp - running allocates nothing ---------------------===//

#include "FakeModel.h"
#include "Sanitizers.h"

#include "gtest/gtest.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>

// Sanitizers bring their own allocator.
#if !VITC_ADDRESS_SANITIZER && !VITC_THREAD_SANITIZER

namespace {
std::atomic<int64_t> allocations{0};
}

// Replaces libc's functions in the whole process, libc's own calls included.
extern "C" {
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

void *malloc(size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
void *calloc(size_t count, size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void *realloc(void *memory, size_t bytes) {
  ++allocations;
  return __libc_realloc(memory, bytes);
}
int posix_memalign(void **memory, size_t alignment, size_t bytes) {
  ++allocations;
  *memory = __libc_memalign(alignment, bytes);
  return *memory ? 0 : ENOMEM;
}
}

namespace {

TEST(Allocation, OneAtCreateNoneInRun) {
  for (uint32_t threads : {1u, 3u}) {
    int64_t before = allocations;
    vitc_instance_options options = {threads, 0, nullptr};
    vitc_instance *instance = fakeModel().create(&options, nullptr);
    ASSERT_NE(instance, nullptr);
    if (threads == 1) {
      EXPECT_EQ(allocations - before, 1);
    }
    FakeRun run(5);
    before = allocations;
    for (int i = 0; i < 10; ++i)
      EXPECT_EQ(run.run(instance), VITC_OK);
    EXPECT_EQ(allocations - before, 0);
    EXPECT_TRUE(run.correct());
    fakeModel().destroy(instance);
  }
}

} // namespace

#endif
