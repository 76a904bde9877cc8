// What every bare-metal target shares: ending, and the two functions that
// compilers call on their own.
#include "bare_metal.h"

#include <stddef.h>

void Exit(int code) {
  const uintptr_t application_exit = 0x20026;
  const uintptr_t block[2] = {application_exit, (uintptr_t)code};
  Semihost(SEMIHOST_EXIT_EXTENDED, block);
  for (;;) {
  }
}

void* memcpy(void* to, const void* from, size_t size) {
  uint8_t* t = (uint8_t*)to;
  const uint8_t* f = (const uint8_t*)from;
  while (size--) *t++ = *f++;
  return to;
}

void* memset(void* to, int value, size_t size) {
  uint8_t* t = (uint8_t*)to;
  while (size--) *t++ = (uint8_t)value;
  return to;
}
