// A line on stderr about work that went on in another way than was asked for:
// what fell back, and why. Tested by notice_test.cc.
#ifndef EDGE_INT8_SRC_BASE_NOTICE_H_
#define EDGE_INT8_SRC_BASE_NOTICE_H_

#include <string_view>

namespace edge_int8 {

// "edge-int8: note: TEXT". A closed stderr is no error.
void SayNote(std::string_view text);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_NOTICE_H_
