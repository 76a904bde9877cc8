#include "src/formats/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "tests/testing/expect_error.h"
#include "tests/testing/source_paths.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

const std::string kPickles = kSourceDir + "/tests/golden/readers/";

Pickle Load(const std::string& bytes) {
  return {"x.pkl", std::as_bytes(std::span(bytes))};
}

std::string PickleRefused(const std::string& bytes) {
  const Error error = ErrorOf([&] { Load(bytes); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("x.pkl at byte "));
  return error.what();
}

// A value as text, the way Python would nearly print it.
std::string Print(const PickleValue& value) {
  const auto print_all = [](const PickleItems& items) {
    std::string text;
    for (const PickleValue* const item : items) text += Print(*item) + ",";
    return text;
  };
  if (value.As<PickleNone>() != nullptr) return "None";
  if (const auto* v = value.As<bool>()) return *v ? "True" : "False";
  if (const auto* v = value.As<int64_t>()) return std::to_string(*v);
  if (const auto* v = value.As<double>()) return std::to_string(*v);
  if (const auto* v = value.As<std::string>()) return "'" + *v + "'";
  if (const auto* v = value.As<PickleBytes>()) return "b'" + v->bytes + "'";
  if (const auto* v = value.As<PickleList>()) {
    return "[" + print_all(v->items) + "]";
  }
  if (const auto* v = value.As<PickleTuple>()) {
    return "(" + print_all(v->items) + ")";
  }
  if (const auto* v = value.As<PickleDict>()) {
    std::string text = "{";
    for (const auto& [key, item] : v->items) {
      text += Print(*key) + ":" + Print(*item) + ",";
    }
    return text + "}";
  }
  return "?";
}

class PickleOf : public testing::TestWithParam<const char*> {};

TEST_P(PickleOf, EveryProtocolReadsAsPythonWroteIt) {
  const std::string bytes = ReadText(kPickles + std::string(GetParam()));
  const Pickle pickle = Load(bytes);
  const auto& dict = *pickle.root().As<PickleDict>();
  const auto text = [&](const char* key) { return Print(*dict.Find(key)); };
  EXPECT_EQ(text("ints"),
            "[0,-1,255,65535,-2147483648,1099511627776,-9223372036854775808,]");
  EXPECT_EQ(text("tuples"), "((),(1,),(1,2,),(1,2,3,),(1,2,3,4,),)");
  EXPECT_EQ(text("float"), "-1.500000");
  EXPECT_EQ(text("text"), "'\u00e9\u6c34'");
  EXPECT_EQ(text("bytes"), "b'\x00\x7f\x80\xff'"s);
  EXPECT_EQ(text("constants"), "[None,True,False,]");
  EXPECT_EQ(text("ordered"), "{'z':1,'a':2,}");
  EXPECT_EQ(text("shared"), "[[1,],[1,],]");
  EXPECT_EQ(text("i64"), "-7");
  EXPECT_EQ(text("f32"), "0.500000");
  EXPECT_EQ(text("flag"), "True");
  EXPECT_EQ(text("long text"), "'" + std::string(300, 'x') + "'");
  const auto& shared = dict.Find("shared")->As<PickleList>()->items;
  EXPECT_EQ(shared[0], shared[1]);
}

TEST_P(PickleOf, EveryProtocolKeepsNumPyArrays) {
  const std::string bytes = ReadText(kPickles + std::string(GetParam()));
  const Pickle pickle = Load(bytes);
  const auto& dict = *pickle.root().As<PickleDict>();
  const auto& array = *dict.Find("array")->As<PickleArray>();
  EXPECT_EQ(array.shape, (Shape{2, 3}));
  EXPECT_EQ(array.dtype.kind, 'f');
  EXPECT_FALSE(array.dtype.big_endian);
  ASSERT_EQ(array.bytes.size(), 24u);
  float last = 0;
  std::memcpy(&last, array.bytes.data() + 20, 4);
  EXPECT_EQ(last, 5.0f);
  const auto& objects = *dict.Find("objects")->As<PickleArray>();
  EXPECT_EQ(objects.dtype.kind, 'O');
  ASSERT_EQ(objects.items.size(), 2u);
  EXPECT_EQ(Print(*objects.items[1]), "'q'");
}

TEST_P(PickleOf, EveryTruncationIsRefused) {
  const std::string bytes = ReadText(kPickles + std::string(GetParam()));
  ASSERT_GT(bytes.size(), 100u);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(PickleRefused(bytes.substr(0, size)), "") << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, PickleOf,
                         testing::Values("mixed_2.pkl", "mixed_3.pkl",
                                         "mixed_4.pkl", "mixed_5.pkl",
                                         "mixed_numpy2.pkl"));

TEST(Pickle, RefusesEveryNameThatIsNotOnTheListByName) {
  EXPECT_EQ(PickleRefused("\x80\x02"
                          "cos\nsystem\nX\x02\x00\x00\x00ls\x85R."s),
            "x.pkl at byte 2: the pickle names 'os.system', which is not on "
            "the list of allowed names; nothing was run");
  EXPECT_THAT(PickleRefused("\x80\x04\x8c\x08"
                            "builtins\x8c\x04"
                            "eval\x93."s),
              HasSubstr("'builtins.eval'"));
  // Names on the list are matched whole.
  for (const char* const name :
       {"numpy\nndarray2\n", "numpy \nndarray\n", "numpy.core\nmultiarray\n",
        "torch\n_utils._rebuild_tensor_v2\n", "torch\nload\n", "\n\n"}) {
    EXPECT_THAT(PickleRefused("\x80\x02"
                              "c" +
                              std::string(name) + "."),
                HasSubstr("not on the list"));
  }
}

TEST(Pickle, ReadsDefaultDictsAsDicts) {
  for (const char* const name : {"defaultdict_2.pkl", "defaultdict_4.pkl"}) {
    const std::string bytes = ReadText(kPickles + std::string(name));
    EXPECT_EQ(Print(Load(bytes).root()),
              "[{'kp/0.csv':{'start_idx':3,},},{'a':'b',},{},{},{},{},]")
        << name;
  }
}

TEST(Pickle, RefusesFactoriesThatAreNoPlainTypeAndRunsNone) {
  const std::string make =
      "\x80\x02"
      "ccollections\ndefaultdict\n";
  EXPECT_EQ(Print(Load(make + "N\x85R.").root()), "{}");
  EXPECT_EQ(Print(Load(make + "ccollections\nOrderedDict\n\x85R.").root()),
            "{}");
  for (const char* const factory : {"cnumpy\nndarray\n", "K\x03", "}"}) {
    EXPECT_THAT(PickleRefused(make + factory + "\x85R."),
                HasSubstr("a defaultdict's factory is neither None nor"))
        << factory;
  }
  EXPECT_THAT(PickleRefused(make + "cbuiltins\neval\n\x85R."),
              HasSubstr("'builtins.eval'"));
  EXPECT_NE(PickleRefused(make + "cbuiltins\ndict\n}\x86R."), "");
  EXPECT_THAT(PickleRefused("\x80\x02"
                            "cbuiltins\ndict\n)R."),
              HasSubstr("may only be named"));
}

TEST(Pickle, CallsAnEmptyFileEmpty) {
  EXPECT_EQ(PickleRefused(""),
            "x.pkl at byte 0: is empty, expected a pickle of protocol 2 to 5");
}

TEST(Pickle, RefusesOpcodesThatMakeObjectsOrComeFromProtocolsZeroAndOne) {
  for (const std::string_view op :
       {"\x81", "\x92", "o", "ios\nsystem\n", "I1\n", "Vx\n", "p0\n", "g0\n",
        "P1\n", "\x82\x01", "\x83\x01\x01", "\x97", "\x98", "\x8f", "\x90",
        "\x91"}) {
    EXPECT_THAT(PickleRefused("\x80\x02)" + std::string(op) + "."),
                HasSubstr("is not on the list of allowed opcodes"));
  }
}

TEST(Pickle, RefusesProtocolsZeroAndOneAndSix) {
  EXPECT_THAT(PickleRefused("(dp0\n."), HasSubstr("protocol 2 to 5"));
  EXPECT_THAT(PickleRefused("\x80\x01."s),
              HasSubstr("protocol 1, expected 2 to 5"));
  EXPECT_THAT(PickleRefused("\x80\x06."s), HasSubstr("protocol 6"));
  EXPECT_NE(PickleRefused(""), "");
}

TEST(Pickle, RefusesProgramsThatMisuseTheStack) {
  for (const std::string& body : {
           "."s,         // No value.
           "NN."s,       // Two values.
           "(N."s,       // A mark is left.
           "0."s,        // Pops nothing.
           "N(\x85."s,   // TUPLE1 reaches below a mark.
           "N(a."s,      // So does APPEND.
           "t."s,        // No mark.
           "(1(\x85."s,  //
           "}N."s,       //
           "}NNs(u(."s,  //
           "]NNs."s,     // SETITEM of a list.
           "}Na."s,      // APPEND to a dict.
           "}(Nu."s,     // A key without a value.
           "h\x00."s,    // An empty memo.
           "q\x00."s,    //
           "\x94."s,     //
           "NNR."s,      // Calls what is no name.
           "N)R."s,      //
           "N}b."s,      // Gives None a state.
           "NQ."s,       // No torch storage.
           "\x93."s,     //
           "NN\x93."s,   // Names that are no text.
           "N.x"s,       // Bytes after the end.
           "\x95\xff\xff\xff\xff\xff\xff\xff\xffN."s,
           "\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09."s,  // 2^64 and more.
           "\x8b\xff\xff\xff\xff."s,
           "X\xff\xff\xff\xff."s,
           "\x8d\xff\xff\xff\xff\xff\xff\xff\xff."s,
           "\x8e\x00\x00\x00\x00\x00\x00\x00\x80."s,
       }) {
    EXPECT_NE(PickleRefused("\x80\x02" + body), "")
        << testing::PrintToString(body);
  }
}

TEST(Pickle, RefusesCallsWithTheWrongArguments) {
  const std::string dtype = "cnumpy\ndtype\n";
  const std::string array = "cnumpy.core.multiarray\n_reconstruct\n)R";
  const std::string scalar = "cnumpy.core.multiarray\nscalar\n";
  const std::string encode = "c_codecs\nencode\n";
  const std::string tensor = "ctorch._utils\n_rebuild_tensor_v2\n";
  const auto text = [](std::string_view s) {
    return std::string("U") + static_cast<char>(s.size()) + std::string(s);
  };
  const std::string f4 = dtype + text("f4") + "\x85R";
  const std::string state = "(K\x03" + text("<") + "NNNK\x00K\x00K\x00tb"s;
  for (const std::string& body : {
           "ccollections\nOrderedDict\nN\x85R."s,
           "ccollections\nOrderedDict\n](Na\x85R."s,
           "cnumpy\nndarray\n)R."s,
           "ctorch\nFloatStorage\n)R."s,
           dtype + ")R.",
           dtype + text("V8") + "\x85R.",
           dtype + text("f16") + "\x85R.",
           dtype + text("f") + "\x85R.",
           dtype + text("f-4") + "\x85R.",
           f4 + "Nb.",
           f4 + "(K\x03" + text("?") + "NNNtb.",
           f4 + "(K\x03" + text("<") + "NNKtb.",
           scalar + f4 + "C\x03xyz\x86R.",
           scalar + dtype + text("O8") + "\x85R" + "C\x08xyzxyzxy\x86R.",
           scalar + dtype + text("U1") + "\x85R" + "C\x03xyz\x86R.",
           scalar + dtype + text("U1") + "\x85R" +
               "C\x04\xff\xff\xff\xff\x86R.",
           scalar + dtype + text(">U1") + "\x85R" + "C\x04x\x00\x00\x00\x86R."s,
           scalar + dtype + text("U0") + "\x85R" + "C\x04x\x00\x00\x00\x86R."s,
           dtype + text("U") + "\x85R.",
           dtype + text("U-1") + "\x85R.",
           dtype + text("U99999") + "\x85R.",
           encode + text("x") + text("rot13") + "\x86R.",
           encode + text("\xe6\xb0\xb4") + text("latin1") + "\x86R.",
           encode + text("\xc3") + text("latin1") + "\x86R.",
           array + "Nb.",
           array + "(K\x01K\x02\x85" + f4 + "\x89" + "C\x04xyzwtb.",
           array + "(K\x01K\x01\x85" + f4 + "\x88" + "C\x04xyzwtb.",
           array + "(K\x01K\x01\x85" + f4 + "\x89]tb.",
           array + "(K\x01J\xff\xff\xff\xff\x85" + f4 + "\x89" + "C\x04xyzwtb.",
           tensor + ")R.",
           tensor + "(NK\x00))t" + "R.",
       }) {
    EXPECT_NE(PickleRefused("\x80\x02" + body), "")
        << testing::PrintToString(body);
  }
  // And the same parts, put together rightly, are read.
  EXPECT_EQ(
      Print(Load("\x80\x02" + scalar + f4 + state + "C\x04\x00\x00\x80?\x86R."s)
                .root()),
      "1.000000");
}

TEST(Pickle, DepthCostsNoStackAndCyclesDoNoHarm) {
  const int depth = 1 << 20;
  const std::string deep =
      "\x80\x02" + std::string(depth, ']') + std::string(depth - 1, 'a') + ".";
  EXPECT_NE(Load(deep).root().As<PickleList>(), nullptr);
  const Pickle cycle = Load("\x80\x02]q\x00h\x00\x61."s);
  const PickleItems& items = cycle.root().As<PickleList>()->items;
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0], &cycle.root());
}

