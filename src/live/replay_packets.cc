#include "src/live/replay_packets.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"

namespace edge_int8 {

ReplayPackets::ReplayPackets(const Dataset& dataset, const ReplayShape& shape,
                             bool loop)
    : dataset_(dataset),
      shape_(shape),
      loop_(loop),
      window_(dataset.task().window_values()),
      before_(window_.size()),
      frame_(shape.frames) {
  Check(shape.rows * shape.frames == std::ssize(window_) && shape.rate > 0 &&
            shape.stride > 0,
        "a replay of another shape");
}

// Whether the window begins with what the one before ended with.
bool ReplayPackets::Overlaps() const {
  const auto frames = AsSize(shape_.frames);
  const auto stride = AsSize(shape_.stride);
  for (std::size_t row = 0; row < AsSize(shape_.rows); ++row) {
    if (std::memcmp(window_.data() + row * frames,
                    before_.data() + row * frames + stride,
                    (frames - stride) * sizeof(float)) != 0) {
      return false;
    }
  }
  return true;
}

bool ReplayPackets::NextWindow() {
  while (true) {
    if (next_window_ == dataset_.windows()) {
      if (!loop_ || !played_) return false;
      next_window_ = 0;
      file_.reset();
    }
    const int64_t index = next_window_++;
    if (!dataset_.Corrupt(index)) {
      std::swap(window_, before_);
      dataset_.Read(index, window_);
      const int file = dataset_.FileOf(index);
      const bool follows = file_ == file && shape_.stride <= shape_.frames &&
                           (shape_.stride == shape_.frames || Overlaps());
      frame_ = follows ? shape_.frames - shape_.stride : 0;
      if (!follows && played_) step_ += shape_.gap_steps;
      file_ = file;
      played_ = true;
      return true;
    }
    ++left_out_["windows that are corrupt"];
    file_.reset();
  }
}

bool ReplayPackets::Next(CsiPacket& packet) {
  if (frame_ == shape_.frames && !NextWindow()) return false;
  // As the clock computes its steps' times.
  packet.time_ns =
      std::llround(static_cast<double>(step_++) * 1e9 / shape_.rate);
  packet.link = {};
  packet.streams = 1;
  packet.polar = true;
  packet.b.clear();
  packet.a.resize(AsSize(shape_.rows));
  for (std::size_t row = 0; row < packet.a.size(); ++row) {
    packet.a[row] = window_[row * AsSize(shape_.frames) + AsSize(frame_)];
  }
  ++frame_;
  return true;
}

}  // namespace edge_int8
