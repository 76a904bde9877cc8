// An integer model that any number of threads may run at once: one engine, and
// arenas that are lent to a run each. Knows nothing of Python. Tested by
// tests/python/test_threads.py and test_models.py.
#ifndef EDGE_INT8_PYTHON_SHARED_MODEL_H_
#define EDGE_INT8_PYTHON_SHARED_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/container/artifact.h"
#include "core/engine/aligned_buffer.h"
#include "core/engine/engine.h"
#include "src/base/scratch_pool.h"
#include "src/base/tensor.h"
#include "src/qgraph/plan.h"
#include "src/run/load_predictor.h"

namespace edge_int8::python {

class SharedModel {
 public:
  // A valid artifact; `plan` is what made it, where that is known.
  explicit SharedModel(core::Artifact artifact, std::optional<Plan> plan = {});

  const core::Artifact& artifact() const { return artifact_; }
  const std::optional<Plan>& plan() const { return plan_; }
  const core::Engine& engine() const { return *engine_; }
  const Shape& window() const { return window_; }
  const Shape& result() const { return result_; }
  int32_t input_zero() const { return input_zero_; }
  int32_t output_zero() const { return output_zero_; }

  // Of `count` windows one after the other in memory; several run on all cores.
  void Run(const uint8_t* windows, int64_t count, int32_t* results) const;
  void RunFloats(const float* windows, int64_t count, float* results) const;

  // The file's bytes: what save writes.
  std::vector<std::byte> Bytes() const;
  // For what scores models of any kind.
  LoadedPredictor Predictor() const;

 private:
  template <typename RunOne>
  void RunEach(int64_t count, const RunOne& run_one) const;

  const core::Artifact artifact_;
  const std::optional<Plan> plan_;
  std::unique_ptr<core::Engine> engine_;
  Shape window_, result_;
  int32_t input_zero_ = 0, output_zero_ = 0;
  mutable ScratchPool<core::AlignedBuffer> arenas_{
      [this] { return core::AlignedBuffer(engine_->arena_bytes()); }};
};

}  // namespace edge_int8::python

#endif  // EDGE_INT8_PYTHON_SHARED_MODEL_H_
