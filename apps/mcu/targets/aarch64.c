// 64-bit Arm on QEMU's virt board, without an operating system.
#include "bare_metal.h"

extern uint32_t bss_start[], bss_end[];

// The first instructions: floating-point registers on, since compilers move
// memory through them; a stack; then C. The MMU stays off, which makes all
// memory device memory: hence -mstrict-align.
__asm__(
    ".section .start, \"ax\"\n"
    ".global _start\n"
    "_start:\n"
    "  mov x0, #(3 << 20)\n"
    "  msr cpacr_el1, x0\n"
    "  isb\n"
    "  ldr x0, =stack_top\n"
    "  mov sp, x0\n"
    "  b Start\n"
    ".text\n");

void Start(void) {
  for (uint32_t* to = bss_start; to < bss_end;) *to++ = 0;
  Exit(main());
}

uintptr_t Semihost(uintptr_t operation, const void* argument) {
  register uintptr_t x0 __asm__("x0") = operation;
  register const void* x1 __asm__("x1") = argument;
  __asm__ volatile("hlt 0xf000" : "+r"(x0) : "r"(x1) : "memory");
  return x0;
}

void StartCounting(void) {}

// The generic timer at 62.5 MHz; an emulated instruction takes 1 ns, so a tick
// is 16 of them.
uint32_t Counter(void) {
  uint64_t count;
  __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(count));
  return (uint32_t)count;
}

uint32_t InstructionsBetween(uint32_t before, uint32_t after) {
  return (after - before) * 16;
}
