#include "src/data/file_mappings.h"

#include <fmt/format.h>

#include <string_view>
#include <unordered_map>
#include <utility>

#include "src/base/error.h"
#include "src/base/mapped_file.h"
#include "src/data/pickle.h"

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
    const std::optional<int64_t> end = Find("end_idx");
    const std::optional<int64_t> count = Find("num_frames");
    FileFrames file{*start, count};
    if (!end && !count) return file;  // Windows are checked one by one.
    if (*start < 0 || *start > frames) Misfit(frames);
    if (end) {
      if (*end < *start || *end > frames) Misfit(frames);
      file.count = *end - *start;
    }
    if (count &&
        (*count < 0 || *count > frames - *start || *count != *file.count)) {
      Misfit(frames);
    }
    return file;
  }

 private:
  [[noreturn]] void Fail(std::string_view what) const {
    FailInput(where_, fmt::format("'{}' {}", name_, what));
  }
  [[noreturn]] void Misfit(int64_t frames) const {
    std::string said;
    for (const std::string_view key : kKeys) {
      if (const std::optional<int64_t> value = Find(key)) {
        said += fmt::format("{}'{}' {}", said.empty() ? "" : ", ", key, *value);
      }
    }
    Fail(
        fmt::format("has {}, expected one range within the {} frames of "
                    "all_keypoints.npy",
                    said, frames));
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

  static constexpr std::string_view kKeys[] = {"start_idx", "end_idx",
                                               "num_frames"};
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
