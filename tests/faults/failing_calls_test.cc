// Calls that fail while a verb works: it ends with the same bytes as without,
// or with a message, without the output and without what it was writing.
#include <gmock/gmock.h>

#include "tests/faults/faulty_program.h"

namespace edge_int8 {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class FailingCallsTest : public UnderFaults {
 protected:
  struct Verb {
    std::vector<std::string> arguments;  // --out or --output is added
    std::string flag;
    std::string out;
  };
  static std::vector<Verb> Verbs() {
    return {
        {{"predict", "--model", Artifact(), "--input", Windows()},
         "--output",
         "y.npy"},
        {{"quantize", "--checkpoint", Checkpoint(), "--data", Data(),
          "--recipe", "minmax", "--calib-batches", "1"},
         "--out",
         "t.ei8"},
        {{"dataset", "synth", "--files", "20", "--windows", "2"},
         "--out",
         "set"},
        {{"export", "c", "--name", "m", "--model", Artifact()}, "--out", "c"},
        {{"evaluate", "--model", Artifact(), "--data", Data()},
         "--json",
         "score.json"}};
  }
  static std::vector<std::string> Arguments(const Verb& verb,
                                            const TempFolder& folder) {
    std::vector<std::string> arguments = verb.arguments;
    arguments.push_back(verb.flag);
    arguments.push_back((folder / verb.out).string());
    return arguments;
  }
  // Returns whether the verb did its work.
  static bool WorksOrSaysWhy(const Verb& verb, const std::string& faults,
                             const std::map<std::string, std::string>& good) {
    const TempFolder folder;
    const ProgramResult result = RunWithFaults(Arguments(verb, folder), faults);
    const std::string what =
        verb.arguments[0] + " " + faults + ": " + result.err;
    if (result.exit_code == 0) {
      EXPECT_EQ(Contents(folder.path()), good) << what;
      return true;
    }
    EXPECT_THAT(result.exit_code, testing::AnyOf(3, 4)) << what;
    EXPECT_THAT(result.err, HasSubstr("edge-int8: ")) << what;
    EXPECT_THAT(folder.List(), IsEmpty()) << what;
    return false;
  }
  static std::map<std::string, std::string> Good(const Verb& verb) {
    const TempFolder folder;
    EXPECT_EQ(RunProgram(Arguments(verb, folder)).exit_code, 0);
    return Contents(folder.path());
  }
};

// Neither is an error: the rest is written, or the call made again.
TEST_F(FailingCallsTest, ShortAndInterruptedOnesChangeNothing) {
  for (const Verb& verb : Verbs()) {
    const auto good = Good(verb);
    for (const char* faults :
         {"write:short:1+", "write:EINTR:1", "write:EINTR:2", "read:short:1+",
          "read:EINTR:3"}) {
      EXPECT_TRUE(WorksOrSaysWhy(verb, std::string("FAULTS=") + faults, good))
          << faults;
    }
  }
}

TEST_F(FailingCallsTest, AFullOrBrokenDiskIsAMessage) {
  for (const Verb& verb : Verbs()) {
    const auto good = Good(verb);
    for (const char* faults :
         {"write:ENOSPC:1+", "write:EIO:2", "open:EMFILE:1", "open:EACCES:2+",
          "fsync:EIO:1", "rename:EIO:1+,exchange:EIO:1+"}) {
      WorksOrSaysWhy(verb, std::string("FAULTS=") + faults, good);
    }
    // The first write of every verb is to its output.
    EXPECT_FALSE(WorksOrSaysWhy(verb, "FAULTS=write:ENOSPC:1+", good));
  }
}

// Large ones, where a machine runs out: every one of a run in turn.
TEST_F(FailingCallsTest, NoMemoryIsAMessage) {
  for (const Verb& verb : Verbs()) {
    const auto good = Good(verb);
    for (int nth = 1; nth <= 4; ++nth) {
      WorksOrSaysWhy(
          verb,
          "MALLOC_FROM=60000 FAULTS=malloc:ENOMEM:" + std::to_string(nth) + "+",
          good);
    }
  }
}

}  // namespace
}  // namespace edge_int8
