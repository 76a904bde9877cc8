// The trainer's parallel loop: TBB tasks in one arena that lives as long as the
// program, since a training step runs some six hundred short loops. LibTorch's
// own loop (OpenMP) waits by spinning, which is several times slower as soon
// as anything else runs on the machine; LibTorch is therefore told to use one
// thread, and so is oneDNN under it. Tested by torch_graph_test.cc.
#ifndef EDGE_INT8_TRAIN_COMMANDS_TASK_LOOP_H_
#define EDGE_INT8_TRAIN_COMMANDS_TASK_LOOP_H_

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>

namespace edge_int8::train {

// SetThreads(), and kInternal where a limit of the process refuses that many,
// LibTorch's own included: its pool waits for ever for one that did not start.
void UseThreads(int threads);

// Has ThreadCount() threads (src/base/parallel.h).
tbb::task_arena& TrainingArena();

// While it lives and is on, the thread that made it runs its loops by itself:
// others do the same work on other micro-batches.
class SerialLoops {
 public:
  explicit SerialLoops(bool on);
  ~SerialLoops();
  SerialLoops(const SerialLoops&) = delete;
  SerialLoops& operator=(const SerialLoops&) = delete;
  static bool On();

 private:
  const bool before_;
};

// Calls body(begin, end) for pieces of [0, count) of at most `grain`, each on
// one thread.
template <typename Body>
void ForEachRange(int64_t count, int64_t grain, const Body& body) {
  if (count <= grain || SerialLoops::On()) {
    for (int64_t begin = 0; begin < count; begin += grain) {
      body(begin, begin + grain < count ? begin + grain : count);
    }
    return;
  }
  TrainingArena().execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<int64_t>(0, count, static_cast<std::size_t>(grain)),
        [&](const tbb::blocked_range<int64_t>& range) {
          body(range.begin(), range.end());
        },
        tbb::simple_partitioner());
  });
}

template <typename Body>
void ForEachTask(int64_t tasks, const Body& body) {
  ForEachRange(tasks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) body(task);
  });
}

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_TASK_LOOP_H_
