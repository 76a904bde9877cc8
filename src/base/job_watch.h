// A rank's second thread: says to the others that this rank is alive, hears
// that one failed or fell silent, and ends the job. What is decided when is
// job_control.h's; what carries the messages is MPI's (mpi_communicator.cc).
// Tested, on several ranks, by tests/ranks.
#ifndef EDGE_INT8_SRC_BASE_JOB_WATCH_H_
#define EDGE_INT8_SRC_BASE_JOB_WATCH_H_

#include <sys/types.h>

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "src/base/communicator.h"
#include "src/base/job_control.h"

namespace edge_int8 {

// Between the watching threads of all ranks, beside their work.
class ControlLine {
 public:
  enum class Kind { kBeat, kFailure, kEnd };
  struct Notice {
    Kind kind = Kind::kBeat;
    int from = 0;
    int failed = 0;  // the rank that a kFailure is of
    Communicator::Ending ending = {};
  };

  virtual ~ControlLine() = default;
  virtual std::optional<Notice> Hear() = 0;  // what has arrived, if anything
  // A sign of life. A rank that does not take its last one gets no other.
  virtual void Beat(int to) = 0;
  // Of `failed`'s failure, or of the end of all. Waits a moment, not longer.
  virtual void Tell(int to, Kind kind, int failed,
                    const Communicator::Ending& ending) = 0;
};

class JobWatch {
 public:
  using Ending = Communicator::Ending;
  // `hosts` and `processes` by rank, the latter those that this rank looks
  // after. The line is used by the watching thread alone, and outlives it.
  JobWatch(ControlLine& line, int rank, std::vector<std::string> hosts,
           std::map<int, pid_t> processes);

  // What Communicator says of these two; from any thread.
  Ending Fail(int code, const std::string& text);
  std::optional<Ending> ending() const;
  // Whether a process that this rank looks after is gone.
  bool lost_one() const { return lost_; }
  // No thread afterwards.
  void Stop();

 private:
  void Watch();
  void HearOthers();
  void Beat();
  void Decide(double now);
  void ReportFailure(int rank, const Ending& failure, double now);
  void LookForLostProcesses(double now);
  void TellAll(const Ending& ending);
  void End(const Ending& ending);
  void EndIfLate(double now);
  [[noreturn]] static void Abandon(const Ending& ending);

  ControlLine& line_;
  const int rank_, size_;
  const double silence_s_;
  std::atomic<bool> stop_ = false, lost_ = false;
  mutable std::mutex mutex_;
  std::optional<Ending> own_failure_, ending_;  // under the mutex
  // Of the thread alone.
  JobControl logic_;
  std::map<int, pid_t> processes_;  // by rank; 0 when it is gone
  bool told_ = false;
  std::optional<double> ended_at_;
  std::thread thread_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_JOB_WATCH_H_
