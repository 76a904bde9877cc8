// The cost model of docs/scaling.md: how long an epoch of training and a search
// take on 1 to 512 ranks, from pieces measured on one machine. Prints that
// page's tables.
//
//   scaling_model [NAME=VALUE...]      e.g. train_window_ms=9.1 latency_us=5
//
// A step of training is as long as the rank with the most micro-batches takes,
// then one sum of all gradients and, for each batch norm, two small meetings.
// A search is played through: tasks are handed to the first free rank, phase
// after phase, and the refinement, where a plan follows from the one before,
// gains only what is measured in advance.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Pieces = std::map<std::string, double, std::less<>>;

// Measured on one core unless it says otherwise (docs/scaling.md).
Pieces DefaultPieces() {
  return {
      // Of `full`, one core: a window forward and backward, and forward alone.
      {"train_window_ms", 11.6},
      {"validate_window_ms", 3.0},
      {"step_ms", 10.0},  // optimizer and rounding of gradients, every rank
      {"parameters", 2225042},
      {"meetings", 86},         // two for each batch norm, one for the loss
      {"meeting_values", 500},  // numbers of one micro-batch at one of them
      {"micro_batch", 16},
      {"train_windows", 246528},
      {"validation_windows", 51840},
      {"window_bytes", 43200},
      {"disk_gbyte", 2.0},       // of the file system, all ranks together
      {"hash_gbyte", 1.2},       // SHA-256 on one core, rank 0 alone
      {"startup_s", 1.0},        // launcher and connections
      {"startup_rank_ms", 5.0},  // more of it for each rank
      {"latency_us", 20},        // of a message, with what waits for it
      // Of the search.
      {"score_windows", 1500},
  };
}

double LogRanks(double ranks) { return std::ceil(std::log2(ranks)); }

// What the tables vary.
struct Job {
  double ranks = 1, batch = 64, gbit = 10;
};

double LatencySeconds(const Pieces& p, const Job& job) {
  return 2 * LogRanks(job.ranks) * p.at("latency_us") * 1e-6;
}

// Rabenseifner: every byte leaves and enters a rank about twice.
double SumSeconds(const Pieces& p, const Job& job, double bytes) {
  if (job.ranks < 2) return 0;
  return LatencySeconds(p, job) +
         2 * (job.ranks - 1) / job.ranks * bytes / (job.gbit * 1e9 / 8);
}

// Sizes first, then what all ranks have, by doubling.
double MeetingSeconds(const Pieces& p, const Job& job, double bytes) {
  if (job.ranks < 2) return 0;
  return LatencySeconds(p, job) + bytes / (job.gbit * 1e9 / 8);
}

struct Step {
  double compute = 0, meetings = 0, sum = 0;
  double total() const { return compute + meetings + sum; }
};

Step StepOf(const Pieces& p, const Job& job) {
  const double micros = std::ceil(job.batch / p.at("micro_batch"));
  const double most = std::ceil(micros / job.ranks);
  Step step;
  step.compute = 1e-3 * (std::min(most * p.at("micro_batch"), job.batch) *
                             p.at("train_window_ms") +
                         p.at("step_ms"));
  step.meetings = p.at("meetings") *
                  MeetingSeconds(p, job, 8 * p.at("meeting_values") * micros);
  step.sum = SumSeconds(p, job, 8 * p.at("parameters"));
  return step;
}

double StartSeconds(const Pieces& p, double ranks) {
  const double windows = p.at("train_windows") + p.at("validation_windows");
  const double gbyte = 1e-9 * windows * p.at("window_bytes");
  return p.at("startup_s") + 1e-3 * ranks * p.at("startup_rank_ms") +
         gbyte / p.at("disk_gbyte") + gbyte / p.at("hash_gbyte");
}

double EpochSeconds(const Pieces& p, const Job& job) {
  const double steps = std::ceil(p.at("train_windows") / job.batch);
  const double read =
      1e-9 * p.at("train_windows") * p.at("window_bytes") / p.at("disk_gbyte");
  const double validation =
      std::ceil(p.at("validation_windows") / 64 / job.ranks) * 64e-3 *
      p.at("validate_window_ms");
  return std::max(steps * StepOf(p, job).total(), read) + validation;
}

// What each of these takes for one variant, on one core.
struct Variant {
  const char* name;
  double score_ms;  // of a window, by the engine
  double make_s;    // a candidate before it is scored: plan, lowering, packing
  double repair_s;  // of a plan as a whole
  int weights, activations;  // tensors that have a choice
};
// `half` as measured; the others by their multiply-accumulates.
constexpr Variant kVariants[] = {
    {"full", 0.53, 0.12, 29, 61, 52},
    {"half", 0.18, 0.037, 9, 61, 52},
    {"quarter", 0.065, 0.015, 3.3, 59, 52},
    {"tiny", 0.025, 0.008, 1.2, 59, 52},
};

