#include "src/report/page.h"

#include <gtest/gtest.h>

#include <iterator>
#include <regex>

#include "tests/report/count_text.h"
#include "tests/report/example_run.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

// Of the runs in these folders.
std::string PageOf(const std::vector<const TempFolder*>& folders) {
  std::vector<RunReport> runs;
  for (const TempFolder* folder : folders) {
    runs.push_back(ReadRun(folder->path()));
  }
  return RenderPage(runs, {"edge-int8 report x", "edge-int8 test"});
}

json DataOf(const std::string& page) {
  const std::string open = "id=\"page-data\">";
  const std::size_t begin = page.find(open) + open.size();
  return json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

// A matcher would print the page.
bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Page, HasASectionForEverythingTheRunHas) {
  const TempFolder folder;
  WriteAll(folder);
  const std::string page = PageOf({&folder});
  for (const char* id : {"overview", "verdict", "differences", "player",
                         "ladder", "joints", "tensors", "network", "errors",
                         "size", "latency", "manifest", "again"}) {
    EXPECT_EQ(CountText(page, "id=\"" + std::string(id) + "\""), 1u) << id;
  }
  EXPECT_EQ(CountText(page, "class=\"tensors\""), 1u);
  EXPECT_EQ(CountText(page, "id=\"comparison\""), 0u);
  // The same numbers as the terminal's table.
  for (const char* text : {"94.50%", "-0.50 pp", "[-0.75, -0.25]", "0.865",
                           "3.87x", "71.00%", "synthetic data"}) {
    EXPECT_TRUE(Has(page, text));
  }
  EXPECT_LT(page.find("id=\"overview\""), page.find("id=\"verdict\""));
  EXPECT_LT(page.find("id=\"verdict\""), page.find("id=\"differences\""));
}

TEST(Page, OpensWithNetworkDataVerdictAndThreeNumbers) {
  const TempFolder folder;
  json results = ResultsJson();
  results["checkpoint"]["variant"] = "half";
  results["checkpoint"]["params"] = 876543;
  results["host"]["cpu"] = "A CPU";
  results["data"]["path"] = "csi";
  results["data"]["split"] = {{"train", {{"windows", 2000}}},
                              {"test", {{"windows", 100}}}};
  folder.Write("results.json", results.dump());
  folder.Write("latency.json",
               R"({"models": [{"label": "fp32", "p50_ms": 1.0},
                   {"label": "ptq", "isa": "avx2", "threads": 1, "batch": 1,
                    "p50_ms": 0.25, "noisy": true}]})");
  const std::string page = PageOf({&folder});
  const std::string view = page.substr(0, page.find("id=\"verdict\""));
  for (const char* text :
       {"<bdi>half</bdi>", "876,543 parameters",
        "csi, windows: 2,000 train, 100 test of 9 files",
        "ptq: PCK@20 is worse than fp32 by 0.500 pp (95% interval -0.750 to "
        "-0.250).",
        "<b>94.50%</b>", "fp32: 95.00%", "difference -0.50 pp [-0.75, -0.25]",
        "<b>0.865 MiB</b>", "3.87 times smaller", "<b>0.250 ms</b>",
        "fp32: 1.000 ms, 4.00 times as long", "A CPU",
        "avx2, 1 thread, batch 1", "the machine was noisy"}) {
    EXPECT_TRUE(Has(view, text)) << text;
  }
}

TEST(Page, SaysWhatEachColumnMeans) {
  const TempFolder folder;
  WriteAll(folder);
  const std::string page = PageOf({&folder});
  const std::size_t heads = CountText(page, "<th scope=\"col\"");
  const std::regex with_help("<th scope=\"col\" class=\"[^\"]+\" title=\"");
  const auto found =
      std::distance(std::sregex_iterator(page.begin(), page.end(), with_help),
                    std::sregex_iterator());
  EXPECT_GT(heads, 30u);
  EXPECT_EQ(static_cast<std::size_t>(found), heads);
}

TEST(Page, HasTheSearchedModelsTestRowItsBitsAndNodeTimes) {
  const TempFolder folder;
  WriteAll(folder);
  const std::string page = PageOf({&folder});
  for (const char* text :
       {"93.75%", "[-3.00, +0.50]", "Weights: 1 of 4 bits, 1 of 8 bits",
        "Activations: 1 of 16 bits", "c2 takes longest, 75.0% of 6.0 us",
        "--bar:33.3%"}) {
    EXPECT_TRUE(Has(page, text)) << text;
  }
  // Slowest first.
  EXPECT_LT(page.find("<bdi>c2</bdi>", page.find("class=\"nodes\"")),
            page.find("<bdi>c1</bdi>", page.find("class=\"nodes\"")));
}

