// What a search has measured so far, on disk: one line of JSON per plan, so
// that Ctrl-C or a lost machine costs at most the plan in hand. A search that
// finds its journal measures nothing twice and, since every decision follows
// from scores, ends where it would have ended. The file is there as soon as
// there is something to go on with: a search that fails before its first plan
// leaves none, and so is not in the way of the next. Tested by
// search_journal_test.cc.
#ifndef EDGE_INT8_SRC_RUN_SEARCH_JOURNAL_H_
#define EDGE_INT8_SRC_RUN_SEARCH_JOURNAL_H_

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "src/quantize/search/plan_ranking.h"

namespace edge_int8 {

// A score as one line of JSON and back, to the last bit.
std::string ScoreToText(const PlanScore& score);
PlanScore ScoreFromText(const std::string& text);
// Of SearchJournal::Text().
std::map<std::string, PlanScore> ScoresFromText(const std::string& text);

class SearchJournal {
 public:
  // `identity` says which search this is (run_identity.h). With `resume` an
  // existing journal is read, and kUsage thrown when it is another search's;
  // a torn last line is dropped, a changed one is kBadInput. Without, kUsage is
  // thrown when one
  // exists that was not finished, unless `replace`: the first Add() does that.
  SearchJournal(std::filesystem::path path, nlohmann::json identity,
                bool resume, bool replace);

  // Of this key, "mixed 8448"; nothing when it was not measured.
  std::optional<PlanScore> Find(const std::string& key) const;
  // On disk when it returns.
  void Add(const std::string& key, const PlanScore& score);
  std::size_t size() const { return known_.size(); }
  // All that is known, for another rank of a job.
  std::string Text() const;
  // The search is done.
  void Remove();

 private:
  void Read();
  void Begin();

  std::filesystem::path path_;
  nlohmann::json identity_;
  std::map<std::string, PlanScore> known_;
  std::ofstream file_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_SEARCH_JOURNAL_H_
