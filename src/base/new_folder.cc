#include "src/base/new_folder.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/base/rank_share.h"

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

// Of a folder that was swapped out; of one that is being built it is ".tmp".
constexpr const char* kOld = ".old";

// Moves what is the user's from `old` to `target`, then removes `old`. What
// can't be moved keeps it there, for the next run to try again.
void MoveForeign(const fs::path& old, const fs::path& target,
                 const FolderMark& mark) {
  std::error_code error;
  for (const fs::path& path : Foreign(old, mark.files)) {
    if (fs::exists(fs::symlink_status(target / path))) return;
    fs::create_directories((target / path).parent_path(), error);
    Rename(old / path, target / path);
  }
  fs::remove_all(old, error);
}

bool IsEmptyOrAbsent(const fs::path& folder) {
  const fs::file_status status = fs::symlink_status(folder);
  return !fs::exists(status) ||
         (fs::is_directory(status) && fs::is_empty(folder));
}

// What a run that was killed left beside `target`, unless it still runs.
void Recover(const fs::path& target, const FolderMark& mark) {
  for (const fs::path& old : TemporariesOf(target, kOld)) {
    const LockedPath lock(old);
    if (!lock.holds() || !fs::is_directory(old)) continue;
    if (IsEmptyOrAbsent(target)) {
      Rename(old, target);  // between two renames
    } else if (fs::is_directory(target)) {
      MoveForeign(old, target, mark);
    }
  }
  for (const fs::path& half : TemporariesOf(target, ".tmp")) {
    const LockedPath lock(half);
    std::error_code ignored;
    if (lock.holds() && fs::is_directory(half)) fs::remove_all(half, ignored);
  }
}

// Swaps two folders in one step. False where the file system can't.
bool Exchange(const fs::path& a, const fs::path& b) {
  if (renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) ==
      0) {
    return true;
  }
  if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) return false;
  FailInput(b.string(),
            fmt::format("could not be replaced: {}", std::strerror(errno)));
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
  building_ = FromRoot([this] {
    Recover(target_, mark_);
    CheckTarget(target_, if_exists_, mark_);
    const fs::path building = TemporaryBeside(target_, ".tmp");
    std::error_code error;
    fs::create_directories(building, error);
    if (error) {
      FailInput(building.string(),
                fmt::format("could not be created: {}", error.message()));
    }
    mine_ = LockedPath(building);
    return building.string();
  });
}

NewFolder::~NewFolder() {
  if (building_.empty() || !IsRoot()) return;
  std::error_code ignored;
  fs::remove_all(building_, ignored);
}

void NewFolder::Commit() {
  World().Barrier();
  if (IsRoot()) Publish();
  building_.clear();
  World().Barrier();
}

void NewFolder::Publish() {
  CheckTarget(target_, if_exists_, mark_);
  if (!fs::exists(target_) || fs::is_empty(target_)) {
    Rename(building_, target_);  // POSIX replaces an empty folder.
  } else {
    Replace();
  }
}

// From the first rename to the last, what a kill leaves is `target_` whole, or
// folders that Recover() knows what to do with.
void NewFolder::Replace() {
  const LockedPath theirs(target_);  // until its files have moved
  fs::path old = building_;
  old.replace_extension(kOld);
  Rename(building_, old);
  if (!Exchange(old, target_)) {
    Rename(old, building_);
    Rename(target_, old);
    try {
      Rename(building_, target_);
    } catch (...) {
      std::error_code error;
      fs::rename(old, target_, error);  // Put back what was there.
      throw;
    }
  }
  MoveForeign(old, target_, mark_);
}

}  // namespace edge_int8
