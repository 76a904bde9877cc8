#include "src/formats/state_dict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "src/formats/stored_zip.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/fixtures.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using namespace std::string_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kCheckpoints = kSourceDir + "/tests/golden/readers/";

std::vector<std::string> NamesOf(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> names;
  for (const NamedTensor& tensor : tensors) names.push_back(tensor.name);
  return names;
}

const NamedTensor& Named(const std::vector<NamedTensor>& tensors,
                         const std::string& name) {
  for (const NamedTensor& tensor : tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::runtime_error("no tensor " + name);
}

TEST(StateDict, HonoursStridesOffsetsAndEveryType) {
  const auto tensors = ReadStateDict(kCheckpoints + "views.pth");
  const auto values = [&](const char* name) {
    return Named(tensors, name).tensor.data;
  };
  EXPECT_EQ(Named(tensors, "plain").tensor.shape, (Shape{4, 6}));
  EXPECT_EQ(values("plain")[23], 23.0f);
  EXPECT_EQ(Named(tensors, "transposed").tensor.shape, (Shape{6, 4}));
  for (std::size_t row = 0; row < 6; ++row) {
    for (std::size_t column = 0; column < 4; ++column) {
      EXPECT_EQ(values("transposed")[row * 4 + column],
                static_cast<float>(column * 6 + row));
    }
  }
  EXPECT_THAT(values("offset"), ElementsAre(5, 6, 7, 8));
  EXPECT_THAT(values("every_third"), ElementsAre(1, 4, 7, 10, 13, 16, 19, 22));
  EXPECT_THAT(values("expanded"), ElementsAre(3, 3, 3, 3, 3));
  EXPECT_EQ(Named(tensors, "scalar").tensor.shape, Shape{});
  EXPECT_THAT(values("scalar"), ElementsAre(2.5f));
  EXPECT_EQ(Named(tensors, "empty").tensor.shape, (Shape{0, 3}));
  EXPECT_THAT(values("half"),
              ElementsAre(1, -0.5f, 65504, 0x1p-24f,
                          std::numeric_limits<float>::infinity()));
  EXPECT_THAT(values("bfloat16"), ElementsAre(1, -0.5f, 0x1.c4p127f));
  EXPECT_THAT(values("double"), ElementsAre(0.1f));
  EXPECT_THAT(values("long"), ElementsAre(7, -7));
  EXPECT_THAT(values("int"), ElementsAre(3));
  EXPECT_THAT(values("bool"), ElementsAre(1, 0));
  for (const NamedTensor& tensor : tensors) {
    const bool integer =
        tensor.name == "long" || tensor.name == "int" || tensor.name == "bool";
    EXPECT_EQ(tensor.integer, integer) << tensor.name;
  }
}

TEST(StateDict, KeepsTheFilesOrder) {
  EXPECT_THAT(
      NamesOf(ReadStateDict(kCheckpoints + "plain.pth")),
      ElementsAre("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean",
                  "1.running_var", "1.num_batches_tracked"));
}

TEST(StateDict, UnwrapsDictsAndTakesTheModulePrefixOff) {
  for (const char* const name :
       {"plain.pth", "wrapped.pth", "wrapped_model.pth"}) {
    const auto tensors = ReadStateDict(kCheckpoints + name);
    EXPECT_EQ(tensors.size(), 7u) << name;
    EXPECT_EQ(tensors[0].name, "0.weight") << name;
    EXPECT_THAT(tensors[0].tensor.data, ElementsAre(0.25f, -4.0f)) << name;
    EXPECT_THAT(Named(tensors, "0.bias").tensor.data, ElementsAre(8.0f));
    EXPECT_TRUE(Named(tensors, "1.num_batches_tracked").integer);
  }
}

TEST(StateDict, ReadsParameters) {
  const auto tensors = ReadStateDict(kCheckpoints + "parameters.pth");
  EXPECT_THAT(NamesOf(tensors),
              ElementsAre("0.weight", "0.bias", "1.weight", "1.bias"));
  EXPECT_THAT(tensors[0].tensor.data, ElementsAre(0.25f, -4.0f));
}

TEST(StateDict, ReadsTheFormatFromBeforePyTorch16) {
  const auto tensors = ReadStateDict(kCheckpoints + "legacy.pth");
  EXPECT_EQ(tensors.size(), 7u);
  EXPECT_THAT(Named(tensors, "0.weight").tensor.data,
              ElementsAre(0.25f, -4.0f));
}

// --- Files written by hand ---

std::string Text(const std::string& s) {
  return "U" + std::string(1, static_cast<char>(s.size())) + s;
}

// A little-endian BININT, which is signed.
std::string Int(int64_t value) {
  std::string bytes = "\x8a\x08";
  for (int i = 0; i < 8; ++i) {
    bytes += static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  }
  return bytes;
}

std::string Tuple(const std::vector<int64_t>& values) {
  std::string bytes = "(";
  for (const int64_t value : values) bytes += Int(value);
  return bytes + "t";
}

struct TensorView {
  std::vector<int64_t> sizes = {2};
  std::vector<int64_t> strides = {1};
  int64_t offset = 0;
  int64_t elements = 4;  // of the storage, as the pickle says
  std::string key = "0";
};

std::string TensorPickle(const TensorView& view) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + Text("storage") +
         "ctorch\nFloatStorage\n" + Text(view.key) + Text("cpu") +
         Int(view.elements) + "tQ" + Int(view.offset) + Tuple(view.sizes) +
         Tuple(view.strides) + "\x89}tR";
}

