#include "src/formats/pickle_writer.h"

#include "src/formats/pickler.h"

namespace edge_int8 {
namespace {

using namespace pickle_op;  // Opcodes and nothing else.

// dtype('O8', False, True) and its state, as NumPy pickles it.
void ObjectDtype(Pickler& out) {
  out.Global("numpy", "dtype");
  out.Str("O8");
  out.Op(kNewFalse);
  out.Op(kNewTrue);
  out.Op(kTuple3);
  out.Op(kReduce);
  out.Op(kMark);
  out.Int(3);  // version
  out.Str("|");
  for (int i = 0; i < 3; ++i) out.Op(kNone);  // subdtype, names, fields
  out.Int(-1);                                // item size: the type's own
  out.Int(-1);                                // alignment
  out.Int(63);                                // flags of the object type
  out.Op(kTuple);
  out.Op(kBuild);
}

}  // namespace

std::string PickleObjectArray(const std::vector<std::string>& values) {
  Pickler out(3);
  // NumPy 1's module name: NumPy 2 reads it too, the reverse is not true.
  out.Global("numpy.core.multiarray", "_reconstruct");
  out.Global("numpy", "ndarray");
  out.Int(0);
  out.Op(kTuple1);
  out.Bytes("b");
  out.Op(kTuple3);
  out.Op(kReduce);
  out.Op(kMark);
  out.Int(1);  // version
  out.Int(static_cast<int64_t>(values.size()));
  out.Op(kTuple1);
  ObjectDtype(out);
  out.Op(kNewFalse);  // C order
  out.Op(kEmptyList);
  out.Op(kMark);
  for (const std::string& value : values) out.Str(value);
  out.Op(kAppends);
  out.Op(kTuple);
  out.Op(kBuild);
  return out.Finish();
}

std::string PickleDictOfDicts(
    const std::vector<std::pair<std::string, IntFields>>& entries) {
  Pickler out(2);
  out.Op(kEmptyDict);
  out.Op(kMark);
  for (const auto& [key, fields] : entries) {
    out.Str(key);
    out.Op(kEmptyDict);
    out.Op(kMark);
    for (const auto& [name, value] : fields) {
      out.Str(name);
      out.Int(value);
    }
    out.Op(kSetItems);
  }
  out.Op(kSetItems);
  return out.Finish();
}

}  // namespace edge_int8
