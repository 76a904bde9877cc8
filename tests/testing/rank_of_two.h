// This process as one rank of a job of two, whose other rank says what a test
// makes it say: for what several ranks share out, without MPI.
#ifndef EDGE_INT8_TESTS_TESTING_RANK_OF_TWO_H_
#define EDGE_INT8_TESTS_TESTING_RANK_OF_TWO_H_

#include <memory>
#include <utility>
#include <vector>

#include "src/base/communicator.h"

namespace edge_int8 {

class StubRank : public Communicator {
 public:
  using Bytes = std::vector<std::byte>;
  StubRank(int rank, Bytes others, Bytes& said)
      : rank_(rank), others_(std::move(others)), said_(said) {}

  int rank() const override { return rank_; }
  int size() const override { return 2; }
  int local_rank() const override { return rank_; }
  std::string host(int) const override { return "here"; }
  void Barrier() override {}
  std::vector<Bytes> AllGather(std::span<const std::byte> mine) override {
    said_.assign(mine.begin(), mine.end());
    std::vector<Bytes> all = {said_, others_};
    if (rank_ == 1) std::swap(all[0], all[1]);
    return all;
  }
  void Broadcast(Bytes&) override {}
  void Sum(std::span<int64_t>) override {}
  void Send(int, std::string_view) override {}
  Message Receive() override { return {}; }
  std::optional<Message> Poll() override { return {}; }
  Ending Fail(int code, const std::string& text) override {
    return {code, text};
  }
  std::optional<Ending> ending() const override { return {}; }
  void Leave() override {}

 private:
  const int rank_;
  const Bytes others_;
  Bytes& said_;
};

// While it lives; `others` is what the other rank gives to each AllGather().
class RankOfTwo {
 public:
  explicit RankOfTwo(int rank, StubRank::Bytes others = {}) {
    SetWorld(std::make_unique<StubRank>(rank, std::move(others), said_));
  }
  ~RankOfTwo() { SetWorld(nullptr); }
  RankOfTwo(const RankOfTwo&) = delete;
  RankOfTwo& operator=(const RankOfTwo&) = delete;
  // What this rank gave to the last AllGather().
  const StubRank::Bytes& said() const { return said_; }

 private:
  StubRank::Bytes said_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_TESTS_TESTING_RANK_OF_TWO_H_
