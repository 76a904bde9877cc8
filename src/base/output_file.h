// Output that appears whole or not at all: bytes go to a temporary name beside
// the target and are renamed by Commit(). A full disk, an exception or Ctrl-C
// leaves what was there, and what a killed run left is removed by the next one
// of the same target. Tested by output_file_test.cc.
//
// Of a job's ranks only rank 0 writes, and Commit() waits for all of them.
//
// A stream (a pipe, a device, /dev/stdout) has nothing to replace: it is
// written to as it is. Renaming over it would put a file where a device was.
#ifndef EDGE_INT8_SRC_BASE_OUTPUT_FILE_H_
#define EDGE_INT8_SRC_BASE_OUTPUT_FILE_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "src/base/published_paths.h"

namespace edge_int8 {

enum class IfExists { kFail, kReplace };
// Of the flag --force or an argument of that name.
constexpr IfExists IfExistsOf(bool force) {
  return force ? IfExists::kReplace : IfExists::kFail;
}

// Something to write to rather than to replace: a pipe, a character device, a
// socket, or an open descriptor by its name, /dev/stdout or /dev/fd/3.
bool IsStream(const std::filesystem::path& path);

// Throws kUsage, naming --force, when `path` exists and may not be replaced.
// Verbs call it before long work, so that hours are not lost at the end.
// A stream is always fine; a folder or a disk is never replaced.
void CheckOutputPath(const std::filesystem::path& path, IfExists if_exists);

class OutputFile {
 public:
  // Creates missing parent folders. Throws kUsage when the target exists and
  // may not be replaced, kBadInput when it can't be created.
  OutputFile(const std::filesystem::path& path, IfExists if_exists);
  // Removes the temporary file unless committed, and the folders made for it
  // that are empty then.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void Write(std::span<const std::byte> bytes);
  void Write(std::string_view text);
  // Writes at an absolute offset; several threads may do so at once. Not for a
  // stream, which has no offsets.
  void WriteAt(int64_t offset, std::span<const std::byte> bytes);
  // Flushes to disk and renames over the target.
  void Commit();

 private:
  [[noreturn]] void Fail(std::string_view doing) const;
  void OpenTemporary();
  void MakeFolders();
  void RemoveFolders();
  void Publish();

  std::filesystem::path path_;
  bool stream_;
  bool discarded_;  // on another rank than 0
  std::filesystem::path temporary_;
  PublishedPaths::Entry* published_ = nullptr;       // temporary_
  std::vector<std::filesystem::path> made_folders_;  // the deepest first
  IfExists if_exists_;
  int file_ = -1;
  int64_t position_ = 0;
};

// Unlinks the temporary file of every OutputFile there is, for an end without
// destructors. Async-signal-safe.
void RemoveTemporaries();

// The whole of it in one call.
void WriteFile(const std::filesystem::path& path,
               std::span<const std::byte> bytes, IfExists if_exists);
void WriteFile(const std::filesystem::path& path, std::string_view text,
               IfExists if_exists);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_OUTPUT_FILE_H_
