// Which files train, validate and test, by a seed or by name. Tested by
// file_split_test.cc against CPython for every number of files from 1 to 600.
#ifndef EDGE_INT8_SRC_POSE_FILE_SPLIT_H_
#define EDGE_INT8_SRC_POSE_FILE_SPLIT_H_

#include <string>
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

// Files whose name holds a match of `pattern` (ECMAScript, as std::regex reads
// it) test, in index order; the others in shuffled order give their last
// floor(0.15 * n) to val and the rest to train. Throws kUsage for a pattern
// that is none, or that holds out no file or all of them.
FileSplit HoldOut(const std::vector<std::string>& names,
                  const std::string& pattern);

// Whether each name holds a match. Throws kUsage.
std::vector<bool> MatchNames(const std::vector<std::string>& names,
                             const std::string& pattern);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_POSE_FILE_SPLIT_H_
