#include "src/quantize/calibrate/row_grids.h"

#include <algorithm>
#include <cstdint>

#include "src/quantize/calibrate/ptq.h"

namespace edge_int8 {

RowGrids::RowGrids(const Quantizer& quantizer, const QuantizerPlan& plan,
                   const FloatKernels& kernels)
    : kernels_(&kernels),
      first_(quantizer.first_channel),
      count_(quantizer.channels) {
  const GridSpec spec = SpecOf(quantizer, plan.bits);
  const int lanes = kernels.lanes;
  const auto width =
      static_cast<std::size_t>((count_ + lanes - 1) / lanes * lanes);
  // Padding is rounded to 0.
  for (auto* values : {&inverse_, &offset_, &top_, &scale_}) {
    values->resize(width);
  }
  const int run = quantizer.channels / quantizer.scales;
  for (int c = 0; c < count_; ++c) {
    const auto at = static_cast<std::size_t>(c);
    const double scale = plan.scales[static_cast<std::size_t>(c / run)];
    inverse_[at] = static_cast<float>(1 / scale);
    offset_[at] = static_cast<float>(plan.zero_point - spec.low());
    top_[at] = static_cast<float>(spec.high() - spec.low());
    scale_[at] = static_cast<float>(scale);
  }
}

double RowGrids::PlaceOf(int c, float value) const {
  const auto at = static_cast<std::size_t>(c);
  // Half a step around each of the top + 1 codes.
  return (double{value} * inverse_[at] + offset_[at] + 0.5) / (top_[at] + 1.0);
}

void RowGrids::Round(const FloatView& view, float* values) const {
  const int lanes = kernels_->lanes;
  // The vectors of a part of the channels may hold others' as well.
  const bool whole = first_ == 0 && count_ == view.extent.channels;
  const bool rows = view.stride_c == 1 && view.stride_w % lanes == 0 &&
                    view.stride_w >= static_cast<int>(inverse_.size()) &&
                    view.stride_h == view.stride_w * view.extent.width;
  if (whole && rows) {
    kernels_->round({view.positions(), static_cast<int>(inverse_.size()),
                     values, view.stride_w, inverse_.data(), offset_.data(),
                     top_.data(), scale_.data()});
    return;
  }
  for (int h = 0; h < view.extent.height; ++h) {
    for (int w = 0; w < view.extent.width; ++w) {
      float* x = values + h * view.stride_h + w * view.stride_w;
      for (int c = 0; c < count_; ++c) {
        const auto at = static_cast<std::size_t>(c);
        float& value = x[(first_ + c) * view.stride_c];
        const float code = value * inverse_[at] + offset_[at] + 0.5f;
        const auto cut = std::clamp(code, 0.0f, top_[at] + 0.5f);
        const auto whole_code = static_cast<float>(static_cast<int32_t>(cut));
        value = (whole_code - offset_[at]) * scale_[at];
      }
    }
  }
}

}  // namespace edge_int8
