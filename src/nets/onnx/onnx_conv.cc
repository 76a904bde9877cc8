// Convolutions and transposed convolutions, of one or two spatial axes.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "src/base/as_size.h"
#include "src/nets/onnx/onnx_assemble.h"
#include "src/nets/onnx/onnx_window.h"

namespace edge_int8 {
namespace {

// Weights as [a][b][kernel_h][kernel_w] with windows for both axes.
struct Kernel {
  int64_t first = 0;  // a: outputs of a convolution, inputs of a transposed one
  int64_t second = 0;  // b, per group
  std::vector<double> values;
  SlidingWindow rows;
  SlidingWindow cols;
  std::vector<double> bias;
  int groups = 1;
};

Kernel KernelOf(const OnnxCall& call) {
  const OnnxArray& weight = call.ConstantInput(1, "weight");
  const Shape in = call.Input(0).shape();
  const Shape& shape = weight.shape;
  if (in.size() != shape.size() || in.size() < 3 || in.size() > 4) {
    call.Fail(
        fmt::format("input {} and weight {}; expected one or two spatial "
                    "axes",
                    ShapeText(in), ShapeText(shape)));
  }
  call.Expect(weight.size() > 0, "its weight is empty");
  Kernel kernel{shape[0], shape[1], weight.values, {}, {}, {}, 1};
  kernel.groups = call.Small(call.Int("group", 1), 1, "its group");
  const Shape spatial(shape.begin() + 2, shape.end());
  if (call.Has("kernel_shape")) {
    call.Expect(call.Ints("kernel_shape") == spatial,
                "its kernel_shape is not its weight's");
  }
  const std::vector<SlidingWindow> windows =
      WindowsOf(call, spatial, {in.begin() + 2, in.end()});
  kernel.cols = windows.back();
  if (windows.size() == 2) kernel.rows = windows[0];
  if (call.Given(2)) {
    kernel.bias = call.ConstantInput(2, "bias").values;
  }
  return kernel;
}

Conv ConvOf(const Kernel& kernel) {
  Conv conv;
  conv.out_channels = static_cast<int>(kernel.first);
  conv.kernel_h = kernel.rows.kernel;
  conv.kernel_w = kernel.cols.kernel;
  conv.stride_h = kernel.rows.stride;
  conv.stride_w = kernel.cols.stride;
  conv.dilation_h = kernel.rows.dilation;
  conv.dilation_w = kernel.cols.dilation;
  conv.pad_top = kernel.rows.before;
  conv.pad_bottom = kernel.rows.after;
  conv.pad_left = kernel.cols.before;
  conv.pad_right = kernel.cols.after;
  conv.groups = kernel.groups;
  return conv;
}

// Channels, height, width of a file's [n][channels]([rows])[cols]; n merges
// into the rows.
AxisGroups SpatialGroups(int rank) {
  AxisGroups groups = {{{1}, {0}, {rank - 1}}};
  if (rank == 4) groups[1].push_back(2);
  return groups;
}

OnnxValue SpatialValue(const OnnxEmitter& emitter, TensorId base, int rank,
                       int64_t batch) {
  const Extent& e = emitter.extent(base);
  const int64_t area = int64_t{1} * e.height * e.width;
  const int64_t rows = e.height / batch;
  OnnxValue value;
  value.base = base;
  value.view.axes = {Joined({{batch, rows * e.width}}),
                     Joined({{e.channels, area}})};
  if (rank == 4) value.view.axes.push_back(Joined({{rows, e.width}}));
  value.view.axes.push_back(Joined({{e.width, 1}}));
  return value;
}

// The tensor that a constant Pad padded with zeros, which the convolution does
// itself then.
TensorId UnpaddedInput(const OnnxEmitter& emitter, TensorId input, Conv& conv) {
  const auto& padded = emitter.notes(input).padded;
  if (!padded) return input;
  conv.pad_top += padded->top;
  conv.pad_bottom += padded->bottom;
  conv.pad_left += padded->left;
  conv.pad_right += padded->right;
  return padded->source;
}

// Several images [n][c][h][w] one below the other, each with its own padding
// and of a height that strides divide: then one convolution does them all.
OnnxValue StackedConv(const OnnxCall& call, const OnnxValue& x,
                      const Kernel& kernel) {
  const Shape s = x.shape();
  const SlidingWindow& rows = kernel.rows;
  const int64_t count = rows.Count(s[2]);
  const int64_t reach = (count - 1) * rows.stride + rows.span();
  int64_t pitch = std::max(reach, s[2] + rows.before);
  pitch = (pitch + rows.stride - 1) / rows.stride * rows.stride;
  const OnnxValue padded = Assembled(call, {{x, {0, 0, rows.before, 0}, {}}},
                                     {s[0], s[1], pitch, s[3]}, 0);
  const OnnxValue stacked = Arranged(call.emitter, padded, SpatialGroups(4));
  Conv conv = ConvOf(kernel);
  conv.pad_top = 0;
  // The last image has as many outputs as the others.
  conv.pad_bottom = rows.span() - 1;
  const TensorId base =
      call.emitter.AppendConv(conv, kernel.values, kernel.bias, stacked.base);
  const Extent& e = call.emitter.extent(base);
  OnnxValue value;
  value.base = base;
  value.view.axes = {Joined({{s[0], pitch / rows.stride * e.width}}),
                     Joined({{e.channels, int64_t{1} * e.height * e.width}}),
                     Joined({{count, e.width}}), Joined({{e.width, 1}})};
  return value;
}

OnnxResult ConvOp(const OnnxCall& call) {
  const Kernel kernel = KernelOf(call);
  const OnnxValue& x = call.Input(0);
  const Shape in = x.shape();
  if (in[1] != kernel.second * kernel.groups ||
      kernel.first % kernel.groups != 0 ||
      (!kernel.bias.empty() &&
       static_cast<int64_t>(kernel.bias.size()) != kernel.first)) {
    call.Fail(fmt::format("input {}, weight {} and group {} don't fit",
                          ShapeText(in), ShapeText(call.inputs[1].shape()),
                          kernel.groups));
  }
  const int rank = x.rank();
  call.Expect(kernel.cols.Count(in.back()) > 0 &&
                  kernel.rows.Count(rank == 4 ? in[2] : 1) > 0,
              "its kernel is larger than its input");
  const bool rows_apart = kernel.rows.kernel == 1 && kernel.rows.stride == 1 &&
                          kernel.rows.before == 0 && kernel.rows.after == 0;
  if (in[0] > 1 && !rows_apart) return {StackedConv(call, x, kernel)};
  const OnnxValue arranged = Arranged(call.emitter, x, SpatialGroups(rank));
  Conv conv = ConvOf(kernel);
  const TensorId input = in[0] > 1
                             ? arranged.base
                             : UnpaddedInput(call.emitter, arranged.base, conv);
  const TensorId base =
      call.emitter.AppendConv(conv, kernel.values, kernel.bias, input);
  return {SpatialValue(call.emitter, base, rank, in[0])};
}

// One axis of a transposed convolution with stride s as a plain one that gives
// s outputs (phases) per place: output t = q * s + phase - before gets
//   sum over j of x[q - j] * w[j * s + phase]
// so the plain kernel has ceil(span / s) taps, turned round.
struct Phases {
  int stride = 1;
  int taps = 1;
  int64_t first = 0;   // q of the first place computed
  int64_t places = 1;  // q from first on
  int64_t before = 0;
  int64_t length = 0;  // outputs
};

Phases PhasesOf(const OnnxCall& call, const SlidingWindow& w, int64_t in,
                int64_t extra) {
  Phases p;
  p.stride = w.stride;
  p.taps = (w.span() + w.stride - 1) / w.stride;
  p.before = w.before;
  p.length = (in - 1) * w.stride + w.span() + extra - w.before - w.after;
  call.Expect(p.length > 0, "its padding leaves nothing");
  p.first = p.before / p.stride;
  p.places = (p.before + p.length + p.stride - 1) / p.stride - p.first;
  return p;
}

// [out][in/group][taps_h][taps_w] with the phases inside the outputs.
std::vector<double> PhaseWeights(const Kernel& k, const Phases& rows,
                                 const Phases& cols) {
  const int64_t in_per_group = k.first / k.groups;
  std::vector<double> weights;
  // w[i][o][row][col] of the file, 0 between dilated taps and past the end.
  const auto at = [&](int64_t i, int64_t o, int row, int col) {
    if (row % k.rows.dilation != 0 || col % k.cols.dilation != 0) return 0.0;
    row /= k.rows.dilation;
    col /= k.cols.dilation;
    if (row >= k.rows.kernel || col >= k.cols.kernel) return 0.0;
    return k.values[AsSize(
        ((i * k.second + o) * k.rows.kernel + row) * k.cols.kernel + col)];
  };
  for (int64_t g = 0; g < k.groups; ++g) {
    for (int64_t o = 0; o < k.second; ++o) {
      for (int phase = 0; phase < rows.stride * cols.stride; ++phase) {
        for (int64_t i = 0; i < in_per_group; ++i) {
          for (int r = rows.taps; r-- > 0;) {
            for (int c = cols.taps; c-- > 0;) {
              weights.push_back(at(g * in_per_group + i, o,
                                   r * rows.stride + phase / cols.stride,
                                   c * cols.stride + phase % cols.stride));
            }
          }
        }
      }
    }
  }
  return weights;
}

// Every phase to its places of [1][out][rows][cols].
OnnxValue Shuffled(const OnnxCall& call, TensorId base, int64_t out,
                   const Phases& rows, const Phases& cols) {
  const Extent e = call.emitter.extent(base);
  const int64_t area = int64_t{1} * e.height * e.width;
  std::vector<Piece> pieces;
  // Of the places q of one axis, those whose output lies inside.
  const auto inside = [](const Phases& p, int phase) {
    const int64_t shift = phase + p.first * p.stride - p.before;
    const int64_t skip = shift < 0 ? (-shift + p.stride - 1) / p.stride : 0;
    const int64_t start = shift + skip * p.stride;
    const int64_t count =
        start >= p.length
            ? 0
            : std::min(p.places - skip,
                       (p.length - start + p.stride - 1) / p.stride);
    return std::array<int64_t, 3>{skip, start, count};
  };
  for (int r = 0; r < rows.stride; ++r) {
    for (int c = 0; c < cols.stride; ++c) {
      const auto [skip_r, start_r, count_r] = inside(rows, r);
      const auto [skip_c, start_c, count_c] = inside(cols, c);
      if (count_r <= 0 || count_c <= 0) continue;
      OnnxValue phase;
      phase.base = base;
      phase.view.offset =
          (r * cols.stride + c) * area + skip_r * e.width + skip_c;
      phase.view.axes = {{},
                         Joined({{out, area * rows.stride * cols.stride}}),
                         Joined({{count_r, e.width}}),
                         Joined({{count_c, 1}})};
      pieces.push_back(
          {phase, {0, 0, start_r, start_c}, {1, 1, rows.stride, cols.stride}});
    }
  }
  if (pieces.size() == 1 &&
      pieces[0].value.shape() == Shape{1, out, rows.length, cols.length}) {
    return pieces[0].value;
  }
  return Assembled(call, pieces, {1, out, rows.length, cols.length}, 0);
}

// Padding where auto_pad or output_shape ask for a length.
void FitOutput(const OnnxCall& call, SlidingWindow& w, int64_t in,
               int64_t extra, std::optional<int64_t> wanted) {
  if (!wanted) return;
  const int64_t total = (in - 1) * w.stride + w.span() + extra - *wanted;
  call.Expect(total >= 0, "its output_shape is larger than its output");
  const bool upper = call.Text("auto_pad", "NOTSET") == "SAME_UPPER";
  w.before = static_cast<int>(upper ? total / 2 : total - total / 2);
  w.after = static_cast<int>(total - w.before);
}

OnnxResult ConvTransposeOp(const OnnxCall& call) {
  Kernel kernel = KernelOf(call);
  const OnnxValue& x = call.Input(0);
  const Shape in = x.shape();
  const int rank = x.rank();
  const std::size_t spatial = in.size() - 2;
  call.Expect(in[0] == 1, "its batch is not 1");
  const int64_t out = kernel.second * kernel.groups;
  if (in[1] != kernel.first || kernel.first % kernel.groups != 0 ||
      (!kernel.bias.empty() &&
       static_cast<int64_t>(kernel.bias.size()) != out)) {
    call.Fail(fmt::format("input {} and weight {} don't fit", ShapeText(in),
                          ShapeText(call.inputs[1].shape())));
  }
  Shape extra = call.Ints("output_padding");
  if (extra.empty()) extra.assign(spatial, 0);
  Shape wanted = call.Ints("output_shape");
  if (wanted.size() == in.size())
    wanted.erase(wanted.begin(), wanted.begin() + 2);
  call.Expect(
      extra.size() == spatial && (wanted.empty() || wanted.size() == spatial),
      "its output_padding or output_shape doesn't fit");
  const bool same = call.Text("auto_pad", "NOTSET").starts_with("SAME");
  const auto phases = [&](SlidingWindow& w, std::size_t axis) {
    const int64_t length = in[axis + 2];
    std::optional<int64_t> target;
    if (!wanted.empty()) target = wanted[axis];
    if (same && !target) target = length * w.stride;
    const int more = call.Small(extra[axis], 0, "its output_padding");
    FitOutput(call, w, length, more, target);
    return PhasesOf(call, w, length, more);
  };
  Phases rows;
  rows.length = 1;
  if (spatial == 2) rows = phases(kernel.rows, 0);
  const Phases cols = phases(kernel.cols, spatial - 1);
  const int64_t each = int64_t{rows.stride} * cols.stride;
  Conv conv;
  conv.out_channels = call.Small(out * each, 1, "its outputs times strides");
  conv.groups = kernel.groups;
  conv.kernel_h = rows.taps;
  conv.kernel_w = cols.taps;
  OnnxValue source = x;
  // Place q reads x[q - taps + 1 .. q]; a first place past the start of the
  // input is reached by leaving padding out, or by cutting the input.
  const auto pad = [&](const Phases& p, std::size_t axis, int& before,
                       int& after) {
    const int64_t length = in[axis + 2];
    int64_t left = p.taps - 1 - p.first;
    int64_t right = p.first + p.places - length;
    if (left < 0 || right < 0) {
      const int64_t cut = std::max<int64_t>(0, -left);
      const int64_t keep = length - cut - std::max<int64_t>(0, -right);
      call.Expect(keep > 0, "its padding leaves nothing");
      source = Sliced(call, source, static_cast<int>(axis) + 2, cut, keep, 1);
      left = std::max<int64_t>(0, left);
      right = std::max<int64_t>(0, right);
    }
    before = call.Small(left, 0, "its padding");
    after = call.Small(right, 0, "its padding");
  };
  if (spatial == 2) pad(rows, 0, conv.pad_top, conv.pad_bottom);
  pad(cols, spatial - 1, conv.pad_left, conv.pad_right);
  std::vector<double> bias;
  for (const double b : kernel.bias) bias.insert(bias.end(), AsSize(each), b);
  const TensorId input =
      Arranged(call.emitter, source, SpatialGroups(rank)).base;
  const TensorId base = call.emitter.AppendConv(
      conv, PhaseWeights(kernel, rows, cols), bias, input);
  const OnnxValue shuffled = Shuffled(call, base, out, rows, cols);
  if (rank == 4) return {shuffled};
  return {Reshaped(call, shuffled, {1, out, cols.length})};
}

}  // namespace

void AddConvOps(OnnxHandlers& handlers) {
  handlers["Conv"] = ConvOp;
  handlers["ConvTranspose"] = ConvTransposeOp;
}

}  // namespace edge_int8
