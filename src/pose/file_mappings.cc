#include "src/pose/file_mappings.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/formats/pickle.h"

namespace edge_int8 {
namespace {

// What file_mappings.pkl says of one file.
class Mapping {
 public:
  Mapping(std::string where, const std::string& name, const PickleValue& value)
      : where_(std::move(where)), name_(name), entry_(value.As<PickleDict>()) {}

  // `frames` is how many all_keypoints.npy has.
  FileFrames Frames(int64_t frames) const {
    const std::optional<int64_t> start = Find("start_idx");
    if (!start) Fail("has no integer 'start_idx'");
    return {*start, Count(*start, frames)};
  }

 private:
  [[noreturn]] void Fail(std::string_view what) const {
    FailInput(where_, fmt::format("'{}' {}", name_, what));
  }
  // How many frames the file has, where the entry says so and can be right. An
  // end may be the last frame's index or the one after it: alone it gets the
  // benefit of the doubt.
  std::optional<int64_t> Count(int64_t start, int64_t frames) const {
    const std::optional<int64_t> end = Find("end_idx");
    const std::optional<int64_t> count = Find("num_frames");
    if (start < 0 || start > frames) return std::nullopt;
    const int64_t left = frames - start;
    if (end && (*end < start || *end > frames)) return std::nullopt;
    if (!count) {
      if (!end) return std::nullopt;
      return std::min(*end - start + 1, left);
    }
    if (*count < 0 || *count > left) return std::nullopt;
    const bool agrees =
        !end || *end - start == *count || *end - start == *count - 1;
    return agrees ? count : std::nullopt;
  }

  // Nothing when the entry does not have it.
  std::optional<int64_t> Find(std::string_view key) const {
    const PickleValue* const value =
        entry_ == nullptr ? nullptr : entry_->Find(key);
    if (value == nullptr) return std::nullopt;
    const auto* const integer = value->As<int64_t>();
    if (integer == nullptr) Fail(fmt::format("has no integer '{}'", key));
    return *integer;
  }

  std::string where_;
  std::string name_;
  const PickleDict* entry_;
};

}  // namespace

std::vector<FileFrames> ReadFileMappings(
    const std::filesystem::path& path, int64_t frames,
    const std::vector<std::string>& names) {
  const MappedFile file(path);
  const Pickle pickle(path.string(), file.bytes());
  const auto* const mappings = pickle.root().As<PickleDict>();
  if (mappings == nullptr) FailInput(path.string(), "expected a dict");
  std::unordered_map<std::string_view, const PickleValue*> by_name;
  for (const auto& [key, value] : mappings->items) {
    if (const auto* const name = key->As<std::string>()) by_name[*name] = value;
  }
  std::vector<FileFrames> files;
  for (const std::string& name : names) {
    const auto found = by_name.find(name);
    if (found == by_name.end()) {
      FailInput(path.string(),
                fmt::format("has no entry for '{}' of file_info.npz", name));
    }
    files.push_back(
        Mapping(path.string(), name, *found->second).Frames(frames));
  }
  return files;
}

}  // namespace edge_int8
