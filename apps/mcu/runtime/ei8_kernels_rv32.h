// Kernels for 32-bit RISC-V with multiplication (ESP32-C3, C6), plain C laid
// out for its 31 registers; an export for rv32imc has them instead of the plain
// ones. The same bits.
#ifndef EI8_KERNELS_RV32_H_
#define EI8_KERNELS_RV32_H_

#include "ei8_conv_rows.h"

typedef ei8_conv_rows ei8_conv_rv32;

void ei8_run_conv_rv32(const void* op, const ei8_memory* memory);

#endif  // EI8_KERNELS_RV32_H_
