// A line on stderr about work that went on in another way than was asked for:
// what fell back, and why. Tested by notice_test.cc.
#ifndef EDGE_INT8_SRC_BASE_NOTICE_H_
#define EDGE_INT8_SRC_BASE_NOTICE_H_

#include <functional>
#include <string_view>

namespace edge_int8 {

// "edge-int8: note: TEXT". A closed stderr is no error.
void SayNote(std::string_view text);

// Gives notes to `hear` instead, from whichever thread they come; nothing goes
// back to stderr. To be called before any work.
void HearNotes(std::function<void(std::string_view)> hear);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_NOTICE_H_
