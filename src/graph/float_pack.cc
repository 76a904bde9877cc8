#include "src/graph/float_pack.h"

#include <algorithm>

namespace edge_int8 {
namespace {

int RoundUp(int n, int multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

}  // namespace

GemmWork PackGemm(const Conv& conv, const Model& model, int in_channels,
                  int lanes) {
  GemmWork work;
  work.taps = conv.kernel_h * conv.kernel_w;
  work.channels = in_channels / conv.groups;
  const int outs = conv.out_channels / conv.groups;
  const float* weight = model.Parameter(conv.weight).data.data();
  const float* bias = model.Parameter(conv.bias).data.data();
  for (int group = 0; group < conv.groups; ++group) {
    for (int o = 0; o < outs; o += kMaxGemmVectors * lanes) {
      const int vectors =
          std::min((outs - o + lanes - 1) / lanes, kMaxGemmVectors);
      const int first_out = group * outs + o;
      const int count = std::min(vectors * lanes, outs - o);
      work.panels.push_back({group * work.channels, first_out, vectors,
                             work.weights.size(), work.biases.size()});
      for (int tap = 0; tap < work.taps; ++tap) {
        for (int i = 0; i < work.channels; ++i) {
          for (int lane = 0; lane < vectors * lanes; ++lane) {
            const int at = ((first_out + lane) * work.channels + i) * work.taps;
            work.weights.push_back(lane < count ? weight[at + tap] : 0.0f);
          }
        }
      }
      for (int lane = 0; lane < vectors * lanes; ++lane) {
        work.biases.push_back(lane < count ? bias[first_out + lane] : 0.0f);
      }
    }
  }
  return work;
}

DepthwiseWork PackDepthwise(const Conv& conv, const Model& model, int lanes) {
  DepthwiseWork work;
  work.taps = conv.kernel_h * conv.kernel_w;
  work.width = RoundUp(conv.out_channels, lanes);
  const float* weight = model.Parameter(conv.weight).data.data();
  for (int tap = 0; tap < work.taps; ++tap) {
    for (int c = 0; c < work.width; ++c) {
      work.weights.push_back(c < conv.out_channels ? weight[c * work.taps + tap]
                                                   : 0.0f);
    }
  }
  work.biases = model.Parameter(conv.bias).data;
  work.biases.resize(static_cast<std::size_t>(work.width));
  return work;
}

int GemmOutputStride(const GemmWork& work, int out_channels, int lanes) {
  int stride = out_channels;
  for (const GemmWork::Panel& panel : work.panels) {
    stride = std::max(stride, panel.first_out + panel.vectors * lanes);
  }
  return RoundUp(stride, lanes);
}

std::vector<int32_t> TapOffsets(const Conv& c, const FloatView& in,
                                const Extent& out, int64_t in_begin) {
  std::vector<int32_t> offsets;
  for (int h = 0; h < out.height; ++h) {
    for (int w = 0; w < out.width; ++w) {
      for (int kh = 0; kh < c.kernel_h; ++kh) {
        for (int kw = 0; kw < c.kernel_w; ++kw) {
          const int x_h = h * c.stride_h + kh * c.dilation_h - c.pad_top;
          const int x_w = w * c.stride_w + kw * c.dilation_w - c.pad_left;
          const bool inside = x_h >= 0 && x_h < in.extent.height && x_w >= 0 &&
                              x_w < in.extent.width;
          const int64_t at = in_begin + int64_t{x_h} * in.stride_h +
                             int64_t{x_w} * in.stride_w;
          offsets.push_back(inside ? static_cast<int32_t>(at) : 0);
        }
      }
    }
  }
  return offsets;
}

}  // namespace edge_int8
