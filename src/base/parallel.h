// Parallel loops on oneTBB. Results must not depend on the thread count: each
// index writes its own place, and sums are taken afterwards in index order.
// Tested by parallel_test.cc.
#ifndef EDGE_INT8_SRC_BASE_PARALLEL_H_
#define EDGE_INT8_SRC_BASE_PARALLEL_H_

#include <cstdint>
#include <functional>

namespace edge_int8 {

// That a user may ask for.
inline constexpr int kMostThreads = 1024;

// Number of threads ParallelFor uses: the machine's, or what SetThreads said.
int ThreadCount();
void SetThreads(int threads);  // 0 means the machine's.
// What 0 means from now on: this process' share of the machine.
void SetDefaultThreads(int threads);

// Calls body(i) once for each i in [0, count), in any order, on ThreadCount()
// threads. When bodies throw, what the body with the lowest index threw is
// thrown here, as a plain loop would; bodies with higher indices may or may not
// have run.
void ParallelFor(int64_t count, const std::function<void(int64_t)>& body);

// As ParallelFor on `slots` threads, with the index of the running thread's
// slot in [0, slots): no two bodies run at once with the same slot, so a slot
// can own scratch memory. The caller made that for so many, and ThreadCount()
// may have another answer since.
void ParallelForSlots(int64_t count, int slots,
                      const std::function<void(int64_t, int)>& body);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_PARALLEL_H_
