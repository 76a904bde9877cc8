#include "src/base/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>

#include "src/base/communicator.h"
#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/temporary_name.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

PublishedPaths& Temporaries() {
  static PublishedPaths temporaries;
  return temporaries;
}

// 1 of /dev/stdout, 3 of /dev/fd/3. Opening such a path again would give a file
// behind it a second position, and both would write over each other.
std::optional<int> DescriptorOf(const fs::path& path) {
  const std::string& name = path.native();
  if (name == "/dev/stdout") return STDOUT_FILENO;
  if (name == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!name.starts_with(folder)) continue;
    int descriptor = -1;
    const char* const end = name.data() + name.size();
    const auto [rest, error] =
        std::from_chars(name.data() + folder.size(), end, descriptor);
    if (error == std::errc() && rest == end) return descriptor;
  }
  return std::nullopt;
}

}  // namespace

bool IsStream(const fs::path& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  return fs::is_character_file(status) || fs::is_fifo(status) ||
         fs::is_socket(status) ||
         (fs::exists(status) && DescriptorOf(path).has_value());
}

void CheckOutputPath(const fs::path& path, IfExists if_exists) {
  // Of a job, rank 0 alone: it may have written the file by now.
  if (!IsRoot() || IsStream(path)) return;
  std::error_code ignored;
  // "out/" is a folder to be, which only the last rename would notice.
  if (!path.has_filename() || fs::is_directory(path, ignored)) {
    FailUsage(
        fmt::format("{}: is a folder, expected a file name", path.string()));
  }
  const auto status = fs::symlink_status(path, ignored);
  const bool link = fs::is_symlink(status);
  if (fs::exists(status) && !link && !fs::is_regular_file(status)) {
    FailUsage(fmt::format("{}: is not a regular file", path.string()));
  }
  if (if_exists == IfExists::kFail && fs::exists(status)) {
    FailUsage(
        fmt::format("{}: exists already; --force replaces it", path.string()));
  }
}

OutputFile::OutputFile(const fs::path& path, IfExists if_exists)
    : path_(path),
      stream_(IsStream(path)),
      discarded_(!IsRoot()),
      if_exists_(if_exists) {
  if (discarded_) return;
  CheckOutputPath(path, if_exists);
  if (!stream_) {
    OpenTemporary();
    return;
  }
  std::fflush(stdout);  // What was printed comes first.
  const std::optional<int> descriptor = DescriptorOf(path);
  file_ = descriptor ? fcntl(*descriptor, F_DUPFD_CLOEXEC, 0)
                     : open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (file_ < 0) Fail("opened");
}

void OutputFile::OpenTemporary() {
  MakeFolders();
  RemoveStaleTemporaries(path_);
  while (true) {
    temporary_ = TemporaryBeside(path_, ".tmp");
    file_ =
        open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (file_ < 0 && (errno == EEXIST || errno == EINTR)) continue;
    if (file_ < 0 || LockAsMine(file_)) break;
    close(file_);  // Another run cleaned up in between.
  }
  if (file_ >= 0) {
    published_ = Temporaries().Publish(temporary_.string());
    return;
  }
  const int why = errno;
  RemoveFolders();
  errno = why;
  Fail("created");
}

void OutputFile::MakeFolders() {
  std::error_code error;
  for (fs::path folder = path_.parent_path();
       !folder.empty() && !fs::exists(folder, error);
       folder = folder.parent_path()) {
    made_folders_.push_back(folder);
  }
  if (made_folders_.empty()) return;
  fs::create_directories(made_folders_.front(), error);
  if (!error) return;
  const fs::path folder = made_folders_.front();
  RemoveFolders();
  FailInput(folder.string(), error.message());
}

void OutputFile::RemoveFolders() {
  for (const fs::path& folder : made_folders_) rmdir(folder.c_str());
}

OutputFile::~OutputFile() {
  if (file_ < 0) return;
  close(file_);
  if (stream_) return;
  PublishedPaths::Withdraw(published_);
  unlink(temporary_.c_str());
  RemoveFolders();
}

void OutputFile::Fail(std::string_view doing) const {
  if (errno == EINTR) ThrowIfInterrupted();
  FailInput(path_.string(),
            fmt::format("could not be {}: {}", doing, std::strerror(errno)));
}

void OutputFile::Write(std::span<const std::byte> bytes) {
  WriteAt(position_, bytes);
  position_ += static_cast<int64_t>(bytes.size());
}

void OutputFile::Write(std::string_view text) {
  Write(std::as_bytes(std::span(text)));
}

void OutputFile::WriteAt(int64_t offset, std::span<const std::byte> bytes) {
  if (discarded_) return;
  Check(!stream_ || offset == position_, "a stream is written in order");
  while (!bytes.empty()) {
    const ssize_t written =
        stream_ ? write(file_, bytes.data(), bytes.size())
                : pwrite(file_, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) Fail("written");
    offset += written;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void OutputFile::Commit() {
  World().Barrier();  // None has failed.
  if (!discarded_) Publish();
  World().Barrier();  // Any may read it now.
}

void OutputFile::Publish() {
  if (!stream_) {
    CheckOutputPath(path_, if_exists_);
    while (fsync(file_) != 0) {
      if (errno != EINTR || Interrupted()) Fail("written");
    }
    if (rename(temporary_.c_str(), path_.c_str()) != 0) Fail("renamed");
    PublishedPaths::Withdraw(published_);
  }
  close(file_);
  file_ = -1;
}

void RemoveTemporaries() {
  Temporaries().ForEach([](const PublishedPaths::Entry& temporary) {
    unlink(temporary.path.c_str());
  });
}

void WriteFile(const fs::path& path, std::span<const std::byte> bytes,
               IfExists if_exists) {
  OutputFile out(path, if_exists);
  out.Write(bytes);
  out.Commit();
}

void WriteFile(const fs::path& path, std::string_view text,
               IfExists if_exists) {
  WriteFile(path, std::as_bytes(std::span(text)), if_exists);
}

}  // namespace edge_int8
