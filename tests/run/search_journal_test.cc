#include "src/run/search_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/testing/expect_error.h"
#include "tests/testing/temp_folder.h"

namespace edge_int8 {
namespace {

PlanScore Example() {
  PlanScore score;
  score.bytes = 490720;
  score.score.samples = 3;
  score.score.finite_samples = 3;
  score.score.pck = {1.0 / 3, 0.1, 0.2, 0.3, 2.0 / 3};
  score.score.mpjpe_finite = 0.1 + 0.2;
  score.score.mpjpe = score.score.mpjpe_finite;
  score.files = {{4, 30, {1, 2, 3, 4, 5}, 1.0 / 7}, {9, 15, {}, 0}};
  return score;
}

void ExpectSame(const PlanScore& a, const PlanScore& b) {
  EXPECT_EQ(a.bytes, b.bytes);
  EXPECT_EQ(a.refused, b.refused);
  EXPECT_EQ(a.files, b.files);
  EXPECT_EQ(a.score.samples, b.score.samples);
  EXPECT_EQ(a.score.pck, b.score.pck);
  EXPECT_EQ(a.score.mpjpe, b.score.mpjpe);
}

class JournalTest : public testing::Test {
 protected:
  SearchJournal Open(bool resume, const std::string& seed = "a",
                     bool replace = false) const {
    return {path_, {{"seed", seed}, {"data", "12ab"}}, resume, replace};
  }
  const TempFolder folder_;
  const std::filesystem::path path_ = folder_ / "half.ei8.search";
};

TEST_F(JournalTest, GivesBackTheSameBits) {
  PlanScore refused;
  refused.refused = "plan: an accumulator\ncould \"overflow\"";
  {
    SearchJournal journal = Open(false);
    journal.Add("mixed 48", Example());
    journal.Add("mixed 44", refused);
  }
  const SearchJournal journal = Open(true);
  EXPECT_EQ(journal.size(), 2u);
  ExpectSame(journal.Find("mixed 48").value(), Example());
  ExpectSame(journal.Find("mixed 44").value(), refused);
  EXPECT_FALSE(journal.Find("mixed 88"));
}

TEST_F(JournalTest, DropsALineThatWasTornOff) {
  {
    SearchJournal journal = Open(false);
    journal.Add("mixed 48", Example());
    journal.Add("mixed 44", Example());
  }
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 20);
  {
    SearchJournal journal = Open(true);
    EXPECT_EQ(journal.size(), 1u);
    journal.Add("mixed 88", Example());
  }
  const SearchJournal journal = Open(true);
  EXPECT_EQ(journal.size(), 2u);
  ExpectSame(journal.Find("mixed 88").value(), Example());
}

TEST_F(JournalTest, AnUnfinishedSearchIsNotForgotten) {
  Open(false).Add("mixed 48", Example());
  const Error error = ErrorOf([&] { Open(false); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_THAT(error.what(), testing::HasSubstr("--resume"));
  EXPECT_EQ(Open(false, "a", true).size(), 0u);
}

TEST_F(JournalTest, AnotherSearchIsNotResumed) {
  Open(false).Add("mixed 48", Example());
  const Error error = ErrorOf([&] { Open(true, "b"); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_THAT(error.what(), testing::HasSubstr("seed was \"a\", is \"b\""));
  EXPECT_EQ(Open(true, "a").size(), 1u);
}

TEST_F(JournalTest, WithoutAJournalResumeStartsAnew) {
  EXPECT_EQ(Open(true).size(), 0u);
}

// `search` on a set that it can't use left a journal that blocked the next.
TEST_F(JournalTest, IsNotThereBeforeTheFirstPlan) {
  Open(false);
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_NO_THROW(Open(false));
}

// Until there is something better, what is there stays.
TEST_F(JournalTest, IsReplacedByTheFirstPlanOnly) {
  Open(false).Add("mixed 48", Example());
  { SearchJournal journal = Open(false, "b", true); }
  EXPECT_EQ(Open(true).size(), 1u);
  Open(false, "b", true).Add("mixed 88", Example());
  EXPECT_EQ(Open(true, "b").size(), 1u);
}

TEST_F(JournalTest, OtherFilesAreRefused) {
  for (const char* text :
       {"[1]\n", "{}\n", "hello\n", "{\"search\":3,\"identity\":\"a\"}\n",
        "{\"search\":2,\"identity\":{}}\n"}) {
    std::ofstream(path_, std::ios::trunc) << text;
    EXPECT_EQ(ErrorOf([&] { Open(true); }).kind(), ErrorKind::kBadInput)
        << text;
  }
}

// A journal is a text, and somebody edits it: with a number of no score, with
// what a terminal would obey, or with one digit changed.
TEST_F(JournalTest, AChangedLineIsRefusedAndItsTextIsNotObeyed) {
  Open(false).Add("mixed 48", Example());
  const std::string good = ReadText(path_);
  const auto refuse = [&](const char* from, const char* to) {
    std::string text = good;
    text.replace(text.find(from), std::string_view(from).size(), to);
    std::ofstream(path_, std::ios::trunc | std::ios::binary) << text;
    const Error error = ErrorOf([&] { Open(true); });
    EXPECT_EQ(error.kind(), ErrorKind::kBadInput) << to;
    EXPECT_THAT(error.what(), testing::HasSubstr("half.ei8.search line 2"));
    EXPECT_EQ(std::string(error.what()).find('\x1b'), std::string::npos);
  };
  refuse("490720", "490721");
  refuse("490720", "1e308");
  refuse("490720", "null");
  refuse("\"samples\":3", "\"samples\":-3");
  refuse("mixed", "\x1b[2Jmixed");
  refuse("\"bytes\"", "bytes");
  refuse("mixed 48", "mixed 49");
}

TEST_F(JournalTest, IsGoneWhenTheSearchIsDone) {
  SearchJournal journal = Open(false);
  journal.Add("mixed 48", Example());
  journal.Remove();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace edge_int8
