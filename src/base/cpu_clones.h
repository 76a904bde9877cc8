// One attribute for inner loops: the compiler builds each marked function for
// AVX-512, AVX2 and the baseline, and the loader picks one. The binary still
// runs on every x86-64; elsewhere (NEON is in the baseline) and under ASan (the
// loader picks before it is ready) the attribute is empty. A macro because an
// attribute cannot be named otherwise.
//
// Whether the clones agree in the last bit depends on a file's -ffp-contract:
// off everywhere (vectors are wider, results the same) but in the trainer's
// kernels.
#ifndef EDGE_INT8_SRC_BASE_CPU_CLONES_H_
#define EDGE_INT8_SRC_BASE_CPU_CLONES_H_

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EDGE_INT8_CPU_CLONES
#endif
#endif

#if defined(EDGE_INT8_CPU_CLONES)
#elif defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define EDGE_INT8_CPU_CLONES \
  [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define EDGE_INT8_CPU_CLONES
#endif

#endif  // EDGE_INT8_SRC_BASE_CPU_CLONES_H_
