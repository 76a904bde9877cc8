// Some of a source's windows, in an order of their own. Tested by
// least_error_test.cc and signal_to_noise_test.cc.
#ifndef EDGE_INT8_SRC_POSE_CHOSEN_WINDOWS_H_
#define EDGE_INT8_SRC_POSE_CHOSEN_WINDOWS_H_

#include <cstdint>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "src/base/as_size.h"
#include "src/pose/window_source.h"

namespace edge_int8 {

class ChosenWindows : public WindowSource {
 public:
  // The source must outlive this.
  ChosenWindows(const WindowSource& source, std::vector<int64_t> chosen)
      : source_(source), chosen_(std::move(chosen)) {}
  int64_t size() const override { return std::ssize(chosen_); }
  void Read(int64_t index, std::span<float> out) const override {
    source_.Read(chosen_[AsSize(index)], out);
  }

 private:
  const WindowSource& source_;
  const std::vector<int64_t> chosen_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_CHOSEN_WINDOWS_H_
