#include "src/nets/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "src/formats/state_dict_writer.h"
#include "src/nets/wiflow.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A complete state dict of a variant, counters included.
std::vector<NamedTensor> StateDictOf(const std::string& variant) {
  const Model model = RandomModel(BuildWiflow(WiflowVariant(variant)), 41);
  std::vector<NamedTensor> dict;
  for (const ParameterSpec& spec : model.graph.parameters) {
    dict.push_back({spec.name,
                    spec.integer ? Tensor({}, {7}) : model.Parameter(spec.name),
                    spec.integer});
  }
  return dict;
}

// As ReadCheckpoint, of a file with these tensors.
Model ModelOf(const std::vector<NamedTensor>& dict,
              const NetworkOptions& options = {}) {
  std::vector<StateDictEntry> entries;
  for (const NamedTensor& tensor : dict) {
    StateDictEntry entry{tensor.name, tensor.tensor};
    if (tensor.integer) {
      entry.value = static_cast<int64_t>(tensor.tensor.data.at(0));
    }
    entries.push_back(std::move(entry));
  }
  const std::string bytes = StateDictBytes(entries);
  return ReadCheckpoint(
             CheckpointFile("x.pth", std::as_bytes(std::span(bytes))), options)
      .model;
}

NamedTensor& Find(std::vector<NamedTensor>& dict, const std::string& name) {
  return *std::ranges::find(dict, name, &NamedTensor::name);
}

