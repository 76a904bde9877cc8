#include "train/simulation/torch_graph.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "src/base/error.h"
#include "src/base/random.h"
#include "train/simulation/value_operators.h"

namespace edge_int8::train {
namespace {

constexpr double kStatisticsMomentum = 0.1;  // PyTorch's default

DropoutMask MaskOf(double probability, uint64_t seed, std::size_t node) {
  if (probability <= 0) return {};
  return {.seed = static_cast<uint32_t>(Rng(seed).Fork(node).Next()),
          .threshold = static_cast<uint32_t>(
              std::lround(std::min(probability, 0.9999999) * 0x1.0p32)),
          .scale = static_cast<float>(1.0 / (1.0 - probability))};
}

AttentionShape ShapeOfAttention(const Extent& qkv, int heads, Axis axis,
                                int64_t windows) {
  return {.heads = heads,
          .channels = qkv.channels / 3,
          .windows = windows,
          .height = qkv.height,
          .width = qkv.width,
          .axis = axis};
}

at::Tensor TransposeAxes(const at::Tensor& x, const std::array<int, 3>& order) {
  const auto dimension = [](int axis) { return axis == 0 ? 0 : axis + 1; };
  return x
      .permute(
          {dimension(order[0]), 1, dimension(order[1]), dimension(order[2])})
      .contiguous();
}

void FillUniform(at::Tensor x, Rng& rng, double bound) {
  std::vector<float> values(static_cast<std::size_t>(x.numel()));
  for (float& v : values) v = static_cast<float>(rng.Uniform(-bound, bound));
  x.copy_(at::from_blob(values.data(), x.sizes(), at::kFloat));
}

}  // namespace

TorchGraph::TorchGraph(Graph graph, at::Device device,
                       const Operators& operators, bool fused)
    : graph_(std::move(graph)), device_(device), operators_(operators) {
  Plan(fused);
  Allocate(nullptr);
}

TorchGraph::TorchGraph(const TorchGraph* of)
    : graph_(of->graph_),
      device_(of->device_),
      operators_(of->operators_),
      steps_(of->steps_),
      uses_(of->uses_) {
  Allocate(of);
}

void TorchGraph::Plan(bool fused) {
  std::vector<int> consumers(graph_.tensors.size());
  for (const Node& node : graph_.nodes) {
    for (const TensorId id : node.inputs) ++consumers[std::size_t(id)];
  }
  ++consumers[std::size_t(graph_.output)];
  const auto follows = [&](std::size_t next, TensorId id) {
    return fused && next < graph_.nodes.size() &&
           graph_.nodes[next].inputs == std::vector<TensorId>{id} &&
           consumers[std::size_t(id)] == 1;
  };
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    const Op& op = graph_.nodes[i].op;
    Step step{.node = i, .output = graph_.nodes[i].output};
    const bool norm = std::holds_alternative<BatchNorm>(op);
    const auto* add = std::get_if<Add>(&op);
    // The fused sum repeats nothing.
    const bool plain_sum =
        add != nullptr && !add->subtract &&
        std::ranges::all_of(graph_.nodes[i].inputs, [&](TensorId id) {
          return graph_.extent(id) == graph_.extent(graph_.nodes[i].output);
        });
    if ((norm || plain_sum) && follows(i + 1, step.output) &&
        IsSilu(graph_.nodes[i + 1].op)) {
      step.silu = true;
      step.output = graph_.nodes[++i].output;
    }
    if (norm && follows(i + 1, step.output)) {
      if (const auto* drop = std::get_if<Dropout>(&graph_.nodes[i + 1].op)) {
        step.dropout = drop->probability;
        step.output = graph_.nodes[++i].output;
      }
    }
    steps_.push_back(step);
  }
  uses_ = std::move(consumers);
}

void TorchGraph::Allocate(const TorchGraph* of) {
  int64_t trainable = 0, running = 0;
  for (const ParameterSpec& spec : graph_.parameters) {
    if (spec.integer) continue;
    (spec.trainable ? trainable : running) += ElementCount(spec.shape);
  }
  const at::TensorOptions options =
      at::TensorOptions().dtype(at::kFloat).device(device_);
  parameters_ =
      of != nullptr ? of->parameters_ : at::zeros({trainable}, options);
  gradients_ = at::zeros({trainable}, options);
  statistics_ = of != nullptr ? of->statistics_ : at::zeros({running}, options);
  trainable = running = 0;
  for (const ParameterSpec& spec : graph_.parameters) {
    if (spec.integer) continue;
    const int64_t size = ElementCount(spec.shape);
    int64_t& offset = spec.trainable ? trainable : running;
    const auto view = [&](const at::Tensor& all) {
      return all.narrow(0, offset, size).view(spec.shape).detach();
    };
    at::Tensor tensor = view(spec.trainable ? parameters_ : statistics_);
    if (spec.trainable) {
      tensor.set_requires_grad(true);
      tensor.mutable_grad() = view(gradients_);
    }
    named_.emplace(spec.name, std::move(tensor));
    offset += size;
  }
}

