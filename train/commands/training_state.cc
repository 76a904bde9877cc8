#include "train/commands/training_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/base/json_place.h"
#include "src/base/output_file.h"
#include "src/base/sha256.h"

namespace edge_int8::train {
namespace {

constexpr std::string_view kMagic = "edge-int8 training state 1\n";

std::string Hash(std::string_view text) {
  return Sha256(std::as_bytes(std::span(text)));
}

std::string_view Bytes(const at::Tensor& x) {
  return {static_cast<const char*>(x.data_ptr()), x.nbytes()};
}

}  // namespace

// Layout: magic, SHA-256 of the rest in hex, newline, a line of JSON (counters
// and the tensors' names and lengths), then the tensors' floats.
void SaveTrainingState(const std::filesystem::path& path,
                       const TrainingState& state) {
  nlohmann::json sizes = nlohmann::json::object();
  std::string values;
  for (const auto& [name, tensor] : state.tensors) {
    const at::Tensor flat = tensor.detach().cpu().contiguous();
    Check(flat.scalar_type() == at::kFloat, "training state holds floats");
    sizes[name] = flat.numel();
    values += Bytes(flat);
  }
  const nlohmann::json head = {{"counters", state.counters},
                               {"tensors", sizes}};
  const std::string body = head.dump() + "\n" + values;
  OutputFile file(path, IfExists::kReplace);
  file.Write(kMagic);
  file.Write(Hash(body) + "\n");
  file.Write(body);
  file.Commit();
}

TrainingState LoadTrainingState(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    FailInput(path.string(), "no training state to resume from");
  }
  const std::string all((std::istreambuf_iterator<char>(file)),
                        std::istreambuf_iterator<char>());
  constexpr std::size_t kHash = 64;
  const std::size_t start = kMagic.size() + kHash + 1;
  if (!all.starts_with(kMagic) || all.size() < start ||
      Hash(std::string_view(all).substr(start)) !=
          all.substr(kMagic.size(), kHash)) {
    FailInput(path.string(),
              "not a whole training state; start again without "
              "--resume");
  }
  // The hash finds accidents. Someone else's file may still say anything.
  const std::size_t line = std::min(all.find('\n', start), all.size());
  const auto head =
      nlohmann::json::parse(all.substr(start, line - start), nullptr, false);
  if (head.is_discarded()) FailInput(path.string(), "its header is not JSON");
  const JsonPlace top(head, path.string());
  TrainingState state{.tensors = {}, .counters = top.At("counters").value()};
  std::size_t at = std::min(line + 1, all.size());
  for (const auto& [name, size] : top.At("tensors").Members()) {
    const int64_t count = size.Integer();
    const auto left = static_cast<int64_t>((all.size() - at) / sizeof(float));
    if (count < 0 || count > left) {
      size.Fail(fmt::format(
          "expected at most {} values, which the file has left", left));
    }
    at::Tensor tensor = at::empty({count}, at::kFloat);
    std::memcpy(tensor.data_ptr(), all.data() + at, tensor.nbytes());
    at += tensor.nbytes();
    state.tensors.emplace(name, std::move(tensor));
  }
  if (at != all.size()) {
    FailInput(path.string(), fmt::format("{} bytes too many", all.size() - at));
  }
  return state;
}

void TakeApart(const std::filesystem::path& path,
               const std::function<void()>& body) {
  const auto fail = [&](std::string_view why) {
    FailInput(path.string(),
              fmt::format("is not a state of this run: {}", why));
  };
  try {
    body();
  } catch (const nlohmann::json::exception& error) {
    fail(error.what());
  } catch (const std::out_of_range&) {
    fail("a tensor is missing");
  } catch (const c10::Error& error) {
    fail(error.what_without_backtrace());
  }
}

}  // namespace edge_int8::train
