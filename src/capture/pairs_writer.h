// Writes a folder of the pairs layout window by window; it appears whole or not
// at all. Tested by import_capture_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_PAIRS_WRITER_H_
#define EDGE_INT8_SRC_CAPTURE_PAIRS_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "src/base/new_folder.h"
#include "src/base/output_file.h"
#include "src/base/tensor.h"
#include "src/capture/value_scale.h"
#include "src/formats/npy_stream.h"

namespace edge_int8 {

// The file that only an imported folder has: what was read, what was left out
// and why, hashes. --force replaces folders that hold it.
inline constexpr std::string_view kImportFile = "import.json";

// The type and shape of one row of an array.
struct RowType {
  std::string dtype;  // NumPy's: "<f4"
  int64_t item_size = 4;
  Shape row;
};

class PairsWriter {
 public:
  PairsWriter(const std::filesystem::path& out, IfExists if_exists,
              const RowType& x, const RowType& y);

  // Rows of both arrays, `windows` of them, all of recording `group`.
  void Add(std::span<const std::byte> x, std::span<const std::byte> y,
           int64_t windows, int64_t group);
  int64_t windows() const { return x_.rows(); }

  struct Facts {
    std::vector<std::string> group_names;
    std::vector<std::string> joints;
    std::string unit;
  };
  // `report` becomes import.json. Returns x_scale.
  double Commit(const ScaleChoice& scale, const Facts& facts,
                nlohmann::ordered_json report);

 private:
  NewFolder folder_;
  const bool floats_;  // x is float32, so that its percentile can be found
  NpyStream x_, y_, groups_;
  SizeRanks ranks_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_PAIRS_WRITER_H_
