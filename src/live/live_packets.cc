#include "src/live/live_packets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLook{50};  // at the stop flag
// A recording that pauses for longer, or whose clock goes back, goes on at
// once: nobody waits for hours that were cut out.
constexpr double kLongestPause = 10;  // seconds
// So much is read at a time: at 100 packets a second it is never full, and what
// waits in it has the same time of arrival.
constexpr std::size_t kMostRead = std::size_t{1} << 16;

class FileOrPipe : public LiveStream {
 public:
  FileOrPipe(const std::string& path, const StopFlag& stop)
      : path_(path), stop_(stop) {
    file_ = path == "-" ? dup(STDIN_FILENO)
                        : open(path.c_str(),
                               O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status = {};
    if (file_ < 0 || fstat(file_, &status) != 0) {
      Fail("can't be opened", errno);
    }
    if (S_ISDIR(status.st_mode)) {
      close(file_);
      FailInput(path_, "is a folder: replay:FOLDER plays a data set");
    }
    waits_ = !S_ISREG(status.st_mode);
  }
  ~FileOrPipe() override {
    if (file_ >= 0) close(file_);
  }
  FileOrPipe(const FileOrPipe&) = delete;
  FileOrPipe& operator=(const FileOrPipe&) = delete;

  std::size_t Read(std::span<char> room) override {
    while (!stop_) {
      if (waits_ && !Ready()) continue;
      const ssize_t got =
          read(file_, room.data(), std::min(room.size(), kMostRead));
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      // What a terminal says when its other side is gone.
      if (got < 0 && errno == EIO && waits_) return 0;
      if (got < 0) Fail("can't be read", errno);
      arrival_ = steady_clock::now();
      return static_cast<std::size_t>(got);
    }
    return 0;
  }
  LiveTime arrival() const override { return arrival_; }

 private:
  // A pipe without a writer is one whose writer has yet to come, until there
  // was one.
  bool Ready() {
    pollfd wait = {file_, POLLIN, 0};
    const int ready = poll(&wait, 1, static_cast<int>(kLook.count()));
    return ready > 0 && (wait.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
  }

  [[noreturn]] void Fail(std::string_view what, int error) const {
    FailInput(path_, fmt::format("{}: {}", what, std::strerror(error)));
  }

  const std::string path_;
  const StopFlag& stop_;
  int file_ = -1;
  bool waits_ = false;
  LiveTime arrival_ = steady_clock::now();
};

class TextSource : public LivePackets {
 public:
  TextSource(const std::string& where, std::unique_ptr<LiveStream> stream,
             const std::string& time)
      : stream_(std::move(stream)), source_(where, *stream_, time) {}
  bool Next(CsiPacket& packet) override { return source_.Next(packet); }
  const LeftOut& left_out() const override { return source_.left_out(); }
  LiveTime arrival() const override { return stream_->arrival(); }

 private:
  const std::unique_ptr<LiveStream> stream_;
  Esp32Source source_;
};

class PacedSource : public LivePackets {
 public:
  PacedSource(std::unique_ptr<LivePackets> packets, double speed,
              const StopFlag& stop)
      : packets_(std::move(packets)), speed_(speed), stop_(stop) {}

  bool Next(CsiPacket& packet) override {
    if (stop_ || !packets_->Next(packet)) return false;
    const double passed =
        static_cast<double>(packet.time_ns - last_ns_.value_or(0)) / 1e9;
    if (!last_ns_ || passed < 0 || passed > kLongestPause) {
      due_ = std::max(due_, steady_clock::now());
    } else {
      due_ += std::chrono::duration_cast<steady_clock::duration>(
          duration<double>(passed / speed_));
    }
    last_ns_ = packet.time_ns;
    return SleepUntil(due_, stop_);
  }
  const LeftOut& left_out() const override { return packets_->left_out(); }
  // Of one that is overdue: now.
  LiveTime arrival() const override { return steady_clock::now(); }

 private:
  const std::unique_ptr<LivePackets> packets_;
  const double speed_;
  const StopFlag& stop_;
  std::optional<int64_t> last_ns_;
  LiveTime due_;
};

}  // namespace

bool SleepUntil(LiveTime due, const StopFlag& stop) {
  while (!stop) {
    const LiveTime now = steady_clock::now();
    if (now >= due) return true;
    std::this_thread::sleep_until(std::min<LiveTime>(due, now + kLook));
  }
  return false;
}

std::unique_ptr<LiveStream> OpenFile(const std::string& path,
                                     const StopFlag& stop) {
  return std::make_unique<FileOrPipe>(path, stop);
}

std::unique_ptr<LivePackets> TextPackets(const std::string& where,
                                         std::unique_ptr<LiveStream> stream,
                                         const std::string& time) {
  return std::make_unique<TextSource>(where, std::move(stream), time);
}

std::unique_ptr<LivePackets> Paced(std::unique_ptr<LivePackets> packets,
                                   double speed, const StopFlag& stop) {
  return std::make_unique<PacedSource>(std::move(packets), speed, stop);
}

}  // namespace edge_int8
