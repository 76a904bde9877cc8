#include "python/float_model.h"

#include <algorithm>
#include <utility>

#include "src/base/as_size.h"

namespace edge_int8::python {
namespace {

class WindowsInMemory : public WindowSource {
 public:
  WindowsInMemory(const float* windows, int64_t count, std::size_t values)
      : windows_(windows), count_(count), values_(values) {}
  int64_t size() const override { return count_; }
  void Read(int64_t index, std::span<float> out) const override {
    std::copy_n(windows_ + AsSize(index) * values_, values_, out.begin());
  }

 private:
  const float* windows_;
  int64_t count_;
  std::size_t values_;
};

}  // namespace

FloatModel::FloatModel(std::filesystem::path path,
                       const NetworkOptions& network)
    : path_(std::move(path)),
      network_(network),
      loaded_(LoadPredictor(path_, network_)) {}

std::vector<float> FloatModel::Run(const float* windows, int64_t count) {
  const std::scoped_lock lock(mutex_);
  return PredictAll(
      *loaded_.predictor,
      WindowsInMemory(windows, count, AsSize(ElementCount(shapes().input))),
      "predict");
}

}  // namespace edge_int8::python