TEST(Page, TensorsAndJointsStandWorstFirstUnderTheirNames) {
  const TempFolder folder;
  WriteAll(folder);
  json explain = ExplainFile("mild");
  json worse = explain["tensors"][0];
  worse["name"] = "grave";
  worse["only"]["loss_pp"]["pck@20"] = 1.5;
  explain["tensors"].push_back(worse);
  folder.Write("explain.json", explain.dump());
  const std::string page = PageOf({&folder});
  EXPECT_LT(page.find("<bdi>grave</bdi>"), page.find("<bdi>mild</bdi>"));
  EXPECT_TRUE(Has(page, "Rounded alone, grave loses most: 1.50 points."));
  EXPECT_TRUE(Has(page, "<bdi>right wrist</bdi>"));
  EXPECT_TRUE(Has(page, "1% clipped, values in 2 of 4 parts of the range"));
  EXPECT_EQ(CountText(page, "<svg class=\"range\""), 2u);
}

TEST(Page, WhatTheRunLacksIsAbsent) {
  const TempFolder folder;
  folder.Write("results.json", ResultsJson().dump());
  const std::string page = PageOf({&folder});
  for (const char* id : {"player", "ladder", "joints", "tensors", "network",
                         "errors", "latency", "comparison"}) {
    EXPECT_EQ(CountText(page, "id=\"" + std::string(id) + "\""), 0u) << id;
    EXPECT_EQ(CountText(page, "href=\"#" + std::string(id) + "\""), 0u) << id;
  }
  EXPECT_EQ(DataOf(page)["players"].size(), 0u);
}

TEST(Page, LoadsAndRunsNothingButItself) {
  const TempFolder folder;
  WriteAll(folder);
  const std::string page = PageOf({&folder});
  EXPECT_TRUE(Has(page, "default-src &#39;none&#39;"));
  EXPECT_TRUE(Has(page, "&#39;sha256-"));
  EXPECT_FALSE(
      std::regex_search(page.substr(0, page.find("<script")),
                        std::regex("(src|href)=\"(?!#)|@import|url\\(")));
  EXPECT_EQ(CountText(page, "<script src"), 0u);
  EXPECT_EQ(CountText(page, "<script>"), 1u);
}

// Everything that a file can name, at once.
TEST(Page, HostileNamesAreTextAndBreakNothing) {
  const std::string evil =
      "\"'></script></style><script>alert(1)</script><!-- \n\x1b[31m\u202e" +
      std::string("\0", 1) + "{{body}}\\" + std::string(4096, 'x');
  const TempFolder folder;
  folder.Write("results.json", ResultsJson(evil, evil).dump());
  folder.Write("errors.json", ErrorsFile(evil).dump());
  folder.Write("explain.json", ExplainFile(evil).dump());
  folder.Write("player.json", PlayerFile(2, 30, evil).dump());
  folder.Write("network.json", NetworkFile(evil).dump());
  folder.Write(
      "latency.json",
      json{{"models", {{{"title", evil}, {"isa", evil}, {"p50_ms", 1}}}}}
          .dump());
  const std::string page = PageOf({&folder});
  EXPECT_FALSE(Has(page, "<script>alert"));
  EXPECT_FALSE(Has(page, "\x1b"));
  EXPECT_FALSE(Has(page, "\u202e"));
  EXPECT_EQ(page.find('\0'), std::string::npos);
  EXPECT_TRUE(Has(page, "&lt;script&gt;alert(1)"));
  EXPECT_EQ(CountText(page, "</script>"), CountText(page, "<script"));
  EXPECT_EQ(CountText(page, "</style>"), 1u);
  EXPECT_EQ(CountText(page, "</main>"), 1u);
  EXPECT_EQ(DataOf(page)["players"].size(), 1u);
  EXPECT_LT(page.size(), 1'200'000u);
}

TEST(Page, AHostileFolderNameIsTextToo) {
  const TempFolder parent;
  const std::filesystem::path folder =
      parent / "a'\"><script>alert(2)<\\script>\n\x01";
  std::filesystem::create_directory(folder);
  std::ofstream(folder / "results.json") << ResultsJson().dump();
  const std::string page =
      RenderPage({ReadRun(folder)}, {"edge-int8 report x", "test"});
  EXPECT_FALSE(Has(page, "<script>alert"));
  EXPECT_TRUE(Has(page, "&lt;script&gt;alert(2)&lt;\\script&gt;␊␁"));
}

TEST(Page, ARowsNoteIsALineOfItsOwn) {
  const TempFolder folder;
  json results = ResultsJson();
  results["int8"]["ptq"]["note"] = "simulated";
  results["int8"]["ptq"]["clean"]["mpjpe"] = nullptr;
  folder.Write("results.json", results.dump());
  const std::string page = PageOf({&folder});
  EXPECT_TRUE(Has(page, "<p class=\"note\">ptq: simulated</p>"));
  EXPECT_FALSE(Has(page, "\u240a"));
}

