// What JavaScript calls (apps/web/package/edge-int8.mjs). An instance of the
// module holds one model: where its memory ends nothing is left to repair, the
// instance is dropped. Tested by package_test.mjs.
//
// Everything is allocated by load(); a run allocates nothing and the memory
// never grows again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <new>

#include "edge_int8/edge_int8.h"

#define EDGE_INT8_EXPORT(name) extern "C" [[clang::export_name(name)]]

// Throws in JavaScript, through all frames of this instance, which is not used
// again.
extern "C" [[noreturn, clang::import_module("env"),
             clang::import_name("out_of_memory")]] void
OutOfMemory();

// The C++ library here comes without exceptions, so what core/ and its
// containers throw ends here: bad_alloc, or a length beyond any memory.
extern "C" void* __cxa_allocate_exception(std::size_t) { OutOfMemory(); }
extern "C" [[noreturn]] void __cxa_throw(void*, void*, void (*)(void*)) {
  OutOfMemory();
}

// Where the libraries would print and abort; with these nothing of WASI is left
// to import.
extern "C" [[noreturn]] void abort_message(const char*, ...) {
  __builtin_trap();
}
[[noreturn]] void std::__libcpp_verbose_abort(const char*, ...) {
  __builtin_trap();
}

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) OutOfMemory();
  return memory;
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  // A size that wraps is refused by malloc as it is.
  const std::size_t whole = (size + step - 1) / step * step;
  void* const memory = whole < size ? nullptr : std::aligned_alloc(step, whole);
  if (memory == nullptr) OutOfMemory();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}

namespace {

constexpr std::size_t kMaxAxes = 8;

// Read by model.mjs (kState) as 32-bit words, in this order.
struct State {
  const char* text;  // of the rule, after a load that failed
  int32_t op, item;
  const char* name;
  const char* isa;
  uint8_t* bytes;  // a run's input, [input_size]
  int32_t* integers;
  float* window;
  float* pose;
  std::size_t input_size, output_size, arena_bytes;
  std::size_t input_axes, output_axes;
  int32_t input_shape[kMaxAxes], output_shape[kMaxAxes];
  float input_factor, output_scale;
  int32_t input_zero, output_zero;
  std::size_t golden;  // vectors that verify() found right
};
constexpr std::size_t WordOf(std::size_t offset) { return offset / 4; }
static_assert(WordOf(offsetof(State, bytes)) == 5);
static_assert(WordOf(offsetof(State, input_size)) == 9);
static_assert(WordOf(offsetof(State, input_shape)) == 14);
static_assert(WordOf(offsetof(State, output_shape)) == 22);
static_assert(WordOf(offsetof(State, input_factor)) == 30);
static_assert(WordOf(offsetof(State, golden)) == 34);
static_assert(sizeof(State) == 35 * 4);

State g_state;
edge_int8_model* g_model = nullptr;
std::byte* g_arena = nullptr;

template <class T>
T* Values(std::size_t count) {
  return static_cast<T*>(::operator new(count * sizeof(T)));
}

void Describe() {
  edge_int8_info info;
  edge_int8_describe(g_model, &info);
  State& s = g_state;
  s.name = info.name;
  s.isa = info.isa;
  s.input_size = info.input_size;
  s.output_size = info.output_size;
  s.arena_bytes = info.arena_bytes;
  s.input_axes = std::min(
      kMaxAxes, edge_int8_input_axes(g_model, s.input_shape, kMaxAxes));
  s.output_axes = std::min(
      kMaxAxes, edge_int8_output_axes(g_model, s.output_shape, kMaxAxes));
  s.input_factor = info.input_factor;
  s.output_scale = info.output_scale;
  edge_int8_zero_points(g_model, &s.input_zero, &s.output_zero);
  s.bytes = Values<uint8_t>(s.input_size);
  s.integers = Values<int32_t>(s.output_size);
  s.window = Values<float>(s.input_size);
  s.pose = Values<float>(s.output_size);
  g_arena = Values<std::byte>(s.arena_bytes);
}

}  // namespace

// Room for a file, to be given to load().
EDGE_INT8_EXPORT("allocate") void* Allocate(std::size_t size) {
  return ::operator new(size);
}

EDGE_INT8_EXPORT("state") State* GetState() { return &g_state; }

// Frees the file; returns an edge_int8_status.
EDGE_INT8_EXPORT("load") int32_t Load(void* bytes, std::size_t size) {
  edge_int8_problem problem;
  const edge_int8_status status =
      edge_int8_load_memory(bytes, size, &g_model, &problem);
  ::operator delete(bytes);
  if (status == EDGE_INT8_OK) {
    Describe();
    return status;
  }
  g_state.text = status == EDGE_INT8_BAD_MODEL ? problem.rule
                                               : edge_int8_status_name(status);
  g_state.op = problem.op;
  g_state.item = problem.item;
  return status;
}

EDGE_INT8_EXPORT("run_bytes") int32_t RunBytes() {
  return edge_int8_run(g_model, g_state.bytes, g_state.integers, g_arena,
                       g_state.arena_bytes);
}

EDGE_INT8_EXPORT("run_floats") int32_t RunFloats() {
  return edge_int8_run_floats(g_model, g_state.window, g_state.pose, g_arena,
                              g_state.arena_bytes);
}

EDGE_INT8_EXPORT("verify") int32_t Verify() {
  return edge_int8_verify(g_model, g_arena, g_state.arena_bytes,
                          &g_state.golden);
}