TEST(Pickle, BoundsTheNumberOfValues) {
  const std::string many =
      "\x80\x02(" + std::string(kMostPickleValues + 1, 'N') + "t.";
  EXPECT_THAT(PickleRefused(many), HasSubstr("too many values"));
}

// Each call names the same bytes, so a small file could fill any memory.
TEST(Pickle, BoundsWhatCallsAndStatesCopy) {
  const std::string bytes =
      "B\x10\x27\x00\x00"s + std::string(10000, '\0') + "q\x00\060"s;
  const std::string dtype = "cnumpy\ndtype\nU\x02u1\x85Rq\x01\060";
  const std::string setup = "\x80\x02" + bytes + dtype;
  const auto repeat = [](const std::string& program, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += program;
    return all;
  };
  const std::string call = "h\x02(h\x00h\x01M\x10\x27\x85U\x01\103tR0"s;
  const std::string calls =
      setup + "cnumpy.core.numeric\n_frombuffer\nq\x02\060";
  EXPECT_NO_THROW(Load(calls + repeat(call, 10) + "N."));
  EXPECT_THAT(PickleRefused(calls + repeat(call, 1000) + "N."),
              HasSubstr("copies more than a file of its size justifies"));
  const std::string state = "h\x02)R(K\x01M\x10\x27\x85h\x01\x89h\x00tb0"s;
  const std::string states =
      setup + "cnumpy.core.multiarray\n_reconstruct\nq\x02\060";
  EXPECT_NO_THROW(Load(states + repeat(state, 10) + "N."));
  EXPECT_THAT(PickleRefused(states + repeat(state, 1000) + "N."),
              HasSubstr("copies more than a file of its size justifies"));
}