TEST(Page, ShowsSeveralRunsSideBySide) {
  const TempFolder first, second;
  WriteAll(first);
  WriteAll(second);
  const std::string page = PageOf({&first, &second});
  EXPECT_EQ(CountText(page, "id=\"comparison\""), 1u);
  EXPECT_TRUE(Has(page, "<div class=\"runs several\">"));
  EXPECT_EQ(DataOf(page)["players"].size(), 2u);
  EXPECT_EQ(CountText(page, "class=\"chart ladder\""), 2u);
}

TEST(Page, NeverComparesRunsOfDifferentWindows) {
  const TempFolder first, second;
  first.Write("results.json", ResultsJson().dump());
  json other = ResultsJson();
  other["data"]["sha256"]["csi_windows.npy"] = std::string(64, 'f');
  second.Write("results.json", other.dump());
  const std::string page = PageOf({&first, &second});
  EXPECT_TRUE(Has(page, "scored on different windows"));
  EXPECT_FALSE(Has(page, "aria-label=\"All runs\""));
}

// 60 runs of long recordings: poses are cut until the page fits, also where it
// has no chart library in it.
TEST(Page, StaysUnderItsLimit) {
  const TempFolder folder;
  folder.Write("results.json", ResultsJson().dump());
  folder.Write("player.json", PlayerFile(240).dump());
  const RunReport run = ReadRun(folder.path());
  const std::vector<RunReport> runs(60, run);
  const std::string page = RenderPage(runs, {"x", "y"});
  EXPECT_LT(page.size(), kMostPageBytes);
  const json players = DataOf(page)["players"];
  ASSERT_EQ(players.size(), 60u);
  const auto chunks = players[0]["player"]["files"][0]["chunks"].size();
  EXPECT_GE(chunks, 1u);
  EXPECT_LT(chunks, 8u);
}

TEST(Page, TheCommandCanBeCopied) {
  const TempFolder folder;
  WriteAll(folder);
  const std::string page = PageOf({&folder});
  EXPECT_TRUE(Has(page, "data-copy=\"edge-int8 report x\""));
  EXPECT_TRUE(Has(page, "data-copy=\"" + std::string(64, 'a') + "\""));
}

TEST(Page, OfClassesHasMatricesInsteadOfAPlayer) {
  const TempFolder folder;
  folder.Write("errors.json",
               R"({"split": "test", "subset": "clean", "normalization": "none",
          "windows": 5, "classes": 2, "names": ["walk", "<b>fall</b>"],
          "models": [{"label": "fp32", "title": "fp32",
                      "confusion": [[3, 0], [1, 1]]}]})");
  const std::string page = PageOf({&folder});
  EXPECT_EQ(CountText(page, "id=\"confusion\""), 1u);
  EXPECT_EQ(CountText(page, "id=\"player\""), 0u);
  EXPECT_EQ(CountText(page, "id=\"joints\""), 0u);
  EXPECT_TRUE(Has(page, "<td class=\"shade9 right\">3</td>"));
  EXPECT_TRUE(Has(page, "&lt;b&gt;fall"));
  EXPECT_FALSE(Has(page, "<b>fall"));
}

TEST(Page, DrawsAnySkeletonFromTheFrontAndTheSide) {
  const TempFolder folder;
  const json joint = {{"pck@10", 0.5}, {"pck@20", 0.6}, {"pck@50", 0.7}};
  json whole = joint;
  for (const char* axis : {"x", "y", "z"}) whole[axis] = joint;
  const auto model = [&](const char* label) {
    return json{{"label", label},
                {"title", label},
                {"within", {0, 6, 10}},
                {"joints", {whole, whole}}};
  };
  folder.Write("errors.json", json{{"split", "test"},
                                   {"subset", "clean"},
                                   {"normalization", "pair"},
                                   {"windows", 5},
                                   {"threshold_step", 25},
                                   {"dims", 3},
                                   {"skeleton", {{0, 1}}},
                                   {"joint_names", {"head", "foot"}},
                                   {"example_pose", {0, 0, 0, 0.1, 1.8, 0.3}},
                                   {"models", {model("fp32"), model("ptq")}}}
                                  .dump());
  const std::string page = PageOf({&folder});
  EXPECT_EQ(CountText(page, "id=\"joints\""), 1u);
  EXPECT_TRUE(Has(page, "PCK@20 lost, from the side"));
  EXPECT_TRUE(Has(page, "PCK@20 lost through z"));
  EXPECT_TRUE(Has(page, "foot: "));
}

}  // namespace
}  // namespace edge_int8
