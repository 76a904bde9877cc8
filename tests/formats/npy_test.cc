#include "src/formats/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/formats/npy_writer.h"
#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using namespace std::string_literals;

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// A file with this header dict (padded like NumPy's) and data.
std::string Npy(std::string dict, std::string_view data, int major = 1) {
  const std::size_t prefix = major == 1 ? 10 : 12;
  dict.append(63 - (prefix + dict.size()) % 64, ' ');
  dict += '\n';
  std::string file = "\x93NUMPY";
  file += static_cast<char>(major);
  file += '\0';
  for (std::size_t i = 0; i < prefix - 8; ++i) {
    file += static_cast<char>(dict.size() >> (8 * i));
  }
  return file.append(dict).append(data);
}

std::string Dict(std::string_view descr, std::string_view shape) {
  return "{'descr': '" + std::string(descr) +
         "', 'fortran_order': False, 'shape': " + std::string(shape) + ", }";
}

NpyView View(const std::string& file) {
  return {"x.npy", std::as_bytes(std::span(file))};
}

std::string NpyRefusal(const std::string& file) {
  const Error error = ErrorOf([&] { View(file); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("x.npy at byte "));
  return error.what();
}

template <typename T>
std::string Raw(std::initializer_list<T> values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), values.begin(), bytes.size());
  return bytes;
}

TEST(Npy, ReadsVersionsOneToThree) {
  for (const int major : {1, 2, 3}) {
    const std::string file =
        Npy(Dict("<f4", "(2, 1)"), Raw<float>({1.5f, -2}), major);
    EXPECT_EQ(View(file).shape(), (Shape{2, 1})) << major;
    EXPECT_THAT(View(file).Values<float>(), ElementsAre(1.5f, -2.0f));
  }
}

TEST(Npy, ReadsEveryType) {
  const std::string f4 = Npy(Dict("<f4", "(1,)"), Raw<float>({0.5f}));
  const std::string f8 = Npy(Dict("<f8", "(1,)"), Raw<double>({0.1}));
  const std::string i4 = Npy(Dict("<i4", "(1,)"), Raw<int32_t>({-3}));
  const std::string i8 = Npy(Dict("<i8", "(1,)"), Raw<int64_t>({-4}));
  const std::string u1 = Npy(Dict("|u1", "(1,)"), "\xff");
  const std::string b1 = Npy(Dict("|b1", "(1,)"), "\x01");
  EXPECT_THAT(View(f4).Values<float>(), ElementsAre(0.5f));
  EXPECT_THAT(View(f8).Values<double>(), ElementsAre(0.1));
  EXPECT_THAT(View(f8).Floats(), ElementsAre(0.1f));
  EXPECT_THAT(View(i4).Values<int32_t>(), ElementsAre(-3));
  EXPECT_THAT(View(i4).Integers(), ElementsAre(-3));
  EXPECT_THAT(View(i8).Integers(), ElementsAre(-4));
  EXPECT_THAT(View(u1).Values<uint8_t>(), ElementsAre(255));
  EXPECT_THAT(View(b1).Values<uint8_t>(), ElementsAre(1));
}

TEST(Npy, ReadsIntegersOfEveryWidth) {
  const auto integers = [](const char* type, const std::string& data) {
    const std::string file = Npy(Dict(type, "(2,)"), data);
    return View(file).Integers();
  };
  EXPECT_THAT(integers("|i1", Raw<int8_t>({-1, 7})), ElementsAre(-1, 7));
  EXPECT_THAT(integers("<i2", Raw<int16_t>({-1, 7})), ElementsAre(-1, 7));
  EXPECT_THAT(integers("|u1", Raw<uint8_t>({255, 7})), ElementsAre(255, 7));
  EXPECT_THAT(integers("<u2", Raw<uint16_t>({65535, 7})),
              ElementsAre(65535, 7));
  EXPECT_THAT(integers("<u4", Raw<uint32_t>({UINT32_MAX, 7})),
              ElementsAre(UINT32_MAX, 7));
  EXPECT_THAT(integers("<u8", Raw<uint64_t>({INT64_MAX, 7})),
              ElementsAre(INT64_MAX, 7));
  EXPECT_STREQ(ErrorOf([&] {
                 integers("<u8", Raw<uint64_t>({7, uint64_t{1} << 63}));
               }).what(),
               "x.npy: value 1 is 2^63 or more");
}

