#include "train/commands/task_loop.h"

#include <ATen/Parallel.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "src/base/parallel.h"
#include "src/base/program.h"

namespace edge_int8::train {
namespace {

struct Threads {
  explicit Threads(int count)
      : limit(tbb::global_control::max_allowed_parallelism,
              static_cast<std::size_t>(count)),
        arena(count) {}
  tbb::global_control limit;  // TBB stops at the core count unless told so.
  tbb::task_arena arena;
};

thread_local bool serial_loops = false;

}  // namespace

SerialLoops::SerialLoops(bool on) : before_(std::exchange(serial_loops, on)) {}
SerialLoops::~SerialLoops() { serial_loops = before_; }
bool SerialLoops::On() { return serial_loops; }

void UseThreads(int threads) {
  SetThreads(threads);
  const int cores = static_cast<int>(std::thread::hardware_concurrency());
  RequireThreads(ThreadCount() + std::max(ThreadCount(), cores));
}

tbb::task_arena& TrainingArena() {
  static std::unique_ptr<Threads> threads;
  const int count = ThreadCount();
  if (threads == nullptr || threads->arena.max_concurrency() != count) {
    threads = std::make_unique<Threads>(count);
    at::set_num_threads(1);
  }
  return threads->arena;
}

}  // namespace edge_int8::train
