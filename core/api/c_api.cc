// The C API over the container's reader and the engine: what can be wrong
// outside is a status here, and no exception leaves.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/arith/boundary.h"
#include "core/container/artifact.h"
#include "core/container/golden.h"
#include "core/container/graph_shapes.h"
#include "core/engine/engine.h"
#include "edge_int8/edge_int8.h"

namespace core = edge_int8::core;

struct edge_int8_model {
  std::string name;
  std::string isa;
  edge_int8_shape input{}, output{};
  float input_factor = 0, output_scale = 0;
  int32_t input_zero = 0, output_zero = 0;
  std::vector<int32_t> input_axes, output_axes;
  std::vector<core::GoldenVector> golden;
  std::unique_ptr<core::Engine> engine;
};

namespace {

// Callers need not align their arenas.
constexpr std::size_t kSlackForAlignment = core::kCacheLine - 1;

std::size_t ArenaBytes(const edge_int8_model& model) {
  return model.engine->arena_bytes() + kSlackForAlignment;
}

edge_int8_status CheckRun(const edge_int8_model* model, const void* input,
                          const void* output, const void* arena,
                          std::size_t arena_bytes) {
  if (model == nullptr || input == nullptr || output == nullptr ||
      arena == nullptr) {
    return EDGE_INT8_NULL_ARGUMENT;
  }
  return arena_bytes < ArenaBytes(*model) ? EDGE_INT8_SMALL_ARENA
                                          : EDGE_INT8_OK;
}

std::byte* Aligned(void* arena) {
  const auto address = reinterpret_cast<std::uintptr_t>(arena);
  const std::size_t past = address % core::kCacheLine;
  return static_cast<std::byte*>(arena) +
         (past == 0 ? 0 : core::kCacheLine - past);
}

edge_int8_shape ShapeOf(const core::TensorSpec& tensor) {
  return {tensor.channels, tensor.height, tensor.width};
}

std::size_t CopyAxes(const std::vector<int32_t>& axes, int32_t* extents,
                     std::size_t room) {
  if (extents != nullptr) {
    std::copy_n(axes.begin(), std::min(room, axes.size()), extents);
  }
  return axes.size();
}

edge_int8_status Fail(edge_int8_status status, const core::Result& result,
                      edge_int8_problem* problem) {
  if (problem != nullptr) {
    // Every name is a literal, so it ends with a zero.
    *problem = {core::StatusName(result.status).data(), result.op, result.item};
  }
  return status;
}

edge_int8_status MakeModel(std::span<const std::byte> bytes,
                           std::unique_ptr<edge_int8_model>* made,
                           edge_int8_problem* problem) {
  core::Artifact artifact;
  const core::Result loaded = core::LoadArtifact(bytes, &artifact);
  if (!loaded.ok()) return Fail(EDGE_INT8_BAD_MODEL, loaded, problem);
  auto model = std::make_unique<edge_int8_model>();
  const core::IntegerGraph& graph = artifact.graph;
  const core::Status created = core::Engine::Create(graph, {}, &model->engine);
  if (created != core::Status::kOk) {
    return Fail(EDGE_INT8_BAD_MODEL, {created}, problem);
  }
  model->isa = core::IsaName(model->engine->isa());
  model->input = ShapeOf(graph.tensors[0]);
  const core::TensorSpec& output =
      graph.tensors[static_cast<std::size_t>(graph.output)];
  model->output = ShapeOf(output);
  model->input_zero = graph.tensors[0].zero_point;
  model->output_zero = output.zero_point;
  model->input_axes = core::WindowShape(graph);
  model->output_axes = core::ResultShape(graph);
  model->input_factor = graph.input_factor;
  model->output_scale = graph.output_scale;
  model->name = graph.name;
  model->golden = std::move(artifact.golden);
  *made = std::move(model);
  return EDGE_INT8_OK;
}

// False when the file can't be read; one byte more than allowed is enough to
// know that it is too large.
bool ReadWhole(const char* path, std::vector<std::byte>* bytes) {
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path, "rb"));
  if (!file) return false;
  std::vector<std::byte> block(std::size_t{1} << 16);
  while (bytes->size() <= core::kMaxFileBytes) {
    const std::size_t n = std::fread(block.data(), 1, block.size(), file.get());
    bytes->insert(bytes->end(), block.begin(),
                  block.begin() + static_cast<std::ptrdiff_t>(n));
    if (n < block.size()) break;
  }
  return std::ferror(file.get()) == 0;
}

// Runs `load`, which fills a model, where memory may end.
template <class Load>
edge_int8_status Guarded(edge_int8_model** model, edge_int8_problem* problem,
                         const Load& load) {
  if (problem != nullptr) *problem = {"", -1, -1};
  if (model == nullptr) return EDGE_INT8_NULL_ARGUMENT;
  *model = nullptr;
  try {
    std::unique_ptr<edge_int8_model> made;
    const edge_int8_status status = load(&made);
    *model = made.release();
    return status;
  } catch (const std::exception&) {  // bad_alloc, or a length beyond any memory
    return EDGE_INT8_NO_MEMORY;
  }
}

}  // namespace

