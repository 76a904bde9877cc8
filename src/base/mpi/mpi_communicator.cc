// The only file that speaks MPI: the work's calls on one communicator, from one
// thread at a time, and what the watching thread (job_watch.h) says and hears
// on another.
//
// Waiting is a loop around MPI_Test, never a blocking call: so a rank that
// waits for one that has failed ends with it, and a core that several ranks
// share is not spent on waiting.
#include "src/base/mpi_communicator.h"

#include <fmt/format.h>
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/job_watch.h"

namespace edge_int8 {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int64_t kRound = int64_t{1} << 28;  // bytes one call moves at most
constexpr int64_t kShort = 1 << 20;           // of all ranks together
constexpr int64_t kMostShort = 16384;         // of one
constexpr std::size_t kMostText = 4000;       // of a failure
constexpr int kTagText = 1, kTagNotice = 2;   // and a notice's kind

void Must(int result, const char* what) {
  if (result == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text = {};
  int length = 0;
  MPI_Error_string(result, text.data(), &length);
  throw Error(ErrorKind::kInternal,
              fmt::format("MPI {}: {}", what, text.data()));
}

// Short at first, for what is about to happen; then a core is left alone.
class Pause {
 public:
  void Sleep() {
    if (++rounds_ < 200) {
      std::this_thread::yield();
    } else {
      std::this_thread::sleep_for(
          std::chrono::microseconds(rounds_ < 1000 ? 50 : 500));
    }
  }

 private:
  int rounds_ = 0;
};

class MpiControlLine final : public ControlLine {
 public:
  explicit MpiControlLine(int size) : beats_(AsSize(size), MPI_REQUEST_NULL) {
    Must(MPI_Comm_dup(MPI_COMM_WORLD, &control_), "communicator");
  }

  std::optional<Notice> Hear() override {
    int there = 0;
    MPI_Message handle;
    MPI_Status status;
    if (MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, control_, &there, &handle,
                    &status) != MPI_SUCCESS ||
        there == 0) {
      return std::nullopt;
    }
    const int from = status.MPI_SOURCE, tag = status.MPI_TAG;
    Packet packet;
    MPI_Mrecv(&packet, sizeof packet, MPI_BYTE, &handle, &status);
    return Notice{static_cast<Kind>(tag - kTagNotice),
                  from,
                  packet.failed,
                  {packet.code, packet.text.data()}};
  }

  void Beat(int to) override {
    int done = 1;
    MPI_Test(&beats_[AsSize(to)], &done, MPI_STATUS_IGNORE);
    if (done == 0) return;
    MPI_Isend(&beat_, 1, MPI_BYTE, to, TagOf(Kind::kBeat), control_,
              &beats_[AsSize(to)]);
  }

  void Tell(int to, Kind kind, int failed,
            const Communicator::Ending& ending) override {
    auto* const packet = new Packet{failed, ending.code};  // outlives sending
    ending.text.copy(packet->text.data(), kMostText);
    MPI_Request request;
    MPI_Isend(packet, sizeof *packet, MPI_BYTE, to, TagOf(kind), control_,
              &request);
    for (int i = 0; i < 100; ++i) {
      int done = 0;
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (done != 0) {
        delete packet;
        return;
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

 private:
  // What a failure looks like on its way.
  struct Packet {
    int failed = 0;
    int code = 0;
    std::array<char, kMostText + 1> text = {};
  };
  static int TagOf(Kind kind) { return kTagNotice + static_cast<int>(kind); }

  MPI_Comm control_ = MPI_COMM_NULL;
  std::vector<MPI_Request> beats_;
  char beat_ = 0;
};

class MpiCommunicator final : public Communicator {
 public:
  explicit MpiCommunicator(const Launch& launch) {
    int level = 0;
    Must(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_MULTIPLE, &level),
         "can't be started");
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    if (size_ != launch.size || rank_ != launch.rank) {
      MPI_Finalize();
      FailUsage(fmt::format(
          "{} started {} ranks and MPI sees {}: launcher and library are not "
          "of one MPI (with srun, --mpi=pmix; srun --mpi=list shows what "
          "there is)",
          launch.launcher, launch.size, size_));
    }
    if (level < MPI_THREAD_MULTIPLE) {
      MPI_Finalize();
      FailUsage("this MPI has no MPI_THREAD_MULTIPLE");
    }
    Must(MPI_Comm_dup(MPI_COMM_WORLD, &work_), "communicator");
    line_.emplace(size_);
    Must(MPI_Comm_dup(MPI_COMM_WORLD, &leave_), "communicator");
    const std::map<int, pid_t> neighbours = FindNeighbours();
    watch_.emplace(*line_, rank_, hosts_, neighbours);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int local_rank() const override { return local_rank_; }
  std::string host(int rank) const override { return hosts_[AsSize(rank)]; }

  void Barrier() override {
    MPI_Request request;
    Must(MPI_Ibarrier(work_, &request), "barrier");
    Wait(request);
  }

  std::vector<std::vector<std::byte>> AllGather(
      std::span<const std::byte> mine) override {
    std::vector<std::vector<std::byte>> all(AsSize(size_));
    bool short_enough = false;
    const std::vector<int64_t> sizes = GatherShort(mine, all, short_enough);
    const int64_t most = *std::ranges::max_element(sizes);
    const int64_t step = std::max<int64_t>(kRound / size_, 1);
    for (int64_t at = short_enough ? most : 0; at < most; at += step) {
      GatherRound(mine, sizes, at, step, all);
    }
    return all;
  }

  void Broadcast(std::vector<std::byte>& bytes) override {
    const int64_t count = GatherSizes(std::ssize(bytes))[0];
    bytes.resize(AsSize(count));
    for (int64_t at = 0; at < count; at += kRound) {
      MPI_Request request;
      Must(MPI_Ibcast(bytes.data() + at,
                      static_cast<int>(std::min(kRound, count - at)), MPI_BYTE,
                      0, work_, &request),
           "broadcast");
      Wait(request);
    }
  }

  void Sum(std::span<int64_t> values) override {
    const int64_t step = kRound / 8;
    for (int64_t at = 0; at < std::ssize(values); at += step) {
      MPI_Request request;
      Must(MPI_Iallreduce(
               MPI_IN_PLACE, values.data() + at,
               static_cast<int>(std::min(step, std::ssize(values) - at)),
               MPI_INT64_T, MPI_SUM, work_, &request),
           "sum");
      Wait(request);
    }
  }

  void Send(int to, std::string_view text) override {
    Check(text.size() <= INT_MAX, "a message of less than 2 GiB");
    MPI_Request request;
    Must(MPI_Isend(text.data(), static_cast<int>(text.size()), MPI_BYTE, to,
                   kTagText, work_, &request),
         "send");
    Wait(request);
  }

  std::optional<Message> Poll() override {
    ThrowIfEnding();
    MPI_Message handle;
    MPI_Status status;
    int there = 0;
    Must(MPI_Improbe(MPI_ANY_SOURCE, kTagText, work_, &there, &handle, &status),
         "probe");
    if (there == 0) return std::nullopt;
    int bytes = 0;
    MPI_Get_count(&status, MPI_BYTE, &bytes);
    Message message{status.MPI_SOURCE, std::string(AsSize(bytes), '\0')};
    Must(MPI_Mrecv(message.text.data(), bytes, MPI_BYTE, &handle, &status),
         "receive");
    return message;
  }

  Message Receive() override {
    for (Pause pause;; pause.Sleep()) {
      if (std::optional<Message> message = Poll()) return std::move(*message);
    }
  }

  Ending Fail(int code, const std::string& text) override {
    return watch_->Fail(code, text);
  }
  std::optional<Ending> ending() const override {
    return watch_ ? watch_->ending() : std::nullopt;
  }

  void Leave() override {
    MPI_Request request;
    bool together = MPI_Ibarrier(leave_, &request) == MPI_SUCCESS;
    std::optional<Clock::time_point> failing;
    for (Pause pause; together; pause.Sleep()) {
      int done = 0;
      MPI_Test(&request, &done, MPI_STATUS_IGNORE);
      if (done != 0) break;
      if (!ending()) continue;
      if (!failing) failing = Clock::now();
      together = !watch_->lost_one() && Clock::now() - *failing < seconds(3);
    }
    watch_->Stop();
    std::fflush(stdout);
    const std::optional<Ending> decided = ending();
    if (!together) _exit(decided ? decided->code : 4);
    if (decided) {
      // A library may wait here for what the failed work left open.
      std::thread([code = decided->code] {
        std::this_thread::sleep_for(seconds(3));
        _exit(code);
      }).detach();
    }
    MPI_Finalize();
  }

 private:
  void ThrowIfEnding() const {
    if (ending()) throw Error(ErrorKind::kInterrupted, "the job ends");
    ThrowIfInterrupted();
  }

  void Wait(MPI_Request& request) const {
    for (Pause pause;; pause.Sleep()) {
      int done = 0;
      Must(MPI_Test(&request, &done, MPI_STATUS_IGNORE), "wait");
      if (done != 0) return;
      ThrowIfEnding();
    }
  }

  std::vector<int64_t> GatherSizes(int64_t mine) const {
    std::vector<int64_t> sizes(AsSize(size_));
    MPI_Request request;
    Must(MPI_Iallgather(&mine, 1, MPI_INT64_T, sizes.data(), 1, MPI_INT64_T,
                        work_, &request),
         "gather");
    Wait(request);
    return sizes;
  }

  // The sizes of all parts and, in the same exchange, the parts themselves if
  // all of them are short; else `all` stays empty.
  std::vector<int64_t> GatherShort(std::span<const std::byte> mine,
                                   std::vector<std::vector<std::byte>>& all,
                                   bool& short_enough) const {
    constexpr std::size_t kHead = sizeof(int64_t);
    const auto slot =
        AsSize(std::clamp<int64_t>(kShort / size_, 64, kMostShort));
    std::vector<std::byte> own(slot), slots(slot * AsSize(size_));
    const int64_t size = std::ssize(mine);
    std::memcpy(own.data(), &size, kHead);
    std::ranges::copy(mine.first(std::min(mine.size(), slot - kHead)),
                      own.begin() + kHead);
    MPI_Request request;
    Must(MPI_Iallgather(own.data(), static_cast<int>(slot), MPI_BYTE,
                        slots.data(), static_cast<int>(slot), MPI_BYTE, work_,
                        &request),
         "gather");
    Wait(request);
    std::vector<int64_t> sizes(AsSize(size_));
    for (std::size_t r = 0; r < sizes.size(); ++r) {
      std::memcpy(&sizes[r], &slots[r * slot], kHead);
    }
    short_enough = AsSize(*std::ranges::max_element(sizes)) + kHead <= slot;
    if (!short_enough) return sizes;
    for (std::size_t r = 0; r < all.size(); ++r) {
      const auto begin =
          slots.begin() + static_cast<std::ptrdiff_t>(r * slot + kHead);
      all[r].assign(begin, begin + sizes[r]);
    }
    return sizes;
  }

  // Bytes [at, at + step) of every rank's part.
  void GatherRound(std::span<const std::byte> mine,
                   const std::vector<int64_t>& sizes, int64_t at, int64_t step,
                   std::vector<std::vector<std::byte>>& all) const {
    std::vector<int> counts, offsets;
    int total = 0;
    for (const int64_t size : sizes) {
      counts.push_back(
          static_cast<int>(std::clamp<int64_t>(size - at, 0, step)));
      offsets.push_back(total);
      total += counts.back();
    }
    std::vector<std::byte> bytes(AsSize(total));
    MPI_Request request;
    const int own = counts[AsSize(rank_)];
    Must(MPI_Iallgatherv(own > 0 ? mine.data() + at : nullptr, own, MPI_BYTE,
                         bytes.data(), counts.data(), offsets.data(), MPI_BYTE,
                         work_, &request),
         "gather");
    Wait(request);
    for (std::size_t r = 0; r < all.size(); ++r) {
      const auto begin = bytes.begin() + offsets[r];
      all[r].insert(all[r].end(), begin, begin + counts[r]);
    }
  }

  // Fills in the hosts of all ranks. The processes of those on this machine, if
  // this is one of its first two ranks, which look after them.
  std::map<int, pid_t> FindNeighbours() {
    std::array<char, MPI_MAX_PROCESSOR_NAME> name = {};
    gethostname(name.data(), name.size() - 1);
    const auto all = AllGather(std::as_bytes(std::span(name)));
    for (const auto& bytes : all) {
      hosts_.emplace_back(reinterpret_cast<const char*>(bytes.data()));
    }
    MPI_Comm here;
    Must(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0,
                             MPI_INFO_NULL, &here),
         "neighbours");
    MPI_Comm_rank(here, &local_rank_);
    MPI_Comm_free(&here);
    const std::array<int64_t, 1> mine = {getpid()};
    const auto processes = AllGather(std::as_bytes(std::span(mine)));
    std::map<int, pid_t> neighbours;
    for (int r = 0; r < size_ && local_rank_ < 2; ++r) {
      int64_t process = 0;
      std::memcpy(&process, processes[AsSize(r)].data(), sizeof process);
      // What can't be seen from here, in another container, is not looked for.
      if (r == rank_ || hosts_[AsSize(r)] != hosts_[AsSize(rank_)] ||
          kill(static_cast<pid_t>(process), 0) != 0) {
        continue;
      }
      neighbours[r] = static_cast<pid_t>(process);
    }
    return neighbours;
  }

  int rank_ = 0, size_ = 1, local_rank_ = 0;
  std::vector<std::string> hosts_;
  MPI_Comm work_ = MPI_COMM_NULL, leave_ = MPI_COMM_NULL;
  std::optional<MpiControlLine> line_;
  std::optional<JobWatch> watch_;
};

}  // namespace

std::unique_ptr<Communicator> StartMpi(const Launch& launch) {
  return std::make_unique<MpiCommunicator>(launch);
}

}  // namespace edge_int8
