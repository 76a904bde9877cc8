#include "src/base/temporary_name.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "src/base/sha256.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestName = 255;  // of Linux's file systems
constexpr std::size_t kHead = 160;

std::atomic<int> temporary_count{0};

// At most `most` bytes, not ending inside a character of UTF-8.
std::string Head(const std::string& name, std::size_t most) {
  std::size_t size = std::min(name.size(), most);
  while (size > 0 && size < name.size() &&
         (static_cast<unsigned char>(name[size]) & 0xC0) == 0x80) {
    --size;
  }
  return name.substr(0, size);
}

// Not more than kLongestName with any suffix of up to 78 bytes.
std::string Short(const std::string& name) {
  const std::string hash = Sha256(std::as_bytes(std::span(name)));
  return Head(name, kHead) + "~" + hash.substr(0, 16);
}

// "1234-0"
bool IsNumberPair(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return false;
  const auto digits = [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, [](unsigned char c) {
      return std::isdigit(c) != 0;
    });
  };
  return digits(text.substr(0, dash)) && digits(text.substr(dash + 1));
}

bool IsTemporaryOf(std::string_view entry, const std::string& stem,
                   std::string_view kind) {
  if (!entry.ends_with(kind) || !entry.starts_with(stem)) return false;
  entry.remove_suffix(kind.size());
  entry.remove_prefix(std::min(stem.size(), entry.size()));
  return entry.starts_with('.') && IsNumberPair(entry.substr(1));
}

fs::path FolderOf(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

fs::path PathBeside(const fs::path& path, std::string_view suffix) {
  const std::string name = path.filename().string();
  const bool fits = name.size() + suffix.size() <= kLongestName;
  return path.parent_path() /
         fmt::format("{}{}", fits ? name : Short(name), suffix);
}

fs::path TemporaryBeside(const fs::path& path, std::string_view kind) {
  return PathBeside(path,
                    fmt::format(".{}-{}{}", getpid(), temporary_count++, kind));
}

std::vector<fs::path> TemporariesOf(const fs::path& path,
                                    std::string_view kind) {
  const std::string name = path.filename().string();
  const std::array<std::string, 2> stems = {name, Short(name)};
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at(FolderOf(path), error), end;
       !error && at != end; at.increment(error)) {
    const std::string entry = at->path().filename().string();
    if (std::ranges::any_of(stems, [&](const std::string& stem) {
          return IsTemporaryOf(entry, stem, kind);
        })) {
      found.push_back(path.parent_path() / entry);
    }
  }
  std::ranges::sort(found);
  return found;
}

LockedPath::LockedPath(const fs::path& path) {
  // Some network file systems lock for writing only what is open for it, which
  // a folder can't be.
  for (const int mode : {O_RDWR, O_RDONLY}) {
    descriptor_ =
        open(path.c_str(), mode | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor_ >= 0) break;
  }
  if (descriptor_ < 0 || flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  close(std::exchange(descriptor_, -1));
}

LockedPath::~LockedPath() {
  if (descriptor_ >= 0) close(descriptor_);
}

LockedPath::LockedPath(LockedPath&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

LockedPath& LockedPath::operator=(LockedPath&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

bool LockAsMine(int descriptor) {
  flock(descriptor, LOCK_EX | LOCK_NB);  // Where it fails, nobody cleans.
  struct stat info {};
  return fstat(descriptor, &info) != 0 || info.st_nlink > 0;
}

void RemoveStaleTemporaries(const fs::path& path) {
  std::error_code ignored;
  for (const fs::path& left : TemporariesOf(path, ".tmp")) {
    if (!fs::is_regular_file(fs::symlink_status(left, ignored))) continue;
    const LockedPath lock(left);
    if (lock.holds()) unlink(left.c_str());
  }
}

}  // namespace edge_int8
