#include "src/run/verb_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "src/base/error.h"
#include "src/pose/dataset_files.h"
#include "src/pose/keypoint_search.h"
#include "src/pose/pairs_description.h"
#include "src/run/run_files.h"

namespace edge_int8 {
namespace {

namespace fs = std::filesystem;

// Through symlinks, as far as the path is there. Absolute first: the library
// leaves a relative name that is not there as it is, "x" beside "./x".
fs::path Whole(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  const fs::path whole = fs::weakly_canonical(absolute, error);
  return error ? absolute.lexically_normal() : whole;
}

// Two names of one file, there or to be.
bool SameFile(const fs::path& a, const fs::path& b) {
  std::error_code ignored;
  return fs::equivalent(a, b, ignored) || Whole(a) == Whole(b);
}

bool IsFile(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

}  // namespace

VerbFiles& VerbFiles::Reads(std::string argument, const Path& file) {
  if (!file.empty()) inputs_.push_back({std::move(argument), file});
  return *this;
}

VerbFiles& VerbFiles::ReadsDataset(std::string argument, const Path& folder,
                                   const DatasetOptions& options) {
  for (const Path& mask : options.corrupt_masks) Reads("--corrupt-mask", mask);
  if (folder.empty()) return *this;
  if (IsPairsFolder(folder)) {
    for (const Path& file : PairsFiles(folder)) {
      Reads(fmt::format("a file of {},", argument), file);
    }
    return *this;
  }
  folders_.push_back({{std::move(argument), folder},
                      IsDatasetFile,
                      true,
                      options.keypoints_root});
  return *this;
}

VerbFiles& VerbFiles::ReadsRun(std::string argument, const Path& folder) {
  folders_.push_back({{std::move(argument), folder}, IsRunFile});
  return *this;
}

VerbFiles& VerbFiles::Writes(std::string argument, const Path& file) {
  if (!file.empty()) outputs_.push_back({{std::move(argument), file}});
  return *this;
}

VerbFiles& VerbFiles::WritesAndReads(std::string argument, const Path& file) {
  if (!file.empty()) outputs_.push_back({{std::move(argument), file}, false});
  return *this;
}

VerbFiles& VerbFiles::Keeps(std::string argument, const Path& file) {
  if (file.empty()) return *this;
  outputs_.push_back({{std::move(argument), file}, false, false});
  return *this;
}

void VerbFiles::Check(IfExists if_exists) const {
  const std::vector<File> read = FilesRead();
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const Output& output = outputs_[i];
    if (IsStream(output.path)) {
      if (output.may_be_stream) continue;
      FailUsage(
          fmt::format("{} is no regular file, and what is written there "
                      "is read again",
                      Name(output)));
    }
    CheckNames(output);
    CheckInputs(output, read);
    CheckOthers(i);
  }
  for (const Output& output : outputs_) {
    if (output.checks_existence) CheckOutputPath(output.path, if_exists);
  }
}

std::string VerbFiles::Name(const File& file) {
  return fmt::format("{} {}", file.argument, file.path.string());
}

std::vector<VerbFiles::File> VerbFiles::FilesRead() const {
  std::vector<File> files = inputs_;
  // A folder's files are there; an output that is not is none of them.
  if (std::ranges::none_of(outputs_, IsFile, &Output::path)) return files;
  for (const Folder& folder : folders_) {
    const auto add = [&](const Path& file) {
      files.push_back({fmt::format("a file of {},", folder.argument), file});
    };
    std::error_code ignored;
    for (const fs::directory_entry& entry :
         fs::directory_iterator(folder.path, ignored)) {
      if (folder.holds(entry.path().filename().string())) add(entry.path());
    }
    if (!folder.dataset) continue;
    for (const Path& file : KeypointFiles(folder.path, folder.keypoints_root)) {
      add(file);
    }
  }
  return files;
}

void VerbFiles::CheckNames(const Output& output) const {
  const std::string name = output.path.filename().string();
  for (const Folder& folder : folders_) {
    if (!folder.holds(name) ||
        !SameFile(fs::absolute(output.path).parent_path(), folder.path)) {
      continue;
    }
    FailUsage(
        fmt::format("{} is a file of {}: an output never replaces what "
                    "is read, not even with --force",
                    Name(output), Name(folder)));
  }
}

void VerbFiles::CheckInputs(const Output& output,
                            const std::vector<File>& read) {
  for (const File& input : read) {
    if (!SameFile(output.path, input.path)) continue;
    FailUsage(
        fmt::format("{} and {} are one file: an output never replaces what is "
                    "read, not even with --force",
                    Name(output), Name(input)));
  }
}

void VerbFiles::CheckOthers(std::size_t output) const {
  const Output& mine = outputs_[output];
  for (std::size_t other = 0; other < output; ++other) {
    if (!SameFile(mine.path, outputs_[other].path)) continue;
    FailUsage(fmt::format("{} and {} are one file: each output needs its own",
                          Name(outputs_[other]), Name(mine)));
  }
}

}  // namespace edge_int8
