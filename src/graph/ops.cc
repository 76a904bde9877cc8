#include "src/graph/ops.h"

#include <algorithm>

#include "src/base/error.h"
#include "src/graph/graph.h"

namespace edge_int8 {
namespace {

int AxisLength(const Extent& e, Axis axis) {
  return axis == Axis::kWidth ? e.width : e.height;
}

Extent ConvExtent(const Conv& c, const Extent& x) {
  Check(x.channels % c.groups == 0 && c.out_channels % c.groups == 0,
        "convolution channels are not divisible by its groups");
  const int span_h = c.dilation_h * (c.kernel_h - 1) + 1;
  const int span_w = c.dilation_w * (c.kernel_w - 1) + 1;
  const int height =
      (x.height + c.pad_top + c.pad_bottom - span_h) / c.stride_h + 1;
  const int width =
      (x.width + c.pad_left + c.pad_right - span_w) / c.stride_w + 1;
  Check(height > 0 && width > 0, "convolution kernel is larger than its input");
  return {c.out_channels, height, width};
}

Extent ScoresExtent(const AttentionScores& a, const Extent& qkv) {
  Check(qkv.channels % (3 * a.heads) == 0, "q, k, v don't divide into heads");
  return {a.heads, qkv.height * qkv.width, AxisLength(qkv, a.axis)};
}

int Repeated(int a, int b) {
  Check(a == b || a == 1 || b == 1, "extents differ and none of them is 1");
  return std::max(a, b);
}

Extent BroadcastExtent(const std::vector<Extent>& in) {
  Check(in.size() == 2, "two inputs are needed");
  return {Repeated(in[0].channels, in[1].channels),
          Repeated(in[0].height, in[1].height),
          Repeated(in[0].width, in[1].width)};
}

Extent PoolExtent(const Pool& pool, const Extent& x) {
  const auto inside = [](const std::vector<PoolRange>& ranges, int length) {
    return !ranges.empty() &&
           std::ranges::all_of(ranges, [length](const PoolRange& r) {
             return r.begin >= 0 && r.begin < r.end && r.end <= length &&
                    r.divisor >= 1;
           });
  };
  Check(inside(pool.rows, x.height) && inside(pool.cols, x.width),
        "a pool reads outside its input");
  return {x.channels, static_cast<int>(pool.rows.size()),
          static_cast<int>(pool.cols.size())};
}

void CheckMoveTerm(const MoveTerm& term, const std::vector<Extent>& in,
                   const Extent& out) {
  Check(term.input >= 0 && term.input < std::ssize(in), "a move reads nothing");
  int64_t in_low = term.input_offset, in_high = in_low;
  int64_t out_low = term.output_offset, out_high = out_low;
  for (const MoveDim& d : term.dims) {
    Check(d.extent >= 1, "a move has an empty axis");
    const int64_t steps = d.extent - 1;
    (d.input_stride < 0 ? in_low : in_high) += steps * d.input_stride;
    (d.output_stride < 0 ? out_low : out_high) += steps * d.output_stride;
  }
  const int64_t in_size = in[static_cast<std::size_t>(term.input)].size();
  Check(
      in_low >= 0 && in_high < in_size && out_low >= 0 && out_high < out.size(),
      "a move leaves its tensors");
}

Extent ResizeExtent(const Resize& r, const Extent& x) {
  const auto inside = [](const std::vector<ResizeTap>& taps, int length) {
    return !taps.empty() &&
           std::ranges::all_of(taps, [length](const ResizeTap& t) {
             return t.first >= 0 && t.first < length && t.second >= 0 &&
                    t.second < length;
           });
  };
  Check(inside(r.rows, x.height) && inside(r.cols, x.width),
        "a resize reads outside its input");
  return {x.channels, static_cast<int>(r.rows.size()),
          static_cast<int>(r.cols.size())};
}

Extent TransposeExtent(const Transpose& t, const Extent& x) {
  const std::array<int, 3> from = {x.channels, x.height, x.width};
  const auto pick = [&](std::size_t a) {
    return from[static_cast<std::size_t>(t.order[a])];
  };
  return {pick(0), pick(1), pick(2)};
}

}  // namespace

Extent OutputExtent(const Op& op, const std::vector<Extent>& in) {
  Check(!in.empty() || std::holds_alternative<Constant>(op),
        "a node needs an input");
  return std::visit(
      Overload{
          [&](const Conv& c) { return ConvExtent(c, in[0]); },
          [&](const BatchNorm&) { return in[0]; },
          [&](const Elementwise& e) {
            Check(e.function.kind != FunctionKind::kComposed ||
                      IsSoundFunction(e.function.tokens),
                  "an elementwise function lacks an operand");
            return in[0];
          },
          [&](const Add&) { return BroadcastExtent(in); },
          [&](const Multiply&) { return BroadcastExtent(in); },
          [&](const Dropout&) { return in[0]; },
          [&](const AttentionScores& a) { return ScoresExtent(a, in[0]); },
          [&](const Softmax& s) {
            Check(s.axis >= 0 && s.axis <= 2, "softmax has no such axis");
            return in[0];
          },
          [&](const AttentionMix& a) {
            Check(in.size() == 2 &&
                      ScoresExtent({a.heads, a.axis}, in[1]) == in[0],
                  "attention probabilities don't fit the values");
            return Extent{in[1].channels / 3, in[1].height, in[1].width};
          },
          [&](const MatMul&) {
            Check(in.size() == 2 && in[0].channels == in[1].channels &&
                      (in[1].height == 1 || in[1].height == in[0].height),
                  "factors of a product don't fit");
            return Extent{in[1].width, in[0].height, in[0].width};
          },
          [&](const Pool& p) { return PoolExtent(p, in[0]); },
          [&](const Transpose& t) { return TransposeExtent(t, in[0]); },
          [&](const Move& m) {
            for (const MoveTerm& t : m.terms) CheckMoveTerm(t, in, m.out);
            return m.out;
          },
          [&](const Resize& r) { return ResizeExtent(r, in[0]); },
          [&](const Normalize& n) {
            Check(n.groups >= 1 && in[0].channels % n.groups == 0,
                  "channels don't divide into a norm's groups");
            return in[0];
          },
          [&](const Recurrent& r) {
            Check(in[0].height == 1, "a recurrent layer reads one row");
            return Extent{r.hidden, 1, in[0].width};
          },
          [&](const Constant& c) { return c.extent; },
      },
      op);
}

std::string_view OpName(const Op& op) {
  return std::visit(
      Overload{
          [](const Conv&) -> std::string_view { return "conv"; },
          [](const BatchNorm&) -> std::string_view { return "batch_norm"; },
          [](const Elementwise& e) { return FunctionName(e.function.kind); },
          [](const Add& a) -> std::string_view {
            return a.subtract ? "subtract" : "add";
          },
          [](const Multiply&) -> std::string_view { return "multiply"; },
          [](const Dropout&) -> std::string_view { return "dropout"; },
          [](const AttentionScores&) -> std::string_view {
            return "attn_scores";
          },
          [](const Softmax&) -> std::string_view { return "softmax"; },
          [](const AttentionMix&) -> std::string_view { return "attn_mix"; },
          [](const MatMul&) -> std::string_view { return "matmul"; },
          [](const Pool& p) -> std::string_view {
            return p.kind == PoolKind::kMax ? "max_pool" : "avg_pool";
          },
          [](const Transpose&) -> std::string_view { return "transpose"; },
          [](const Move&) -> std::string_view { return "move"; },
          [](const Resize&) -> std::string_view { return "resize"; },
          [](const Normalize& n) -> std::string_view {
            return n.over == NormalizeOver::kLayer      ? "layer_norm"
                   : n.over == NormalizeOver::kInstance ? "instance_norm"
                                                        : "group_norm";
          },
          [](const Recurrent& r) -> std::string_view {
            return r.kind == RecurrentKind::kGru    ? "gru"
                   : r.kind == RecurrentKind::kLstm ? "lstm"
                                                    : "rnn";
          },
          [](const Constant&) -> std::string_view { return "constant"; },
      },
      op);
}

Pool AdaptiveRowPool(int bins, const Extent& in) {
  Pool pool;
  for (int bin = 0; bin < bins; ++bin) {
    const BinRange range = PoolBin(bin, bins, in.height);
    pool.rows.push_back({range.begin, range.end, range.end - range.begin});
  }
  pool.cols.push_back({0, in.width, in.width});
  return pool;
}

bool IsAdaptiveRowPool(const Pool& pool, const Extent& in) {
  const Pool same = AdaptiveRowPool(static_cast<int>(pool.rows.size()), in);
  return pool.kind == PoolKind::kAverage && pool.rows == same.rows &&
         pool.cols == same.cols;
}

bool IsFunction(const Op& op, FunctionKind kind) {
  const auto* elementwise = std::get_if<Elementwise>(&op);
  return elementwise != nullptr && elementwise->function.kind == kind;
}

std::vector<std::string> ParameterNames(const Op& op) {
  using Names = std::vector<std::string>;
  Names names =
      std::visit(Overload{
                     [](const Conv& o) {
                       return Names{o.weight, o.bias};
                     },
                     [](const BatchNorm& o) {
                       return Names{o.prefix + ".weight", o.prefix + ".bias"};
                     },
                     [](const AttentionMix& o) { return Names{o.bias}; },
                     [](const Normalize& o) {
                       return Names{o.scale, o.bias};
                     },
                     [](const Recurrent& o) {
                       return Names{o.input_weight, o.recurrent_weight,
                                    o.input_bias, o.recurrent_bias};
                     },
                     [](const Constant& o) { return Names{o.value}; },
                     [](const Elementwise&) { return Names{}; },
                     [](const Add&) { return Names{}; },
                     [](const Multiply&) { return Names{}; },
                     [](const Dropout&) { return Names{}; },
                     [](const AttentionScores&) { return Names{}; },
                     [](const Softmax&) { return Names{}; },
                     [](const MatMul&) { return Names{}; },
                     [](const Pool&) { return Names{}; },
                     [](const Transpose&) { return Names{}; },
                     [](const Move&) { return Names{}; },
                     [](const Resize&) { return Names{}; },
                 },
                 op);
  std::erase(names, "");
  return names;
}

}  // namespace edge_int8
