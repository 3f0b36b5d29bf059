#pragma once
#include <cstdio>
#include <cstdlib>

/// A property that has to hold in every build; the fuzzer takes the abort as a finding.
#define MUST(condition)                                                          \
    do {                                                                         \
        if (!(condition)) {                                                      \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            std::abort();                                                        \
        }                                                                        \
    } while (false)
