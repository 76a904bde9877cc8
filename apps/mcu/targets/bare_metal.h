// What a program without an operating system needs to run in an emulator: a
// way to speak, a way to end and a count of executed instructions. One file per
// processor implements it; the numbers come from QEMU under -icount shift=0.
#ifndef EDGE_INT8_APPS_MCU_TARGETS_BARE_METAL_H_
#define EDGE_INT8_APPS_MCU_TARGETS_BARE_METAL_H_

#include <stdint.h>

// One semihosting call (Arm's "Semihosting for AArch32 and AArch64"; RISC-V
// takes the same numbers).
enum { SEMIHOST_WRITE0 = 0x04, SEMIHOST_EXIT_EXTENDED = 0x20 };
uintptr_t Semihost(uintptr_t operation, const void* argument);

void StartCounting(void);
// Instructions since `before`; the counter's step is below 41 instructions.
uint32_t Counter(void);
uint32_t InstructionsBetween(uint32_t before, uint32_t after);

// The stack's lowest address, from the linker script.
extern uint32_t stack_bottom[];

void Exit(int code);
int main(void);

#endif  // EDGE_INT8_APPS_MCU_TARGETS_BARE_METAL_H_
