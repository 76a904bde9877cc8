// One attribute for the trainer's inner loops: the compiler builds each marked
// function for AVX-512, AVX2 and the baseline, and the loader picks one. The
// binary still runs on every x86-64; elsewhere (NEON is in the baseline) the
// attribute is empty. A macro because an attribute cannot be named otherwise.
#ifndef EDGE_INT8_TRAIN_CPU_CLONES_H_
#define EDGE_INT8_TRAIN_CPU_CLONES_H_

#if defined(__x86_64__)
#define EDGE_INT8_CPU_CLONES \
  [[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")]]
#else
#define EDGE_INT8_CPU_CLONES
#endif

#endif  // EDGE_INT8_TRAIN_CPU_CLONES_H_
