// 32-bit Arm Cortex-M on QEMU's mps2 and mps3 boards: vector table, start,
// SysTick.
#include "bare_metal.h"

extern uint32_t stack_top[], data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_load[];

void Reset(void);
static void Fault(void) { Exit(99); }

// The processor reads its first stack pointer and program counter here.
__attribute__((section(".vectors"), used)) static const uintptr_t kVectors[] = {
    (uintptr_t)stack_top, (uintptr_t)Reset, (uintptr_t)Fault, (uintptr_t)Fault,
    (uintptr_t)Fault,     (uintptr_t)Fault, (uintptr_t)Fault};

#ifdef __ARM_FEATURE_MVE
// Registers of floats and vectors on: coprocessors 10 and 11.
static void EnableVectors(void) {
  *(volatile uint32_t*)0xe000ed88 |= 0xfu << 20;
  __asm__ volatile("dsb\n isb" ::: "memory");
}
#else
static void EnableVectors(void) {}
#endif

void Reset(void) {
  EnableVectors();
  const uint32_t* from = data_load;
  for (uint32_t* to = data_start; to < data_end;) *to++ = *from++;
  for (uint32_t* to = bss_start; to < bss_end;) *to++ = 0;
  Exit(main());
}

uintptr_t Semihost(uintptr_t operation, const void* argument) {
  register uintptr_t r0 __asm__("r0") = operation;
  register const void* r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

// SysTick counts down 24 bits at 25 MHz on the M4's board, 20 on the M33's, 32
// on the M55's; an emulated instruction takes 1 ns, so a tick is 40, 50 or 31.25
// of them.
#if defined(__ARM_FEATURE_MVE)
enum { QUARTERS = 125 };
#elif defined(__ARM_ARCH_8M_MAIN__)
enum { QUARTERS = 200 };
#else
enum { QUARTERS = 160 };
#endif
static volatile uint32_t* const kSysTick = (volatile uint32_t*)0xe000e010;
enum { CONTROL = 0, RELOAD = 1, CURRENT = 2 };

void StartCounting(void) {
  kSysTick[RELOAD] = 0xffffff;
  kSysTick[CURRENT] = 0;
  kSysTick[CONTROL] = 5;  // on, processor clock, no interrupt
}

uint32_t Counter(void) { return kSysTick[CURRENT]; }

uint32_t InstructionsBetween(uint32_t before, uint32_t after) {
  const uint64_t ticks = (before - after) & 0xffffff;
  return (uint32_t)(ticks * QUARTERS / 4);
}
