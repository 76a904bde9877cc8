// Writes the two pickles upstream's layout holds: an object array of str
// (inside an .npy) and a dict of dicts of int (file_mappings.pkl). Python and
// the allow-list reader load them. Tested by pickle_writer_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_PICKLE_WRITER_H_
#define EDGE_INT8_SRC_FORMATS_PICKLE_WRITER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace edge_int8 {

// numpy.ndarray of shape (n,) and dtype object, protocol 3 as np.save's.
std::string PickleObjectArray(const std::vector<std::string>& values);

// Keeps the given order, as Python's dict does. Protocol 2.
using IntFields = std::vector<std::pair<std::string, int64_t>>;
std::string PickleDictOfDicts(
    const std::vector<std::pair<std::string, IntFields>>& entries);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_PICKLE_WRITER_H_
