// Whatever the lines, a search's journal is refused, or holds scores that come
// back from a journal of their own. Each line is tried under a right sum, which
// would keep a fuzzer out.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "src/base/sha256.h"
#include "src/run/search_journal.h"
#include "tests/fuzz/refusal.h"
#include "tests/fuzz/scratch_folder.h"

namespace edge_int8 {
namespace {

using nlohmann::json;

// As search_journal.cc adds it.
std::string WithSum(const std::string& line) {
  json value = json::parse(line, nullptr, false);
  if (!value.is_object()) return line;
  value.erase("sum");
  const std::string text =
      value.dump(-1, ' ', false, json::error_handler_t::replace);
  value["sum"] = Sha256(std::as_bytes(std::span(text))).substr(0, 16);
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void Try(const std::string& bytes) {
  static const ScratchFolder folder;
  static const json identity = {{"seed", 1}};
  std::istringstream lines(bytes);
  // With a head of its own when the bytes begin with an empty line.
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (text.empty() && line.empty()) {
      text = R"({"identity":{"seed":1},"search":3})"
             "\n";
      continue;
    }
    text += (text.empty() ? line : WithSum(line)) + "\n";
  }
  const auto path = folder.Write("a.search", text);
  const SearchJournal journal(path, identity, true, false);
  for (std::string line : {"mixed 48", "repaired 48"}) {
    const auto found = journal.Find(line);
    if (!found) continue;
    std::filesystem::remove(folder / "b.search");
    SearchJournal(folder / "b.search", identity, false, false)
        .Add(line, *found);
    const SearchJournal again(folder / "b.search", identity, true, false);
    Expect(again.Find(line).has_value() &&
           again.Find(line)->bytes == found->bytes &&
           again.Find(line)->files == found->files);
  }
}

}  // namespace
}  // namespace edge_int8

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using edge_int8::Error;
  using edge_int8::ErrorKind;
  try {
    edge_int8::Try({reinterpret_cast<const char*>(data), size});
  } catch (const Error& error) {
    const ErrorKind kind = error.kind();
    if (kind != ErrorKind::kBadInput && kind != ErrorKind::kUsage) throw;
  }
  return 0;
}
