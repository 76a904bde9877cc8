// What `live` does, and `serve` before it hands poses on: the flags, the model
// and the source to a session. Tested by live_chain_test.cc.
#ifndef EDGE_INT8_SRC_RUN_RUN_LIVE_H_
#define EDGE_INT8_SRC_RUN_RUN_LIVE_H_

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/tensor.h"
#include "src/live/live_session.h"
#include "src/live/source_spec.h"
#include "src/nets/network_options.h"
#include "src/pose/dataset.h"

namespace edge_int8 {

struct LiveOptions {
  std::filesystem::path model;
  SourceSpec source;
  NetworkOptions network = {};
  std::filesystem::path like;  // a folder of `dataset import`
  int hop = 0;                 // 0: a quarter of the window
  double rate = 0;             // 0: the packets' own, or the folder's
  double max_gap = 0;          // 0: by the rate, or the folder's
  std::vector<std::string> links = {};
  bool drop_guards = false;
  CsiValue value = CsiValue::kAmplitude;
  std::optional<double> scale = {};  // else the folder's, else 1
  std::string time = {};             // column of the packets' time stamps
  // Times as fast; 0: as fast as it can be read. Of recordings.
  std::optional<double> speed = {};
  bool loop = false;  // a replay, from its beginning again
  std::size_t queue = 8;
  std::optional<WhenFull> when_full = {};
  double reconnect = 0;
  int64_t count = 0;
};

// Opens serial ports and sockets: OpenSocket, which not every program links.
using OpenStream = std::function<std::unique_ptr<LiveStream>(
    const SourceSpec& source, const StopFlag& stop)>;

class LiveRun {
 public:
  // Loads the model and looks at the source. Throws kUsage, kBadInput.
  LiveRun(const LiveOptions& options, const OpenStream& open_stream);
  ~LiveRun();

  // As LiveSession::Run. Throws kBadInput, too, where a recording had no
  // packet.
  void Run(const std::function<void(const LivePose&)>& on_pose);
  const SessionSummary& summary() const { return session_->summary(); }

  const Shape& output() const;
  int64_t rows() const { return rows_; }  // values of a step
  int hop() const { return hop_; }

 private:
  void SetModel();
  void SetSource(SessionOptions& session, const OpenStream& open_stream);
  void SetReplay(SessionOptions& session);
  void SetText(SessionOptions& session, const OpenStream& open_stream);

  const LiveOptions options_;
  std::unique_ptr<Predictor> predictor_;
  int64_t rows_ = 0;
  int frames_ = 0;
  int hop_ = 0;
  std::optional<Dataset> replayed_;
  std::unique_ptr<LiveSession> session_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_RUN_LIVE_H_
