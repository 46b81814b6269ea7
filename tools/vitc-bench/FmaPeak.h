//===- FmaPeak.h - what the processor could do at best ----------*- C++ -*-===//

#ifndef VITC_TOOLS_VITC_BENCH_FMAPEAK_H
#define VITC_TOOLS_VITC_BENCH_FMAPEAK_H

namespace vitc {

/// Measures, for about a tenth of a second, the f32 multiply-add rate of `threads` threads that do nothing else, with
/// the widest vectors that this CPU and its kernel offer. In 10^9 floating-point operations per second.
double measureFmaPeak(unsigned threads);

} // namespace vitc

#endif // VITC_TOOLS_VITC_BENCH_FMAPEAK_H
