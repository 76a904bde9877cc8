// Tasks that rank 0 hands to whoever is free, itself included, and whose
// results it alone gathers. Which rank computes what is left to chance, so a
// result must depend on its task alone. Tested, on several ranks, by
// tests/ranks.
#ifndef EDGE_INT8_SRC_BASE_TASK_FARM_H_
#define EDGE_INT8_SRC_BASE_TASK_FARM_H_

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "src/base/communicator.h"

namespace edge_int8 {

using TaskWork = std::function<std::string(const std::string& task)>;

// Rank 0's side. Work runs by itself (Alone) on whatever rank.
class TaskFarm {
 public:
  // `finished` is called on rank 0 for every result, in the order in which they
  // come in.
  using Finished =
      std::function<void(const std::string& task, const std::string& result)>;
  TaskFarm(TaskWork work, Finished finished);

  // What will be asked for next, the likeliest first: free ranks begin with it.
  // Replaces what was expected before and is not begun.
  void Expect(std::vector<std::string> tasks);
  // Waits until the task's result has been given to `finished`.
  void Finish(const std::string& task);
  // Waits for what is under way and sends the other ranks on.
  void Close();

 private:
  bool Begun(const std::string& task) const;
  void HandOut();
  void Take(const Communicator::Message& message);
  void WorkHere(const std::string& task);

  Communicator& job_;
  const TaskWork work_;
  const Finished finished_;
  std::deque<std::string> expected_;
  std::map<int, std::deque<std::string>> running_;  // by rank, oldest first
};

// Everybody else's: works until rank 0 closes the farm.
void ServeTasks(const TaskWork& work);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_TASK_FARM_H_