// A checkpoint with one storage of 16 bytes.
std::string Checkpoint(const std::string& pickle) {
  return StoredZip({{"m/data.pkl", "\x80\x02" + pickle + "."},
                    {"m/data/0", std::string(16, '\0')}});
}

std::vector<NamedTensor> ReadBytes(const std::string& bytes) {
  return ReadStateDict("x.pth", std::as_bytes(std::span(bytes)));
}

std::string CheckpointRefusal(const std::string& bytes) {
  const Error error = ErrorOf([&] { ReadBytes(bytes); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("x.pth"));
  return error.what();
}

std::string OneTensor(const TensorView& view) {
  return Checkpoint("}" + Text("w") + TensorPickle(view) + "s");
}

TEST(StateDict, TakesEveryViewThatStaysInsideItsStorage) {
  for (const TensorView& view :
       {TensorView{}, TensorView{{4}, {1}}, TensorView{{2, 2}, {2, 1}},
        TensorView{{2, 2}, {1, 2}}, TensorView{{1}, {1}, 3},
        TensorView{{}, {}, 3}, TensorView{{0}, {1}, 4},
        TensorView{{2, 1}, {3, INT64_MAX}}, TensorView{{1, 4}, {INT64_MAX, 1}},
        TensorView{{0, INT64_MAX}, {1, 1}}}) {
    EXPECT_EQ(ReadBytes(OneTensor(view))[0].tensor.shape, view.sizes);
  }
}

TEST(StateDict, RefusesViewsThatLeaveTheirStorage) {
  constexpr int64_t kHuge = int64_t{1} << 62;
  for (const TensorView& view :
       {TensorView{{5}, {1}}, TensorView{{2}, {4}}, TensorView{{1}, {1}, 4},
        TensorView{{1}, {1}, -1}, TensorView{{2}, {-1}, 3},
        TensorView{{-2}, {1}}, TensorView{{2, 2}, {1}},
        TensorView{{2, 2}, {2, 2}}, TensorView{{2}, {kHuge}},
        TensorView{{kHuge}, {kHuge}}, TensorView{{kHuge, 4}, {0, 0}},
        TensorView{{1}, {1}, INT64_MAX}, TensorView{{2}, {INT64_MAX}},
        TensorView{{}, {}, 4}, TensorView{{0}, {1}, 5},
        TensorView{{0}, {-1}}}) {
    EXPECT_THAT(CheckpointRefusal(OneTensor(view)),
                HasSubstr("leaves its storage"));
  }
}

TEST(StateDict, RefusesAStorageOfAnotherSizeThanThePickleSays) {
  for (const int64_t elements : {int64_t{3}, int64_t{5}, int64_t{1} << 40}) {
    TensorView view;
    view.elements = elements;
    EXPECT_THAT(CheckpointRefusal(OneTensor(view)), HasSubstr("has 16 bytes"));
  }
  TensorView absent;
  absent.key = "7";
  EXPECT_THAT(CheckpointRefusal(OneTensor(absent)),
              HasSubstr("'m/data/7': is missing"));
}

TEST(StateDict, RefusesRepetitionThatTheFileDoesNotJustify) {
  const TensorView expanded{{int64_t{1} << 40}, {0}};
  EXPECT_THAT(CheckpointRefusal(OneTensor(expanded)), HasSubstr("more memory"));
  std::string pickle = "}(";
  for (int i = 0; i < 20; ++i) {
    pickle += Text(std::to_string(i)) + TensorPickle({{1 << 20}, {0}});
  }
  EXPECT_THAT(CheckpointRefusal(Checkpoint(pickle + "u")),
              HasSubstr("more memory"));
}

TEST(StateDict, TakesOffWhatWrappersPutBeforeNames) {
  for (const char* const name : {"w", "module.w", "_orig_mod.w",
                                 "_orig_mod.module.w", "module._orig_mod.w"}) {
    const auto tensors =
        ReadBytes(Checkpoint("}" + Text(name) + TensorPickle({}) + "s"));
    EXPECT_THAT(NamesOf(tensors), ElementsAre("w")) << name;
  }
  const auto inside =
      ReadBytes(Checkpoint("}" + Text("a.module.w") + TensorPickle({}) + "s"));
  EXPECT_THAT(NamesOf(inside), ElementsAre("a.module.w"));
}

TEST(StateDict, RefusesDictsThatAreNoStateDict) {
  for (const std::string& pickle :
       {"]"s, "}" + Text("epoch") + "K\x03s", "}K\x03K\x03s"s,
        "}" + Text("state_dict") + "K\x03s"}) {
    EXPECT_THAT(CheckpointRefusal(Checkpoint(pickle)),
                HasSubstr("holds no tensor, expected a state dict"));
  }
  EXPECT_THAT(
      CheckpointRefusal(Checkpoint("}" + Text("w") + TensorPickle({}) + "s" +
                                   Text("module.w") + TensorPickle({}) + "s")),
      HasSubstr("'w' appears twice"));
  EXPECT_THAT(CheckpointRefusal(Checkpoint("cposix\nsystem\n")),
              HasSubstr("'posix.system'"));
}

TEST(StateDict, RefusesArchivesThatAreNoCheckpoint) {
  EXPECT_THAT(CheckpointRefusal("\x80\x02}."),
              HasSubstr("is a pickle that torch.save has not written"));
  EXPECT_EQ(CheckpointRefusal(""),
            "x.pth: is empty, expected a checkpoint of torch.save (.pth, .pt, "
            ".ckpt) or a .safetensors file");
  const std::string whole = OneTensor({});
  EXPECT_THAT(CheckpointRefusal(whole.substr(0, whole.size() - 30)),
              HasSubstr("is a zip archive that is cut short or damaged"));
  EXPECT_THAT(CheckpointRefusal(StoredZip({{"a.npy", "x"}})),
              AllOf(HasSubstr("is a .npz of NumPy arrays"),
                    HasSubstr("f(dict(numpy.load(\"x.pth\")))")));
  for (const char* name : {"x/archive_format",  // PyTorch 2.9, then before
                           "serialized_exported_program.json"}) {
    EXPECT_THAT(CheckpointRefusal(StoredZip({{name, "pt2"}})),
                AllOf(HasSubstr("is an archive of torch.export"),
                      HasSubstr("torch.export.load(\"x.pth\").state_dict")));
  }
  EXPECT_THAT(
      CheckpointRefusal(StoredZip({{"a/data.pkl", "x"}, {"b/data.pkl", "x"}})),
      HasSubstr("more than one"));
  EXPECT_THAT(CheckpointRefusal(
                  StoredZip({{"a/data.pkl", "x"}, {"a/constants.pkl", ""}})),
              HasSubstr("TorchScript"));
  EXPECT_THAT(CheckpointRefusal(
                  StoredZip({{"a/data.pkl", "x"}, {"a/byteorder", "big"}})),
              HasSubstr("big-endian"));
}

TEST(StateDictFixtures, HoldTheFourVariants) {
  EDGE_INT8_NEED_FIXTURES();
  const std::pair<const char*, int64_t> variants[] = {{"full", 2225042},
                                                      {"half", 843834},
                                                      {"quarter", 338600},
                                                      {"tiny", 56290}};
  for (const auto& [name, parameters] : variants) {
    int64_t count = 0;
    for (const NamedTensor& tensor :
         ReadStateDict(Fixtures() / "models" / (name + "_random.pth"s))) {
      const bool buffer = tensor.name.find("running_") != std::string::npos;
      if (!buffer && !tensor.integer) count += tensor.tensor.size();
      EXPECT_EQ(tensor.integer, tensor.name.ends_with("num_batches_tracked"));
      for (const float value : tensor.tensor.data) {
        ASSERT_TRUE(std::isfinite(value)) << tensor.name;
      }
    }
    EXPECT_EQ(count, parameters) << name;
  }
}

}  // namespace
}  // namespace edge_int8
