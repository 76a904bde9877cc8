#include "src/run/live_page.h"

#include <system_error>

#include "src/base/mapped_file.h"

namespace edge_int8 {
namespace {

std::string TextOfFile(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  return {reinterpret_cast<const char*>(mapped.bytes().data()),
          mapped.bytes().size()};
}

}  // namespace

std::string LivePage(const std::filesystem::path& file) {
  if (!file.empty()) return TextOfFile(file);
  std::error_code ignored;
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::filesystem::path root = program.parent_path().parent_path();
  for (const std::filesystem::path& page :
       {root / "share/edge-int8/live.html", root / "web/index.html"}) {
    if (std::filesystem::is_regular_file(page, ignored)) {
      return TextOfFile(page);
    }
  }
  return "";
}

}  // namespace edge_int8
