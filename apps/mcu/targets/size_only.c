// The smallest program that runs the model: its sections are the flash that a
// model takes, start-up code included, golden vectors not.
#include "bare_metal.h"
#include "ei8.h"

static uint8_t x[EI8_INPUT_BYTES];
static uint32_t arena[EI8_ARENA_BYTES / 4];

int main(void) {
  int32_t y[EI8_OUTPUTS];
  return ei8_run(x, y, arena) != 0 || y[0] == 0;
}