at::Tensor TorchGraph::NamedOrNone(const std::string& name) const {
  return name.empty() ? at::Tensor() : Named(name);
}

at::Tensor TorchGraph::Named(const std::string& name) const {
  return hooks_ != nullptr ? hooks_->parameter(name) : Parameter(name);
}

const at::Tensor& TorchGraph::Parameter(const std::string& name) const {
  const auto found = named_.find(name);
  Check(found != named_.end(), "no parameter named " + name);
  return found->second;
}

void TorchGraph::Initialize(uint64_t seed) {
  at::NoGradGuard no_grad;
  Rng rng(seed);
  for (const Node& node : graph_.nodes) {
    if (const auto* conv = std::get_if<Conv>(&node.op)) {
      const at::Tensor& weight = Named(conv->weight);
      // Kaiming uniform with a = sqrt(5), which is 1 / sqrt(fan in).
      const double bound = std::sqrt(static_cast<double>(weight.size(0)) /
                                     static_cast<double>(weight.numel()));
      FillUniform(weight, rng, bound);
      if (!conv->bias.empty()) FillUniform(Named(conv->bias), rng, bound);
    } else if (const auto* norm = std::get_if<BatchNorm>(&node.op)) {
      Named(norm->prefix + ".weight").fill_(1);
      Named(norm->prefix + ".bias").fill_(0);
      Named(norm->prefix + ".running_mean").fill_(0);
      Named(norm->prefix + ".running_var").fill_(1);
    }
  }
  batches_tracked_ = 0;
}

void TorchGraph::Load(const Model& model) {
  at::NoGradGuard no_grad;
  for (auto& [name, tensor] : named_) {
    Tensor values = model.Parameter(name);
    Check(ElementCount(values.shape) == tensor.numel(),
          "parameter " + name + " has another shape");
    tensor.copy_(at::from_blob(values.data.data(), tensor.sizes(), at::kFloat));
  }
}

std::vector<StateDictEntry> TorchGraph::StateDict() const {
  std::vector<StateDictEntry> entries;
  for (const ParameterSpec& spec : graph_.parameters) {
    if (spec.integer) {
      entries.push_back({spec.name, batches_tracked_});
      continue;
    }
    const at::Tensor values = Named(spec.name).detach().cpu().contiguous();
    const float* data = values.data_ptr<float>();
    entries.push_back(
        {spec.name,
         Tensor(spec.shape, std::vector<float>(data, data + values.numel()))});
  }
  return entries;
}

at::Tensor TorchGraph::TrainingPass(const at::Tensor& x, uint64_t dropout_seed,
                                    BatchMeeting* meeting) {
  meeting_ = meeting;
  pending_.clear();
  return Walk(x, true, dropout_seed);
}

at::Tensor TorchGraph::EvaluationPass(const at::Tensor& x) {
  at::NoGradGuard no_grad;
  return Walk(x, false, 0);
}

at::Tensor TorchGraph::HookedPass(const at::Tensor& x, const PassHooks& hooks,
                                  bool training, uint64_t dropout_seed) {
  // Also when an operator throws.
  struct Reset {
    const PassHooks*& hooks;
    ~Reset() { hooks = nullptr; }
  } reset{hooks_};
  hooks_ = &hooks;
  meeting_ = nullptr;
  pending_.clear();
  return Walk(x, training, dropout_seed);
}

void TorchGraph::CommitStatistics() {
  at::NoGradGuard no_grad;
  for (PendingStatistics& p : pending_) {
    p.running.mul_(1 - kStatisticsMomentum).add_(p.batch, kStatisticsMomentum);
  }
  pending_.clear();
  ++batches_tracked_;
}

at::Tensor TorchGraph::Walk(const at::Tensor& x, bool training,
                            uint64_t dropout_seed) {
  std::vector<at::Tensor> values(graph_.tensors.size());
  std::vector<int> uses = uses_;
  values[0] = x;
  for (const Step& step : steps_) {
    at::Tensor& value = values[std::size_t(step.output)];
    value = Run(step, values, training, dropout_seed);
    if (hooks_ != nullptr) value = hooks_->computed(step.output, value);
    for (const TensorId id : graph_.nodes[step.node].inputs) {
      if (--uses[std::size_t(id)] == 0) values[std::size_t(id)].reset();
    }
  }
  return values[std::size_t(graph_.output)];
}

ConvShape TorchGraph::ShapeOf(const Node& node, int64_t windows) const {
  return {.conv = std::get<Conv>(node.op),
          .in = graph_.extent(node.inputs[0]),
          .out = graph_.extent(node.output),
          .windows = windows};
}

