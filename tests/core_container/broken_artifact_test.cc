// Files that are not .ei8 artifacts, or nearly are: each must be refused, and
// by the rule it breaks.
#include <gtest/gtest.h>

#include <cstring>

#include "core/container/artifact.h"
#include "core/container/wrapper.h"
#include "tests/core_container/sample_artifact.h"
#include "tests/testing/random_integer_graph.h"

namespace edge_int8::core {
namespace {

using Bytes = std::vector<std::byte>;

Status Load(std::span<const std::byte> bytes) {
  Artifact artifact;
  return LoadArtifact(bytes, &artifact).status;
}

// A graph of every operator of version 2 among others, described.
Artifact EveryOperator() {
  Artifact artifact;
  Choices choices(11);
  artifact.graph = RandomIntegerGraph(
      choices, {.ops = 40, .max_values = 400, .described = true});
  return artifact;
}

// Two tensors and a pool: 300 bytes, so that every bit of it can be tried.
Artifact SmallestArtifact() {
  Artifact artifact;
  IntegerGraph& g = artifact.graph;
  g.tensors = {{"", 1, 2, 1, Type::kU8, 0}, {"", 1, 1, 1, Type::kS32, 0}};
  g.ops = {PoolOp{0, 1, 1, {}}};
  g.output = 1;
  return artifact;
}

Bytes ContentOf(const Bytes& file) {
  std::span<const std::byte> content;
  uint32_t version = 0;
  EXPECT_EQ(UnwrapContent(file, &content, &version), Status::kOk);
  return {content.begin(), content.end()};
}

TEST(BrokenArtifact, EveryTruncationIsRefused) {
  for (const Artifact& artifact :
       {SmallestArtifact(), SampleArtifact(), EveryOperator()}) {
    const Bytes bytes = SaveArtifact(artifact);
    const std::size_t step = bytes.size() / 1000 + 1;
    for (std::size_t n = 0; n < bytes.size(); n += step) {
      EXPECT_NE(Load(std::span(bytes).first(n)), Status::kOk) << n;
    }
  }
}

TEST(BrokenArtifact, EveryFlippedBitIsRefused) {
  Bytes bytes = SaveArtifact(SmallestArtifact());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] ^= std::byte{1} << bit;
      EXPECT_NE(Load(bytes), Status::kOk) << "byte " << i << " bit " << bit;
      bytes[i] ^= std::byte{1} << bit;
    }
  }
  EXPECT_EQ(Load(bytes), Status::kOk);
}

TEST(BrokenArtifact, BytesAfterTheEndAreRefused) {
  Bytes bytes = SaveArtifact(SmallestArtifact());
  for (int n = 0; n < 9; ++n) {
    bytes.push_back(std::byte{0});
    EXPECT_EQ(Load(bytes), Status::kBadWrapper);
  }
}

TEST(BrokenArtifact, OtherFilesAreCalledWhatTheyAre) {
  EXPECT_EQ(Load({}), Status::kBadWrapper);
  const std::string_view zip = "PK\x03\x04 a zip file";
  EXPECT_EQ(Load(std::as_bytes(std::span(zip))), Status::kNotEi8);
  const Bytes huge(kMaxFileBytes + 1);
  EXPECT_EQ(Load(huge), Status::kFileTooLarge);
}

// A flip in the content is the hash's to notice; a flip after which the hash is
// right again is the verifier's and the validator's. Some make another valid
// artifact; none may crash, and what loads must run.
TEST(BrokenArtifact, FlipsUnderARightHashNeverCrash) {
  int loaded = 0, refused = 0;
  for (const Artifact& artifact :
       {SmallestArtifact(), SampleArtifact(), EveryOperator()}) {
    Bytes content = ContentOf(SaveArtifact(artifact));
    const std::size_t step = content.size() / 1000 + 1;
    for (std::size_t i = 0; i < content.size(); i += step) {
      for (const int mask : {0x01, 0x80, 0xff}) {
        content[i] ^= static_cast<std::byte>(mask);
        Artifact changed;
        const bool ok = LoadArtifact(WrapContent(content, 2), &changed).ok();
        if (ok && ++loaded % 32 == 0) {
          CheckGolden(changed, RunnerOf(changed.graph));
        }
        if (!ok) ++refused;
        content[i] ^= static_cast<std::byte>(mask);
      }
    }
  }
  EXPECT_GT(loaded, 100);
  EXPECT_GT(refused, 100);
}

TEST(BrokenArtifact, AnotherVersionIsNamed) {
  Bytes file = SaveArtifact(SmallestArtifact());
  for (const int version : {0, 3, 255}) {
    file[28] = static_cast<std::byte>(version);
    EXPECT_EQ(Load(file), Status::kUnknownVersion);
  }
}

// What reads version 1 must be able to trust that nothing newer is inside.
TEST(BrokenArtifact, AFirstVersionWithWhatTheSecondBroughtIsRefused) {
  Artifact artifact = SmallestArtifact();
  const Bytes content = ContentOf(SaveArtifact(artifact));
  EXPECT_EQ(Load(WrapContent(content, 1)), Status::kOk);
  EXPECT_EQ(Load(WrapContent(content, 2)), Status::kOk);
  artifact.graph.tensors[0].scales = {0.5f};
  const Bytes newer = ContentOf(SaveArtifact(artifact));
  EXPECT_EQ(Load(WrapContent(newer, 1)), Status::kNeedsVersion2);
  EXPECT_EQ(Load(WrapContent(newer, 2)), Status::kOk);
}

TEST(BrokenArtifact, ContentThatIsNoFlatBufferIsRefused) {
  EXPECT_EQ(Load(WrapContent({}, 1)), Status::kBadContent);
  EXPECT_EQ(Load(WrapContent(Bytes(4096, std::byte{0xff}), 1)),
            Status::kBadContent);
  // The root's offset, one past the end.
  Bytes content = ContentOf(SaveArtifact(SmallestArtifact()));
  const auto outside = static_cast<uint32_t>(content.size());
  std::memcpy(content.data(), &outside, sizeof(outside));
  EXPECT_EQ(Load(WrapContent(content, 1)), Status::kBadContent);
}

}  // namespace
}  // namespace edge_int8::core
