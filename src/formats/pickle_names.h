// The allow-list of names a pickle may use. Tested by pickle_test.cc.
//
// To allow one more: add its line to the table in pickle_names.cc and, if it
// is called, say in pickle_objects.cc what value it makes.
#ifndef EDGE_INT8_SRC_FORMATS_PICKLE_NAMES_H_
#define EDGE_INT8_SRC_FORMATS_PICKLE_NAMES_H_

#include <string_view>

namespace edge_int8 {

enum class NameUse {
  kOrderedDict,
  kDefaultDict,
  kFactory,  // of a defaultdict; never called
  kEncode,
  kNdarray,
  kDtype,
  kReconstruct,
  kScalar,
  kFromBuffer,
  kRebuildTensor,
  kRebuildParameter,
  kRebuildFromType,
  kPosixPath,
  kWindowsPath,
  kStorage
};

enum class StorageType {
  kFloat32,
  kFloat64,
  kFloat16,
  kBFloat16,
  kInt64,
  kInt32,
  kInt16,
  kInt8,
  kUint8,
  kBool
};

struct AllowedName {
  std::string_view module;
  std::string_view name;
  NameUse use;
  StorageType storage = StorageType::kFloat32;  // where use is kStorage
};

// Null when the name is not on the list.
const AllowedName* FindAllowedName(std::string_view module,
                                   std::string_view name);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_PICKLE_NAMES_H_
