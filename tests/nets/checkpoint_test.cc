#include "src/nets/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

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

NamedTensor& Find(std::vector<NamedTensor>& dict, const std::string& name) {
  return *std::ranges::find(dict, name, &NamedTensor::name);
}

std::string MessageOf(std::vector<NamedTensor> dict,
                      const std::optional<std::string>& variant = {}) {
  const Error error = ErrorOf([&] {
    ModelOfStateDict("x.pth", std::move(dict), {.variant = variant});
  });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  return error.what();
}

class CheckpointOf : public testing::TestWithParam<const char*> {};

TEST_P(CheckpointOf, IsRecognisedFromItsShapes) {
  const std::vector<NamedTensor> dict = StateDictOf(GetParam());
  const Model model = ModelOfStateDict("x.pth", dict);
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
  EXPECT_EQ(ModelOfStateDict("x.pth", dict).graph.name, "tiny");
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
  const Model model = ModelOfStateDict("x.pth", dict);
  EXPECT_EQ(model.Parameter("decoder.3.bias").data,
            Find(dict, "final_conv.3.bias").tensor.data);
}

TEST(Checkpoint, ListsAllFaultsAtOnce) {
  std::vector<NamedTensor> dict = StateDictOf("half");
  std::erase_if(dict, [](const NamedTensor& t) {
    return t.name == "decoder.3.bias" || t.name == "up.block.1.running_mean";
  });
  Find(dict, "decoder.0.weight").tensor = Tensor({16, 32, 3});
  Find(dict, "up.block.0.bias").integer = true;
  dict.push_back({"head.weight", Tensor({3}), false});
  dict.push_back({"head.num_batches_tracked", Tensor({}, {1}), true});
  EXPECT_THAT(
      MessageOf(std::move(dict)),
      AllOf(HasSubstr("x.pth: 6 of its tensors are not those of 'half'"),
            HasSubstr("missing decoder.3.bias: expected shape [2]"),
            HasSubstr("missing up.block.1.running_mean"),
            HasSubstr("wrong decoder.0.weight: expected shape [16, 32, 3, 3], "
                      "found [16, 32, 3]"),
            HasSubstr("wrong up.block.0.bias: expected floats"),
            HasSubstr("extra head.weight: shape [3]"),
            HasSubstr("extra head.num_batches_tracked")));
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
  EXPECT_EQ(ModelOfStateDict("x.pth", StateDictOf("half"), {.variant = "half"})
                .graph.name,
            "half");
  EXPECT_THAT(
      MessageOf(StateDictOf("half"), "quarter"),
      AllOf(HasSubstr("not those of 'quarter'"), Not(HasSubstr("fits best")),
            HasSubstr("wrong tcn.network.0.conv1_pw.weight: expected "
                      "shape [135, 540, 1], found [270, 540, 1]")));
  EXPECT_EQ(ErrorOf([] {
              ModelOfStateDict("x", StateDictOf("half"), {.variant = "huge"});
            }).kind(),
            ErrorKind::kUsage);
}

TEST(Checkpoint, OfAnotherNetworkSaysSo) {
  EXPECT_THAT(MessageOf({{"fc.weight", Tensor({2, 2}), false}}),
              HasSubstr("none of its 1 tensors"));
  EXPECT_THAT(MessageOf({}), HasSubstr("none of its 0 tensors"));
}

}  // namespace
}  // namespace edge_int8
