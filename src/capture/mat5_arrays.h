// Variables of MATLAB files up to version 7 by matio. Called in a process of
// its own.
#ifndef EDGE_INT8_SRC_CAPTURE_MAT5_ARRAYS_H_
#define EDGE_INT8_SRC_CAPTURE_MAT5_ARRAYS_H_

#include <filesystem>
#include <string>
#include <vector>

#include "src/capture/array_file.h"

namespace edge_int8 {

std::vector<ArrayInfo> ListMat5(const std::filesystem::path& file);
// The format holds at most 2 GB a variable, and a compressed one can't be read
// in parts without inflating it again: it is read as a whole, as far as a file
// of this size may justify.
void ExtractMat5(const std::filesystem::path& file, const std::string& name,
                 WindowAxis axis, const std::filesystem::path& out);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_MAT5_ARRAYS_H_
