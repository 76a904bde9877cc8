#include "src/formats/pickle_names.h"

namespace edge_int8 {
namespace {

constexpr AllowedName kAllowed[] = {
    {"collections", "OrderedDict", NameUse::kOrderedDict},
    {"collections", "defaultdict", NameUse::kDefaultDict},
    {"builtins", "dict", NameUse::kFactory},
    {"builtins", "list", NameUse::kFactory},
    {"builtins", "int", NameUse::kFactory},
    {"builtins", "float", NameUse::kFactory},
    {"builtins", "str", NameUse::kFactory},
    // What Python 3 calls dict, list, int, float and str in protocol 2.
    {"__builtin__", "dict", NameUse::kFactory},
    {"__builtin__", "list", NameUse::kFactory},
    {"__builtin__", "long", NameUse::kFactory},
    {"__builtin__", "float", NameUse::kFactory},
    {"__builtin__", "unicode", NameUse::kFactory},
    {"_codecs", "encode", NameUse::kEncode},
    {"numpy", "ndarray", NameUse::kNdarray},
    {"numpy", "dtype", NameUse::kDtype},
    {"numpy.core.multiarray", "_reconstruct", NameUse::kReconstruct},
    {"numpy._core.multiarray", "_reconstruct", NameUse::kReconstruct},
    {"numpy.core.multiarray", "scalar", NameUse::kScalar},
    {"numpy._core.multiarray", "scalar", NameUse::kScalar},
    {"numpy.core.numeric", "_frombuffer", NameUse::kFromBuffer},
    {"numpy._core.numeric", "_frombuffer", NameUse::kFromBuffer},
    {"torch._utils", "_rebuild_tensor_v2", NameUse::kRebuildTensor},
    {"torch._utils", "_rebuild_parameter", NameUse::kRebuildParameter},
    {"torch._utils", "_rebuild_parameter_with_state",
     NameUse::kRebuildParameter},
    {"torch._tensor", "_rebuild_from_type_v2", NameUse::kRebuildFromType},
    // Python 3.13 says pathlib._local.
    {"pathlib", "PosixPath", NameUse::kPosixPath},
    {"pathlib", "PurePosixPath", NameUse::kPosixPath},
    {"pathlib._local", "PosixPath", NameUse::kPosixPath},
    {"pathlib._local", "PurePosixPath", NameUse::kPosixPath},
    {"pathlib", "WindowsPath", NameUse::kWindowsPath},
    {"pathlib", "PureWindowsPath", NameUse::kWindowsPath},
    {"pathlib._local", "WindowsPath", NameUse::kWindowsPath},
    {"pathlib._local", "PureWindowsPath", NameUse::kWindowsPath},
    {"torch", "FloatStorage", NameUse::kStorage, StorageType::kFloat32},
    {"torch", "DoubleStorage", NameUse::kStorage, StorageType::kFloat64},
    {"torch", "HalfStorage", NameUse::kStorage, StorageType::kFloat16},
    {"torch", "BFloat16Storage", NameUse::kStorage, StorageType::kBFloat16},
    {"torch", "LongStorage", NameUse::kStorage, StorageType::kInt64},
    {"torch", "IntStorage", NameUse::kStorage, StorageType::kInt32},
    {"torch", "ShortStorage", NameUse::kStorage, StorageType::kInt16},
    {"torch", "CharStorage", NameUse::kStorage, StorageType::kInt8},
    {"torch", "ByteStorage", NameUse::kStorage, StorageType::kUint8},
    {"torch", "BoolStorage", NameUse::kStorage, StorageType::kBool},
};

}  // namespace

const AllowedName* FindAllowedName(std::string_view module,
                                   std::string_view name) {
  for (const AllowedName& allowed : kAllowed) {
    if (allowed.module == module && allowed.name == name) return &allowed;
  }
  return nullptr;
}

}  // namespace edge_int8
