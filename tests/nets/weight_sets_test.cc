#include "src/nets/weight_sets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::ElementsAre;

constexpr const char* kWeight = "tcn.network.0.conv1_pw.weight";

StoredTensor At(const std::string& dict, const std::string& name) {
  StoredTensor tensor;
  tensor.dict = dict;
  tensor.name = name;
  return tensor;
}

std::vector<std::string> KeysOf(const std::vector<StoredTensor>& tensors) {
  std::vector<std::string> keys;
  for (const WeightSet& set : SortTensors(tensors).sets) {
    keys.push_back(set.key);
  }
  return keys;
}

TEST(WeightSets, TakeWhateverStandsBeforeTheNames) {
  for (const auto& [dict, prefix, key] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"", "", "."},
           {"", "module.", "."},
           {"module", "", "."},
           {"state_dict", "", "state_dict"},
           {"state_dict", "model.", "state_dict.model"},
           {"model", "_orig_mod.module.", "model"},
           {"", "net.module.", "net"},
           {"a.b", "_fsdp_wrapped_module.x.", "a.b.x"},
           {"", "decoder.", "decoder"},
           {"ema", "up.", "ema.up"},
           {"", "my head.\u6c34.", "my head.\u6c34"}}) {
    EXPECT_THAT(KeysOf({At(dict, prefix + kWeight)}), ElementsAre(key));
  }
  // Wrappers inside the names, too.
  const std::vector<StoredTensor> inside = {
      At("", "tcn._orig_mod.network.0.module.conv1_pw.weight")};
  EXPECT_EQ(SortTensors(inside).sets.at(0).tensors.at(0).name, kWeight);
}

TEST(WeightSets, LeaveOutWhatIsNotTheNetworks) {
  const std::vector<StoredTensor> tensors = {
      At("", "n_averaged"),
      At("model", kWeight),
      At("model", "loss.weights"),
      At("model", "att.width_axis.bn_qkv.bias"),
      At("model", "tcn.network.0.conv1_pw.weight_fake_quant.scale"),
      At("model", "final_conv.activation_post_process_1.scale"),
      At("model", "final_conv.3.bias"),
      At("optimizer.state.0", "exp_avg"),
      At("optimizer", kWeight),
      At("other", "decoder.0.weight")};
  const SortedTensors sorted = SortTensors(tensors);
  ASSERT_EQ(sorted.sets.size(), 1u);
  std::vector<std::string> names, strays;
  for (const SetTensor& t : sorted.sets[0].tensors) names.push_back(t.name);
  for (const StoredTensor* t : sorted.strays) strays.push_back(t->FullName());
  EXPECT_THAT(names, ElementsAre(kWeight, "attention.width_axis.bn_qkv.bias",
                                 "decoder.3.bias"));
  EXPECT_THAT(strays, ElementsAre("n_averaged", "model.loss.weights",
                                  "optimizer.state.0.exp_avg",
                                  std::string("optimizer.") + kWeight,
                                  "other.decoder.0.weight"));
  EXPECT_EQ(sorted.sets[0].observers, 1);
}

// Sets with these keys and numbers of tensors.
std::string Chosen(const std::vector<std::pair<std::string, int>>& keys,
                   const std::optional<std::string>& asked = {}) {
  std::vector<WeightSet> sets;
  for (const auto& [key, count] : keys) {
    sets.push_back(
        {key, std::vector<SetTensor>(static_cast<std::size_t>(count))});
  }
  return sets[ChooseSet("x.pth", sets, asked)].key;
}

TEST(WeightSets, ARawWholeSetGoesFirst) {
  EXPECT_EQ(Chosen({{"model", 9}, {"model_ema", 9}}), "model");
  EXPECT_EQ(Chosen({{"state_dict_ema", 9}, {"state_dict", 9}}), "state_dict");
  EXPECT_EQ(Chosen({{"swa_model", 9}, {"last", 9}, {"best", 9}}), "last");
  EXPECT_EQ(Chosen({{"Teacher", 9}, {"student", 9}}), "student");
  EXPECT_EQ(Chosen({{"encoder", 4}, {"EMA", 9}}), "EMA");
  EXPECT_EQ(Chosen({{"ema", 9}}), "ema");
}

TEST(WeightSets, OneIsAskedForByItsKeyOrAPartOfIt) {
  const std::vector<std::pair<std::string, int>> keys = {
      {"state_dict.model", 9}, {"state_dict.ema.model", 9}, {".", 9}};
  EXPECT_EQ(Chosen(keys, "state_dict.model"), "state_dict.model");
  EXPECT_EQ(Chosen(keys, "ema"), "state_dict.ema.model");
  EXPECT_EQ(Chosen(keys, "ema.model"), "state_dict.ema.model");
  EXPECT_EQ(Chosen(keys, "."), ".");
  for (const char* const asked : {"model", "state_dict", "stat", "x", ""}) {
    EXPECT_EQ(ErrorOf([&] { Chosen(keys, asked); }).kind(), ErrorKind::kUsage)
        << asked;
  }
}

}  // namespace
}  // namespace edge_int8