at::Tensor TorchGraph::RunNorm(const Step& step, const BatchNorm& norm,
                               const at::Tensor& x, bool training,
                               uint64_t dropout_seed) {
  const NormTensors tensors = {
      Named(norm.prefix + ".weight"), Named(norm.prefix + ".bias"),
      Named(norm.prefix + ".running_mean"), Named(norm.prefix + ".running_var"),
      training ? meeting_ : nullptr};
  PostNorm post = {.silu = step.silu};
  if (training) post.dropout = MaskOf(step.dropout, dropout_seed, step.node);
  const NormResult result = operators_.Normalize(x, tensors, post, training);
  if (training) {
    pending_.push_back({tensors.running_mean, result.mean});
    pending_.push_back({tensors.running_var, result.unbiased_variance});
  }
  return result.y;
}

at::Tensor TorchGraph::Run(const Step& step,
                           const std::vector<at::Tensor>& values, bool training,
                           uint64_t dropout_seed) {
  const Node& node = graph_.nodes[step.node];
  const auto input = [&](std::size_t i) -> const at::Tensor& {
    return values[std::size_t(node.inputs[i])];
  };
  if (const auto* constant = std::get_if<Constant>(&node.op)) {
    const Extent& e = constant->extent;
    return Named(constant->value).view({e.channels, 1, e.height, e.width});
  }
  const at::Tensor& x = input(0);
  const int64_t windows = x.size(1);
  if (const auto* conv = std::get_if<Conv>(&node.op)) {
    return operators_.Convolve(ShapeOf(node, windows), x, Named(conv->weight),
                               NamedOrNone(conv->bias));
  }
  if (const auto* norm = std::get_if<BatchNorm>(&node.op)) {
    return RunNorm(step, *norm, x, training, dropout_seed);
  }
  if (IsSilu(node.op)) return at::silu(x);
  if (const auto* add = std::get_if<Add>(&node.op)) {
    if (add->subtract) return x - input(1);
    return step.silu ? operators_.AddSilu(x, input(1)) : x + input(1);
  }
  if (const auto* drop = std::get_if<Dropout>(&node.op)) {
    if (!training) return x;
    return ApplyMask(x, MaskOf(drop->probability, dropout_seed, step.node));
  }
  if (const auto* scores = std::get_if<AttentionScores>(&node.op)) {
    return operators_.Scores(
        ShapeOfAttention(graph_.extent(node.inputs[0]), scores->heads,
                         scores->axis, windows),
        x);
  }
  if (const auto* softmax = std::get_if<Softmax>(&node.op)) {
    if (softmax->axis == 2) return operators_.SoftmaxRows(x);
    return at::softmax(x, softmax->axis == 0 ? 0 : softmax->axis + 1);
  }
  if (const auto* mix = std::get_if<AttentionMix>(&node.op)) {
    at::Tensor y =
        operators_.Mix(ShapeOfAttention(graph_.extent(node.inputs[1]),
                                        mix->heads, mix->axis, windows),
                       x, input(1));
    return mix->bias.empty() ? y : y + Named(mix->bias).view({-1, 1, 1, 1});
  }
  if (const auto* transpose = std::get_if<Transpose>(&node.op)) {
    return TransposeAxes(x, transpose->order);
  }
  std::vector<at::Tensor> inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    inputs.push_back(input(i));
  }
  return RunValues(node, inputs);
}

// The operators of value_operators.h; the others are Run()'s.
at::Tensor TorchGraph::RunValues(const Node& node,
                                 const std::vector<at::Tensor>& inputs) const {
  const at::Tensor& x = inputs[0];
  const auto elsewhere = [](const auto&) -> at::Tensor {
    Check(false, "an operator that Run() has computed");
    return {};
  };
  return std::visit(
      Overload{
          [&](const Elementwise& e) { return ApplyValues(e.function, x); },
          [&](const Multiply&) { return x * inputs[1]; },
          [&](const edge_int8::MatMul&) { return MatMulValues(x, inputs[1]); },
          [&](const Pool& pool) {
            if (IsAdaptiveRowPool(pool, graph_.extent(node.inputs[0]))) {
              return at::adaptive_avg_pool2d(
                  x, {static_cast<int64_t>(pool.rows.size()), 1});
            }
            return PoolValues(pool, x);
          },
          [&](const Move& move) { return MoveValues(move, inputs); },
          [&](const Resize& resize) { return ResizeValues(resize, x); },
          [&](const Normalize& norm) {
            return NormalizeValues(norm, x, NamedOrNone(norm.scale),
                                   NamedOrNone(norm.bias));
          },
          [&](const Recurrent& r) {
            return RecurrentValues(
                r, x,
                {Named(r.input_weight), Named(r.recurrent_weight),
                 Named(r.input_bias), Named(r.recurrent_bias)});
          },
          [&](const Conv& op) { return elsewhere(op); },
          [&](const BatchNorm& op) { return elsewhere(op); },
          [&](const Add& op) { return elsewhere(op); },
          [&](const Dropout& op) { return elsewhere(op); },
          [&](const AttentionScores& op) { return elsewhere(op); },
          [&](const Softmax& op) { return elsewhere(op); },
          [&](const AttentionMix& op) { return elsewhere(op); },
          [&](const Transpose& op) { return elsewhere(op); },
          [&](const Constant& op) { return elsewhere(op); }},
      node.op);
}

}  // namespace edge_int8::train
