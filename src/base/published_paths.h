// Paths that a signal handler may read at any moment: the files that are mapped
// (mapped_file.h) and the temporary ones that an end without destructors must
// take away (output_file.h). Tested by mapped_file_test.cc and
// output_file_test.cc.
//
// A list that only grows and whose entries are used again: a handler walks it
// without a lock while other threads publish and withdraw.
#ifndef EDGE_INT8_SRC_BASE_PUBLISHED_PATHS_H_
#define EDGE_INT8_SRC_BASE_PUBLISHED_PATHS_H_

#include <atomic>
#include <cstdint>
#include <string>

namespace edge_int8 {

class PublishedPaths {
 public:
  struct Entry {
    std::atomic<bool> taken = true;  // somebody's, visible or not yet
    std::atomic<bool> visible = false;
    std::string path;  // changes only while it is not visible
    std::uintptr_t begin = 0, end = 0;
    Entry* next = nullptr;
  };

  // [begin, end) are addresses that belong to the path, if any do.
  Entry* Publish(std::string path, std::uintptr_t begin = 0,
                 std::uintptr_t end = 0);
  static void Withdraw(Entry* entry);

  // Async-signal-safe as far as `visit(entry)` is.
  template <class Visit>
  void ForEach(const Visit& visit) const {
    for (const Entry* e = head_.load(); e != nullptr; e = e->next) {
      if (e->visible.load()) visit(*e);
    }
  }

 private:
  Entry* Take();

  std::atomic<Entry*> head_ = nullptr;  // entries live as long as the program
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_PUBLISHED_PATHS_H_
