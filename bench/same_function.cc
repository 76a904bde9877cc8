// Writes a checkpoint that computes the same as another one: what
// bench/invariance.sh quantizes beside it.
//
//   same_function IN.pth OUT.pth SEED [REACH]
#include "tests/testing/same_function.h"

#include <cstdio>
#include <cstdlib>

#include "src/base/error.h"
#include "src/nets/checkpoint.h"
#include "tests/testing/model_checkpoint.h"

namespace edge_int8 {
namespace {

void Write(const char* in, const char* out, uint64_t seed, double reach) {
  SameFunctionOptions options;
  options.reach = reach;
  options.folded = seed % 2 == 1;
  WriteModelCheckpoint(
      out, SameFunction(LoadCheckpoint(in, {}), seed, options).Make());
}

}  // namespace
}  // namespace edge_int8

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: same_function IN.pth OUT.pth SEED [REACH]\n", stderr);
    return 2;
  }
  try {
    edge_int8::Write(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10),
                     argc > 4 ? std::atof(argv[4]) : 4);
  } catch (const edge_int8::Error& error) {
    std::fprintf(stderr, "same_function: %s\n", error.what());
    return 3;
  }
  return 0;
}
