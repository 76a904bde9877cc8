#include "src/base/communicator.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <utility>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

class SingleProcess : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  int local_rank() const override { return 0; }
  std::string host(int) const override {
    std::array<char, 256> name = {};
    gethostname(name.data(), name.size() - 1);
    return name.data();
  }
  void Barrier() override {}
  std::vector<std::vector<std::byte>> AllGather(
      std::span<const std::byte> mine) override {
    return {{mine.begin(), mine.end()}};
  }
  void Broadcast(std::vector<std::byte>&) override {}
  void Sum(std::span<int64_t>) override {}
  void Send(int, std::string_view) override {
    Check(false, "one process has nobody to send to");
  }
  Message Receive() override {
    Check(false, "one process has nobody to hear from");
    return {};
  }
  std::optional<Message> Poll() override { return {}; }
  Ending Fail(int code, const std::string& text) override {
    return {code, text};
  }
  std::optional<Ending> ending() const override { return {}; }
  void Leave() override {}
};

SingleProcess& Single() {
  static SingleProcess single;
  return single;
}

std::unique_ptr<Communicator>& JobsOwn() {
  static std::unique_ptr<Communicator> job;
  return job;
}

// Changed by the main thread; what works for it on another one reads it.
std::atomic<int> alone_depth = 0;

}  // namespace

Communicator& World() {
  Communicator* const job = Job();
  return job == nullptr || alone_depth > 0 ? Single() : *job;
}

void SetWorld(std::unique_ptr<Communicator> world) {
  JobsOwn() = std::move(world);
}

Communicator* Job() { return JobsOwn().get(); }

bool IsRoot() { return Job() == nullptr || Job()->rank() == 0; }

Alone::Alone() { ++alone_depth; }
Alone::~Alone() { --alone_depth; }

}  // namespace edge_int8