TEST(Npy, ReadsBooleansAndIntegersThatAreZeroOrOne) {
  const auto booleans = [](const char* type, const std::string& data) {
    const std::string file = Npy(Dict(type, "(2,)"), data);
    return View(file).Booleans();
  };
  const auto refusal = [&](const char* type, const std::string& data) {
    return std::string(ErrorOf([&] { booleans(type, data); }).what());
  };
  EXPECT_THAT(booleans("|b1", Raw<uint8_t>({1, 0})), ElementsAre(1, 0));
  EXPECT_THAT(booleans("|u1", Raw<uint8_t>({0, 255})), ElementsAre(0, 1));
  EXPECT_THAT(booleans("<i8", Raw<int64_t>({1, 0})), ElementsAre(1, 0));
  EXPECT_EQ(refusal("<i8", Raw<int64_t>({1, 2})),
            "x.npy: value 1 is 2, expected bool (|b1), or 0 and 1");
  EXPECT_EQ(refusal("<f4", Raw<float>({1, 0})),
            "x.npy: holds <f4, expected bool (|b1); in Python: "
            "array.astype('bool')");
  EXPECT_EQ(refusal("<U1", std::string(8, '\0')),
            "x.npy: holds <U1, expected bool (|b1)");
}

TEST(Npy, ReadsScalarsAndEmptyArrays) {
  const std::string scalar = Npy(Dict("<i8", "()"), Raw<int64_t>({20}));
  EXPECT_EQ(View(scalar).shape(), Shape{});
  EXPECT_THAT(View(scalar).Integers(), ElementsAre(20));
  const std::string empty = Npy(Dict("<f4", "(0, 540, 20)"), "");
  EXPECT_EQ(View(empty).size(), 0);
}

TEST(Npy, TakesTheHeadersKeysInAnyOrderAndQuotes) {
  const std::string file =
      Npy("{\"shape\":(1,),'fortran_order' : False,'descr':\"|u1\"}", "a");
  EXPECT_EQ(View(file).shape(), Shape{1});
}

TEST(Npy, ReadsWhatOurWriterWrites) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const std::string file = NpyBytes({2, 3}, std::span<const float>(values));
  EXPECT_EQ(View(file).shape(), (Shape{2, 3}));
  EXPECT_THAT(View(file).Values<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
}

std::string FortranDict(const std::string& type, const std::string& shape) {
  return "{'descr': '" + type + "', 'fortran_order': True, 'shape': " + shape +
         ", }";
}

TEST(Npy, RearrangesBigEndianNumbersAndText) {
  const std::string file = Npy(Dict(">i2", "(2,)"), "\x01\x02\xff\xfe"s);
  EXPECT_THAT(View(file).Integers(), ElementsAre(0x102, -2));
  const std::string floats = Npy(Dict(">f4", "(1,)"), "\x3f\xc0\0\0"s);
  EXPECT_THAT(View(floats).Floats(), ElementsAre(1.5f));
  const std::string text = Npy(Dict(">U2", "(1,)"), "\0\0\0a\0\0\0b"s);
  EXPECT_EQ(AsText(View(text).data()), "a\0\0\0b\0\0\0"s);
}

TEST(Npy, RearrangesFortranOrder) {
  // [[[0 1 2 3], [4 5 6 7], [8 9 10 11]], [[12 ...
  std::string data;
  for (int k = 0; k < 4; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 2; ++i) {
        data += static_cast<char>((i * 3 + j) * 4 + k);
      }
    }
  }
  const std::string file = Npy(FortranDict("|u1", "(2, 3, 4)"), data);
  const std::vector<int64_t> values = View(file).Integers();
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], static_cast<int64_t>(i));
  }
  const std::string object = Npy(FortranDict("|O", "(1, 1)"), "\x80\x04N.");
  EXPECT_THAT(ErrorOf([&] { View(object); }).what(),
              HasSubstr("is in Fortran order, expected C order of objects"));
}

