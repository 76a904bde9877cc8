// Models from files and into files, as `load` and `export` have them. Tested by
// tests/python/test_models.py.
#ifndef EDGE_INT8_PYTHON_MODEL_FILES_H_
#define EDGE_INT8_PYTHON_MODEL_FILES_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "python/shared_model.h"

namespace edge_int8::python {

// Of an .ei8 file's bytes. Throws kBadInput.
std::shared_ptr<SharedModel> ModelFromBytes(std::span<const std::byte> bytes);

// What `export c` does. Without a name the folder's is taken.
void ExportC(const SharedModel& model, const std::filesystem::path& folder,
             const std::optional<std::string>& name, const std::string& target,
             bool force);

// What `export onnx-qdq` and `export tflite` do.
void ExportFile(const SharedModel& model, const std::string& form,
                const std::filesystem::path& path, bool force);

}  // namespace edge_int8::python

#endif  // EDGE_INT8_PYTHON_MODEL_FILES_H_
