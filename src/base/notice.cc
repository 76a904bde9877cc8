#include "src/base/notice.h"

#include <cstdio>
#include <string>

namespace edge_int8 {

void SayNote(std::string_view text) {
  const std::string line = "edge-int8: note: " + std::string(text) + "\n";
  std::fputs(line.c_str(), stderr);
}

}  // namespace edge_int8
