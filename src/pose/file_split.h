// Which files train, validate and test. Tested by file_split_test.cc against
// CPython for every number of files from 1 to 600.
#ifndef EDGE_INT8_SRC_DATA_FILE_SPLIT_H_
#define EDGE_INT8_SRC_DATA_FILE_SPLIT_H_

#include <vector>

namespace edge_int8 {

inline constexpr unsigned kSplitSeed = 42;

// File indices in shuffled order.
struct FileSplit {
  std::vector<int> train;  // floor(0.7 * files)
  std::vector<int> val;    // floor(0.15 * files)
  std::vector<int> test;   // the rest
};
FileSplit SplitFiles(int files);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_DATA_FILE_SPLIT_H_
