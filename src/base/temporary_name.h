// Names beside a file or folder that is being written: what they are called,
// and which of them were left by a run that was killed. Tested by
// temporary_name_test.cc.
//
// Whoever writes a temporary file or folder holds a lock on it (flock), so
// that one without a lock is nobody's, whatever its number says: process
// numbers come again, and another machine may write to the same disk.
#ifndef EDGE_INT8_SRC_BASE_TEMPORARY_NAME_H_
#define EDGE_INT8_SRC_BASE_TEMPORARY_NAME_H_

#include <filesystem>
#include <string_view>
#include <vector>

namespace edge_int8 {

// "out.ei8" and ".state" give "out.ei8.state". A name that would pass the 255
// bytes of a file system keeps its head, and a hash of the whole.
std::filesystem::path PathBeside(const std::filesystem::path& path,
                                 std::string_view suffix);

// "out.ei8.1234-0.tmp": PathBeside() with this process and a count, which
// keeps two writers of one target in one process apart. `kind` is ".tmp".
std::filesystem::path TemporaryBeside(const std::filesystem::path& path,
                                      std::string_view kind);

// Every "out.ei8.<number>-<number><kind>" that is there, of anybody.
std::vector<std::filesystem::path> TemporariesOf(
    const std::filesystem::path& path, std::string_view kind);

// An open file or folder, locked against everybody else's MarkAsMine().
class LockedPath {
 public:
  LockedPath() = default;
  // Locks what is there; holds() says whether that worked.
  explicit LockedPath(const std::filesystem::path& path);
  ~LockedPath();
  LockedPath(LockedPath&& other) noexcept;
  LockedPath& operator=(LockedPath&& other) noexcept;
  bool holds() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

// Of a file that is being written: says to everybody that it is somebody's.
// False when it has been taken for a leftover just before, and is gone.
bool LockAsMine(int descriptor);

// Removes the temporary files of `path` that a killed run left.
void RemoveStaleTemporaries(const std::filesystem::path& path);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_TEMPORARY_NAME_H_
