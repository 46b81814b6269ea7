//===- Sanitizers.h - which sanitizers this test is built with ------------===//

#ifndef VITC_TEST_UNIT_RUNTIME_SANITIZERS_H
#define VITC_TEST_UNIT_RUNTIME_SANITIZERS_H

// gcc defines macros, clang has a query.
#ifdef __has_feature
#define VITC_HAS_FEATURE(name) __has_feature(name)
#else
#define VITC_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_THREAD__) || VITC_HAS_FEATURE(thread_sanitizer)
#define VITC_THREAD_SANITIZER 1
#else
#define VITC_THREAD_SANITIZER 0
#endif

#if defined(__SANITIZE_ADDRESS__) || VITC_HAS_FEATURE(address_sanitizer)
#define VITC_ADDRESS_SANITIZER 1
#else
#define VITC_ADDRESS_SANITIZER 0
#endif

#endif // VITC_TEST_UNIT_RUNTIME_SANITIZERS_H
