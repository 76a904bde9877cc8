// The C API: every status once, the reference's bits, threads, no heap in a
// run; and the C++ header over it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "edge_int8/edge_int8.h"
#include "edge_int8/integer_model.h"
#include "tests/core_container/sample_artifact.h"
#include "tests/testing/allocation_counter.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using core::Artifact;
using core::SampleArtifact;

std::vector<std::byte> SampleBytes() {
  return core::SaveArtifact(SampleArtifact());
}

std::filesystem::path WriteSample(const TempFolder& folder) {
  const std::vector<std::byte> bytes = SampleBytes();
  return folder.Write(
      "sample.ei8",
      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// A loaded sample, freed with the test.
class CApi : public testing::Test {
 protected:
  void SetUp() override {
    const std::vector<std::byte> bytes = SampleBytes();
    edge_int8_problem problem{};
    ASSERT_EQ(
        edge_int8_load_memory(bytes.data(), bytes.size(), &model_, &problem),
        EDGE_INT8_OK);
    EXPECT_STREQ(problem.rule, "");
    edge_int8_describe(model_, &info_);
    arena_.resize(info_.arena_bytes, 0xa5);
  }
  void TearDown() override { edge_int8_free(model_); }

  std::vector<int32_t> Run(const std::vector<uint8_t>& input,
                           unsigned char* arena) const {
    std::vector<int32_t> output(info_.output_size);
    EXPECT_EQ(edge_int8_run(model_, input.data(), output.data(), arena,
                            info_.arena_bytes),
              EDGE_INT8_OK);
    return output;
  }

  edge_int8_model* model_ = nullptr;
  edge_int8_info info_{};
  std::vector<unsigned char> arena_;
};

TEST_F(CApi, DescribesTheGraph) {
  EXPECT_STREQ(info_.name, "sample");
  EXPECT_NE(std::string(info_.isa), "");
  EXPECT_EQ(info_.input.channels, 4);
  EXPECT_EQ(info_.input.height, 1);
  EXPECT_EQ(info_.input.width, 7);
  EXPECT_EQ(info_.output.channels, 3);
  EXPECT_EQ(info_.output.height, 2);
  EXPECT_EQ(info_.output.width, 1);
  EXPECT_EQ(info_.input_size, 28u);
  EXPECT_EQ(info_.output_size, 6u);
  EXPECT_GT(info_.arena_bytes, 64u);
  EXPECT_EQ(info_.output_scale, 0.001f);
}

TEST_F(CApi, GivesTheAxesThatFitTheRoom) {
  int32_t axes[3] = {-1, -1, -1};
  EXPECT_EQ(edge_int8_input_axes(model_, axes, 3), 2u);
  EXPECT_EQ(axes[0], 4);
  EXPECT_EQ(axes[1], 7);
  EXPECT_EQ(axes[2], -1);
  EXPECT_EQ(edge_int8_output_axes(model_, axes, 1), 2u);
  EXPECT_EQ(axes[0], 3);
  EXPECT_EQ(axes[1], 7);
  EXPECT_EQ(edge_int8_output_axes(model_, nullptr, 0), 2u);
  EXPECT_EQ(edge_int8_output_axes(nullptr, axes, 3), 0u);
  EXPECT_EQ(edge_int8_input_axes(nullptr, axes, 3), 0u);
}

// A model whose bytes have zero points at both ends, and axes of its own.
TEST(CApiEnds, ZeroPointsAndAxesAreTheModels) {
  core::Artifact artifact;
  core::IntegerGraph& g = artifact.graph;
  g.tensors = {{"x", 2, 3, 1, core::Type::kU8, 100},
               {"y", 2, 3, 1, core::Type::kU8, 30}};
  g.ops = {core::RequantizeOp{0, 1, {1 << 30, 30}, {30, 0, 255}}};
  g.output = 1;
  g.input_factor = 10.0f;
  g.output_scale = 0.1f;
  g.input_shape = {1, 6};
  g.output_shape = {3, 2, 1};
  const std::vector<std::byte> bytes = core::SaveArtifact(artifact);
  const IntegerModel model(bytes.data(), bytes.size());
  int32_t input_zero = -1, output_zero = -1;
  EXPECT_EQ(edge_int8_zero_points(model.get(), &input_zero, &output_zero),
            EDGE_INT8_OK);
  EXPECT_EQ(input_zero, 100);
  EXPECT_EQ(output_zero, 30);
  EXPECT_EQ(edge_int8_zero_points(model.get(), nullptr, nullptr), EDGE_INT8_OK);
  EXPECT_EQ(edge_int8_zero_points(nullptr, &input_zero, &output_zero),
            EDGE_INT8_NULL_ARGUMENT);
  EXPECT_EQ(edge_int8_output_axes(model.get(), nullptr, 0), 3u);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> window = {0, nan, -2.5f, 1.0f, 20.0f, -20.0f};
  std::vector<uint8_t> input(6);
  ASSERT_EQ(edge_int8_quantize(model.get(), window.data(), input.data()),
            EDGE_INT8_OK);
  EXPECT_THAT(input, testing::ElementsAre(100, 100, 75, 110, 255, 0));
  IntegerModel::Arena arena = model.MakeArena();
  const std::vector<float> pose = model.Predict(window.data(), arena);
  EXPECT_THAT(pose,
              testing::Pointwise(testing::FloatNear(1e-6f),
                                 {0.0f, 0.0f, -2.5f, 1.0f, 15.5f, -3.0f}));
  std::vector<int32_t> output(6);
  model.Run(input.data(), output.data(), arena);
  std::vector<float> again(6);
  ASSERT_EQ(edge_int8_dequantize(model.get(), output.data(), again.data()),
            EDGE_INT8_OK);
  EXPECT_EQ(pose, again);
}

TEST_F(CApi, GivesTheReferencesBitsAtAnyAlignmentOfTheArena) {
  const Artifact artifact = SampleArtifact();
  std::vector<unsigned char> room(info_.arena_bytes + 64, 0x5a);
  for (const core::GoldenVector& golden : artifact.golden) {
    const std::vector<uint8_t> input =
        core::GoldenInput(golden.seed, info_.input_size);
    for (const std::size_t offset : {0u, 1u, 2u, 31u, 63u}) {
      EXPECT_EQ(Run(input, room.data() + offset), golden.output) << offset;
    }
  }
}

TEST_F(CApi, ARunStaysInsideItsArenaAndOffTheHeap) {
  std::vector<unsigned char> room(info_.arena_bytes + 128, 0x5a);
  const std::vector<uint8_t> input(info_.input_size, 77);
  std::vector<int32_t> output(info_.output_size);
  const int64_t before = allocations;
  const edge_int8_status status = edge_int8_run(
      model_, input.data(), output.data(), room.data() + 64, info_.arena_bytes);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(status, EDGE_INT8_OK);
  for (std::size_t i = 0; i < 64; ++i) {
    EXPECT_EQ(room[i], 0x5a);
    EXPECT_EQ(room[room.size() - 1 - i], 0x5a);
  }
}

TEST_F(CApi, ThreadsShareAModelEachWithItsArena) {
  const Artifact artifact = SampleArtifact();
  std::vector<std::thread> threads;
  std::vector<std::vector<int32_t>> outputs(4);
  for (std::vector<int32_t>& output : outputs) {
    threads.emplace_back([&] {
      std::vector<unsigned char> arena(info_.arena_bytes);
      const auto input =
          core::GoldenInput(artifact.golden[1].seed, info_.input_size);
      for (int i = 0; i < 50; ++i) output = Run(input, arena.data());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<int32_t>& output : outputs) {
    EXPECT_EQ(output, artifact.golden[1].output);
  }
}

TEST_F(CApi, VerifyRunsEveryGoldenWindow) {
  std::size_t checked = 99;
  EXPECT_EQ(edge_int8_verify(model_, arena_.data(), arena_.size(), &checked),
            EDGE_INT8_OK);
  EXPECT_EQ(checked, 3u);
}

TEST(CApiLoading, VerifyFindsAWrongGoldenWindow) {
  Artifact artifact = SampleArtifact();
  artifact.golden[2].output[0] ^= 1;
  const std::vector<std::byte> bytes = core::SaveArtifact(artifact);
  const IntegerModel model(bytes.data(), bytes.size());
  IntegerModel::Arena arena = model.MakeArena();
  std::size_t checked = 0;
  EXPECT_EQ(edge_int8_verify(model.get(), arena.data(), arena.size(), &checked),
            EDGE_INT8_NOT_GOLDEN);
  EXPECT_EQ(checked, 2u);
}

TEST_F(CApi, FloatsAreQuantizedByTheOneRule) {
  const float f = info_.input_factor;
  std::vector<float> window(info_.input_size, 0.0f);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float values[] = {nan, -1.0f, 10.0f / f, 254.5f / f, 1e9f};
  std::ranges::copy(values, window.begin());
  std::vector<uint8_t> input(info_.input_size, 9);
  ASSERT_EQ(edge_int8_quantize(model_, window.data(), input.data()),
            EDGE_INT8_OK);
  EXPECT_THAT(std::vector<uint8_t>(input.begin(), input.begin() + 6),
              testing::ElementsAre(0, 0, 10, 254, 255, 0));
  const std::vector<int32_t> output = {1000, -1, 0, 7, 8, 9};
  std::vector<float> pose(info_.output_size);
  ASSERT_EQ(edge_int8_dequantize(model_, output.data(), pose.data()),
            EDGE_INT8_OK);
  EXPECT_EQ(pose[0], 1.0f);
  EXPECT_EQ(pose[1], -0.001f);
}

TEST_F(CApi, AShortArenaIsRefused) {
  const std::vector<uint8_t> input(info_.input_size);
  std::vector<int32_t> output(info_.output_size);
  const std::size_t less = info_.arena_bytes - 1;
  EXPECT_EQ(
      edge_int8_run(model_, input.data(), output.data(), arena_.data(), less),
      EDGE_INT8_SMALL_ARENA);
  const std::vector<float> window(info_.input_size);
  std::vector<float> pose(info_.output_size);
  EXPECT_EQ(edge_int8_run_floats(model_, window.data(), pose.data(),
                                 arena_.data(), less),
            EDGE_INT8_SMALL_ARENA);
  EXPECT_EQ(edge_int8_verify(model_, arena_.data(), less, nullptr),
            EDGE_INT8_SMALL_ARENA);
}

TEST_F(CApi, NullPointersAreNamedNotFollowed) {
  uint8_t x = 0;
  int32_t y = 0;
  float f = 0;
  const auto null = EDGE_INT8_NULL_ARGUMENT;
  const std::size_t n = info_.arena_bytes;
  EXPECT_EQ(edge_int8_run(nullptr, &x, &y, arena_.data(), n), null);
  EXPECT_EQ(edge_int8_run(model_, nullptr, &y, arena_.data(), n), null);
  EXPECT_EQ(edge_int8_run(model_, &x, nullptr, arena_.data(), n), null);
  EXPECT_EQ(edge_int8_run(model_, &x, &y, nullptr, n), null);
  EXPECT_EQ(edge_int8_run_floats(model_, nullptr, &f, arena_.data(), n), null);
  EXPECT_EQ(edge_int8_run_floats(model_, &f, &f, nullptr, n), null);
  EXPECT_EQ(edge_int8_quantize(model_, nullptr, &x), null);
  EXPECT_EQ(edge_int8_quantize(nullptr, &f, &x), null);
  EXPECT_EQ(edge_int8_dequantize(model_, &y, nullptr), null);
  EXPECT_EQ(edge_int8_verify(nullptr, arena_.data(), n, nullptr), null);
  edge_int8_model* model = nullptr;
  EXPECT_EQ(edge_int8_load_memory(nullptr, 4, &model, nullptr), null);
  EXPECT_EQ(edge_int8_load_memory(&x, 1, nullptr, nullptr), null);
  EXPECT_EQ(edge_int8_load_file(nullptr, &model, nullptr), null);
  edge_int8_describe(model_, nullptr);
  edge_int8_info info{};
  info.input_size = 5;
  edge_int8_describe(nullptr, &info);
  EXPECT_EQ(info.input_size, 0u);
  EXPECT_EQ(info.name, nullptr);
  edge_int8_free(nullptr);
}

TEST(CApiLoading, AFileAndItsBytesAreTheSameModel) {
  const TempFolder folder;
  const std::string path = WriteSample(folder).string();
  const IntegerModel model(path);
  IntegerModel::Arena arena = model.MakeArena();
  std::size_t checked = 0;
  EXPECT_EQ(edge_int8_verify(model.get(), arena.data(), arena.size(), &checked),
            EDGE_INT8_OK);
  EXPECT_EQ(checked, 3u);
}

TEST(CApiLoading, AFileThatCannotBeReadIsNotABadModel) {
  const TempFolder folder;
  edge_int8_model* model = nullptr;
  for (const std::filesystem::path& path :
       {folder / "none.ei8", folder.path()}) {
    EXPECT_EQ(edge_int8_load_file(path.c_str(), &model, nullptr),
              EDGE_INT8_CANNOT_READ);
    EXPECT_EQ(model, nullptr);
  }
}

TEST(CApiLoading, BadBytesNameTheRule) {
  std::vector<std::byte> bytes = SampleBytes();
  bytes.back() ^= std::byte{1};
  edge_int8_model* model = nullptr;
  edge_int8_problem problem{};
  EXPECT_EQ(edge_int8_load_memory(bytes.data(), bytes.size(), &model, &problem),
            EDGE_INT8_BAD_MODEL);
  EXPECT_EQ(model, nullptr);
  EXPECT_EQ(problem.rule, core::StatusName(core::Status::kHashMismatch));
  EXPECT_EQ(edge_int8_load_memory("", 0, &model, &problem),
            EDGE_INT8_BAD_MODEL);
  EXPECT_EQ(edge_int8_load_memory("", 0, &model, nullptr), EDGE_INT8_BAD_MODEL);
}

TEST(CApiLoading, ABrokenGraphNamesItsPlace) {
  Artifact artifact = SampleArtifact();
  std::get<core::ConvOp>(artifact.graph.ops[1]).bias[2] = 1 << 30;
  const std::vector<std::byte> bytes = core::SaveArtifact(artifact);
  const TempFolder folder;
  const std::string path =
      folder.Write("broken.ei8",
                   {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  try {
    const IntegerModel model(path);
    FAIL() << "it loaded";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(),
              path + ": operator 1, item 2: " +
                  std::string(core::StatusName(core::Status::kBiasRange)));
  }
}

TEST(CApiLoading, AHugeFileIsReadToTheLimitOnly) {
  const TempFolder folder;
  const std::filesystem::path path = folder.Write("huge.ei8", "EI8");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40);  // sparse
  edge_int8_model* model = nullptr;
  edge_int8_problem problem{};
  EXPECT_EQ(edge_int8_load_file(path.c_str(), &model, &problem),
            EDGE_INT8_BAD_MODEL);
  EXPECT_EQ(problem.rule, core::StatusName(core::Status::kFileTooLarge));
}

TEST(CApiLoading, EveryStatusHasItsOwnName) {
  std::set<std::string> names;
  for (int status = 0; status <= EDGE_INT8_NOT_GOLDEN + 1; ++status) {
    names.insert(edge_int8_status_name(static_cast<edge_int8_status>(status)));
  }
  EXPECT_EQ(names.size(), EDGE_INT8_NOT_GOLDEN + 2u);
  EXPECT_TRUE(names.contains("unknown status"));
}

// What the C++ header adds.
TEST(IntegerModel, PredictsWhatTheThreeStepsGive) {
  const std::vector<std::byte> bytes = SampleBytes();
  const IntegerModel model(bytes.data(), bytes.size());
  IntegerModel::Arena arena = model.MakeArena();
  std::vector<float> window(model.info().input_size);
  for (std::size_t i = 0; i < window.size(); ++i) {
    window[i] = static_cast<float>(i) / static_cast<float>(window.size());
  }
  std::vector<uint8_t> x(model.info().input_size);
  std::vector<int32_t> y(model.info().output_size);
  std::vector<float> pose(model.info().output_size);
  ASSERT_EQ(edge_int8_quantize(model.get(), window.data(), x.data()),
            EDGE_INT8_OK);
  model.Run(x.data(), y.data(), arena);
  ASSERT_EQ(edge_int8_dequantize(model.get(), y.data(), pose.data()),
            EDGE_INT8_OK);
  EXPECT_EQ(model.Predict(window.data(), arena), pose);
  EXPECT_NE(pose, std::vector<float>(pose.size()));
}

TEST(IntegerModel, ThrowsWhatTheFileOrTheArenaLacks) {
  EXPECT_THAT([] { IntegerModel("none.ei8"); },
              testing::ThrowsMessage<std::runtime_error>(
                  "none.ei8: the file cannot be read"));
  const std::vector<std::byte> bytes = SampleBytes();
  const IntegerModel model(bytes.data(), bytes.size());
  IntegerModel::Arena small(10);
  const std::vector<float> window(model.info().input_size);
  EXPECT_THAT([&] { model.Predict(window.data(), small); },
              testing::ThrowsMessage<std::runtime_error>(
                  "run: the arena is smaller than the model needs"));
}

}  // namespace
}  // namespace edge_int8
