// What the ranks of a job tell each other beside their work: that they are
// alive, that one has failed, that the job ends. The decisions alone, without
// clock, threads or MPI. Tested by job_control_test.cc.
//
// Rank 0 decides what the job ends with. It waits a moment for a failure of
// its own or of a lower rank, since one mistake often fails all ranks; a rank
// that was interrupted (by the launcher, because another died) decides last.
#ifndef EDGE_INT8_SRC_BASE_JOB_CONTROL_H_
#define EDGE_INT8_SRC_BASE_JOB_CONTROL_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "src/base/communicator.h"

namespace edge_int8 {

class JobControl {
 public:
  // `hosts` by rank. Times are seconds on any clock.
  JobControl(int rank, std::vector<std::string> hosts, double silence_s);

  void Heard(int rank, double now);
  // What was not heard until now is nobody's silence.
  void Excuse(double now);
  // The failing rank's own words.
  void Failed(int rank, const Communicator::Ending& failure, double now);
  // A rank that was heard of and is silent for too long; each rank watches
  // rank 0, and rank 0 watches all.
  std::optional<int> Silent(double now) const;
  // Of rank 0, and of the lowest rank once rank 0 is lost: what the job ends
  // with, when it is time to say so.
  std::optional<Communicator::Ending> Verdict(double now) const;

  // "rank 2 of 4 on node7: MESSAGE"; mistakes of the command line and missed
  // limits, which are every rank's, stay as they are.
  Communicator::Ending Described(int rank,
                                 const Communicator::Ending& failure) const;

 private:
  const int rank_;
  const std::vector<std::string> hosts_;
  const double silence_s_;
  std::vector<std::optional<double>> heard_;  // by rank
  std::map<int, Communicator::Ending> failures_;
  double first_failure_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_JOB_CONTROL_H_
