#include "src/base/error.h"

#include <fmt/format.h>

namespace edge_int8 {

void FailInput(std::string_view where, std::string_view what) {
  throw Error(ErrorKind::kBadInput, fmt::format("{}: {}", where, what));
}

void FailUsage(std::string_view what) {
  throw Error(ErrorKind::kUsage, std::string(what));
}

void Check(bool ok, std::string_view what, std::source_location at) {
  if (ok) return;
  throw Error(ErrorKind::kInternal,
              fmt::format("internal error at {}:{}: {}", at.file_name(),
                          at.line(), what));
}

}  // namespace edge_int8
