#include "core/container/golden.h"

#include <gtest/gtest.h>

#include "src/base/random.h"
#include "tests/core_container/sample_artifact.h"

namespace edge_int8::core {
namespace {

// SplitMix64's published outputs for seed 1234567 are 6457827717110365317,
// 3203168211198807973, 9817491932198370423, ...; bytes are the highest 8 bits.
static_assert(GoldenByte(1234567, 0) == 6457827717110365317u >> 56);
static_assert(GoldenByte(1234567, 1) == 3203168211198807973u >> 56);
static_assert(GoldenByte(1234567, 2) == 9817491932198370423u >> 56);

TEST(Golden, InputIsTheHighestByteOfTheProjectsGenerator) {
  for (const uint64_t seed : {uint64_t{0}, uint64_t{7}, ~uint64_t{0}}) {
    Rng rng(seed);
    for (const uint8_t byte : GoldenInput(seed, 1000)) {
      ASSERT_EQ(byte, rng.Next() >> 56);
    }
  }
}

TEST(Golden, VectorsOfTheReferenceHoldForTheReference) {
  const Artifact artifact = SampleArtifact();
  ASSERT_EQ(artifact.golden.size(), 3u);
  EXPECT_EQ(artifact.golden[0].output.size(), 6u);
  EXPECT_NE(artifact.golden[0].output, artifact.golden[1].output);
  EXPECT_EQ(CheckGolden(artifact, RunnerOf(artifact.graph)), Result{});
}

TEST(Golden, NamesTheFirstVectorThatARunnerGetsWrong) {
  const Artifact artifact = SampleArtifact();
  int calls = 0;
  const WindowRunner off_by_one = [&](std::span<const uint8_t> input,
                                      std::span<int32_t> output) {
    RunnerOf(artifact.graph)(input, output);
    if (++calls == 2) ++output[5];
  };
  EXPECT_EQ(CheckGolden(artifact, off_by_one),
            (Result{Status::kGoldenMismatch, -1, 1}));
}

}  // namespace
}  // namespace edge_int8::core
