#include "src/quantize/reconstruct/layer_moments.h"

#include <algorithm>

#include "src/base/parallel.h"
#include "src/graph/batch_nodes.h"

namespace edge_int8 {
namespace {

// Sums are taken in this many fixed shares of the windows, each in order, and
// then added in order: any number of threads gives the same bits.
constexpr int64_t kShares = 8;
// Columns of one product: float sums stay short before they go to double.
constexpr int64_t kProductColumns = 512;

GroupMoments Zero(Eigen::Index depth, Eigen::Index rows) {
  return {Eigen::MatrixXd::Zero(depth, depth),
          Eigen::MatrixXd::Zero(rows, depth), Eigen::VectorXd::Zero(depth),
          Eigen::VectorXd::Zero(rows), 0};
}

void AddTo(GroupMoments& sum, const GroupMoments& more) {
  sum.inputs += more.inputs;
  sum.cross += more.cross;
  sum.input_sum += more.input_sum;
  sum.output_sum += more.output_sum;
  sum.samples += more.samples;
}

// Rows of one group's outputs: [out/groups][windows * positions].
void GatherOutputs(const Extent& out, Eigen::Index first, Eigen::Index rows,
                   std::span<const float> output, int64_t windows,
                   RowMatrix& y) {
  const int64_t area = int64_t{1} * out.height * out.width;
  y.resize(rows, windows * area);
  for (Eigen::Index r = 0; r < rows; ++r) {
    for (int64_t w = 0; w < windows; ++w) {
      std::copy_n(output.data() + w * out.size() + (first + r) * area, area,
                  &y(r, w * area));
    }
  }
}

void Accumulate(const RowMatrix& x, const RowMatrix& y, GroupMoments& sum) {
  RowMatrix product = RowMatrix::Zero(x.rows(), x.rows());
  product.selfadjointView<Eigen::Lower>().rankUpdate(x);
  sum.inputs.triangularView<Eigen::Lower>() += product.cast<double>();
  product.noalias() = y * x.transpose();
  sum.cross += product.cast<double>();
  sum.input_sum += x.cast<double>().rowwise().sum();
  sum.output_sum += y.cast<double>().rowwise().sum();
  sum.samples += static_cast<double>(x.cols());
}

}  // namespace

Eigen::MatrixXd GroupMoments::CenteredInputs() const {
  return inputs - input_sum * input_sum.transpose() / samples;
}

Eigen::MatrixXd GroupMoments::CenteredCross() const {
  return cross - output_sum * input_sum.transpose() / samples;
}

std::vector<GroupMoments> MeasureMoments(const Graph& graph, const Node& node,
                                         std::span<const float> input,
                                         std::span<const float> output,
                                         int64_t windows) {
  const Conv& conv = std::get<Conv>(node.op);
  const Extent& in = graph.extent(node.inputs[0]);
  const Extent& out = graph.extent(node.output);
  const Eigen::Index depth =
      in.channels / conv.groups * conv.kernel_h * conv.kernel_w;
  const Eigen::Index rows = conv.out_channels / conv.groups;
  const int64_t area = int64_t{1} * out.height * out.width;
  const int64_t step = std::max<int64_t>(1, kProductColumns / area);
  const auto groups = static_cast<std::size_t>(conv.groups);
  std::vector<std::vector<GroupMoments>> shares(
      static_cast<std::size_t>(kShares),
      std::vector<GroupMoments>(groups, Zero(depth, rows)));
  ParallelFor(kShares, [&](int64_t share) {
    RowMatrix x, y;
    const int64_t end = windows * (share + 1) / kShares;
    for (int64_t w = windows * share / kShares; w < end; w += step) {
      const int64_t count = std::min(step, end - w);
      const auto part = [&](std::span<const float> values, int64_t size) {
        return values.subspan(static_cast<std::size_t>(w * size),
                              static_cast<std::size_t>(count * size));
      };
      for (std::size_t g = 0; g < groups; ++g) {
        GatherPatches(conv, in, out, static_cast<int>(g),
                      part(input, in.size()), static_cast<int>(count), x);
        GatherOutputs(out, static_cast<Eigen::Index>(g) * rows, rows,
                      part(output, out.size()), count, y);
        Accumulate(x, y, shares[static_cast<std::size_t>(share)][g]);
      }
    }
  });
  std::vector<GroupMoments> total(groups, Zero(depth, rows));
  for (std::size_t g = 0; g < groups; ++g) {
    for (const auto& share : shares) AddTo(total[g], share[g]);
    total[g].inputs.triangularView<Eigen::StrictlyUpper>() =
        total[g].inputs.transpose();
  }
  return total;
}

}  // namespace edge_int8
