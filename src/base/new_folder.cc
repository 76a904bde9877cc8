#include "src/base/new_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

void Rename(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) {
    FailInput(to.string(),
              fmt::format("could not be renamed: {}", error.message()));
  }
}

// What is there and is neither one of `files` nor a folder on the way to one:
// a user's own.
std::vector<fs::path> Foreign(const fs::path& folder,
                              const std::vector<std::string>& files) {
  std::set<fs::path> known;
  for (const std::string& file : files) {
    for (fs::path path = file; !path.empty(); path = path.parent_path()) {
      known.insert(path);
    }
  }
  std::vector<fs::path> foreign;
  for (auto entry = fs::recursive_directory_iterator(folder);
       entry != fs::recursive_directory_iterator(); ++entry) {
    fs::path path = entry->path().lexically_relative(folder);
    if (known.contains(path)) continue;
    foreign.push_back(std::move(path));
    entry.disable_recursion_pending();  // It moves as a whole.
  }
  return foreign;
}

void CheckTarget(const fs::path& target, IfExists if_exists,
                 const FolderMark& mark) {
  if (!fs::exists(fs::symlink_status(target))) return;
  const bool folder = fs::is_directory(target);
  if (folder && fs::is_empty(target)) return;
  if (if_exists == IfExists::kFail) {
    FailUsage(fmt::format("{}: exists already; --force replaces it",
                          target.string()));
  }
  if (!folder || !fs::exists(target / mark.file)) {
    FailUsage(
        fmt::format("{}: is not {} (no {}), so --force does not replace it",
                    target.string(), mark.meaning, mark.file));
  }
}

// "out/" has no file name to build beside.
fs::path WithoutSlash(const fs::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

NewFolder::NewFolder(const fs::path& target, IfExists if_exists,
                     FolderMark mark)
    : target_(WithoutSlash(target)),
      if_exists_(if_exists),
      mark_(std::move(mark)) {
  CheckTarget(target_, if_exists, mark_);
  building_ = target_;
  building_ += fmt::format(".{}.tmp", getpid());
  std::error_code error;
  fs::create_directories(building_, error);
  if (error) {
    FailInput(building_.string(),
              fmt::format("could not be created: {}", error.message()));
  }
}

NewFolder::~NewFolder() {
  if (building_.empty()) return;
  std::error_code ignored;
  fs::remove_all(building_, ignored);
}

void NewFolder::Commit() {
  CheckTarget(target_, if_exists_, mark_);
  std::error_code error;
  if (!fs::exists(target_) || fs::is_empty(target_)) {
    Rename(building_, target_);  // POSIX replaces an empty folder.
    building_.clear();
    return;
  }
  fs::path old = target_;
  old += fmt::format(".{}.old", getpid());
  Rename(target_, old);
  try {
    Rename(building_, target_);
  } catch (...) {
    fs::rename(old, target_, error);  // Put back what was there.
    throw;
  }
  building_.clear();
  // If this fails, they are still in the old folder.
  for (const fs::path& path : Foreign(old, mark_.files)) {
    fs::create_directories((target_ / path).parent_path(), error);
    Rename(old / path, target_ / path);
  }
  fs::remove_all(old, error);
}

}  // namespace edge_int8
