#include "src/formats/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>

#include "src/base/error.h"
#include "src/base/python_quote.h"
#include "src/base/shell_quote.h"
#include "src/formats/byte_reader.h"
#include "src/formats/zip_archive.h"

namespace edge_int8 {
namespace {

using namespace std::string_view_literals;

// torch.save before 1.6: a pickled magic number comes first.
constexpr std::string_view kLegacyMagic =
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr std::string_view kExpected =
    "expected a checkpoint of torch.save (.pth, .pt, .ckpt) or a .safetensors "
    "file";

bool Has(std::string_view text, std::size_t at, std::string_view what) {
  return text.size() >= at && text.substr(at).starts_with(what);
}

// Lower case, without blanks before it: how pages and pointers begin.
std::string Beginning(std::string_view text) {
  std::string begin(text.substr(0, 256));
  begin.erase(0, begin.find_first_not_of("\xef\xbb\xbf \t\r\n"));
  std::ranges::transform(begin, begin.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return begin;
}

bool IsSafetensors(std::string_view text) {
  uint64_t header = 0;
  if (text.size() < sizeof header + 2) return false;
  std::memcpy(&header, text.data(), sizeof header);
  // The format's own limit is 100 MB; a cut file is still recognised.
  return text[sizeof header] == '{' && header >= 2 && header <= 100'000'000;
}

// A protobuf ModelProto begins with ir_version, then one of its other fields.
bool IsOnnx(std::string_view text) {
  constexpr std::string_view kNext = "\x12\x1a\x22\x28\x32\x3a\x42\x72";
  return text.size() > 16 && text[0] == '\x08' && text[1] > 0 && text[1] < 32 &&
         kNext.find(text[2]) != std::string_view::npos;
}

[[noreturn]] void Fail(const std::string& where, std::string_view what) {
  FailInput(where, what);
}

void RefusePages(const std::string& where, std::string_view text) {
  const std::string begin = Beginning(text);
  if (begin.starts_with("version https://git-lfs")) {
    const std::filesystem::path file(where);
    const std::filesystem::path folder =
        file.has_parent_path() ? file.parent_path() : ".";
    Fail(where,
         fmt::format("is a Git LFS pointer, not the file that it stands for; "
                     "this fetches it: git -C {} lfs pull",
                     ShellQuote(folder.string())));
  }
  if (begin.starts_with("<!doctype html") || begin.starts_with("<html") ||
      begin.starts_with("<?xml") || begin.starts_with("<head")) {
    Fail(where,
         fmt::format("is a web page (HTML), not a checkpoint: the download was "
                     "answered by a page, often a login or a warning. This "
                     "shows it: head -c 600 {}",
                     ShellQuote(where)));
  }
}

void RefuseBinaries(const std::string& where, std::string_view text) {
  struct Known {
    std::size_t at;
    std::string_view bytes;
    std::string_view what;
  };
  constexpr Known kKnown[] = {
      {0, "\x89HDF\r\n"sv, "is an HDF5 file (Keras or MATLAB write such)"},
      {0, "\x93NUMPY"sv, "is a .npy array"},
      {4, "TFL3"sv, "is a TensorFlow Lite model"},
      {4, "EI8A"sv, "is an .ei8 artifact, which is quantized already"},
      {0, "Rar!"sv, "is a RAR archive; unpack it first"},
      {0, "7z\xbc\xaf\x27\x1c"sv, "is a 7z archive; unpack it first"},
  };
  for (const Known& known : kKnown) {
    if (Has(text, known.at, known.bytes)) {
      Fail(where, fmt::format("{}; {}", known.what, kExpected));
    }
  }
  if (Has(text, 0, "\x1f\x8b"sv)) {
    Fail(where, fmt::format("is compressed by gzip; this unpacks it: gzip -dc "
                            "{} > checkpoint.pth",
                            ShellQuote(where)));
  }
  if (Has(text, 257, "ustar"sv)) {
    Fail(where, fmt::format("is a tar archive; this unpacks it: tar -xf {}",
                            ShellQuote(where)));
  }
  if (IsOnnx(text)) {
    Fail(where,
         fmt::format("is an ONNX model, not a checkpoint; {}", kExpected));
  }
}

// The command that saves what `load`, Python's, gives as tensors: NumPy arrays
// at any depth of its dictionaries become such.
std::string SaveAsTensors(std::string_view modules, std::string_view load) {
  return PythonCommand(fmt::format(
      "import {}, torch; f = lambda v: {{k: f(w) for k, w in v.items()}} if "
      "hasattr(v, \"items\") else torch.as_tensor(v) if hasattr(v, \"dtype\") "
      "else v; torch.save(f({}), \"converted.pth\")",
      modules, load));
}

// A pickle that torch.save has not written: pickle.dump, joblib, ...
[[noreturn]] void FailPickle(const std::string& where) {
  Fail(where,
       fmt::format(
           "is a pickle that torch.save has not written; if it holds "
           "tensors or arrays, this makes a checkpoint of it where you "
           "trust it: {}",
           SaveAsTensors("pickle", fmt::format("pickle.load(open({}, \"rb\"))",
                                               PythonQuote(where)))));
}

void RefuseCutZip(const std::string& where, std::span<const std::byte> bytes) {
  if (HasZipEnd(bytes)) return;
  Fail(where, fmt::format("is a zip archive that is cut short or damaged: it "
                          "has {} bytes and no end. Compare that with where it "
                          "came from and fetch it again: ls -l {}",
                          bytes.size(), ShellQuote(where)));
}

}  // namespace

bool LooksLikeOnnx(std::span<const std::byte> bytes) {
  return IsOnnx(AsText(bytes));
}

CheckpointKind RecogniseCheckpoint(const std::string& where,
                                   std::span<const std::byte> bytes) {
  const std::string_view text = AsText(bytes);
  if (text.empty()) Fail(where, fmt::format("is empty, {}", kExpected));
  if (text.starts_with(kLegacyMagic)) return CheckpointKind::kTorchLegacy;
  if (text.starts_with("PK")) {
    RefuseCutZip(where, bytes);
    return CheckpointKind::kTorchZip;
  }
  if (IsSafetensors(text)) return CheckpointKind::kSafetensors;
  if (text[0] == '\x80' && text.size() > 1 && text[1] >= 2 && text[1] <= 5) {
    FailPickle(where);
  }
  RefusePages(where, text);
  RefuseBinaries(where, text);
  Fail(where, fmt::format("is neither a PyTorch checkpoint (.pth) nor an .ei8 "
                          "artifact: {}",
                          kExpected));
}

void FailTorchScript(const std::string& where) {
  Fail(where, fmt::format(
                  "is a TorchScript archive, expected a state dict; this "
                  "takes it out: {}",
                  PythonCommand(fmt::format(
                      "import torch; torch.save(torch.jit.load({}, "
                      "map_location=\"cpu\").state_dict(), \"state_dict.pth\")",
                      PythonQuote(where)))));
}

void FailExportedProgram(const std::string& where) {
  Fail(where,
       fmt::format("is an archive of torch.export, expected a state dict; this "
                   "takes it out: {}",
                   PythonCommand(fmt::format(
                       "import torch; torch.save(dict(torch.export.load({})"
                       ".state_dict), \"state_dict.pth\")",
                       PythonQuote(where)))));
}

void FailArrayArchive(const std::string& where) {
  Fail(where,
       fmt::format(
           "is a .npz of NumPy arrays, not a PyTorch checkpoint; if they "
           "are a network's weights, this makes a checkpoint of them: {}",
           SaveAsTensors("numpy", fmt::format("dict(numpy.load({}))",
                                              PythonQuote(where)))));
}

void FailPickledArrays(const std::string& where) {
  Fail(where,
       fmt::format(
           "holds NumPy arrays and no tensor, expected a state dict; this "
           "makes tensors of them where you trust the file: {}",
           SaveAsTensors("numpy",
                         fmt::format("torch.load({}, map_location=\"cpu\", "
                                     "weights_only=False)",
                                     PythonQuote(where)))));
}

void FailWholeModule(const std::string& where, std::string_view place,
                     std::string_view class_name) {
  Fail(where,
       fmt::format(
           "holds a whole module, '{}', not a state dict; nothing of it was "
           "run. Where the training code is, this takes the state dict out: {}",
           class_name,
           PythonCommand(fmt::format(
               "import torch; torch.save(torch.load({}, map_location=\"cpu\", "
               "weights_only=False){}.state_dict(), \"state_dict.pth\")",
               PythonQuote(where), place))));
}

void FailQuantized(const std::string& where, std::string_view type) {
  std::string name = "qint8";
  if (type.find("QUInt8") != std::string_view::npos) name = "quint8";
  if (type.find("QInt32") != std::string_view::npos) name = "qint32";
  if (type.find("QUInt4x2") != std::string_view::npos) name = "quint4x2";
  Fail(where,
       fmt::format("holds a model that PyTorch has quantized (torch.{}); give "
                   "the float checkpoint it was made from",
                   name));
}

}  // namespace edge_int8