TEST(Pickle, TheLastOfEqualKeysCounts) {
  const Pickle pickle = Load("\x80\x02}(U\x01xK\x01U\x01xK\x02u."s);
  EXPECT_EQ(Print(*pickle.root().As<PickleDict>()->Find("x")), "2");
  EXPECT_EQ(pickle.root().As<PickleDict>()->Find("y"), nullptr);
}

// --- Unknown names, skipped ---

Pickle Skipping(const std::string& body) {
  return {"x.pkl", std::as_bytes(std::span(body)), 0, {.skip_unknown = true}};
}

TEST(PickleSkipping, BuildsNothingOfNamesThatAreNotOnTheList) {
  const std::string system = "cposix\nsystem\n";
  for (const std::string& made : {
           system,                           // A name
           system + "U\x02ls\x85R"s,         // called
           system + ")\x81}U\x01xK\x01sb",   // built, with a state
           system + ")}\x92",                // by NEWOBJ_EX
           "(" + system + "U\x02lso",        // by OBJ
           "(U\x02lsiposix\nsystem\n"s,      // by INST
           system + ")R(U\x01xK\x01u"s,      // filled as a dict
           system + ")R(U\x01xK\x01" + "e",  // as a list
           system + ")R(U\x01x\x90",         // as a set
       }) {
    const std::string bytes = "\x80\x02" + made + ".";
    const Pickle pickle = Skipping(bytes);
    const auto* const opaque = pickle.root().As<PickleOpaque>();
    ASSERT_NE(opaque, nullptr) << testing::PrintToString(made);
    EXPECT_EQ(*opaque->name, "posix.system");
  }
}

