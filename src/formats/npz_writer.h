// Writes .npz archives (stored, like np.savez; no timestamps, so the same
// members give the same bytes). Tested by npz_writer_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_NPZ_WRITER_H_
#define EDGE_INT8_SRC_FORMATS_NPZ_WRITER_H_

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "src/base/output_file.h"

namespace edge_int8 {

// Array name without ".npy", and the .npy file's bytes (npy_writer.h).
using NpzMembers = std::vector<std::pair<std::string, std::string>>;

void WriteNpz(const std::filesystem::path& path, const NpzMembers& members,
              IfExists if_exists);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_NPZ_WRITER_H_
