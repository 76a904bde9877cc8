#include "src/eval/predictor.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/engine/aligned_buffer.h"
#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/parallel.h"
#include "src/base/progress.h"
#include "src/base/rank_share.h"
#include "src/base/scratch_pool.h"
#include "src/graph/float_executor.h"

namespace edge_int8 {
namespace {

class FloatPredictor : public Predictor {
 public:
  explicit FloatPredictor(const Model& model)
      : shapes_(ShapesOf(model.graph)), executor_(model) {}
  const ModelShapes& shapes() const override { return shapes_; }
  int batch() const override { return 64; }
  void Predict(std::span<const float> windows, int count,
               std::span<float> poses) override {
    workspaces_.Lend([&](std::unique_ptr<FloatExecutor::Workspace>& workspace) {
      executor_.Run(windows, count, poses, *workspace);
    });
  }

 private:
  ModelShapes shapes_;
  FloatExecutor executor_;
  ScratchPool<std::unique_ptr<FloatExecutor::Workspace>> workspaces_{
      [this] { return executor_.MakeWorkspace(); }};
};

class IntegerPredictor : public Predictor {
 public:
  IntegerPredictor(ModelShapes shapes, std::unique_ptr<core::Engine> engine)
      : shapes_(std::move(shapes)), engine_(std::move(engine)) {}
  const ModelShapes& shapes() const override { return shapes_; }
  int batch() const override { return 64; }
  void Predict(std::span<const float> windows, int count,
               std::span<float> poses) override {
    arenas_.Lend([&](core::AlignedBuffer& arena) {
      for (std::size_t n = 0; n < static_cast<std::size_t>(count); ++n) {
        engine_->RunFloats(windows.data() + n * engine_->input_size(),
                           poses.data() + n * engine_->output_size(),
                           arena.data());
      }
    });
  }

 private:
  ModelShapes shapes_;
  std::unique_ptr<core::Engine> engine_;
  ScratchPool<core::AlignedBuffer> arenas_{
      [this] { return core::AlignedBuffer(engine_->arena_bytes()); }};
};

}  // namespace

std::unique_ptr<Predictor> MakeFloatPredictor(const Model& model) {
  return std::make_unique<FloatPredictor>(model);
}

std::unique_ptr<Predictor> MakeIntegerPredictor(const core::IntegerGraph& graph,
                                                core::Isa isa) {
  std::unique_ptr<core::Engine> engine;
  const core::Status made = core::Engine::Create(graph, {isa}, &engine);
  if (made != core::Status::kOk) {
    FailUsage(
        fmt::format("the engine can't be built: {}", core::StatusName(made)));
  }
  return std::make_unique<IntegerPredictor>(ShapesOf(graph), std::move(engine));
}

std::vector<float> PredictAll(Predictor& predictor, const WindowSource& source,
                              const std::string& label) {
  const int64_t count = source.size();
  const std::size_t in = AsSize(ElementCount(predictor.shapes().input));
  const std::size_t out = AsSize(ElementCount(predictor.shapes().output));
  std::vector<float> poses(AsSize(count) * out);
  const int64_t batch = predictor.batch();
  const int slots = ThreadCount();
  std::vector<std::vector<float>> windows(AsSize(slots));
  const Share mine = MyShare((count + batch - 1) / batch);
  const int64_t first = std::min(mine.first * batch, count);
  const int64_t end = std::min(mine.end * batch, count);
  Progress progress(label, end - first, "windows");
  ParallelForSlots(mine.size(), slots, [&](int64_t b, int slot) {
    const int64_t begin = (mine.first + b) * batch;
    const int64_t size = std::min(batch, count - begin);
    std::vector<float>& input = windows[static_cast<std::size_t>(slot)];
    input.resize(AsSize(batch) * in);
    for (int64_t i = 0; i < size; ++i) {
      source.Read(begin + i, std::span(input).subspan(AsSize(i) * in, in));
    }
    predictor.Predict(
        std::span(input).first(AsSize(size) * in), static_cast<int>(size),
        std::span(poses).subspan(AsSize(begin) * out, AsSize(size) * out));
    progress.Add(size);
  });
  const auto values = static_cast<int64_t>(out);
  GatherSlices(std::span(poses), first * values, end * values);
  return poses;
}

}  // namespace edge_int8
