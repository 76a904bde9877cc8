// The whole time of a 32-bit counter of microseconds, which begins again at 0
// every 71 minutes. A step back of less than half of that is one.
#ifndef EDGE_INT8_SRC_CAPTURE_COUNTER_TIME_H_
#define EDGE_INT8_SRC_CAPTURE_COUNTER_TIME_H_

#include <cstdint>
#include <optional>

namespace edge_int8 {

class CounterTime {
 public:
  // In microseconds since the counter was 0 for the first time.
  int64_t Whole(uint32_t now) {
    if (!last_) last_ = now;
    *last_ += static_cast<int32_t>(now - static_cast<uint32_t>(*last_));
    return *last_;
  }

 private:
  std::optional<int64_t> last_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_COUNTER_TIME_H_
