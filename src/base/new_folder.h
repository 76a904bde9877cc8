// A folder that appears whole or not at all: built beside its target, renamed
// when complete, removed otherwise. Replacing one swaps the two in one step,
// where the file system can (RENAME_EXCHANGE); where it can't, a kill between
// two renames may leave none, and the next NewFolder of the same target puts
// the old one back before it does anything else. Of a job's ranks only rank 0
// builds. It also brings files of the
// user's that a kill kept from moving. Tested by new_folder_test.cc and, with
// kills, by killed_folder_test.cc.
#ifndef EDGE_INT8_SRC_BASE_NEW_FOLDER_H_
#define EDGE_INT8_SRC_BASE_NEW_FOLDER_H_

#include <filesystem>
#include <string>
#include <vector>

#include "src/base/output_file.h"
#include "src/base/temporary_name.h"

namespace edge_int8 {

// When a folder may be replaced: it holds the mark. `files` are the paths in it
// that are (the mark's too); the rest is somebody's and moves to the new one.
struct FolderMark {
  std::string file;     // "synthetic.json"
  std::string meaning;  // "a synthetic set": what holds the mark
  std::vector<std::string> files;
};

class NewFolder {
 public:
  // An empty folder at `target` is taken. Throws kUsage when something else is
  // there and may not be replaced: without kReplace nothing, with it what the
  // mark says.
  NewFolder(const std::filesystem::path& target, IfExists if_exists,
            FolderMark mark);
  ~NewFolder();  // Removes what was built unless committed.
  NewFolder(const NewFolder&) = delete;
  NewFolder& operator=(const NewFolder&) = delete;

  // Where to build.
  const std::filesystem::path& path() const { return building_; }
  void Commit();

 private:
  void Publish();
  void Replace();

  std::filesystem::path target_, building_;
  LockedPath mine_;  // building_, wherever it is moved
  IfExists if_exists_;
  FolderMark mark_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_NEW_FOLDER_H_
