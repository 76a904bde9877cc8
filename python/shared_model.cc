#include "python/shared_model.h"

#include <string_view>
#include <utility>

#include "core/container/graph_shapes.h"
#include "src/base/as_size.h"
#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/parallel.h"
#include "src/base/sha256.h"
#include "src/qgraph/artifact_file.h"

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

core::AlignedBuffer SharedModel::TakeArena() const {
  {
    const std::scoped_lock lock(mutex_);
    if (!arenas_.empty()) {
      core::AlignedBuffer arena = std::move(arenas_.back());
      arenas_.pop_back();
      return arena;
    }
  }
  return core::AlignedBuffer(engine_->arena_bytes());
}

void SharedModel::GiveArena(core::AlignedBuffer arena) const {
  const std::scoped_lock lock(mutex_);
  arenas_.push_back(std::move(arena));
}

// One window runs in the caller's thread: waking others costs more than the
// microseconds that a call may take beside the run.
template <typename RunOne>
void SharedModel::RunEach(int64_t count, const RunOne& run_one) const {
  if (count == 1) {
    core::AlignedBuffer arena = TakeArena();
    run_one(std::size_t{0}, arena.data());
    GiveArena(std::move(arena));
    return;
  }
  std::vector<core::AlignedBuffer> arenas;
  for (int i = 0; i < ThreadCount(); ++i) arenas.push_back(TakeArena());
  ParallelForSlots(count, [&](int64_t n, int slot) {
    ThrowIfInterrupted();
    run_one(AsSize(n), arenas[AsSize(slot)].data());
  });
  for (core::AlignedBuffer& arena : arenas) GiveArena(std::move(arena));
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
  loaded.predictor = MakeIntegerPredictor(artifact_.graph, ThreadCount(),
                                          IsaFromEnvironment());
  return loaded;
}

}  // namespace edge_int8::python