// Tasks of these lengths, in this order, each to the rank that is free first.
double FarmSeconds(const std::vector<double>& tasks, int ranks) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free;
  for (int r = 0; r < ranks; ++r) free.push(0);
  double end = 0;
  for (const double task : tasks) {
    const double done = free.top() + task;
    free.pop();
    free.push(done);
    end = std::max(end, done);
  }
  return end;
}

double SearchSeconds(const Pieces& p, const Variant& v, int ranks) {
  const double score = v.make_s + 1e-3 * v.score_ms * p.at("score_windows");
  const double repaired = v.repair_s + score;
  const auto of = [](int count, double each) {
    return std::vector<double>(static_cast<std::size_t>(count), each);
  };
  double seconds = p.at("startup_s") + 1e-3 * ranks * p.at("startup_rank_ms");
  // The two uniform plans are repaired by one rank each.
  seconds += FarmSeconds(of(2, v.repair_s), ranks);
  seconds += FarmSeconds(of(2, score), ranks);
  seconds += FarmSeconds(of(2 * (v.weights + v.activations), score), ranks);
  seconds += FarmSeconds(of(24, score), ranks);
  // 64 refinements; one in three is taken and ends what was begun after it.
  constexpr int kRefinements = 64, kTaken = 3;
  const int rounds = kRefinements / kTaken;
  seconds += rounds * FarmSeconds(of(kTaken, score), ranks);
  seconds += FarmSeconds(of(4, repaired), ranks);
  seconds += FarmSeconds(of(4, repaired), ranks);
  // What is chosen is made once more, by every rank, and scored on the test
  // split by all.
  return seconds + v.repair_s + score / ranks;
}

std::string Time(double seconds) {
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.1f} min", seconds / 60);
  return fmt::format("{:.2f} h", seconds / 3600);
}

constexpr int kRanks[] = {1, 2, 4, 8, 64, 512};

void PrintTraining(const Pieces& pieces) {
  fmt::print(
      "| --batch | ranks | step at 100 Gb/s | of it waiting at 10 | 25 | "
      "100 Gb/s | epoch at 10 | 25 | 100 Gb/s | times 1 rank, at 100 Gb/s |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n");
  for (const double batch : {64.0, 1024.0, 8192.0}) {
    for (const int ranks : kRanks) {
      std::string waiting, epochs;
      Job job{static_cast<double>(ranks), batch};
      for (const double gbit : {10.0, 25.0, 100.0}) {
        job.gbit = gbit;
        const Step step = StepOf(pieces, job);
        waiting +=
            fmt::format(" {:.0f} ms |", 1e3 * (step.meetings + step.sum));
        epochs += fmt::format(" {} |", Time(EpochSeconds(pieces, job)));
      }
      const Job alone{1, batch, job.gbit};
      fmt::print("| {:.0f} | {} | {:.2f} s |{}{} {:.1f} |\n", batch, ranks,
                 StepOf(pieces, job).total(), waiting, epochs,
                 EpochSeconds(pieces, alone) / EpochSeconds(pieces, job));
    }
  }
  fmt::print("\nBegin of a training: {} on 1 rank, {} on 512.\n",
             Time(StartSeconds(pieces, 1)), Time(StartSeconds(pieces, 512)));
}

void PrintSearch(const Pieces& pieces) {
  fmt::print("\n| ranks |");
  for (const Variant& v : kVariants) fmt::print(" {} | times |", v.name);
  fmt::print("\n|---|---|---|---|---|---|---|---|---|\n");
  for (const int ranks : kRanks) {
    fmt::print("| {} |", ranks);
    for (const Variant& v : kVariants) {
      const double seconds = SearchSeconds(pieces, v, ranks);
      fmt::print(" {} | {:.1f} |", Time(seconds),
                 SearchSeconds(pieces, v, 1) / seconds);
    }
    fmt::print("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  Pieces pieces = DefaultPieces();
  for (int i = 1; i < argc; ++i) {
    const std::string_view text(argv[i]);
    const std::size_t equals = text.find('=');
    const auto piece = pieces.find(text.substr(0, equals));
    if (equals == std::string_view::npos || piece == pieces.end()) {
      fmt::print(stderr, "{}: expected NAME=VALUE, NAME one of:", text);
      for (const auto& [name, value] : pieces) fmt::print(stderr, " {}", name);
      fmt::print(stderr, "\n");
      return 2;
    }
    piece->second = std::atof(argv[i] + equals + 1);
  }
  PrintTraining(pieces);
  PrintSearch(pieces);
  return 0;
}
