#include "src/base/parallel.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <utility>

namespace edge_int8 {
namespace {

std::atomic<int> requested_threads{0};
std::atomic<int> default_threads{0};

// What the lowest failing index of a loop threw.
class FirstFailure {
 public:
  explicit FirstFailure(int64_t count) : index_(count) {}

  // Whether index i comes before every failure so far, so that it matters.
  bool Matters(int64_t i) const { return i < index_.load(); }

  void Add(int64_t i, std::exception_ptr error) {
    const std::scoped_lock lock(mutex_);
    if (!Matters(i)) return;
    index_ = i;
    error_ = std::move(error);
  }

  void Rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::atomic<int64_t> index_;
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

int ThreadCount() {
  if (const int requested = requested_threads.load(); requested > 0) {
    return requested;
  }
  const int usual = default_threads.load();
  return usual > 0 ? usual : tbb::info::default_concurrency();
}

void SetThreads(int threads) { requested_threads.store(threads); }

void SetDefaultThreads(int threads) { default_threads.store(threads); }

void ParallelFor(int64_t count, const std::function<void(int64_t)>& body) {
  ParallelForSlots(count, ThreadCount(), [&](int64_t i, int) { body(i); });
}

void ParallelForSlots(int64_t count, int slots,
                      const std::function<void(int64_t, int)>& body) {
  // oneTBB never runs more threads than cores unless told so.
  const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                  static_cast<std::size_t>(slots));
  tbb::task_arena arena(slots);
  FirstFailure failure(count);
  arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<int64_t>(0, count, 1),
        [&](const tbb::blocked_range<int64_t>& range) {
          const int slot = tbb::this_task_arena::current_thread_index();
          for (int64_t i = range.begin(); i < range.end(); ++i) {
            if (!failure.Matters(i)) return;
            try {
              body(i, slot);
            } catch (...) {
              failure.Add(i, std::current_exception());
            }
          }
        },
        tbb::simple_partitioner());
  });
  failure.Rethrow();
}

}  // namespace edge_int8
