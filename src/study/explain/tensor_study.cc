#include "src/study/explain/tensor_study.h"

#include <algorithm>
#include <utility>

#include "src/base/as_size.h"
#include "src/graph/float_isas.h"
#include "src/graph/float_plan.h"
#include "src/graph/float_steps.h"
#include "src/quantize/calibrate/calibration.h"
#include "src/quantize/calibrate/fake_quant.h"
#include "src/quantize/calibrate/row_grids.h"

namespace edge_int8 {
namespace {

constexpr int kNone = -1;

// Where a studied tensor acts.
struct Subject {
  int step = kNone;  // whose weight it is, or that writes it; none: the input
  int quantizer = kNone;  // none: a weight
};

// What is rounded in a run.
struct Mode {
  bool weights = false;
  bool activations = false;
};
constexpr Mode kModes[] = {
    {false, false}, {true, false}, {false, true}, {true, true}};

void AddError(const float* exact, const float* rounded, int64_t count,
              int64_t stride, OwnError& own) {
  for (int64_t n = 0; n < count * stride; n += stride) {
    const double x = exact[n];
    const double off = x - static_cast<double>(rounded[n]);
    own.signal += x * x;
    own.noise += off * off;
  }
}

// Of weights [out, ...] with a scale for each output channel.
void CountWeights(std::span<const float> weights, const WeightPlan& plan,
                  RangeCounts& range) {
  const double limit = WeightLimit(plan.bits);
  const std::size_t row = weights.size() / plan.scales.size();
  for (std::size_t n = 0; n < weights.size(); ++n) {
    const double code = weights[n] / plan.scales[n / row];
    range.Count((code + limit + 0.5) / (2 * limit + 1));
  }
}

}  // namespace

void RangeCounts::Count(double place) {
  if (place < 0) {
    ++below;
  } else if (place < 1) {
    ++bins[static_cast<std::size_t>(place * kBins)];
  } else {
    ++above;
  }
}

void RangeCounts::Merge(const RangeCounts& other) {
  below += other.below;
  above += other.above;
  for (std::size_t b = 0; b < bins.size(); ++b) bins[b] += other.bins[b];
}

struct TensorStudy::Scratch {
  // As a mode's run leaves it, and the same with one tensor changed.
  std::vector<float> base, work, temporary;
  std::vector<float> raw_input, byte_input;
};

struct TensorStudy::Impl {
  Impl(const Model& folded, const Model& rounded, const Plan& plan)
      : qgraph(BuildQGraph(folded.graph)),
        input_qparams(plan.input()),
        exact(MakeFloatPlan(folded, FindFloatKernels({}), FloatMemory::kKept)),
        integer(MakeFloatPlan(OnWeightGrid(rounded, plan), *exact.kernels,
                              FloatMemory::kKept)) {
    Check(exact.steps.size() == integer.steps.size(), "two different graphs");
    quantizers_of_step.resize(exact.steps.size());
    buffer_sizes = BufferSizes();
    output_values = folded.graph.extent(folded.graph.output).size();
    ListQuantizers(plan);
    ListTensors(folded, plan);
  }

  // From a buffer's place in the arena to the next one's.
  std::vector<int64_t> BufferSizes() const {
    std::vector<int64_t> sizes;
    for (std::size_t b = 0; b < exact.buffers.size(); ++b) {
      const int64_t end = b + 1 < exact.buffers.size()
                              ? exact.buffers[b + 1]
                              : static_cast<int64_t>(exact.arena_floats);
      sizes.push_back(end - exact.buffers[b]);
      Check(sizes.back() > 0, "buffers of a kept plan lie in order");
    }
    return sizes;
  }

  void ListQuantizers(const Plan& plan) {
    for (std::size_t s = 0; s < qgraph.quantizers.size(); ++s) {
      const Quantizer& quantizer = qgraph.quantizers[s];
      const bool input = quantizer.role == QuantizerRole::kInput;
      grids.emplace_back(
          quantizer,
          input
              ? QuantizerPlan{8, {1 / plan.input_factor}, plan.input_zero_point}
              : plan.quantizers.at(quantizer.name),
          *exact.kernels);
      if (input) continue;
      for (std::size_t n = 0; n < exact.steps.size(); ++n) {
        if (exact.steps[n].written == quantizer.tensor) {
          quantizers_of_step[n].push_back(static_cast<int>(s));
        }
      }
    }
  }

  void Add(std::string name, bool weight, int bits, int64_t values, double macs,
           Subject subject) {
    tensors.push_back({std::move(name), weight, bits, values, macs, {}});
    subjects.push_back(subject);
  }

