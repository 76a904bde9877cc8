// Scratch memory that running threads borrow: as many pieces as were ever
// needed at once, made when none is free, so that no count of threads has to be
// known before. Any threads may borrow at once. Tested by scratch_pool_test.cc.
#ifndef EDGE_INT8_SRC_BASE_SCRATCH_POOL_H_
#define EDGE_INT8_SRC_BASE_SCRATCH_POOL_H_

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace edge_int8 {

template <typename T>
class ScratchPool {
 public:
  explicit ScratchPool(std::function<T()> make) : make_(std::move(make)) {}

  // Calls use(T&) with a piece that no other thread has meanwhile. What `use`
  // throws goes on, and the piece is not lent again.
  template <typename Use>
  void Lend(const Use& use) {
    T piece = Take();
    use(piece);
    const std::scoped_lock lock(mutex_);
    free_.push_back(std::move(piece));
  }

 private:
  T Take() {
    {
      const std::scoped_lock lock(mutex_);
      if (!free_.empty()) {
        T piece = std::move(free_.back());
        free_.pop_back();
        return piece;
      }
    }
    return make_();  // Others need not wait for it.
  }

  const std::function<T()> make_;
  std::mutex mutex_;
  std::vector<T> free_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_SCRATCH_POOL_H_
