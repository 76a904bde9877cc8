#include "src/capture/pairs_writer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "src/base/error.h"
#include "src/pose/pairs_description.h"

namespace edge_int8 {
namespace {

FolderMark ImportMark() {
  return {std::string(kImportFile),
          "an imported set",
          {std::string(kImportFile), std::string(kPairsFile), "x.npy", "y.npy",
           "groups.npy"}};
}

}  // namespace

PairsWriter::PairsWriter(const std::filesystem::path& out, IfExists if_exists,
                         const RowType& x, const RowType& y)
    : folder_(out, if_exists, ImportMark()),
      floats_(x.dtype == "<f4"),
      x_(folder_.path() / "x.npy", x.dtype, x.item_size, x.row),
      y_(folder_.path() / "y.npy", y.dtype, y.item_size, y.row),
      groups_(folder_.path() / "groups.npy", "<i8", sizeof(int64_t), {}) {}

void PairsWriter::Add(std::span<const std::byte> x,
                      std::span<const std::byte> y, int64_t windows,
                      int64_t group) {
  x_.Append(x);
  y_.Append(y);
  for (int64_t i = 0; i < windows; ++i) {
    groups_.Append(std::span<const int64_t>(&group, 1));
  }
  if (floats_) {
    ranks_.Add(
        {reinterpret_cast<const float*>(x.data()), x.size() / sizeof(float)});
  }
}

double PairsWriter::Commit(const ScaleChoice& scale, const Facts& facts,
                           nlohmann::ordered_json report) {
  Check(x_.rows() == y_.rows() && x_.rows() == groups_.rows(),
        "arrays of different lengths");
  x_.Commit();
  y_.Commit();
  groups_.Commit();
  const double x_scale = FindScale(scale, ranks_, folder_.path() / "x.npy");
  nlohmann::ordered_json description = {
      {"layout", kPairsLayout}, {"kind", "real"},
      {"x", "x.npy"},           {"y", "y.npy"},
      {"groups", "groups.npy"}, {"group_names", facts.group_names},
      {"x_scale", x_scale}};
  if (!facts.joints.empty()) description["joints"] = facts.joints;
  if (!facts.unit.empty()) description["unit"] = facts.unit;
  description["provenance"] = report["provenance"];
  WriteFile(folder_.path() / kPairsFile, description.dump(2) + "\n",
            IfExists::kFail);
  report["windows"] = x_.rows();
  report["x_scale"] = x_scale;
  WriteFile(folder_.path() / kImportFile, report.dump(2) + "\n",
            IfExists::kFail);
  folder_.Commit();
  return x_scale;
}

}  // namespace edge_int8
