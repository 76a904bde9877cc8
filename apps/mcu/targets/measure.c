// Checks the golden windows on a bare-metal target, the first one also as a
// stream where the model takes frames, and prints one line: windows, wrong ones, instructions of a run,
// bytes of input, arena and stack.
#include "bare_metal.h"
#include "ei8_golden.h"

static uint8_t x[EI8_INPUT_BYTES];
#ifdef EI8_FRAMES
static ei8_stream stream;
static uint32_t* const arena = stream.arena;
#else
static uint32_t arena[EI8_ARENA_BYTES / 4];
#endif

static const uint32_t kPaint = 0xa5a5a5a5;

// Everything below this frame, but for a little room for it.
__attribute__((noinline)) static void PaintStack(void) {
  const uintptr_t end = (uintptr_t)__builtin_frame_address(0) - 256;
  volatile uint32_t* p = stack_bottom;
  while ((uintptr_t)p < end) *p++ = kPaint;
}

static uint32_t StackUsed(const char* top) {
  const uint32_t* p = stack_bottom;
  while (*p == kPaint) ++p;
  return (uint32_t)(top - (const char*)p);
}

static void Print(const char* name, uint32_t value) {
  char text[48];
  char* end = text + sizeof text - 1;
  *end = 0;
  *--end = ' ';
  do {
    *--end = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  *--end = '=';
  Semihost(SEMIHOST_WRITE0, name);
  Semihost(SEMIHOST_WRITE0, end);
}

int main(void) {
  uint32_t wrong = 0, most = 0, stack = 0;
  uint64_t sum = 0;
  const char* top = (const char*)__builtin_frame_address(0);
  StartCounting();
  for (int i = 0; i < ei8_golden_windows; ++i) {
    int32_t y[EI8_OUTPUTS];
    ei8_golden_input(i, x);
    PaintStack();
    const uint32_t before = Counter();
    ei8_run(x, y, arena);
    const uint32_t count = InstructionsBetween(before, Counter());
    const uint32_t used = StackUsed(top);
    stack = used > stack ? used : stack;
    most = count > most ? count : most;
    sum += count;
    if (ei8_golden_differs(i, y)) ++wrong;
  }
#ifdef EI8_FRAMES
  if (ei8_check_stream(0, &stream)) ++wrong;
#endif
  Print("windows", (uint32_t)ei8_golden_windows);
  Print("wrong", wrong);
  Print("instructions", (uint32_t)(sum / (uint32_t)ei8_golden_windows));
  Print("instructions_max", most);
  Print("input", EI8_INPUT_BYTES);
  Print("arena", EI8_ARENA_BYTES);
  Print("stack", stack);
  return wrong != 0;
}