TEST(Npy, RefusesToRearrangeWhatIsLargeWithTheCommandThatDoes) {
  const std::string file = Npy(FortranDict("<f4", "(4, 4194305)"),
                               std::string(4 * 4 * 4194305, '\0'));
  EXPECT_THAT(ErrorOf([&] { View(file); }).what(),
              AllOf(HasSubstr("is in Fortran order, which is only read up to"),
                    HasSubstr("python3 -c 'import numpy as np; x = np.load("),
                    HasSubstr("\"<f4\", x.shape); y[...] = x; y.flush()")));
}

TEST(Npy, OfAnotherTypeSaysHowToConvertIt) {
  const std::string data(8, '\0');
  const auto hint = [&](const char* type) {
    const std::string refusal = NpyRefusal(Npy(Dict(type, "(2,)"), data));
    EXPECT_THAT(refusal, HasSubstr("'" + std::string(type) + "' is not"));
    const std::size_t at = refusal.find("astype");
    return at == std::string::npos ? "" : refusal.substr(at);
  };
  EXPECT_EQ(hint("<f1"), "astype('<f4')");
  EXPECT_EQ(hint("|S4"), "astype('<U')");
  EXPECT_EQ(hint("<U0"), "astype('<U')");
  EXPECT_EQ(hint("<c8"), "astype('<f4')");  // of the absolute values
  // No type of ours holds these.
  EXPECT_EQ(hint("<M8[s]"), "");
  EXPECT_EQ(hint(""), "");
  EXPECT_THAT(
      NpyRefusal(Npy("{'descr': [('a', '<f4')], 'fortran_order': False, "
                     "'shape': (2,), }",
                     data)),
      HasSubstr("structured"));
}

TEST(Npy, RefusesEveryHeaderNumPyWouldNotWrite) {
  const std::string type = "'descr': '|u1'";
  const std::string order = "'fortran_order': False";
  for (const std::string& dict : {
           std::string(""),
           std::string("{}"),
           "{" + type + "}",
           "{" + type + ", " + order + ", 'shape': (1)}",
           "{" + type + ", " + order + ", 'shape': (-1,)}",
           "{" + type + ", " + order + ", 'shape': (1 1)}",
           "{" + type + ", " + order + ", 'shape': (1,)",
           "{" + type + ", " + order + ", 'shape': (1,)} x",
           "{" + type + ", " + order + ", 'shape': [1]}",
           "{" + type + ", " + type + ", 'shape': (1,)}",
           "{" + type + ", " + order + ", 'shape': (1,), 'more': 1}",
           "{" + type + ", 'fortran_order': 0, 'shape': (1,)}",
           "{'descr': '|u1, " + order + ", 'shape': (1,)}",
           "{" + type + ", " + order + ", 'shape': (99999999999999999999,)}",
       }) {
    EXPECT_NE(NpyRefusal(Npy(dict, "a")), "") << dict;
  }
}

TEST(Npy, RefusesASizeThatIsNotTheFilesWithoutAllocating) {
  const std::string huge = std::to_string(int64_t{1} << 60);
  EXPECT_THAT(NpyRefusal(Npy(Dict("<f4", "(" + huge + ",)"), "abcd")),
              HasSubstr("does not match the 4 bytes"));
  EXPECT_NE(NpyRefusal(Npy(Dict("<f4", "(" + huge + ", " + huge + ")"), "")),
            "");
  EXPECT_NE(NpyRefusal(Npy(Dict("<f8", "(2305843009213693952,)"), "")), "");
  EXPECT_NE(NpyRefusal(Npy(Dict("<f4", "(2,)"), "abcd")), "");  // Too short.
  EXPECT_NE(NpyRefusal(Npy(Dict("<f4", "(1,)"), "abcdefgh")), "");  // Too long.
  EXPECT_NE(NpyRefusal(Npy(Dict("|O", "(" + huge + ",)"), "abcd")), "");
  EXPECT_NE(NpyRefusal(Npy(Dict("<U4294967295", "(" + huge + ",)"), "")), "");
  EXPECT_NE(NpyRefusal(Npy(Dict("<U4294967296", "(1,)"), "")), "");
}

