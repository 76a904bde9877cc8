#include "src/base/task_farm.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <utility>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

constexpr const char* kStop = "";  // no task is empty
constexpr std::chrono::milliseconds kServing{2};

}  // namespace

TaskFarm::TaskFarm(TaskWork work, Finished finished)
    : job_(World()), work_(std::move(work)), finished_(std::move(finished)) {}

void TaskFarm::Expect(std::vector<std::string> tasks) {
  if (job_.size() == 1) return;
  expected_.clear();
  for (std::string& task : tasks) {
    if (!Begun(task)) expected_.push_back(std::move(task));
  }
  HandOut();
}

bool TaskFarm::Begun(const std::string& task) const {
  return std::ranges::any_of(running_, [&](const auto& rank) {
    return std::ranges::count(rank.second, task) > 0;
  });
}

// Two each while there is plenty, so that nobody waits for the next; at the end
// one each, so that nobody is left with two.
void TaskFarm::HandOut() {
  for (const std::size_t depth : {std::size_t{1}, std::size_t{2}}) {
    for (int rank = 1; rank < job_.size(); ++rank) {
      std::deque<std::string>& running = running_[rank];
      const auto plenty =
          static_cast<std::size_t>(job_.size()) * (depth == 1 ? 0 : 2);
      if (running.size() >= depth || expected_.size() <= plenty) continue;
      job_.Send(rank, expected_.front());
      running.push_back(std::move(expected_.front()));
      expected_.pop_front();
    }
  }
}

void TaskFarm::Take(const Communicator::Message& message) {
  std::deque<std::string>& running = running_[message.from];
  Check(!running.empty(), "a result of a task that was handed out");
  const std::string task = std::move(running.front());
  running.pop_front();
  const Alone alone;
  finished_(task, message.text);
}

// On a thread of its own, so that nobody waits for rank 0 to be done.
void TaskFarm::WorkHere(const std::string& task) {
  const Alone alone;
  if (job_.size() == 1) {
    finished_(task, work_(task));
    return;
  }
  std::future<std::string> result =
      std::async(std::launch::async, [&] { return work_(task); });
  while (result.wait_for(kServing) != std::future_status::ready) {
    while (const auto message = job_.Poll()) Take(*message);
    HandOut();
  }
  finished_(task, result.get());
}

void TaskFarm::Finish(const std::string& task) {
  const auto waiting = std::ranges::find(expected_, task);
  if (waiting != expected_.end()) expected_.erase(waiting);
  if (!Begun(task)) {
    HandOut();
    WorkHere(task);
    return;
  }
  while (Begun(task)) {
    if (const auto message = job_.Poll()) {
      Take(*message);
    } else if (expected_.empty()) {
      Take(job_.Receive());
    } else {
      const std::string other = std::move(expected_.front());
      expected_.pop_front();
      WorkHere(other);
    }
    HandOut();
  }
}

void TaskFarm::Close() {
  expected_.clear();
  for (int rank = 1; rank < job_.size(); ++rank) {
    while (!running_[rank].empty()) Take(job_.Receive());
    // Not before: a rank that works goes on to its own next task.
  }
  for (int rank = 1; rank < job_.size(); ++rank) job_.Send(rank, kStop);
}

void ServeTasks(const TaskWork& work) {
  Communicator& job = World();
  while (true) {
    const Communicator::Message message = job.Receive();
    if (message.text == kStop) return;
    const std::string result = [&] {
      const Alone alone;
      return work(message.text);
    }();
    job.Send(0, result);
  }
}

}  // namespace edge_int8
