// What a verb reads and what it writes, said before it works, and the one rule
// between them. Tested by verb_files_test.cc.
//
//   No output is a file that the verb reads, or another of its outputs: not by
//   another spelling, a symlink or a hard link, not with --force.
//
// A file is named by its argument, so that the message names two of them. What
// is found wrong is usage (exit 2) and costs no work. Outputs that are folders
// (`dataset synth`, `export c`) have a rule of their own: NewFolder.
#ifndef EDGE_INT8_SRC_RUN_VERB_FILES_H_
#define EDGE_INT8_SRC_RUN_VERB_FILES_H_

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/output_file.h"
#include "src/pose/dataset.h"

namespace edge_int8 {

// VerbFiles().Reads("--model", model).Writes("--out", out).Check(if_exists)
//
// An empty path is a flag that was not given, and skipped.
class VerbFiles {
 public:
  using Path = std::filesystem::path;

  VerbFiles& Reads(std::string argument, const Path& file);
  // The masks too. No output takes a name of the layout in the folder, whether
  // that file is there or not: csi_windows.npy, config.npz, ...
  VerbFiles& ReadsDataset(std::string argument, const Path& folder,
                          const DatasetOptions& options);
  // Likewise what `report` reads and what `bench` measured into the folder.
  VerbFiles& ReadsRun(std::string argument, const Path& folder);

  VerbFiles& Writes(std::string argument, const Path& file);
  // Read again by the same verb, so that a stream will not do.
  VerbFiles& WritesAndReads(std::string argument, const Path& file);
  // One whose writer decides what becomes of an older one: a search's journal.
  VerbFiles& Keeps(std::string argument, const Path& file);

  // Throws kUsage.
  void Check(IfExists if_exists) const;

 private:
  struct File {
    std::string argument;
    Path path;
  };
  struct Output : File {
    bool may_be_stream = true;
    bool checks_existence = true;
  };
  struct Folder : File {
    std::function<bool(std::string_view name)> holds;
    // Of a dataset: where its keypoint files may be.
    bool dataset = false;
    std::optional<Path> keypoints_root = {};
  };

  static std::string Name(const File& file);
  std::vector<File> FilesRead() const;
  void CheckNames(const Output& output) const;
  static void CheckInputs(const Output& output, const std::vector<File>& read);
  void CheckOthers(std::size_t output) const;

  std::vector<File> inputs_;
  std::vector<Folder> folders_;
  std::vector<Output> outputs_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_VERB_FILES_H_