TEST(Npy, RefusesEveryTruncation) {
  const std::string file = Npy(Dict("<f4", "(2,)"), Raw<float>({1, 2}));
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(NpyRefusal(file.substr(0, size)), "") << size;
  }
}

TEST(Npy, CallsAnEmptyFileEmpty) {
  EXPECT_EQ(NpyRefusal(""), "x.npy at byte 0: is empty, expected a .npy file");
}

TEST(Npy, NamesTheVersionsPlace) {
  std::string file = Npy(Dict("<f4", "(0,)"), "");
  file[6] = 4;
  EXPECT_EQ(NpyRefusal(file),
            "x.npy at byte 6: npy version is not 1.0, 2.0 or 3.0");
}

TEST(Npy, GivesValuesOfAnotherTypeAsBadInput) {
  const std::string file = Npy(Dict("<f8", "(1,)"), Raw<double>({1}));
  const NpyView view = View(file);
  const Error error = ErrorOf([&] { view.Values<float>(); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_STREQ(error.what(),
               "x.npy: holds <f8, expected <f4; in Python: "
               "array.astype('<f4')");
  EXPECT_STREQ(ErrorOf([&] { view.Integers(); }).what(),
               "x.npy: holds <f8, expected integers; in Python: "
               "array.astype('<i8')");
  const std::string integers = Npy(Dict("<i8", "(1,)"), Raw<int64_t>({1}));
  EXPECT_STREQ(ErrorOf([&] { View(integers).Floats(); }).what(),
               "x.npy: holds <i8, expected <f4, <f8 or <f2; in Python: "
               "array.astype('<f4')");
  const std::string text = Npy(Dict("<U9", "(1,)"), std::string(36, '\0'));
  EXPECT_STREQ(ErrorOf([&] { View(text).Integers(); }).what(),
               "x.npy: holds <U9, expected integers");
}

TEST(Npy, ExpectShapeShowsBothShapes) {
  const std::string file = Npy(Dict("<f4", "(1, 2)"), Raw<float>({1, 2}));
  View(file).ExpectShape({-1, 2});
  EXPECT_STREQ(ErrorOf([&] {
                 View(file).ExpectShape({-1, 540, 20});
               }).what(),
               "x.npy: has shape (1, 2), expected (any, 540, 20)");
}

TEST(Npy, RefusesDataThatIsNotAlignedInPlaceButCopiesIt) {
  std::string dict = Dict("<f4", "(1,)") + "\n";
  while ((10 + dict.size()) % 4 != 2) dict += ' ';
  std::string file = "\x93NUMPY\x01";
  file += '\0';
  file += static_cast<char>(dict.size());
  file += '\0';
  file += dict + Raw<float>({7});
  std::vector<float> aligned(file.size() / 4 + 1);  // A base of known alignment
  std::memcpy(aligned.data(), file.data(), file.size());
  const NpyView view("x.npy",
                     std::as_bytes(std::span(aligned)).first(file.size()));
  EXPECT_THAT(ErrorOf([&] { view.Values<float>(); }).what(),
              HasSubstr("expected a multiple of 4"));
  EXPECT_THAT(view.Floats(), ElementsAre(7.0f));
}

TEST(MappedNpy, KeepsItsValuesWhenMoved) {
  const TempFolder folder;
  MappedNpy first(
      folder.Write("x.npy", Npy(Dict("<f4", "(1,)"), Raw<float>({3}))));
  const MappedNpy second(std::move(first));
  EXPECT_THAT(second.view().Values<float>(), ElementsAre(3.0f));
  EXPECT_THAT(ReadNpyTensor(folder / "x.npy").data, ElementsAre(3.0f));
}

}  // namespace
}  // namespace edge_int8
