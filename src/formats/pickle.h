// Reads Python pickles (protocols 2 to 5) as data, by an allow-list. Tested by
// pickle_test.cc, and by the fuzz target fuzz_pickle.
//
// A pickle is a program for a stack machine that may call any Python function.
// This machine knows no functions: a name from the list below makes a value of
// ours, and every other name or opcode is refused by name, with its byte; or,
// where the caller says so, skipped: the name, and whatever is made of it by
// calls, is one opaque value that remembers the name and has been built of
// nothing. Whoever needs such a value refuses it.
//
//   collections.OrderedDict, _codecs.encode (bytes in protocol 2)
//   collections.defaultdict, and what may be its factory, which is never
//   called:
//     builtins.dict, list, int, float, str
//   numpy.ndarray, numpy.dtype, and _reconstruct, scalar, _frombuffer of
//     numpy.core (NumPy 1) and numpy._core (NumPy 2)
//   pathlib's paths, which become text
//   torch._utils._rebuild_tensor_v2, _rebuild_parameter,
//     _rebuild_parameter_with_state, torch._tensor._rebuild_from_type_v2,
//     torch.*Storage
//
// All values live in one flat arena, so depth costs no stack and cycles leak
// nothing; readers of values walk to a fixed depth. Each opcode makes at most
// one value. Most copy at most the bytes they read; calls and states, which may
// name the same bytes again and again, share a budget of kMostPickleCopies
// times the input. So memory is bounded by the input's size, which is bounded
// by kMostPickleBytes.
#ifndef EDGE_INT8_SRC_FORMATS_PICKLE_H_
#define EDGE_INT8_SRC_FORMATS_PICKLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "src/base/tensor.h"
#include "src/formats/pickle_names.h"

namespace edge_int8 {

inline constexpr std::size_t kMostPickleBytes = std::size_t{64} << 20;
inline constexpr std::size_t kMostPickleValues = std::size_t{1} << 21;
inline constexpr std::size_t kMostPickleCopies = 16;

struct PickleValue;
using PickleItems = std::vector<const PickleValue*>;

struct PickleNone {};
struct PickleBytes {
  std::string bytes;
};
struct PickleList {
  PickleItems items;
};
struct PickleTuple {
  PickleItems items;
};
// Also an OrderedDict or defaultdict; in the order of insertion.
struct PickleDict {
  std::vector<std::pair<const PickleValue*, const PickleValue*>> items;

  // The value of a str key (the last one, as in Python), or null.
  const PickleValue* Find(std::string_view key) const;
};
// A name from the allow-list that nothing has been made of yet.
struct PickleGlobal {
  const AllowedName* name;
};
// numpy.dtype: 'f', 'i', 'u', 'b', 'U' (text) or 'O', and bytes per item.
struct PickleDtype {
  char kind = 'O';
  int item_size = 8;
  bool big_endian = false;
};
struct PickleArray {
  PickleDtype dtype;
  Shape shape;
  std::string bytes;  // of an array of numbers or text, C order
  PickleItems items;  // of an object array, C order
};
// One tensor's memory, kept outside the pickle under `key`.
struct PickleStorage {
  StorageType type;
  std::string key;
  int64_t size;  // elements
  // The old format lets a storage begin inside the memory of another.
  int64_t view_offset = 0;
};
// What the pickle says; whether it fits its storage is the reader's to check.
struct PickleTensor {
  const PickleStorage* storage;
  int64_t offset;  // elements
  Shape sizes;
  Shape strides;  // elements
};

// What is not on the list, and whatever is called, built or filled of it.
struct PickleOpaque {
  std::shared_ptr<const std::string> name;  // "argparse.Namespace"
  // The arguments it was last called with, or the state it was given.
  const PickleValue* detail = nullptr;
};

struct PickleValue {
  std::variant<PickleNone, bool, int64_t, double, std::string, PickleBytes,
               PickleList, PickleTuple, PickleDict, PickleGlobal, PickleDtype,
               PickleArray, PickleStorage, PickleTensor, PickleOpaque>
      value;

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&value);
  }
};

struct PickleOptions {
  // What is not on the list becomes a PickleOpaque instead of an error.
  bool skip_unknown = false;
  // More bytes may follow the pickle.
  bool may_go_on = false;
};

class Pickle {
 public:
  // Reads all of `bytes`; `where` names them in messages, and `first` is the
  // position of bytes[0] in that file. Throws kBadInput.
  Pickle(std::string where, std::span<const std::byte> bytes,
         std::size_t first = 0, PickleOptions options = {});
  Pickle(Pickle&&) = default;

  const PickleValue& root() const { return *root_; }
  std::size_t bytes_read() const { return bytes_read_; }
  // Everything that was made on the way, in the order of its opcodes.
  const std::deque<PickleValue>& values() const { return values_; }

 private:
  std::deque<PickleValue> values_;  // Never moves what it holds.
  const PickleValue* root_;
  std::size_t bytes_read_ = 0;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_FORMATS_PICKLE_H_
