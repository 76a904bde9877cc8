// RISC-V rv32imc (the class of ESP32-C3 and C6) on QEMU's virt board.
#include "bare_metal.h"

extern uint32_t bss_start[], bss_end[];

// The first instructions: a stack and a global pointer, then C.
__asm__(
    ".section .start, \"ax\"\n"
    ".global _start\n"
    "_start:\n"
    ".option push\n"
    ".option norelax\n"
    ".option arch, +zicsr\n"
    "  la gp, __global_pointer$\n"
    "  la sp, stack_top\n"
    "  la t0, Fault\n"
    "  csrw mtvec, t0\n"
    ".option pop\n"
    "  j Start\n"
    ".text\n");

__attribute__((aligned(4))) void Fault(void) { Exit(99); }

void Start(void) {
  for (uint32_t* to = bss_start; to < bss_end;) *to++ = 0;
  Exit(main());
}

// The three instructions, uncompressed and in one page, are the call.
uintptr_t Semihost(uintptr_t operation, const void* argument) {
  register uintptr_t a0 __asm__("a0") = operation;
  register const void* a1 __asm__("a1") = argument;
  __asm__ volatile(
      ".balign 16\n"
      ".option push\n"
      ".option norvc\n"
      "  slli zero, zero, 0x1f\n"
      "  ebreak\n"
      "  srai zero, zero, 7\n"
      ".option pop\n"
      : "+r"(a0)
      : "r"(a1)
      : "memory");
  return a0;
}

void StartCounting(void) {}

// Retired instructions, exactly.
uint32_t Counter(void) {
  uint32_t count;
  __asm__ volatile(
      ".option push\n"
      ".option arch, +zicsr\n"
      "  csrr %0, minstret\n"
      ".option pop\n"
      : "=r"(count));
  return count;
}

uint32_t InstructionsBetween(uint32_t before, uint32_t after) {
  return after - before;
}
