// 64-bit Arm on QEMU's virt board, without an operating system.
#include "bare_metal.h"

extern uint32_t bss_start[], bss_end[];

// The first instructions: floating-point registers on, since compilers move
// memory through them; a stack; then C.
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

// Without an MMU all memory is device memory, where nothing may be unaligned.
// One table of 1 GiB blocks, each at its own address: device memory, then RAM.
__attribute__((aligned(4096))) static uint64_t blocks[512];

static void EnableMmu(void) {
  const uint64_t access = 1 << 10, shared = 3 << 8, block = 1;
  const uint64_t attributes = 0xff00;  // 0: device memory, 1: ordinary
  const uint64_t size = 25;            // addresses of 64 - 25 bits
  blocks[0] = access | block;
  blocks[1] = (uint64_t)1 << 30 | access | shared | 1 << 2 | block;
  __asm__ volatile(
      "msr mair_el1, %0\n"
      "msr tcr_el1, %1\n"
      "msr ttbr0_el1, %2\n"
      "dsb sy\n"
      "isb\n"
      "mrs x9, sctlr_el1\n"
      "orr x9, x9, #1\n"
      "msr sctlr_el1, x9\n"
      "isb\n"
      :
      : "r"(attributes), "r"(size), "r"(blocks)
      : "x9", "memory");
}

void Start(void) {
  for (uint32_t* to = bss_start; to < bss_end;) *to++ = 0;
  EnableMmu();
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