  void ListTensors(const Model& folded, const Plan& plan) {
    const Graph& graph = folded.graph;
    const double total = static_cast<double>(CountMacs(graph).kept);
    const auto macs = [&](const Node& node) {
      return static_cast<double>(CountMacs(graph, node).kept) / total;
    };
    // Of all readers, transposes looked through.
    std::vector<double> read(graph.tensors.size());
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
      const bool moved = std::holds_alternative<Transpose>(node->op);
      for (const TensorId id : node->inputs) {
        read[AsSize(id)] += moved ? read[AsSize(node->output)] : macs(*node);
      }
    }
    Add(qgraph.quantizers[0].name, false, 8, graph.extent(0).size(), read[0],
        {kNone, 0});
    for (std::size_t n = 0; n < exact.steps.size(); ++n) {
      const FloatStep& step = exact.steps[n];
      if (step.written < 0) continue;
      const auto node = std::ranges::find_if(
          graph.nodes, [&](const Node& a) { return a.output == step.written; });
      if (const auto* conv = std::get_if<Conv>(&node->op)) {
        Add(conv->weight, true, plan.weights.at(conv->weight).bits,
            folded.Parameter(conv->weight).size(), macs(*node),
            {static_cast<int>(n), kNone});
        const std::vector<float>& now =
            integer.model.Parameter(conv->weight).data;
        AddError(folded.Parameter(conv->weight).data.data(), now.data(),
                 std::ssize(now), 1, tensors.back().weight_error);
        CountWeights(folded.Parameter(conv->weight).data,
                     plan.weights.at(conv->weight),
                     tensors.back().weight_error.range);
      }
      for (const int s : quantizers_of_step[n]) {
        const Quantizer& quantizer = qgraph.quantizers[AsSize(s)];
        const Extent& e = graph.extent(quantizer.tensor);
        Add(quantizer.name, false, plan.quantizers.at(quantizer.name).bits,
            int64_t{1} * quantizer.channels * e.height * e.width,
            read[AsSize(quantizer.tensor)], {static_cast<int>(n), s});
      }
    }
  }

  // ---- one window ----

  static float* Aligned(std::vector<float>& memory) {
    constexpr std::uintptr_t kLine = 64;
    const auto at = reinterpret_cast<std::uintptr_t>(memory.data());
    return memory.data() + (kLine - at % kLine) % kLine / sizeof(float);
  }
  float* Place(float* arena, int buffer) const {
    return arena + exact.buffers[AsSize(buffer)];
  }

  // Runs step n and rounds what it wrote, but for one quantizer.
  void RunOne(std::size_t n, Mode mode, int but,
              const FloatWindow& window) const {
    const FloatPlan& plan = mode.weights ? integer : exact;
    RunStep(plan, window, plan.steps[n]);
    if (!mode.activations) return;
    for (const int s : quantizers_of_step[n]) {
      if (s != but) RoundQuantizer(s, exact.steps[n], window);
    }
  }

  void RoundQuantizer(int quantizer, const FloatStep& step,
                      const FloatWindow& window) const {
    grids[AsSize(quantizer)].Round(step.out,
                                   Place(window.arena, step.out.buffer));
  }

  static bool Reads(const FloatStep& step, const std::vector<char>& dirty,
                    bool dirty_input) {
    const auto is_dirty = [&](const FloatView& view) {
      return view.buffer >= 0 ? dirty[AsSize(view.buffer)] != 0
                              : view.buffer == kCallerInput && dirty_input;
    };
    if (is_dirty(step.in)) return true;
    if (step.epilogue.has_residual && is_dirty(step.epilogue.residual)) {
      return true;
    }
    const auto* plain = std::get_if<PlainWork>(&step.work);
    return plain != nullptr && std::ranges::any_of(plain->inputs, is_dirty);
  }

  // Changes one tensor in the work arena, runs what lies behind it, and puts
  // the arena back.
  void RunSubject(const Subject& subject, Mode mode, float* base,
                  const FloatWindow& window, OwnError* own) const {
    std::vector<char> dirty(exact.buffers.size());
    std::size_t next = 0;
    if (subject.step != kNone) {
      const auto n = AsSize(subject.step);
      const FloatStep& step = exact.steps[n];
      if (subject.quantizer == kNone) {
        RunOne(n, {!mode.weights, mode.activations}, kNone, window);
      } else if (mode.activations) {
        RunOne(n, mode, subject.quantizer, window);
      } else {
        RoundQuantizer(subject.quantizer, step, window);
        if (own != nullptr) AddOwn(subject.quantizer, step, base, window, *own);
      }
      dirty[AsSize(step.out.buffer)] = 1;
      next = n + 1;
    }
    for (std::size_t n = next; n < exact.steps.size(); ++n) {
      const FloatStep& step = exact.steps[n];
      if (!Reads(step, dirty, subject.step == kNone)) continue;
      RunOne(n, mode, kNone, window);
      if (step.out.buffer >= 0) dirty[AsSize(step.out.buffer)] = 1;
    }
    for (std::size_t b = 0; b < dirty.size(); ++b) {
      if (dirty[b] == 0) continue;
      std::copy_n(Place(base, static_cast<int>(b)), buffer_sizes[b],
                  Place(window.arena, static_cast<int>(b)));
    }
  }

