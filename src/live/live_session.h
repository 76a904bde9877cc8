// A session: a thread reads the source and makes windows, the caller's thread
// runs the model and hands poses on. Tested by live_session_test.cc and
// live_chain_test.cc.
#ifndef EDGE_INT8_SRC_LIVE_LIVE_SESSION_H_
#define EDGE_INT8_SRC_LIVE_LIVE_SESSION_H_

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "src/eval/predictor.h"
#include "src/live/latency_counts.h"
#include "src/live/live_packets.h"
#include "src/live/live_windows.h"
#include "src/live/window_queue.h"

namespace edge_int8 {

struct SessionOptions {
  LiveSetup setup;
  // Opens the source; called again after it ended where `reconnect` is not 0.
  // Throws kBadInput when it can't be opened or died.
  std::function<std::unique_ptr<LivePackets>(const StopFlag&)> open;
  double reconnect = 0;  // seconds to wait before
  // Silence of the source is no pose, and worth a note: of those that send.
  bool is_live = false;
  std::size_t queue = 8;
  WhenFull when_full = WhenFull::kWait;
  int64_t count = 0;  // poses to end after; 0: none
};

// One answer, or that there is none.
struct LivePose {
  std::span<const float> values;  // empty: no pose
  std::string_view why;           // then
  int64_t time_ns = 0;            // of the window's last step
  double latency_ms = 0;          // since that one's packet was there
  std::span<const float> window;  // [row][frame], scaled
  int64_t first_ns = 0;
};

struct SessionSummary {
  LiveCounts counts;
  LatencyCounts latency;
  int64_t poses = 0;
  int64_t no_pose = 0;     // times that poses ended
  int64_t dropped = 0;     // windows that the engine had no time for
  int64_t not_finite = 0;  // answers that are no numbers
  int64_t reconnects = 0;
  double seconds = 0;
  double rate = 0;  // of the clock; 0: never known
};

class LiveSession {
 public:
  LiveSession(SessionOptions options, Predictor& predictor);

  // Until the source ends, `count` poses, Stop() or Ctrl-C. `on_pose` is called
  // on this thread. What the source threw is thrown at the end, after every
  // window of it; summary() is whole then, too.
  void Run(const std::function<void(const LivePose&)>& on_pose);
  // From any thread.
  void Stop() { stop_ = true; }
  const SessionSummary& summary() const { return summary_; }

 private:
  void ReadSource();
  void ReadAgain(LiveWindows& windows);
  void ReadOnce(LiveWindows& windows);
  bool Use(const CsiPacket& packet, LiveTime arrival, LiveWindows& windows);
  void SayOnce(const std::string& text);
  void RunWindow(const QueuedWindow& window,
                 const std::function<void(const LivePose&)>& on_pose);
  void SayNoPose(int64_t time_ns, std::string_view why,
                 const std::function<void(const LivePose&)>& on_pose);
  void LookForSilence(const std::function<void(const LivePose&)>& on_pose);

  const SessionOptions options_;
  Predictor& predictor_;
  StopFlag stop_ = false;
  WindowQueue queue_;
  SessionSummary summary_;
  std::vector<float> pose_;
  bool has_pose_ = false;      // the last thing said
  bool told_silence_ = false;  // on stderr
  std::exception_ptr source_error_;
  // Of the source's thread.
  bool misfit_ = false;
  std::string said_;  // the last note, until a packet came

  // What both threads look at.
  mutable std::mutex mutex_;
  struct Heard {
    LiveTime any, used;  // the last packets
    int64_t time_ns = 0;
    int64_t max_gap_ns = 0;
    bool began = false;
  } heard_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_LIVE_LIVE_SESSION_H_
