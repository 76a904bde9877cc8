#include "src/run/describe_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "core/engine/engine.h"
#include "core/kernels/isa.h"
#include "src/base/sha256.h"
#include "src/qgraph/artifact_file.h"
#include "tests/run/small_model_files.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct Counts {
  const char* variant;
  int64_t params;
  int64_t macs;
};

// The contract's table.
class DescribeGraphOf : public testing::TestWithParam<Counts> {};

TEST_P(DescribeGraphOf, TotalsAreTheContractsAndTheLayersAddUp) {
  const json j = DescribeGraph(BuildWiflow(WiflowVariant(GetParam().variant)));
  EXPECT_EQ(j["variant"], GetParam().variant);
  EXPECT_EQ(j["params"], GetParam().params);
  EXPECT_EQ(j["macs"], GetParam().macs);
  EXPECT_LT(j["macs_kept"], j["macs"]);
  int64_t params = 0;
  int64_t macs = 0;
  for (const json& layer : j["layers"]) {
    params += layer["params"].get<int64_t>();
    macs += layer["macs"].get<int64_t>();
  }
  EXPECT_EQ(params, GetParam().params);
  EXPECT_EQ(macs, GetParam().macs);
}

INSTANTIATE_TEST_SUITE_P(DescribeModel, DescribeGraphOf,
                         testing::Values(Counts{"full", 2225042, 78658800},
                                         Counts{"half", 843834, 24537660},
                                         Counts{"quarter", 338600, 8877930},
                                         Counts{"tiny", 56290, 3081824}));

TEST(DescribeGraph, LayersAndTensorsHaveTheirShapes) {
  const json j = DescribeGraph(BuildWiflow(WiflowVariant("half")));
  EXPECT_EQ(j["macs_kept"], 23989200);
  const json& first = j["layers"][0];
  EXPECT_EQ(first["name"], "tcn.network.0.conv1_group");
  EXPECT_EQ(first["kind"], "conv");
  EXPECT_EQ(first["in"], json({540, 1, 20}));
  EXPECT_EQ(first["out"], json({540, 1, 20}));
  EXPECT_EQ(first["params"], 540 * 27 * 3);
  EXPECT_EQ(first["macs"], 540 * 27 * 3 * 22);  // 20 + 2 * dilation positions
  EXPECT_EQ(j["layers"].back()["out"], json({15, 2, 1}));
  const json shape = {{"name", "tcn.network.0.conv1_group.weight"},
                      {"shape", {540, 27, 3}}};
  EXPECT_THAT(j["tensors"].get<std::vector<json>>(), testing::Contains(shape));
}

TEST(DescribeArtifact, TheArenaIsThatOfTheInstructionSetToRunOn) {
  const TempFolder folder;
  WriteSmallModelFiles(folder.path());
  for (const core::Isa isa : core::AvailableIsas()) {
    std::unique_ptr<core::Engine> engine;
    ASSERT_EQ(core::Engine::Create(ReadArtifactFile(folder / "tiny.ei8").graph,
                                   {.isa = isa}, &engine),
              core::Status::kOk);
    setenv("EDGE_INT8_ISA", std::string(core::IsaName(isa)).c_str(), 1);
    EXPECT_EQ(DescribeArtifact(folder / "tiny.ei8")["arena_bytes"],
              engine->arena_bytes())
        << core::IsaName(isa);
    unsetenv("EDGE_INT8_ISA");
  }
}

TEST(DescribeArtifact, SaysWhatIsInTheFile) {
  const TempFolder folder;
  WriteSmallModelFiles(folder.path());
  const json j = DescribeArtifact(folder / "tiny.ei8");
  EXPECT_EQ(j["variant"], "tiny");
  EXPECT_EQ(j["file_bytes"], std::filesystem::file_size(folder / "tiny.ei8"));
  EXPECT_GT(j["arena_bytes"], 10800);  // More than the input.
  EXPECT_EQ(j["weight_bits"], json({8}));
  EXPECT_EQ(j["activation_bits"], json({8, 16}));
  EXPECT_EQ(j["provenance"]["checkpoint_sha256"],
            Sha256File(folder / "tiny.pth"));
  EXPECT_EQ(j["provenance"]["data_files"]["x.npy"],
            Sha256File(folder / "x.npy"));
  EXPECT_EQ(j["provenance"]["plan_sha256"].get<std::string>().size(), 64u);
  const json graph = DescribeGraph(BuildWiflow(WiflowVariant("tiny")));
  EXPECT_EQ(j["macs"], graph["macs"]);
  EXPECT_EQ(j["macs_kept"], graph["macs_kept"]);
  int64_t params = 0;
  int64_t macs = 0;
  for (const json& layer : j["layers"]) {
    params += layer["params"].get<int64_t>();
    macs += layer["macs"].get<int64_t>();
  }
  EXPECT_EQ(j["params"], params);
  EXPECT_EQ(j["macs"], macs);
}

TEST(DescribeArtifact, FourBitWeightsAreSaidToBeFour) {
  const TempFolder folder;
  WriteRandomCheckpoint(folder / "tiny.pth", "tiny", 3);
  WriteRandomWindows(folder / "x.npy", 8, 4);
  QuantizeRequest request = PlainRequest();
  request.weight_bits = 4;
  WriteArtifactFile(
      folder / "tiny4.ei8",
      QuantizeTiny(folder / "tiny.pth", folder / "x.npy", request).artifact,
      IfExists::kFail);
  EXPECT_EQ(DescribeArtifact(folder / "tiny4.ei8")["weight_bits"], json({4}));
}

TEST(DescribeArtifact, ABrokenFileIsBadInput) {
  const TempFolder folder;
  const auto path = folder.Write("broken.ei8", "1234EI8A and so on");
  const Error error = ErrorOf([&] { DescribeArtifact(path); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr(path.string()));
}

TEST(DescriptionTable, HasALinePerLayerAndTheTotals) {
  const json j = DescribeGraph(BuildWiflow(WiflowVariant("tiny")));
  const std::string table = DescriptionTable(j);
  for (const json& layer : j["layers"]) {
    EXPECT_THAT(table, HasSubstr(layer["name"].get<std::string>()));
  }
  EXPECT_THAT(table, HasSubstr("540x1x20"));
  EXPECT_THAT(table, testing::EndsWith("tiny: 56290 parameters, 3081824 "
                                       "multiply-accumulates per window\n"));
}

}  // namespace
}  // namespace edge_int8
