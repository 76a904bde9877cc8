#include "src/run/version.h"

#include <string>

#include "edge_int8_version.h"  // written by cmake/version.cmake at each build

namespace edge_int8 {

std::string_view VersionNumber() { return EDGE_INT8_VERSION; }
std::string_view BuildCommit() { return EDGE_INT8_COMMIT; }
std::string_view CompilerText() { return EDGE_INT8_COMPILER; }

std::string_view VersionText() {
  static const std::string text = "edge-int8 " + std::string(VersionNumber()) +
                                  ", commit " + std::string(BuildCommit()) +
                                  ", " + std::string(CompilerText());
  return text;
}

}  // namespace edge_int8
