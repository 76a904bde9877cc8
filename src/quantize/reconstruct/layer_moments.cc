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

// Patches and outputs of one convolution, a part of the windows at a time.
class LayerData {
 public:
  LayerData(const Graph& graph, const Node& node, std::span<const float> input,
            std::span<const float> output, int64_t windows)
      : conv_(std::get<Conv>(node.op)),
        in_(graph.extent(node.inputs[0])),
        out_(graph.extent(node.output)),
        input_(input),
        output_(output),
        windows_(windows) {}

  std::size_t groups() const { return static_cast<std::size_t>(conv_.groups); }
  Eigen::Index depth() const {
    return Eigen::Index{in_.channels} / conv_.groups * conv_.kernel_h *
           conv_.kernel_w;
  }
  Eigen::Index rows() const { return conv_.out_channels / conv_.groups; }

  // Calls body(group, x, y) for all of a share's windows, in order.
  template <class Body>
  void ForShare(int64_t share, const Body& body) const {
    const int64_t area = int64_t{1} * out_.height * out_.width;
    const int64_t step = std::max<int64_t>(1, kProductColumns / area);
    RowMatrix x, y;
    const int64_t end = windows_ * (share + 1) / kShares;
    for (int64_t w = windows_ * share / kShares; w < end; w += step) {
      const int64_t count = std::min(step, end - w);
      const auto part = [&](std::span<const float> values, int64_t size) {
        return values.subspan(static_cast<std::size_t>(w * size),
                              static_cast<std::size_t>(count * size));
      };
      for (std::size_t g = 0; g < groups(); ++g) {
        GatherPatches(conv_, in_, out_, static_cast<int>(g),
                      part(input_, in_.size()), static_cast<int>(count), x);
        GatherOutputs(out_, static_cast<Eigen::Index>(g) * rows(), rows(),
                      part(output_, out_.size()), count, y);
        body(g, x, y);
      }
    }
  }

 private:
  const Conv& conv_;
  const Extent& in_;
  const Extent& out_;
  const std::span<const float> input_;
  const std::span<const float> output_;
  const int64_t windows_;
};

using Groups = std::vector<GroupMoments>;

// What add(sum, x, y) sums up, by group: each share apart, then in order.
template <class Add>
Groups SumShares(const LayerData& data, const Add& add) {
  const GroupMoments zero{Eigen::MatrixXd::Zero(data.depth(), data.depth()),
                          Eigen::MatrixXd::Zero(data.rows(), data.depth()),
                          Eigen::VectorXd::Zero(data.depth()),
                          Eigen::VectorXd::Zero(data.rows()), 0};
  std::vector<Groups> shares(static_cast<std::size_t>(kShares),
                             Groups(data.groups(), zero));
  ParallelFor(kShares, [&](int64_t s) {
    Groups& share = shares[static_cast<std::size_t>(s)];
    data.ForShare(s, [&](std::size_t g, RowMatrix& x, RowMatrix& y) {
      add(share[g], g, x, y);
    });
  });
  Groups total = std::move(shares[0]);
  for (std::size_t s = 1; s < shares.size(); ++s) {
    for (std::size_t g = 0; g < total.size(); ++g) {
      total[g].inputs += shares[s][g].inputs;
      total[g].cross += shares[s][g].cross;
      total[g].input_mean += shares[s][g].input_mean;
      total[g].output_mean += shares[s][g].output_mean;
      total[g].samples += shares[s][g].samples;
    }
  }
  return total;
}

// Sums where the means will be.
Groups MeasureMeans(const LayerData& data) {
  Groups means = SumShares(data, [](GroupMoments& sum, std::size_t,
                                    const RowMatrix& x, const RowMatrix& y) {
    sum.input_mean += x.cast<double>().rowwise().sum();
    sum.output_mean += y.cast<double>().rowwise().sum();
    sum.samples += static_cast<double>(x.cols());
  });
  for (GroupMoments& m : means) {
    m.input_mean /= m.samples;
    m.output_mean /= m.samples;
  }
  return means;
}

void AddProducts(const RowMatrix& x, const RowMatrix& y, GroupMoments& sum) {
  RowMatrix product = RowMatrix::Zero(x.rows(), x.rows());
  product.selfadjointView<Eigen::Lower>().rankUpdate(x);
  sum.inputs.triangularView<Eigen::Lower>() += product.cast<double>();
  product.noalias() = y * x.transpose();
  sum.cross += product.cast<double>();
}

}  // namespace

double GroupMoments::MeanInputEnergy() const {
  return inputs.diagonal().mean() + samples * input_mean.squaredNorm() /
                                        static_cast<double>(input_mean.size());
}

// Means are rounded to float where they are taken away; that moves the products
// by the square of that rounding, which nothing here can see.
std::vector<GroupMoments> MeasureMoments(const Graph& graph, const Node& node,
                                         std::span<const float> input,
                                         std::span<const float> output,
                                         int64_t windows) {
  const LayerData data(graph, node, input, output, windows);
  const Groups means = MeasureMeans(data);
  Groups moments = SumShares(
      data, [&](GroupMoments& sum, std::size_t g, RowMatrix& x, RowMatrix& y) {
        x.colwise() -= means[g].input_mean.cast<float>();
        y.colwise() -= means[g].output_mean.cast<float>();
        AddProducts(x, y, sum);
      });
  for (std::size_t g = 0; g < moments.size(); ++g) {
    moments[g].inputs.triangularView<Eigen::StrictlyUpper>() =
        moments[g].inputs.transpose();
    moments[g].input_mean = means[g].input_mean;
    moments[g].output_mean = means[g].output_mean;
    moments[g].samples = means[g].samples;
  }
  return moments;
}

}  // namespace edge_int8
