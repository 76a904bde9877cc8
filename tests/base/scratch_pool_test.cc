#include "src/base/scratch_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace edge_int8 {
namespace {

using Piece = std::unique_ptr<std::atomic<int>>;

TEST(ScratchPool, LendsAPieceToOneThreadAtATime) {
  std::atomic<int> made{0}, shared{0};
  ScratchPool<Piece> pool([&] {
    ++made;
    return std::make_unique<std::atomic<int>>(0);
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int turn = 0; turn < 500; ++turn) {
        pool.Lend([&](Piece& piece) {
          if (++*piece > 1) ++shared;
          std::this_thread::yield();
          --*piece;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(shared, 0);
  EXPECT_GE(made, 1);
  EXPECT_LE(made, 8);
}

TEST(ScratchPool, MakesAnotherOnlyWhereNoneIsFree) {
  int made = 0;
  ScratchPool<int> pool([&] { return ++made; });
  for (int turn = 0; turn < 3; ++turn) {
    pool.Lend([](int& piece) { EXPECT_EQ(piece, 1); });
  }
  pool.Lend([&](int& outer) {
    pool.Lend([&](int& inner) { EXPECT_NE(outer, inner); });
  });
  EXPECT_EQ(made, 2);
}

TEST(ScratchPool, DoesNotLendAgainWhatAnErrorLeft) {
  int made = 0;
  ScratchPool<int> pool([&] { return ++made; });
  EXPECT_THROW(pool.Lend([](int&) { throw std::runtime_error("half done"); }),
               std::runtime_error);
  pool.Lend([](int& piece) { EXPECT_EQ(piece, 2); });
}

}  // namespace
}  // namespace edge_int8
