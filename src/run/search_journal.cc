#include "src/run/search_journal.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/base/json_place.h"
#include "src/base/output_file.h"
#include "src/base/sha256.h"
#include "src/run/run_identity.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

constexpr int kJournalVersion = 3;

json FileJson(const FileSums& f) {
  json line = {f.file, f.joints};
  for (const int64_t hits : f.hits) line.push_back(hits);
  line.push_back(f.error_sum);
  return line;
}

FileSums FileFromJson(const JsonPlace& line) {
  const std::vector<JsonPlace> items = line.Items();
  if (items.size() != 3 + kPckThresholds) {
    line.Fail(fmt::format("expected {} numbers", 3 + kPckThresholds));
  }
  FileSums f;
  f.file = static_cast<int>(items[0].IntegerIn(0, 1 << 30));
  f.joints = items[1].IntegerIn(0, kAnyCount);
  for (std::size_t k = 0; k < kPckThresholds; ++k) {
    f.hits[k] = items[2 + k].IntegerIn(0, f.joints);
  }
  f.error_sum = items.back().NumberIn(0, kAnyNumber);
  return f;
}

json ScoreToLine(const std::string& key, const PlanScore& score) {
  if (!score.refused.empty())
    return {{"plan", key}, {"refused", score.refused}};
  json files = json::array();
  for (const FileSums& f : score.files) files.push_back(FileJson(f));
  const Score& s = score.score;
  return {{"plan", key},
          {"bytes", score.bytes},
          {"samples", s.samples},
          {"pck", s.pck},
          {"finite_samples", s.finite_samples},
          {"classes", s.classes},
          {"pa_mpjpe", s.pa_mpjpe ? json(*s.pa_mpjpe) : json(nullptr)},
          {"mpjpe_finite", s.mpjpe_finite},
          {"files", files}};
}

PlanScore ScoreFromLine(const JsonPlace& line) {
  PlanScore score;
  if (const auto refused = line.Find("refused")) {
    score.refused = refused->Text();
    return score;
  }
  score.bytes = line.At("bytes").IntegerIn(1, kAnyCount);
  Score& s = score.score;
  s.samples = line.At("samples").IntegerIn(1, kAnyCount);
  const std::vector<JsonPlace> pck = line.At("pck").Items();
  if (pck.size() != kPckThresholds) line.At("pck").Fail("expected 5 shares");
  for (std::size_t k = 0; k < kPckThresholds; ++k) {
    s.pck[k] = pck[k].NumberIn(0, 1);
  }
  s.finite_samples = line.At("finite_samples").IntegerIn(0, s.samples);
  s.mpjpe_finite = line.At("mpjpe_finite").NumberIn(0, kAnyNumber);
  s.classes = line.At("classes").Boolean();
  if (s.finite_samples == s.samples && !s.classes) s.mpjpe = s.mpjpe_finite;
  s.pa_mpjpe = line.FindNumberIn("pa_mpjpe", 0, kAnyNumber);
  for (const JsonPlace& f : line.At("files").Items()) {
    score.files.push_back(FileFromJson(f));
  }
  return score;
}

// Of a line, as its own last key: an editor's change is found, whatever it is.
std::string CheckSum(const json& line) {
  const std::string text = line.dump();
  return Sha256(std::as_bytes(std::span(text))).substr(0, 16);
}

std::string LineText(json line) {
  line["sum"] = CheckSum(line);
  return line.dump() + "\n";
}

// Whole lines only: what a kill tore off is not one.
std::vector<std::string> WholeLines(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) FailInput(path.string(), "can't be read");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos;
       end = text.find('\n', begin)) {
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

SearchJournal::SearchJournal(std::filesystem::path path, json identity,
                             bool resume, bool replace)
    : path_(std::move(path)), identity_(std::move(identity)) {
  if (!std::filesystem::exists(path_)) return;
  if (resume) {
    Read();
  } else if (!replace) {
    FailUsage(
        fmt::format("{} is of a search that was not finished: --resume "
                    "goes on with it, --force starts anew",
                    path_.string()));
  }
}

// Written whole, without a torn line of before; then appended to.
void SearchJournal::Begin() {
  std::string text =
      json{{"search", kJournalVersion}, {"identity", identity_}}.dump() + "\n";
  for (const auto& [key, score] : known_) {
    text += LineText(ScoreToLine(key, score));
  }
  WriteFile(path_, text, IfExists::kReplace);
  file_.open(path_, std::ios::binary | std::ios::app);
}

void SearchJournal::Read() {
  const std::vector<std::string> lines = WholeLines(path_);
  if (lines.empty()) return;
  for (std::size_t n = 0; n < lines.size(); ++n) {
    const std::string place = fmt::format("{} line {}", path_.string(), n + 1);
    json value = ParseJsonText(lines[n], place);
    if (n == 0) {
      const JsonPlace head(value, place);
      head.At("search").IntegerIn(kJournalVersion, kJournalVersion);
      RequireSameRun(path_, head.At("identity"), identity_);
      continue;
    }
    const std::string sum = JsonPlace(value, place).At("sum").Text();
    value.erase("sum");
    if (sum != CheckSum(value)) {
      FailInput(place,
                "was changed since it was written; --force without "
                "--resume starts anew");
    }
    const JsonPlace line(value, place);
    known_[line.At("plan").Text()] = ScoreFromLine(line);
  }
}

std::optional<PlanScore> SearchJournal::Find(const std::string& key) const {
  const auto found = known_.find(key);
  if (found == known_.end()) return {};
  return found->second;
}

void SearchJournal::Add(const std::string& key, const PlanScore& score) {
  known_[key] = score;
  if (file_.is_open()) {
    file_ << LineText(ScoreToLine(key, score)) << std::flush;
  } else {
    Begin();
  }
  if (!file_) FailInput(path_.string(), "can't be written");
}

std::string SearchJournal::Text() const {
  json all = json::object();
  for (const auto& [key, score] : known_) all[key] = ScoreToLine(key, score);
  return all.dump();
}

std::string ScoreToText(const PlanScore& score) {
  return ScoreToLine("", score).dump();
}

PlanScore ScoreFromText(const std::string& text) {
  const json value = json::parse(text);
  return ScoreFromLine(JsonPlace(value, "another rank's score"));
}

std::map<std::string, PlanScore> ScoresFromText(const std::string& text) {
  std::map<std::string, PlanScore> scores;
  const json all = json::parse(text);
  for (const auto& [key, value] : all.items()) {
    scores[key] = ScoreFromLine(JsonPlace(value, "another rank's score"));
  }
  return scores;
}

void SearchJournal::Remove() {
  if (file_.is_open()) file_.close();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace edge_int8
