// The only file that speaks MPI: the work's calls on one communicator, from the
// main thread, and a thread of its own on another, which says that this rank is
// alive, hears that a rank failed or fell silent, and ends the job.
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
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/job.h"
#include "src/base/job_control.h"
#include "src/base/output_file.h"

namespace edge_int8 {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int64_t kRound = int64_t{1} << 28;  // bytes one call moves at most
constexpr int64_t kShort = 1 << 20;           // of all ranks together
constexpr int64_t kMostShort = 16384;         // of one
constexpr std::size_t kMostText = 4000;       // of a failure
constexpr double kSilenceSeconds = 60;        // EDGE_INT8_WATCHDOG overrides it
constexpr int kTagText = 1, kTagBeat = 2, kTagFailure = 3, kTagEnd = 4;

void Must(int result, const char* what) {
  if (result == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text = {};
  int length = 0;
  MPI_Error_string(result, text.data(), &length);
  throw Error(ErrorKind::kInternal,
              fmt::format("MPI {}: {}", what, text.data()));
}

double Now() {
  return duration<double>(Clock::now().time_since_epoch()).count();
}

double Silence() {
  const char* const asked = std::getenv("EDGE_INT8_WATCHDOG");
  const double value = asked == nullptr ? 0 : std::atof(asked);
  return value > 0 ? value : kSilenceSeconds;
}

// What a failure looks like on its way.
struct Packet {
  int rank = 0;
  int code = 0;
  std::array<char, kMostText + 1> text = {};
};
Packet Packed(int rank, const Communicator::Ending& ending) {
  Packet packet;
  packet.rank = rank;
  packet.code = ending.code;
  ending.text.copy(packet.text.data(), kMostText);
  return packet;
}

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
    Must(MPI_Comm_dup(MPI_COMM_WORLD, &control_), "communicator");
    Must(MPI_Comm_dup(MPI_COMM_WORLD, &leave_), "communicator");
    FindNeighbours();
    logic_ = std::make_unique<JobControl>(rank_, hosts_, Silence());
    watch_ = std::thread([this] { Watch(); });
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  int local_rank() const override { return local_rank_; }
  int local_size() const override { return local_size_; }
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
    {
      const std::scoped_lock lock(mutex_);
      if (!own_failure_) own_failure_ = Ending{code, text};
    }
    const auto begin = Clock::now();
    while (Clock::now() - begin < seconds(10)) {
      if (const std::optional<Ending> decided = ending()) return *decided;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return {code, text};  // rank 0 is lost
  }

  std::optional<Ending> ending() const override {
    const std::scoped_lock lock(mutex_);
    return ending_;
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
      together = !lost_ && Clock::now() - *failing < seconds(3);
    }
    leaving_ = true;
    watch_.join();
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

  // Hosts of all ranks, and which of them are on this machine.
  void FindNeighbours() {
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
    MPI_Comm_size(here, &local_size_);
    MPI_Comm_free(&here);
    const std::array<int64_t, 1> mine = {getpid()};
    const auto processes = AllGather(std::as_bytes(std::span(mine)));
    for (int r = 0; r < size_ && local_rank_ < 2; ++r) {
      int64_t process = 0;
      std::memcpy(&process, processes[AsSize(r)].data(), sizeof process);
      // What can't be seen from here, in another container, is not looked for.
      if (r == rank_ || hosts_[AsSize(r)] != hosts_[AsSize(rank_)] ||
          kill(static_cast<pid_t>(process), 0) != 0) {
        continue;
      }
      neighbours_[r] = static_cast<pid_t>(process);
    }
  }

  // --- The other thread ---

  void Watch() {
    double next_beat = 0, last = Now();
    while (!leaving_) {
      HearOthers();
      const double now = Now();
      // It was this process that was stopped: the others have not been silent.
      if (now - last > 1) logic_->Excuse(now);
      last = now;
      if (now >= next_beat) {
        Beat();
        next_beat = now + 0.5;
      }
      if (!ending()) Decide(now);
      EndIfLate(now);
      std::this_thread::sleep_for(milliseconds(ending() ? 2 : 20));
    }
  }

  void HearOthers() {
    while (true) {
      int there = 0;
      MPI_Message handle;
      MPI_Status status;
      if (MPI_Improbe(MPI_ANY_SOURCE, MPI_ANY_TAG, control_, &there, &handle,
                      &status) != MPI_SUCCESS ||
          there == 0) {
        return;
      }
      Packet packet;
      const int from = status.MPI_SOURCE;
      MPI_Mrecv(&packet, sizeof packet, MPI_BYTE, &handle, &status);
      const Ending told{packet.code, packet.text.data()};
      if (status.MPI_TAG == kTagBeat) logic_->Heard(from, Now());
      if (status.MPI_TAG == kTagFailure) {
        logic_->Failed(packet.rank, told, Now());
      }
      if (status.MPI_TAG == kTagEnd) End(told);
    }
  }

  // To rank 0, and from it to all. A rank that does not take its last one gets
  // no other.
  void Beat() {
    beats_.resize(AsSize(size_), MPI_REQUEST_NULL);
    for (int to = rank_ == 0 ? 1 : 0; to < (rank_ == 0 ? size_ : 1); ++to) {
      int done = 1;
      MPI_Test(&beats_[AsSize(to)], &done, MPI_STATUS_IGNORE);
      if (done == 0) continue;
      MPI_Isend(&beat_, 1, MPI_BYTE, to, kTagBeat, control_,
                &beats_[AsSize(to)]);
    }
  }

  void Decide(double now) {
    std::optional<Ending> own;
    {
      const std::scoped_lock lock(mutex_);
      own = own_failure_;
    }
    if (own && !told_) {
      told_ = true;
      ReportFailure(rank_, *own, now);
    }
    LookForLostProcesses(now);
    if (const std::optional<int> silent = logic_->Silent(now)) {
      Ending lost = logic_->Described(
          *silent, {static_cast<int>(ErrorKind::kInternal),
                    fmt::format("has not been heard of for {:.0f} s: it was "
                                "stopped, or its machine is lost",
                                Silence())});
      // The silent one will not follow: the launcher ends it with us. Without
      // rank 0 there is nobody to tell.
      if (rank_ != 0) Abandon(Interrupted() ? Ending{lost.code, ""} : lost);
      TellAll(lost);
      End(lost);
      return;
    }
    if (rank_ != 0) return;
    if (const std::optional<Ending> verdict = logic_->Verdict(now)) {
      TellAll(*verdict);
      End(*verdict);
    }
  }

  void ReportFailure(int rank, const Ending& failure, double now) {
    if (rank_ == 0) {
      logic_->Failed(rank, failure, now);
    } else {
      Tell(0, kTagFailure, rank, failure);
    }
  }

  // Of this machine's ranks, which the first two look after. The launcher
  // notices, too, and ends all; this is in time to say which one it was.
  void LookForLostProcesses(double now) {
    for (auto& [rank, process] : neighbours_) {
      if (process == 0 || kill(process, 0) == 0 || errno != ESRCH) continue;
      process = 0;
      lost_ = true;
      ReportFailure(rank,
                    {static_cast<int>(ErrorKind::kInternal),
                     "its process is gone: it was killed, or crashed"},
                    now);
    }
  }

  void TellAll(const Ending& ending) {
    for (int to = 1; to < size_; ++to) Tell(to, kTagEnd, 0, ending);
  }

  // Of a rank's failure, or of the end of all.
  void Tell(int to, int tag, int rank, const Ending& ending) {
    auto* const packet =
        new Packet(Packed(rank, ending));  // outlives the sending
    MPI_Request request;
    MPI_Isend(packet, sizeof *packet, MPI_BYTE, to, tag, control_, &request);
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

  // The main thread goes back to main() as after Ctrl-C.
  void End(const Ending& ending) {
    {
      const std::scoped_lock lock(mutex_);
      if (ending_) return;
      ending_ = ending;
    }
    ended_at_ = Now();
    RequestInterrupt();
  }

  // A main thread that has not come back in time is not waited for.
  void EndIfLate(double now) {
    if (ended_at_ && now - *ended_at_ > 15) Abandon(*ending());
  }

  [[noreturn]] void Abandon(const Ending& ending) {
    RemoveTemporaries();
    if (!ending.text.empty()) {
      const std::string line = fmt::format("edge-int8: {}\n", ending.text);
      const ssize_t ignored =
          write(MessageDescriptor(), line.data(), line.size());
      static_cast<void>(ignored);
    }
    _exit(ending.code);
  }

  int rank_ = 0, size_ = 1, local_rank_ = 0, local_size_ = 1;
  std::vector<std::string> hosts_;
  MPI_Comm work_ = MPI_COMM_NULL, control_ = MPI_COMM_NULL,
           leave_ = MPI_COMM_NULL;
  std::thread watch_;
  std::atomic<bool> leaving_ = false, lost_ = false;
  mutable std::mutex mutex_;
  std::optional<Ending> own_failure_, ending_;  // under the mutex
  // Of the other thread alone.
  std::unique_ptr<JobControl> logic_;
  std::map<int, pid_t> neighbours_;  // by rank; 0 when it is gone
  std::vector<MPI_Request> beats_;
  char beat_ = 0;
  bool told_ = false;
  std::optional<double> ended_at_;
};

}  // namespace

std::unique_ptr<Communicator> StartMpi(const Launch& launch) {
  return std::make_unique<MpiCommunicator>(launch);
}

}  // namespace edge_int8
