#include "src/run/training_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "src/pose/pose_metric.h"

namespace edge_int8 {
namespace {

constexpr int64_t kMostEpochs = 1'000'000;

// As ToJson(Score) writes it.
void CheckScore(const JsonPlace& score) {
  score.At("samples").IntegerIn(0, kAnyCount);
  if (const auto top1 = score.Find("top1")) {
    top1->NumberIn(0, 1);
    return;
  }
  for (const int percent : kPckPercents) {
    score.At(fmt::format("pck@{}", percent)).NumberIn(0, 1);
  }
  if (!score.value().contains("mpjpe")) score.At("mpjpe");
  score.FindNumberIn("mpjpe", 0, kAnyNumber);
}

void CheckEpoch(const JsonPlace& epoch, int64_t number, bool simulated) {
  epoch.At("epoch").IntegerIn(number, number);
  CheckScore(epoch.At("val"));
  for (const char* key : {"loss", "lr", "seconds"}) {
    epoch.FindNumberIn(key, -kAnyNumber, kAnyNumber);
  }
  if (const auto skipped = epoch.Find("skipped_batches")) {
    skipped->IntegerIn(0, kAnyCount);
  }
  if (!simulated) return;
  CheckScore(epoch.At("simulated"));
  epoch.At("gap_lsb").IntegerIn(0, kAnyCount);
}

}  // namespace

TrainingRecord ReadTrainingRecord(const JsonPlace& counters, int first,
                                  bool simulated) {
  const JsonPlace place = counters.At("curve");
  const std::vector<JsonPlace> epochs = place.Items();
  if (epochs.empty() || std::ssize(epochs) > kMostEpochs) {
    place.Fail(fmt::format("expected 1 to {} epochs", kMostEpochs));
  }
  TrainingRecord record;
  for (const JsonPlace& epoch : epochs) {
    CheckEpoch(epoch, first + std::ssize(record.curve), simulated);
    record.curve.push_back(epoch.value());
  }
  const auto best = counters.Find("best");
  if (!best) return record;
  if (std::ranges::find(record.curve, best->value()) == record.curve.end()) {
    best->Fail("expected one of the epochs of the curve");
  }
  record.best = best->value();
  return record;
}

}  // namespace edge_int8
