#include "src/base/named_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

#include "src/base/error.h"

namespace edge_int8 {

NamedFolder::NamedFolder(const std::filesystem::path& wanted) : path_(wanted) {
  std::error_code error;
  std::filesystem::create_directories(wanted.parent_path(), error);
  for (int number = 2; !std::filesystem::create_directory(path_, error);
       ++number) {
    if (error) FailInput(path_.string(), error.message());
    path_ = wanted;
    path_ += fmt::format("-{}", number);
  }
}

NamedFolder::~NamedFolder() { rmdir(path_.c_str()); }

}  // namespace edge_int8
