#include "train/commands/micro_batches.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/base/program.h"
#include "train/commands/task_loop.h"

namespace edge_int8::train {
namespace {

constexpr double kGradientUnit = 0x1.0p-44;
// Of a whole batch, 2^60 units: a micro-batch's may be its share of that, so
// that a sum fits however many they are.
constexpr double kLargestGradient = 0x1.0p16;
constexpr int64_t kGrain = 65536;

// Rank r has the r-th where there are fewer than ranks: rank 0 never idles.
Share MicrosOfRank(int64_t count) {
  const int rank = World().rank(), size = World().size();
  if (count >= size) return ShareOf(count, rank, size);
  return {std::min<int64_t>(rank, count), std::min<int64_t>(rank + 1, count)};
}

// What a rank sends to a meeting: how many micro-batches and numbers, then
// those. A rank without any comes with none, until the others are done.
constexpr double kDone = -1;

std::vector<double> Numbers(const std::vector<std::byte>& bytes) {
  std::vector<double> numbers(bytes.size() / sizeof(double));
  if (!bytes.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
  return numbers;
}

class Meetings;

// Of one micro-batch.
class Seat final : public BatchMeeting {
 public:
  Seat(Meetings& meetings, std::size_t place)
      : meetings_(meetings), place_(place) {}
  std::shared_ptr<const BatchParts> Meet(std::vector<double> mine) override;

 private:
  Meetings& meetings_;
  const std::size_t place_;
};

// The threads of this rank and, through the last one to come, all ranks.
class Meetings {
 public:
  Meetings(std::size_t seats, int running)
      : mine_(seats), tokens_(running), local_(World().size() == 1) {}

  std::shared_ptr<const BatchParts> Meet(std::size_t place,
                                         std::vector<double> mine) {
    std::unique_lock lock(mutex_);
    ++tokens_;  // another may compute meanwhile
    mine_[place] = std::move(mine);
    const int64_t meeting = held_;
    if (++there_ == mine_.size()) {
      Hold();
    } else {
      free_.notify_one();
      met_.wait(lock, [&] { return held_ > meeting || failed_; });
    }
    if (failed_) throw Left();
    // Kept: the next meeting may be over before this part runs again.
    std::shared_ptr<const BatchParts> all = all_;
    TakeToken(lock);
    return all;
  }

  void Begin() {
    std::unique_lock lock(mutex_);
    TakeToken(lock);
  }
  void End(bool failed) {
    const std::scoped_lock lock(mutex_);
    ++tokens_;
    if (failed) GiveUp();
    free_.notify_one();
  }

  // Another micro-batch failed.
  struct Left {};

 private:
  void TakeToken(std::unique_lock<std::mutex>& lock) {
    free_.wait(lock, [&] { return tokens_ > 0 || failed_; });
    if (failed_) throw Left();
    --tokens_;
    if (tokens_ > 0) free_.notify_one();
  }

  void GiveUp() {
    failed_ = true;
    free_.notify_all();
    met_.notify_all();
  }

  // With the lock: everybody else waits for it.
  void Hold() {
    try {
      all_ = std::make_shared<const BatchParts>(local_ ? mine_ : Exchange());
    } catch (...) {
      GiveUp();
      throw;
    }
    there_ = 0;
    ++held_;
    met_.notify_all();
  }

  BatchParts Exchange() const {
    std::vector<double> message = {static_cast<double>(mine_.size())};
    for (const auto& one : mine_) {
      message.insert(message.end(), one.begin(), one.end());
    }
    BatchParts all;
    for (const auto& part :
         World().AllGather(std::as_bytes(std::span(message)))) {
      const std::vector<double> numbers = Numbers(part);
      if (numbers.empty()) continue;
      const auto count = static_cast<std::size_t>(numbers[0]);
      const std::size_t each = (numbers.size() - 1) / count;
      for (std::size_t i = 0; i < count; ++i) {
        const auto begin =
            numbers.begin() + static_cast<std::ptrdiff_t>(1 + i * each);
        all.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(each));
      }
    }
    return all;
  }

  std::mutex mutex_;
  std::condition_variable met_, free_;  // a meeting was held, a token is free
  BatchParts mine_;
  std::shared_ptr<const BatchParts> all_;
  std::size_t there_ = 0;
  int64_t held_ = 0;
  int tokens_;
  bool failed_ = false;
  const bool local_;
};

std::shared_ptr<const BatchParts> Seat::Meet(std::vector<double> mine) {
  return meetings_.Meet(place_, std::move(mine));
}

// A rank without a micro-batch is at every meeting and says nothing.
void ListenUntilDone() {
  while (true) {
    for (const auto& part : World().AllGather({})) {
      const std::vector<double> numbers = Numbers(part);
      if (!numbers.empty() && numbers[0] == kDone) return;
    }
  }
}

void SayDone() {
  const std::vector<double> message = {kDone};
  World().AllGather(std::as_bytes(std::span(message)));
}

// Asked once for each size, not at every step: it starts them.
void RequireMore(int threads) {
  static int had = 0;
  if (threads <= had) return;
  RequireThreads(threads);
  had = threads;
}

void RunThreads(const Share& mine,
                const std::function<void(int64_t, BatchMeeting*)>& body) {
  const auto count = static_cast<std::size_t>(mine.size());
  RequireMore(static_cast<int>(count));
  // Each runs its loops by itself where there are enough of them.
  const int threads = ThreadCount();
  const bool serial = mine.size() >= threads;
  Meetings meetings(count, serial ? threads : static_cast<int>(count));
  std::vector<std::exception_ptr> thrown(count);
  std::vector<std::thread> running;
  for (std::size_t i = 0; i < count; ++i) {
    running.emplace_back([&, i] {
      at::internal::lazy_init_num_threads();
      const SerialLoops loops(serial);
      Seat seat(meetings, i);
      bool failed = false;
      try {
        meetings.Begin();
        body(mine.first + static_cast<int64_t>(i), &seat);
      } catch (const Meetings::Left&) {
        failed = true;
      } catch (...) {
        failed = true;
        thrown[i] = std::current_exception();
      }
      meetings.End(failed);
    });
  }
  for (std::thread& thread : running) thread.join();
  for (const std::exception_ptr& error : thrown) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace

MicroBatches::MicroBatches(int64_t windows, at::Device device)
    : windows_(windows),
      count_(device == at::kCPU ? (windows + kMicroBatch - 1) / kMicroBatch
                                : std::min<int64_t>(windows, World().size())),
      whole_share_(device != at::kCPU),
      mine_(MicrosOfRank(count_)) {}

Share MicroBatches::WindowsOf(int64_t m) const {
  if (whole_share_) {
    return ShareOf(windows_, static_cast<int>(m), static_cast<int>(count_));
  }
  return {m * kMicroBatch, std::min(windows_, (m + 1) * kMicroBatch)};
}

std::span<const int64_t> MicroBatches::Of(std::span<const int64_t> batch,
                                          int64_t m) const {
  const Share windows = WindowsOf(m);
  return batch.subspan(AsSize(windows.first), AsSize(windows.size()));
}

double MicroBatches::Weight(int64_t m) const {
  return static_cast<double>(WindowsOf(m).size()) /
         static_cast<double>(windows_);
}

GradientSum::GradientSum(int64_t values) : sum_(AsSize(values + 1)) {}

void GradientSum::Add(const at::Tensor& gradients, double weight) {
  const at::Tensor values = gradients.detach().cpu().contiguous();
  Check(values.numel() + 1 == std::ssize(sum_), "gradients of another size");
  const float* const g = values.data_ptr<float>();
  const double limit = kLargestGradient * weight;
  std::atomic<int64_t> refused = 0;
  ForEachRange(values.numel(), kGrain, [&](int64_t begin, int64_t end) {
    int64_t bad = 0;
    for (int64_t i = begin; i < end; ++i) {
      const auto value = static_cast<double>(g[i]);
      // False for NaN, too.
      const bool fits = std::abs(value) < limit;
      bad += fits ? 0 : 1;
      sum_[AsSize(i)] += fits ? std::llrint(value / kGradientUnit) : 0;
    }
    refused += bad;
  });
  sum_.back() += refused;
}

bool GradientSum::Finish(const at::Tensor& gradients) {
  World().Sum(sum_);
  const bool finite = sum_.back() == 0;
  at::NoGradGuard no_grad;
  at::Tensor values = at::empty({gradients.numel()}, at::kFloat);
  float* const g = values.data_ptr<float>();
  ForEachRange(values.numel(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      g[i] = static_cast<float>(static_cast<double>(sum_[AsSize(i)]) *
                                kGradientUnit);
    }
  });
  gradients.copy_(values.view(gradients.sizes()));
  std::ranges::fill(sum_, 0);
  return finite;
}

void RunSideBySide(const MicroBatches& micros,
                   const std::function<void(int64_t, BatchMeeting*)>& body) {
  if (micros.count() == 1 && World().size() == 1) {
    body(0, nullptr);
    return;
  }
  if (micros.mine().size() == 0) {
    ListenUntilDone();
    return;
  }
  RunThreads(micros.mine(), body);
  if (micros.leaves_ranks_idle()) SayDone();
}

std::vector<double> OfAllMicroBatches(const MicroBatches& micros,
                                      std::vector<double> mine) {
  std::vector<double> all(AsSize(micros.count()));
  std::ranges::copy(mine, all.begin() + micros.mine().first);
  GatherSlices(std::span(all), micros.mine().first, micros.mine().end);
  return all;
}

}  // namespace edge_int8::train
