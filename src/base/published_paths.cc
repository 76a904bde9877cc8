#include "src/base/published_paths.h"

#include <utility>

namespace edge_int8 {

PublishedPaths::Entry* PublishedPaths::Take() {
  for (Entry* e = head_.load(); e != nullptr; e = e->next) {
    bool free = false;
    if (e->taken.compare_exchange_strong(free, true)) return e;
  }
  auto* const made = new Entry;
  made->next = head_.load();
  while (!head_.compare_exchange_weak(made->next, made)) {
  }
  return made;
}

PublishedPaths::Entry* PublishedPaths::Publish(std::string path,
                                               std::uintptr_t begin,
                                               std::uintptr_t end) {
  Entry* const entry = Take();
  entry->path = std::move(path);
  entry->begin = begin;
  entry->end = end;
  entry->visible.store(true);
  return entry;
}

void PublishedPaths::Withdraw(Entry* entry) {
  entry->visible.store(false);
  entry->taken.store(false);
}

}  // namespace edge_int8
