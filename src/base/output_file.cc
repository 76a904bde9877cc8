#include "src/base/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "src/base/error.h"

namespace edge_int8 {
namespace {
std::atomic<int> temporary_count{0};
}  // namespace

void CheckOutputPath(const std::filesystem::path& path, IfExists if_exists) {
  std::error_code ignored;
  // "out/" is a folder to be, which only the last rename would notice.
  if (!path.has_filename() || std::filesystem::is_directory(path, ignored)) {
    FailUsage(
        fmt::format("{}: is a folder, expected a file name", path.string()));
  }
  const auto status = std::filesystem::symlink_status(path, ignored);
  const bool link = std::filesystem::is_symlink(status);
  if (std::filesystem::exists(status) && !link &&
      !std::filesystem::is_regular_file(status)) {
    FailUsage(fmt::format("{}: is not a regular file", path.string()));
  }
  if (if_exists == IfExists::kFail && std::filesystem::exists(status)) {
    FailUsage(
        fmt::format("{}: exists already; --force replaces it", path.string()));
  }
}

void CheckNotAnInput(const std::filesystem::path& output,
                     std::initializer_list<std::filesystem::path> others) {
  if (output.empty()) return;
  const auto whole = [](const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::weakly_canonical(path, ignored);
  };
  for (const std::filesystem::path& other : others) {
    std::error_code ignored;
    if (other.empty()) continue;
    if (std::filesystem::equivalent(output, other, ignored) ||
        whole(output) == whole(other)) {
      FailUsage(fmt::format("{}: is given twice, once as something to write",
                            output.string()));
    }
  }
}

OutputFile::OutputFile(const std::filesystem::path& path, IfExists if_exists)
    : path_(path), if_exists_(if_exists) {
  CheckOutputPath(path, if_exists);
  if (path.has_parent_path()) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) FailInput(path.parent_path().string(), error.message());
  }
  temporary_ = path;
  // The count keeps two writers of one target in this process apart.
  temporary_ += fmt::format(".{}-{}.tmp", getpid(), temporary_count++);
  file_ =
      open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file_ < 0) Fail("created");
}

OutputFile::~OutputFile() {
  if (file_ < 0) return;
  close(file_);
  unlink(temporary_.c_str());
}

void OutputFile::Fail(std::string_view doing) const {
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
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file_, bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) Fail("written");
    offset += written;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void OutputFile::Commit() {
  CheckOutputPath(path_, if_exists_);
  if (fsync(file_) != 0) Fail("written");
  if (rename(temporary_.c_str(), path_.c_str()) != 0) Fail("renamed");
  close(file_);
  file_ = -1;
}

void WriteFile(const std::filesystem::path& path,
               std::span<const std::byte> bytes, IfExists if_exists) {
  OutputFile out(path, if_exists);
  out.Write(bytes);
  out.Commit();
}

void WriteFile(const std::filesystem::path& path, std::string_view text,
               IfExists if_exists) {
  WriteFile(path, std::as_bytes(std::span(text)), if_exists);
}

}  // namespace edge_int8
