#include "src/formats/npz.h"

#include <fmt/format.h>

#include "src/base/error.h"

namespace edge_int8 {

std::vector<std::string> Npz::Names() const {
  std::vector<std::string> names;
  for (const std::string& entry : archive_.names()) {
    if (!entry.ends_with(".npy")) {
      FailInput(fmt::format("{}, entry '{}'", archive_.where(), entry),
                "expected a name that ends in .npy");
    }
    names.push_back(entry.substr(0, entry.size() - 4));
  }
  return names;
}

NpyArray Npz::Read(const std::string& name) const {
  const std::string entry = name + ".npy";
  return {fmt::format("{}, entry '{}'", archive_.where(), entry),
          archive_.Read(entry, kMostArrayBytes)};
}

}  // namespace edge_int8