const char* edge_int8_status_name(edge_int8_status status) {
  switch (status) {
    case EDGE_INT8_OK:
      return "ok";
    case EDGE_INT8_NULL_ARGUMENT:
      return "a pointer is null";
    case EDGE_INT8_CANNOT_READ:
      return "the file cannot be read";
    case EDGE_INT8_BAD_MODEL:
      return "not a valid model";
    case EDGE_INT8_NO_MEMORY:
      return "out of memory";
    case EDGE_INT8_SMALL_ARENA:
      return "the arena is smaller than the model needs";
    case EDGE_INT8_NOT_GOLDEN:
      return "this machine's result is not the model's golden one";
  }
  return "unknown status";
}

edge_int8_status edge_int8_load_memory(const void* bytes, size_t size,
                                       edge_int8_model** model,
                                       edge_int8_problem* problem) {
  return Guarded(model, problem, [&](auto* made) {
    if (bytes == nullptr) return EDGE_INT8_NULL_ARGUMENT;
    return MakeModel({static_cast<const std::byte*>(bytes), size}, made,
                     problem);
  });
}

edge_int8_status edge_int8_load_file(const char* path, edge_int8_model** model,
                                     edge_int8_problem* problem) {
  return Guarded(model, problem, [&](auto* made) {
    if (path == nullptr) return EDGE_INT8_NULL_ARGUMENT;
    std::vector<std::byte> bytes;
    if (!ReadWhole(path, &bytes)) return EDGE_INT8_CANNOT_READ;
    return MakeModel(bytes, made, problem);
  });
}

void edge_int8_free(edge_int8_model* model) { delete model; }

void edge_int8_describe(const edge_int8_model* model, edge_int8_info* info) {
  if (info == nullptr) return;
  *info = {};
  if (model == nullptr) return;
  info->name = model->name.c_str();
  info->isa = model->isa.c_str();
  info->input = model->input;
  info->output = model->output;
  info->input_size = model->engine->input_size();
  info->output_size = model->engine->output_size();
  info->arena_bytes = ArenaBytes(*model);
  info->input_factor = model->input_factor;
  info->output_scale = model->output_scale;
}

edge_int8_status edge_int8_zero_points(const edge_int8_model* model,
                                       int32_t* input, int32_t* output) {
  if (model == nullptr) return EDGE_INT8_NULL_ARGUMENT;
  if (input != nullptr) *input = model->input_zero;
  if (output != nullptr) *output = model->output_zero;
  return EDGE_INT8_OK;
}

size_t edge_int8_input_axes(const edge_int8_model* model, int32_t* extents,
                            size_t room) {
  return model == nullptr ? 0 : CopyAxes(model->input_axes, extents, room);
}

size_t edge_int8_output_axes(const edge_int8_model* model, int32_t* extents,
                             size_t room) {
  return model == nullptr ? 0 : CopyAxes(model->output_axes, extents, room);
}

edge_int8_status edge_int8_run(const edge_int8_model* model,
                               const uint8_t* input, int32_t* output,
                               void* arena, size_t arena_bytes) {
  const edge_int8_status ready =
      CheckRun(model, input, output, arena, arena_bytes);
  if (ready != EDGE_INT8_OK) return ready;
  model->engine->Run(input, output, Aligned(arena));
  return EDGE_INT8_OK;
}

edge_int8_status edge_int8_run_floats(const edge_int8_model* model,
                                      const float* window, float* pose,
                                      void* arena, size_t arena_bytes) {
  const edge_int8_status ready =
      CheckRun(model, window, pose, arena, arena_bytes);
  if (ready != EDGE_INT8_OK) return ready;
  model->engine->RunFloats(window, pose, Aligned(arena));
  return EDGE_INT8_OK;
}

edge_int8_status edge_int8_quantize(const edge_int8_model* model,
                                    const float* window, uint8_t* input) {
  if (model == nullptr || window == nullptr || input == nullptr) {
    return EDGE_INT8_NULL_ARGUMENT;
  }
  std::transform(
      window, window + model->engine->input_size(), input, [&](float x) {
        return core::QuantizeInput(x, model->input_factor, model->input_zero);
      });
  return EDGE_INT8_OK;
}

edge_int8_status edge_int8_dequantize(const edge_int8_model* model,
                                      const int32_t* output, float* pose) {
  if (model == nullptr || output == nullptr || pose == nullptr) {
    return EDGE_INT8_NULL_ARGUMENT;
  }
  std::transform(output, output + model->engine->output_size(), pose,
                 [&](int32_t y) {
                   return core::DequantizeOutput(y, model->output_scale,
                                                 model->output_zero);
                 });
  return EDGE_INT8_OK;
}

edge_int8_status edge_int8_verify(const edge_int8_model* model, void* arena,
                                  size_t arena_bytes, size_t* checked) {
  if (checked != nullptr) *checked = 0;
  if (model == nullptr || arena == nullptr) return EDGE_INT8_NULL_ARGUMENT;
  if (arena_bytes < ArenaBytes(*model)) return EDGE_INT8_SMALL_ARENA;
  try {
    std::vector<int32_t> output(model->engine->output_size());
    for (const core::GoldenVector& expected : model->golden) {
      const std::vector<uint8_t> input =
          core::GoldenInput(expected.seed, model->engine->input_size());
      model->engine->Run(input.data(), output.data(), Aligned(arena));
      if (output != expected.output) return EDGE_INT8_NOT_GOLDEN;
      if (checked != nullptr) ++*checked;
    }
  } catch (const std::bad_alloc&) {
    return EDGE_INT8_NO_MEMORY;
  }
  return EDGE_INT8_OK;
}
