#include "src/data/pickle_writer.h"

#include <cstddef>
#include <limits>
#include <string_view>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

// Opcodes by their names in Python's pickletools.
constexpr char kProto = '\x80', kStop = '.', kMark = '(', kNone = 'N';
constexpr char kGlobal = 'c', kReduce = 'R', kBuild = 'b';
constexpr char kTuple = 't', kTuple1 = '\x85', kTuple3 = '\x87';
constexpr char kNewTrue = '\x88', kNewFalse = '\x89';
constexpr char kEmptyList = ']', kAppends = 'e';
constexpr char kEmptyDict = '}', kSetItems = 'u';
constexpr char kBinInt = 'J', kLong1 = '\x8a', kBinUnicode = 'X';
constexpr char kShortBinBytes = 'C';

class Pickle {
 public:
  explicit Pickle(char protocol) {
    Op(kProto);
    Op(protocol);
  }
  void Op(char opcode) { bytes_ += opcode; }
  void Int(int64_t value) {
    if (value >= std::numeric_limits<int32_t>::min() &&
        value <= std::numeric_limits<int32_t>::max()) {
      Op(kBinInt);
      LittleEndian(static_cast<uint64_t>(value), 4);
    } else {
      Op(kLong1);
      Op(8);  // bytes, two's complement
      LittleEndian(static_cast<uint64_t>(value), 8);
    }
  }
  void Str(std::string_view text) {
    Check(text.size() <= std::numeric_limits<int32_t>::max(),
          "a pickled string is too long");
    Op(kBinUnicode);
    LittleEndian(text.size(), 4);
    bytes_ += text;
  }
  void Global(std::string_view module, std::string_view name) {
    Op(kGlobal);
    bytes_ += module;
    bytes_ += '\n';
    bytes_ += name;
    bytes_ += '\n';
  }
  std::string Finish() {
    Op(kStop);
    return bytes_;
  }

 private:
  void LittleEndian(uint64_t value, int count) {
    for (int i = 0; i < count; ++i) {
      bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
    }
  }
  std::string bytes_;
};

// dtype('O8', False, True) and its state, as NumPy pickles it.
void ObjectDtype(Pickle& out) {
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
  Pickle out(3);
  // NumPy 1's module name: NumPy 2 reads it too, the reverse is not true.
  out.Global("numpy.core.multiarray", "_reconstruct");
  out.Global("numpy", "ndarray");
  out.Int(0);
  out.Op(kTuple1);
  out.Op(kShortBinBytes);
  out.Op(1);
  out.Op('b');
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
  Pickle out(2);
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