std::string MessageOf(std::vector<NamedTensor> dict,
                      const std::optional<std::string>& variant = {}) {
  const Error error = ErrorOf([&] { ModelOf(dict, {.variant = variant}); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  return error.what();
}

class CheckpointOf : public testing::TestWithParam<const char*> {};

TEST_P(CheckpointOf, IsRecognisedFromItsShapes) {
  const std::vector<NamedTensor> dict = StateDictOf(GetParam());
  const Model model = ModelOf(dict);
  EXPECT_EQ(model.graph.name, GetParam());
  for (const NamedTensor& tensor : dict) {
    if (tensor.integer) continue;
    EXPECT_EQ(model.Parameter(tensor.name).data, tensor.tensor.data);
  }
}

INSTANTIATE_TEST_SUITE_P(Wiflow, CheckpointOf,
                         testing::Values("full", "half", "quarter", "tiny"),
                         [](const auto& test) { return test.param; });

TEST(Checkpoint, MayLackBatchCounters) {
  std::vector<NamedTensor> dict = StateDictOf("tiny");
  std::erase_if(dict, [](const NamedTensor& t) { return t.integer; });
  EXPECT_EQ(ModelOf(dict).graph.name, "tiny");
}

TEST(Checkpoint, MayUseTheOlderModuleNames) {
  std::vector<NamedTensor> dict = StateDictOf("half");
  for (NamedTensor& tensor : dict) {
    if (tensor.name.starts_with("attention.")) {
      tensor.name = "att." + tensor.name.substr(10);
    } else if (tensor.name.starts_with("decoder.")) {
      tensor.name = "final_conv." + tensor.name.substr(8);
    }
  }
  const Model model = ModelOf(dict);
  EXPECT_EQ(model.Parameter("decoder.3.bias").data,
            Find(dict, "final_conv.3.bias").tensor.data);
}

TEST(Checkpoint, ListsAllFaultsAtOnce) {
  std::vector<NamedTensor> dict = StateDictOf("half");
  std::erase_if(dict, [](const NamedTensor& t) {
    return t.name == "decoder.3.bias" || t.name == "up.block.1.running_mean";
  });
  Find(dict, "decoder.0.weight").tensor = Tensor({16, 32, 3});
  Find(dict, "up.block.0.bias") = {"up.block.0.bias", Tensor({}, {7}), true};
  dict.push_back({"decoder.6.weight", Tensor({3}), false});
  EXPECT_THAT(
      MessageOf(std::move(dict)),
      AllOf(HasSubstr("x.pth: 5 of its tensors are not those of 'half'"),
            HasSubstr("missing decoder.3.bias: expected shape [2]"),
            HasSubstr("missing up.block.1.running_mean"),
            HasSubstr("wrong decoder.0.weight: expected shape [16, 32, 3, 3], "
                      "found [16, 32, 3]"),
            HasSubstr("wrong up.block.0.bias: expected shape [4], found []"),
            HasSubstr("extra decoder.6.weight: shape [3]")));
}

TEST(Checkpoint, RefusesATensorUnderBothItsNames) {
  std::vector<NamedTensor> dict = StateDictOf("tiny");
  dict.push_back({"final_conv.3.bias", Tensor({2}), false});
  EXPECT_THAT(MessageOf(std::move(dict)),
              HasSubstr("extra final_conv.3.bias: it is there twice"));
}

TEST(Checkpoint, RefusesValuesNoNetworkHas) {
  std::vector<NamedTensor> dict = StateDictOf("tiny");
  Find(dict, "decoder.0.weight").tensor.data[3] = NAN;
  Find(dict, "decoder.1.running_var").tensor.data[0] = -1;
  EXPECT_THAT(MessageOf(std::move(dict)),
              AllOf(HasSubstr("wrong decoder.0.weight: holds the value nan"),
                    HasSubstr("wrong decoder.1.running_var: holds the variance "
                              "-1")));
}

TEST(Checkpoint, ANamedVariantOverridesRecognition) {
  EXPECT_EQ(ModelOf(StateDictOf("half"), {.variant = "half"}).graph.name,
            "half");
  EXPECT_THAT(
      MessageOf(StateDictOf("half"), "quarter"),
      AllOf(HasSubstr("not those of 'quarter'"), Not(HasSubstr("fits best")),
            HasSubstr("wrong tcn.network.0.conv1_pw.weight: expected "
                      "shape [135, 540, 1], found [270, 540, 1]")));
  EXPECT_EQ(
      ErrorOf([] { ModelOf(StateDictOf("half"), {.variant = "huge"}); }).kind(),
      ErrorKind::kUsage);
}

TEST(Checkpoint, OfAnotherNetworkSaysSo) {
  EXPECT_THAT(MessageOf({{"fc.weight", Tensor({2, 2}), false}}),
              HasSubstr("none of its 1 tensors"));
  EXPECT_THAT(MessageOf({}), HasSubstr("holds no tensor"));
}

TEST(Checkpoint, OfAForkBeginsWithTheDiagnosisAndEndsWithTheExport) {
  std::vector<NamedTensor> dict = StateDictOf("tiny");
  for (NamedTensor& tensor : dict) {
    if (tensor.name.starts_with("decoder.3.weight")) {
      tensor.tensor = Tensor({4, 8, 1, 1});
    }
    tensor.name = "a'b." + tensor.name;
  }
  const std::string message = MessageOf(dict);
  EXPECT_THAT(message, testing::StartsWith(
                           "x.pth: another head: 4 output channels of its last "
                           "convolution where 2 are expected"));
  EXPECT_THAT(message,
              HasSubstr("1 of its tensors are not those of 'tiny', which fits "
                        "best:\n  wrong decoder.3.weight: "));
  EXPECT_THAT(message, HasSubstr("\n  state = torch.load(\"x.pth\", "));
  EXPECT_THAT(message, HasSubstr("k.removeprefix(\"a\\x27b.\")"));
  EXPECT_THAT(message, HasSubstr("torch.zeros(1, 540, 20)"));
}

TEST(Checkpoint, ShowsAtMostTenOfItsFaults) {
  std::vector<NamedTensor> dict = StateDictOf("tiny");
  std::erase_if(dict, [](const NamedTensor& t) {
    return t.name.ends_with(".running_mean");
  });
  const std::string message = MessageOf(dict);
  EXPECT_THAT(message, HasSubstr("x.pth: 48 of its tensors are not those"));
  EXPECT_THAT(message, HasSubstr("\n  and 38 more\n"));
}

TEST(Checkpoint, OfAnotherNetworkBeginsAtItsInputAndOutput) {
  EXPECT_THAT(
      MessageOf({{"stem.weight", Tensor({8, 3, 7, 7}), false},
                 {"stem.bias", Tensor({8}), false},
                 {"fc.weight", Tensor({34, 8}), false}}),
      testing::StartsWith(
          "x.pth: is a network of another kind: its first weight, "
          "'stem.weight' [8, 3, 7, 7], takes 3 inputs, and its last, "
          "'fc.weight' [34, 8], gives 34 outputs; none of its 3 tensors"));
}

}  // namespace
}  // namespace edge_int8
