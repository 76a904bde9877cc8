#include "src/formats/torch_zip.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/formats/byte_reader.h"
#include "src/formats/file_kind.h"
#include "src/formats/pickle.h"
#include "src/formats/zip_archive.h"

namespace edge_int8 {
namespace {

class TorchZip : public TensorFile {
 public:
  TorchZip(const std::string& where, std::span<const std::byte> bytes)
      : archive_(where, bytes), folder_(FindFolder()) {
    CheckByteOrder();
    const std::vector<std::byte> text =
        archive_.Read(folder_ + "data.pkl", kMostPickleBytes);
    const Pickle pickle(fmt::format("{}, entry '{}data.pkl'", where, folder_),
                        text, 0, {.skip_unknown = true});
    found_ = FindTensors(where, pickle.root());
  }

  std::span<const std::byte> Storage(const StoredTensor& tensor,
                                     TensorBudget& budget) override {
    const auto known = storages_.find(tensor.storage);
    if (known != storages_.end()) return known->second;
    const std::string entry = folder_ + "data/" + tensor.storage;
    const uint64_t declared = archive_.DeclaredSize(entry);
    budget.Spend(declared, tensor.name);
    return storages_[tensor.storage] = archive_.Read(entry, declared);
  }

 private:
  [[noreturn]] void Fail(std::string_view what) const {
    FailInput(archive_.where(), what);
  }

  // torch.save puts everything into one folder named after the file.
  std::string FindFolder() const {
    constexpr std::string_view kIndex = "data.pkl";
    std::optional<std::string> found;
    for (const std::string& name : archive_.names()) {
      if (name.ends_with("constants.pkl")) FailTorchScript(archive_.where());
      const std::string folder =
          name.substr(0, name.size() - std::min(name.size(), kIndex.size()));
      if (!name.ends_with(kIndex) ||
          (!folder.empty() && folder.back() != '/')) {
        continue;
      }
      if (found) Fail("holds more than one data.pkl");
      found = folder;
    }
    if (!found) FailOtherZip();
    return *found;
  }

  [[noreturn]] void FailOtherZip() const {
    const bool arrays =
        !archive_.names().empty() &&
        std::ranges::all_of(archive_.names(), [](const std::string& name) {
          return name.ends_with(".npy");
        });
    if (arrays) FailArrayArchive(archive_.where());
    const bool exported =
        std::ranges::any_of(archive_.names(), [](const std::string& name) {
          return name.ends_with("/archive_format") ||
                 name == "serialized_exported_program.json";
        });
    if (exported) FailExportedProgram(archive_.where());
    Fail("is a zip archive, but no PyTorch checkpoint: it holds no data.pkl");
  }

  void CheckByteOrder() const {
    const std::string name = folder_ + "byteorder";
    if (!archive_.Has(name)) return;  // Before PyTorch 2.1: little-endian.
    const std::vector<std::byte> order = archive_.Read(name, 16);
    if (AsText(order) != "little") {
      Fail("was saved on a big-endian machine, expected little-endian");
    }
  }

  ZipArchive archive_;
  std::string folder_;  // "half_random/"
  std::map<std::string, std::vector<std::byte>> storages_;
};

}  // namespace

std::unique_ptr<TensorFile> OpenTorchZip(const std::string& where,
                                         std::span<const std::byte> bytes) {
  return std::make_unique<TorchZip>(where, bytes);
}

}  // namespace edge_int8
