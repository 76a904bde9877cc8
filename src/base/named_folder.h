// A folder whose name a program chooses, such as one of the second in which a
// run begins: two runs that choose the same name get two folders. Tested by
// named_folder_test.cc.
#ifndef EDGE_INT8_SRC_BASE_NAMED_FOLDER_H_
#define EDGE_INT8_SRC_BASE_NAMED_FOLDER_H_

#include <filesystem>

namespace edge_int8 {

class NamedFolder {
 public:
  // Makes `wanted`, or where that is there "wanted-2", "wanted-3", ...: whoever
  // makes a folder has it. Throws kBadInput when none can be made.
  explicit NamedFolder(const std::filesystem::path& wanted);
  // Takes it back when nothing came into it.
  ~NamedFolder();
  NamedFolder(const NamedFolder&) = delete;
  NamedFolder& operator=(const NamedFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_NAMED_FOLDER_H_
