// What a file given as a checkpoint is, by its bytes: what can be read, and for
// everything else a refusal that names it and says what to do about it, with a
// command that works when pasted. Tested by file_kind_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_FILE_KIND_H_
#define EDGE_INT8_SRC_FORMATS_FILE_KIND_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace edge_int8 {

enum class CheckpointKind { kTorchZip, kTorchLegacy, kSafetensors };

// Throws kBadInput for what is none of them.
CheckpointKind RecogniseCheckpoint(const std::string& where,
                                   std::span<const std::byte> bytes);

// Whether they begin as ONNX's messages do, whatever the file's name.
bool LooksLikeOnnx(std::span<const std::byte> bytes);

// --- Refusals of what was recognised further inside ---

[[noreturn]] void FailTorchScript(const std::string& where);
// An archive of torch.export (.pt2).
[[noreturn]] void FailExportedProgram(const std::string& where);
// NumPy arrays where tensors are expected: in an .npz, or in a file of
// torch.save.
[[noreturn]] void FailArrayArchive(const std::string& where);
[[noreturn]] void FailPickledArrays(const std::string& where);
// `place` is Python's way to the module in what torch.load gives: "['model']",
// or empty for the file itself.
[[noreturn]] void FailWholeModule(const std::string& where,
                                  std::string_view place,
                                  std::string_view class_name);
// `type` is the storage's class: torch.QInt8Storage.
[[noreturn]] void FailQuantized(const std::string& where,
                                std::string_view type);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_FILE_KIND_H_
