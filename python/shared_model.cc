#include "python/shared_model.h"

#include <utility>

#include "core/container/graph_shapes.h"
#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/parallel.h"
#include "src/base/sha256.h"

namespace edge_int8::python {
namespace {

Shape Wide(const std::vector<int32_t>& axes) {
  return {axes.begin(), axes.end()};
}

}  // namespace

SharedModel::SharedModel(core::Artifact artifact, std::optional<Plan> plan)
    : artifact_(std::move(artifact)), plan_(std::move(plan)) {
  const core::IntegerGraph& graph = artifact_.graph;
  const core::Status made =
      core::Engine::Create(graph, {IsaFromEnvironment()}, &engine_);
  Check(made == core::Status::kOk, core::StatusName(made));
  window_ = Wide(core::WindowShape(graph));
  result_ = Wide(core::ResultShape(graph));
  input_zero_ = graph.tensors[0].zero_point;
  output_zero_ = graph.tensors[AsSize(graph.output)].zero_point;
}

// One window runs in the caller's thread: waking others costs more than the
// microseconds that a call may take beside the run.
template <typename RunOne>
void SharedModel::RunEach(int64_t count, const RunOne& run_one) const {
  const auto run = [&](int64_t n) {
    arenas_.Lend(
        [&](core::AlignedBuffer& arena) { run_one(AsSize(n), arena.data()); });
  };
  if (count == 1) return run(0);
  ParallelFor(count, [&](int64_t n) {
    ThrowIfInterrupted();
    run(n);
  });
}

void SharedModel::Run(const uint8_t* windows, int64_t count,
                      int32_t* results) const {
  RunEach(count, [&](std::size_t n, std::byte* arena) {
    engine_->Run(windows + n * engine_->input_size(),
                 results + n * engine_->output_size(), arena);
  });
}

void SharedModel::RunFloats(const float* windows, int64_t count,
                            float* results) const {
  RunEach(count, [&](std::size_t n, std::byte* arena) {
    engine_->RunFloats(windows + n * engine_->input_size(),
                       results + n * engine_->output_size(), arena);
  });
}

std::vector<std::byte> SharedModel::Bytes() const {
  return core::SaveArtifact(artifact_);
}

LoadedPredictor SharedModel::Predictor() const {
  LoadedPredictor loaded;
  loaded.format = ModelFormat::kArtifact;
  loaded.sha256 = Sha256(Bytes());
  loaded.predictor =
      MakeIntegerPredictor(artifact_.graph, IsaFromEnvironment());
  return loaded;
}

}  // namespace edge_int8::python
