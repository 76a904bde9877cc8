#include "src/run/search_journal.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/base/output_file.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

constexpr int kJournalVersion = 2;

json FileJson(const FileSums& f) {
  json line = {f.file, f.joints};
  for (const int64_t hits : f.hits) line.push_back(hits);
  line.push_back(f.error_sum);
  return line;
}

FileSums FileFromJson(const json& line) {
  FileSums f;
  f.file = line.at(0).get<int>();
  f.joints = line.at(1).get<int64_t>();
  for (std::size_t k = 0; k < kPckThresholds; ++k) {
    f.hits[k] = line.at(2 + k).get<int64_t>();
  }
  f.error_sum = line.at(2 + kPckThresholds).get<double>();
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

PlanScore ScoreFromLine(const json& line) {
  PlanScore score;
  if (line.contains("refused")) {
    score.refused = line.at("refused").get<std::string>();
    return score;
  }
  score.bytes = line.at("bytes").get<int64_t>();
  Score& s = score.score;
  s.samples = line.at("samples").get<int64_t>();
  s.pck = line.at("pck").get<std::array<double, kPckThresholds>>();
  s.finite_samples = line.at("finite_samples").get<int64_t>();
  s.mpjpe_finite = line.at("mpjpe_finite").get<double>();
  s.classes = line.at("classes").get<bool>();
  if (s.finite_samples == s.samples && !s.classes) s.mpjpe = s.mpjpe_finite;
  if (line.at("pa_mpjpe").is_number()) {
    s.pa_mpjpe = line.at("pa_mpjpe").get<double>();
  }
  for (const json& f : line.at("files")) score.files.push_back(FileFromJson(f));
  return score;
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

SearchJournal::SearchJournal(std::filesystem::path path,
                             const std::string& identity, bool resume,
                             bool replace)
    : path_(std::move(path)), identity_(identity) {
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
    text += ScoreToLine(key, score).dump() + "\n";
  }
  WriteFile(path_, text, IfExists::kReplace);
  file_.open(path_, std::ios::binary | std::ios::app);
}

void SearchJournal::Read() {
  const std::vector<std::string> lines = WholeLines(path_);
  if (lines.empty()) return;
  try {
    const json head = json::parse(lines[0]);
    if (head.at("search").get<int>() != kJournalVersion ||
        head.at("identity").get<std::string>() != identity_) {
      FailUsage(
          fmt::format("{} is of another search: model, data or options differ; "
                      "--force without --resume starts anew",
                      path_.string()));
    }
    for (std::size_t n = 1; n < lines.size(); ++n) {
      const json line = json::parse(lines[n]);
      known_[line.at("plan").get<std::string>()] = ScoreFromLine(line);
    }
  } catch (const json::exception& error) {
    FailInput(path_.string(),
              fmt::format("not a search's journal: {}", error.what()));
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
    file_ << ScoreToLine(key, score).dump() << '\n' << std::flush;
  } else {
    Begin();
  }
  if (!file_) FailInput(path_.string(), "can't be written");
}

void SearchJournal::Remove() {
  if (file_.is_open()) file_.close();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace edge_int8
