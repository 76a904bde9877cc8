// A zip archive in memory with its members stored and no timestamps, so that
// the same members give the same bytes: .npz and .pth files. Tested by
// npz_writer_test.cc and state_dict_writer_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_STORED_ZIP_H_
#define EDGE_INT8_SRC_FORMATS_STORED_ZIP_H_

#include <string>
#include <utility>
#include <vector>

namespace edge_int8 {

// Member name and content, in the order they are written.
using ZipMembers = std::vector<std::pair<std::string, std::string>>;

std::string StoredZip(const ZipMembers& members);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_STORED_ZIP_H_
