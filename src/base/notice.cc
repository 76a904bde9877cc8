#include "src/base/notice.h"

#include <cstdio>
#include <string>
#include <utility>

namespace edge_int8 {

namespace {
std::function<void(std::string_view)> listener;
}  // namespace

void HearNotes(std::function<void(std::string_view)> hear) {
  listener = std::move(hear);
}

void SayNote(std::string_view text) {
  if (listener) return listener(text);
  const std::string line = "edge-int8: note: " + std::string(text) + "\n";
  std::fputs(line.c_str(), stderr);
}

}  // namespace edge_int8
