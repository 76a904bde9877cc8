#include "src/base/named_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <system_error>

#include "src/base/error.h"
#include "src/base/rank_share.h"

namespace edge_int8 {

namespace {

std::filesystem::path MakeNamed(const std::filesystem::path& wanted) {
  std::filesystem::path path = wanted;
  std::error_code error;
  std::filesystem::create_directories(wanted.parent_path(), error);
  for (int number = 2; !std::filesystem::create_directory(path, error);
       ++number) {
    if (error) FailInput(path.string(), error.message());
    path = wanted;
    path += fmt::format("-{}", number);
  }
  return path;
}

}  // namespace

NamedFolder::NamedFolder(const std::filesystem::path& wanted)
    : path_(FromRoot([&] { return MakeNamed(wanted).string(); })) {}

NamedFolder::~NamedFolder() {
  if (IsRoot()) rmdir(path_.c_str());
}

}  // namespace edge_int8
