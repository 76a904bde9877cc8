// The processes of one job, one or many, behind one interface. A single
// process is a job of one rank, for which nothing is sent. What is sent between
// many is MPI's, in mpi_communicator.cc and nowhere else. Tested by
// communicator_test.cc (one rank) and by tests/ranks (several).
//
// Every rank runs the same program on the same arguments and takes the same
// decisions; work over items is shared out and the results are gathered, so
// that afterwards every rank has the bits that one process would have. So all
// ranks make the same calls in the same order, from one thread at a time. Only
// rank 0 writes: files, stdout and stderr (job.h).
#ifndef EDGE_INT8_SRC_BASE_COMMUNICATOR_H_
#define EDGE_INT8_SRC_BASE_COMMUNICATOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

class Communicator {
 public:
  struct Message {
    int from = 0;
    std::string text;
  };

  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // Among the ranks on this machine.
  virtual int local_rank() const = 0;
  virtual std::string host(int rank) const = 0;

  // Calls of all ranks. While one waits, the end of the job by another's
  // failure throws kInterrupted.
  virtual void Barrier() = 0;
  // Everybody's bytes, in rank order; ranks may give different sizes.
  virtual std::vector<std::vector<std::byte>> AllGather(
      std::span<const std::byte> mine) = 0;
  // Rank 0's bytes for everybody.
  virtual void Broadcast(std::vector<std::byte>& bytes) = 0;
  // Element by element over all ranks. Integers, so that the order is nobody's
  // business; a sum must fit.
  virtual void Sum(std::span<int64_t> values) = 0;

  // Between two ranks; messages from one to another keep their order.
  virtual void Send(int to, std::string_view text) = 0;
  virtual Message Receive() = 0;
  virtual std::optional<Message> Poll() = 0;  // what has arrived, if anything

  // Says to all ranks that the job ends, with this exit code and message, and
  // returns what the job ends with: the failure that came first, as rank 0 has
  // decided. Any rank may call it at any time.
  struct Ending {
    int code = 0;
    std::string text;
  };
  virtual Ending Fail(int code, const std::string& text) = 0;
  // What the job ends with, if it was told to end.
  virtual std::optional<Ending> ending() const = 0;
  // Waits for all ranks at the end of the program, for a few seconds only when
  // the job fails. Nothing is called after it.
  virtual void Leave() = 0;
};

// The job's, or a job of one while an Alone lives.
Communicator& World();
void SetWorld(std::unique_ptr<Communicator> world);
// Null before SetWorld: of a program that was started by hand.
Communicator* Job();

// Whether this process writes the job's outputs.
bool IsRoot();

// While it lives, this rank works by itself: what it calls shares nothing and
// waits for nobody. Main thread only.
class Alone {
 public:
  Alone();
  ~Alone();
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_COMMUNICATOR_H_
