// Writes the few pickle opcodes that our files need, of protocol 2 or 3. Values
// follow the protocol of CPython's pickletools: containers are built between a
// mark and the opcode that closes them. Tested by pickle_writer_test.cc and
// state_dict_writer_test.cc.
#ifndef EDGE_INT8_SRC_FORMATS_PICKLER_H_
#define EDGE_INT8_SRC_FORMATS_PICKLER_H_

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "src/base/error.h"
#include "src/formats/pickle_opcodes.h"

namespace edge_int8 {

class Pickler {
 public:
  explicit Pickler(int protocol) {
    Op(pickle_op::kProto);
    bytes_ += static_cast<char>(protocol);
  }

  void Op(pickle_op::Op opcode) { bytes_ += static_cast<char>(opcode); }
  void Int(int64_t value) {
    if (value >= std::numeric_limits<int32_t>::min() &&
        value <= std::numeric_limits<int32_t>::max()) {
      Op(pickle_op::kBinInt);
      LittleEndian(static_cast<uint64_t>(value), 4);
    } else {
      Op(pickle_op::kLong1);
      LittleEndian(8, 1);  // bytes, two's complement
      LittleEndian(static_cast<uint64_t>(value), 8);
    }
  }
  // At most 2 GiB.
  void Str(std::string_view text) {
    Check(text.size() <= std::numeric_limits<int32_t>::max(),
          "a pickled string is too long");
    Op(pickle_op::kBinUnicode);
    LittleEndian(text.size(), 4);
    bytes_ += text;
  }
  // At most 255 bytes.
  void Bytes(std::string_view bytes) {
    Check(bytes.size() <= 255, "pickled bytes are too long");
    Op(pickle_op::kShortBinBytes);
    LittleEndian(bytes.size(), 1);
    bytes_ += bytes;
  }
  void Global(std::string_view module, std::string_view name) {
    Op(pickle_op::kGlobal);
    bytes_.append(module).append("\n").append(name).append("\n");
  }
  // The whole pickle; the writer is done.
  std::string Finish() {
    Op(pickle_op::kStop);
    return std::move(bytes_);
  }

 private:
  void LittleEndian(uint64_t value, int count) {
    for (int i = 0; i < count; ++i) {
      bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
    }
  }
  std::string bytes_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_PICKLER_H_
