/* The integer runtime in C: load an .ei8 model, run it in memory of your own.
 * Results are the same bits on every machine (docs/arithmetic.md);
 * docs/embedding.md is a program in 15 lines. C99, nothing to define first.
 * Tested by c_api_test.cc and, installed, by install_test.cc.
 *
 * Threads: a model never changes between loading and freeing. Any number of
 * threads may call whatever takes a const model, each with its own arena.
 * Nothing but loading and freeing uses the heap, edge_int8_verify apart. */
#ifndef EDGE_INT8_EDGE_INT8_H_
#define EDGE_INT8_EDGE_INT8_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct edge_int8_model edge_int8_model;

/* Values never change their meaning; later versions may add some. */
typedef enum edge_int8_status {
  EDGE_INT8_OK = 0,
  EDGE_INT8_NULL_ARGUMENT = 1,
  EDGE_INT8_CANNOT_READ = 2, /* the file */
  EDGE_INT8_BAD_MODEL = 3,   /* edge_int8_problem says what and where */
  EDGE_INT8_NO_MEMORY = 4,
  EDGE_INT8_SMALL_ARENA = 5,
  EDGE_INT8_NOT_GOLDEN = 6 /* this machine computes something else */
} edge_int8_status;

/* "the arena is smaller than the model needs"; never null. */
const char* edge_int8_status_name(edge_int8_status status);

/* The broken rule behind EDGE_INT8_BAD_MODEL and its place in the file:
 * operator and item (tensor, channel, term, entry), -1 where there is none. */
typedef struct edge_int8_problem {
  const char*
      rule; /* static text, never null: "a weight is outside its bits" */
  int32_t op, item;
} edge_int8_problem;

/* On success *model is to be freed with edge_int8_free; otherwise it is null.
 * Bytes may be anything: they are checked, and not needed afterwards. A file
 * is at most 64 MiB. problem may be null. */
edge_int8_status edge_int8_load_file(const char* path, edge_int8_model** model,
                                     edge_int8_problem* problem);
edge_int8_status edge_int8_load_memory(const void* bytes, size_t size,
                                       edge_int8_model** model,
                                       edge_int8_problem* problem);
void edge_int8_free(edge_int8_model* model); /* null is fine */

typedef struct edge_int8_shape {
  int32_t channels, height, width; /* [channels][height][width] in memory */
} edge_int8_shape;

typedef struct edge_int8_info {
  const char* name; /* of the network; lives as long as the model */
  const char* isa;  /* kernels in use: "scalar", "avx2", "neon", ... */
  edge_int8_shape input, output;
  size_t input_size;  /* uint8_t values of a window */
  size_t output_size; /* int32_t values of a result */
  size_t arena_bytes; /* memory of one run; no alignment needed */
  /* With the zero points z of edge_int8_zero_points, 0 in older models: */
  float input_factor; /* byte = clamp(rint(value * input_factor) + z, 0, 255) */
  float output_scale; /* coordinate = (result - z) * output_scale */
} edge_int8_info;

/* All zeros and nulls if a pointer is null. */
void edge_int8_describe(const edge_int8_model* model, edge_int8_info* info);

/* The byte and the integer that mean 0. Either pointer may be null. */
edge_int8_status edge_int8_zero_points(const edge_int8_model* model,
                                       int32_t* input, int32_t* output);

/* The axes of a window and of a result as arrays of the network have them,
 * without the batch: over the same values in the same order as info's
 * channels, height and width. Returns their number, and writes as many extents
 * as there is room for; 0 if model is null. extents may be null where room is
 * 0. */
size_t edge_int8_input_axes(const edge_int8_model* model, int32_t* extents,
                            size_t room);
size_t edge_int8_output_axes(const edge_int8_model* model, int32_t* extents,
                             size_t room);

/* input: input_size bytes. output: output_size integers. arena: at least
 * arena_bytes of which nothing is kept, so it can serve other models too. */
edge_int8_status edge_int8_run(const edge_int8_model* model,
                               const uint8_t* input, int32_t* output,
                               void* arena, size_t arena_bytes);

/* The same from input_size floats (NaN counts as 0) to output_size
 * coordinates. */
edge_int8_status edge_int8_run_floats(const edge_int8_model* model,
                                      const float* window, float* pose,
                                      void* arena, size_t arena_bytes);

/* Its two ends alone: floats to bytes, integers to coordinates. */
edge_int8_status edge_int8_quantize(const edge_int8_model* model,
                                    const float* window, uint8_t* input);
edge_int8_status edge_int8_dequantize(const edge_int8_model* model,
                                      const int32_t* output, float* pose);

/* Runs the windows that the file holds the right answers for. *checked, which
 * may be null, becomes their number; 0 of 0 right is EDGE_INT8_OK. */
edge_int8_status edge_int8_verify(const edge_int8_model* model, void* arena,
                                  size_t arena_bytes, size_t* checked);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* EDGE_INT8_EDGE_INT8_H_ */