TEST(PickleSkipping, KeepsWhatIsOnTheListAroundThem) {
  const std::string bytes =
      "\x80\x04}(U\x01"
      "aK\x01U\x01"
      "bcargparse\nNamespace\n)\x81}bU\x01"
      "c\x8f(K\x01\x90U\x01"
      "d(K\x01\x91U\x01"
      "e\x8a\x09\xff\xff\xff\xff\xff\xff\xff\xff\x01u."s;
  const Pickle pickle = Skipping(bytes);
  const auto& dict = *pickle.root().As<PickleDict>();
  EXPECT_EQ(Print(*dict.Find("a")), "1");
  for (const char* const key : {"b", "c", "d", "e"}) {
    EXPECT_NE(dict.Find(key)->As<PickleOpaque>(), nullptr) << key;
  }
}

TEST(PickleSkipping, StillRefusesProgramsThatMisuseTheStack) {
  for (const std::string& body :
       {"\x81."s, "N\x92."s, "(o."s, "\x90."s, "]\x91."s, "](K\x01\x90."s,
        "NNR."s, "\x82\x01."s, "\x97."s}) {
    const std::string bytes = "\x80\x02" + body;
    EXPECT_THROW(Skipping(bytes), Error) << testing::PrintToString(body);
  }
}

TEST(PickleSkipping, BoundsTheNamesItKeeps) {
  const std::string name(1000, 'n');
  std::string bytes = "\x80\x04X\xe8\x03\0\0"s + name + "\x94" + "0";
  for (int i = 0; i < 1000; ++i)
    bytes +=
        "h\0h\0\x93"
        "0"s;
  EXPECT_THROW(Skipping(bytes + "N."), Error);
}

TEST(Pickle, ReadsPathsAsText) {
  const auto read = [](const std::string& body) {
    return Print(Load("\x80\x02" + body + ".").root());
  };
  EXPECT_EQ(read("cpathlib\nPosixPath\n(U\x01/U\x01"
                 "aU\x05"
                 "b.csvtR"),
            "'/a/b.csv'");
  EXPECT_EQ(read("cpathlib._local\nPosixPath\nU\x05"
                 "a/b.c\x85R"),
            "'a/b.c'");
  EXPECT_EQ(read("cpathlib\nPureWindowsPath\n(U\x03"
                 "D:\\U\x01"
                 "aU\x01"
                 "btR"),
            "'D:\\a\\b'");
  EXPECT_EQ(read("cpathlib\nPosixPath\n)R"), "'.'");
  EXPECT_NE(PickleRefused("\x80\x02"
                          "cpathlib\nPosixPath\nK\x01\x85R."),
            "");
}

}  // namespace
}  // namespace edge_int8