  void AddOwn(int s, const FloatStep& step, float* base,
              const FloatWindow& window, OwnError& own) const {
    const Quantizer& quantizer = qgraph.quantizers[AsSize(s)];
    const FloatView& view = step.out;
    const float* before = Place(base, view.buffer);
    const float* after = Place(window.arena, view.buffer);
    for (int h = 0; h < view.extent.height; ++h) {
      for (int w = 0; w < view.extent.width; ++w) {
        const int64_t at = int64_t{h} * view.stride_h +
                           int64_t{w} * view.stride_w +
                           int64_t{quantizer.first_channel} * view.stride_c;
        AddError(before + at, after + at, quantizer.channels, view.stride_c,
                 own);
        for (int c = 0; c < quantizer.channels; ++c) {
          own.range.Count(grids[AsSize(s)].PlaceOf(
              c, before[at + int64_t{c} * view.stride_c]));
        }
      }
    }
  }

  QGraph qgraph;
  InputQparams input_qparams;
  FloatPlan exact;
  FloatPlan integer;  // the same steps with the integers' weights
  std::vector<std::vector<int>> quantizers_of_step;
  std::vector<RowGrids> grids;  // by quantizer
  std::vector<int64_t> buffer_sizes;
  int64_t output_values = 0;
  std::vector<StudiedTensor> tensors;
  std::vector<Subject> subjects;  // of tensors
};

TensorStudy::TensorStudy(const Model& folded, const Model& rounded,
                         const Plan& plan)
    : impl_(new Impl(folded, rounded, plan)) {}
TensorStudy::~TensorStudy() = default;
TensorStudy::TensorStudy(TensorStudy&&) noexcept = default;

const std::vector<StudiedTensor>& TensorStudy::tensors() const {
  return impl_->tensors;
}

void TensorStudy::FreeScratch::operator()(Scratch* scratch) const {
  delete scratch;
}

TensorStudy::ScratchPointer TensorStudy::MakeScratch() const {
  ScratchPointer scratch(new Scratch);
  scratch->base.resize(impl_->exact.arena_floats + 16);
  scratch->work.resize(impl_->exact.arena_floats + 16);
  scratch->temporary.resize(impl_->exact.scratch_floats + 16);
  return scratch;
}

void TensorStudy::Run(std::span<const float> window, Scratch& scratch,
                      std::span<float> outputs, std::span<OwnError> own) const {
  const Impl& impl = *impl_;
  const auto size = AsSize(impl.output_values);
  Check(outputs.size() == cases() * size && own.size() == tensors().size(),
        "room for another number of cases");
  scratch.raw_input.assign(window.begin(), window.end());
  scratch.byte_input = scratch.raw_input;
  ThroughInputBytes(impl.input_qparams, scratch.byte_input);
  AddError(scratch.raw_input.data(), scratch.byte_input.data(),
           std::ssize(window), 1, own[0]);
  for (const float x : window) {
    own[0].range.Count(
        (x * impl.input_qparams.factor + impl.input_qparams.zero_point + 0.5) /
        256);
  }
  float* base = Impl::Aligned(scratch.base);
  float* work = Impl::Aligned(scratch.work);
  float* temporary = Impl::Aligned(scratch.temporary);
  for (std::size_t m = 0; m < std::size(kModes); ++m) {
    const Mode mode = kModes[m];
    const auto input = [&](bool bytes) {
      return (bytes ? scratch.byte_input : scratch.raw_input).data();
    };
    FloatWindow run{input(mode.activations), outputs.data() + m * size, base,
                    temporary};
    for (std::size_t n = 0; n < impl.exact.steps.size(); ++n) {
      impl.RunOne(n, mode, kNone, run);
    }
    if (mode.weights != mode.activations) continue;
    std::copy_n(base, impl.exact.arena_floats, work);
    run.arena = work;
    for (std::size_t t = 0; t < tensors().size(); ++t) {
      const Subject& subject = impl.subjects[t];
      const std::size_t at = mode.weights ? AllBut(t) : Only(t);
      const bool is_input = subject.step == kNone;
      run.input = input(mode.activations != is_input);
      run.output = outputs.data() + at * size;
      // What a tensor does not reach stays as it was.
      std::copy_n(outputs.data() + m * size, size, run.output);
      const bool first =
          !mode.weights && !is_input && subject.quantizer != kNone;
      impl.RunSubject(subject, mode, base, run, first ? &own[t] : nullptr);
    }
  }
}

}  // namespace edge_int8
