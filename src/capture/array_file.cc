#include "src/capture/array_file.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "src/base/error.h"
#include "src/capture/byte_stream.h"
#include "src/capture/hdf5_arrays.h"
#include "src/capture/isolated_call.h"
#include "src/capture/mat5_arrays.h"

namespace edge_int8 {
namespace {

enum class Container { kMat5, kMat73, kHdf5 };

constexpr std::string_view kHdf5Magic = "\x89HDF\r\n\x1a\n";

// MATLAB 7.3 puts a text of 512 bytes before HDF5's own first bytes.
Container ContainerOf(const std::filesystem::path& file) {
  FileStream bytes(file, false);
  std::array<char, 520> start{};
  const std::string_view text(start.data(), bytes.Read(start));
  if (text.starts_with(kHdf5Magic)) return Container::kHdf5;
  if (text.size() == start.size() && text.substr(512) == kHdf5Magic) {
    return text.starts_with("MATLAB") ? Container::kMat73 : Container::kHdf5;
  }
  if (text.size() >= 128 &&
      (text.substr(126, 2) == "IM" || text.substr(126, 2) == "MI")) {
    return Container::kMat5;
  }
  FailInput(file.string(),
            "is neither a MATLAB file (version 5 to 7.3) nor HDF5");
}

int64_t MostMemory(const std::filesystem::path& file) {
  const auto size = static_cast<int64_t>(std::filesystem::file_size(file));
  return 40 * size + (int64_t{1} << 30);
}

}  // namespace

std::vector<ArrayInfo> ListArrays(const std::filesystem::path& file) {
  const Container container = ContainerOf(file);
  const std::string text =
      CallIsolated(file.string(), MostMemory(file), [&]() -> std::string {
        nlohmann::json list = nlohmann::json::array();
        const std::vector<ArrayInfo> arrays =
            container == Container::kMat5
                ? ListMat5(file)
                : ListHdf5(file, container == Container::kMat73);
        for (const ArrayInfo& array : arrays) {
          list.push_back({array.name, array.shape, array.dtype});
        }
        // Names are bytes of the file, UTF-8 or not.
        return list.dump(-1, ' ', false,
                         nlohmann::json::error_handler_t::replace);
      });
  std::vector<ArrayInfo> arrays;
  for (const auto& array : nlohmann::json::parse(text)) {
    arrays.push_back({array[0], array[1].get<Shape>(), array[2]});
  }
  return arrays;
}

void ExtractArray(const std::filesystem::path& file, const std::string& name,
                  WindowAxis axis, const std::filesystem::path& out) {
  const Container container = ContainerOf(file);
  CallIsolated(file.string(), MostMemory(file), [&] {
    if (container == Container::kMat5) {
      ExtractMat5(file, name, axis, out);
    } else {
      ExtractHdf5(file, container == Container::kMat73, name, axis, out);
    }
    return std::string();
  });
}

}  // namespace edge_int8
