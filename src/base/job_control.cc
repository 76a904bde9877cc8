#include "src/base/job_control.h"

#include <fmt/format.h>

#include <utility>

#include "src/base/as_size.h"
#include "src/base/error.h"

namespace edge_int8 {
namespace {

constexpr double kGraceSeconds = 0.3;  // launchers kill after about 1 s
constexpr int kInterruptedCode = static_cast<int>(ErrorKind::kInterrupted);

bool IsEverybodys(int code) {
  return code == static_cast<int>(ErrorKind::kUsage) ||
         code == static_cast<int>(ErrorKind::kGate) || code == kInterruptedCode;
}

}  // namespace

JobControl::JobControl(int rank, std::vector<std::string> hosts,
                       double silence_s)
    : rank_(rank),
      hosts_(std::move(hosts)),
      silence_s_(silence_s),
      heard_(hosts_.size()) {}

void JobControl::Heard(int rank, double now) { heard_[AsSize(rank)] = now; }

void JobControl::Excuse(double now) {
  for (std::optional<double>& heard : heard_) {
    if (heard) heard = now;
  }
}

void JobControl::Failed(int rank, const Communicator::Ending& failure,
                        double now) {
  if (failures_.empty()) first_failure_ = now;
  failures_.emplace(rank, failure);
}

std::optional<int> JobControl::Silent(double now) const {
  const auto silent = [&](std::size_t r, double longer) {
    return heard_[r] && now - *heard_[r] > silence_s_ + longer;
  };
  if (rank_ > 0) {
    // One after the other, so that one of them speaks.
    return silent(0, 2.0 * (rank_ - 1)) ? std::optional(0) : std::nullopt;
  }
  for (std::size_t r = 1; r < heard_.size(); ++r) {
    if (silent(r, 0)) return static_cast<int>(r);
  }
  return std::nullopt;
}

Communicator::Ending JobControl::Described(
    int rank, const Communicator::Ending& failure) const {
  if (failure.text.empty() || (rank == 0 && IsEverybodys(failure.code))) {
    return failure;
  }
  return {failure.code,
          fmt::format("rank {} of {} on {}: {}", rank, hosts_.size(),
                      hosts_[AsSize(rank)], failure.text)};
}

std::optional<Communicator::Ending> JobControl::Verdict(double now) const {
  if (failures_.empty()) return std::nullopt;
  const auto& [first, own] = *failures_.begin();
  const bool certain = first == 0 && own.code != kInterruptedCode;
  if (!certain && now - first_failure_ < kGraceSeconds) return std::nullopt;
  for (const auto& [rank, failure] : failures_) {
    if (failure.code != kInterruptedCode) return Described(rank, failure);
  }
  return Described(first, own);
}

}  // namespace edge_int8
