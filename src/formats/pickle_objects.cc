#include "src/formats/pickle_objects.h"

#include <charconv>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "src/formats/byte_reader.h"
#include "src/formats/numpy_text.h"

namespace edge_int8 {
namespace {

constexpr int kTextItem = 4;  // bytes of one character of NumPy's text

// The one way a value is looked into: wrong types are refused, never cast.
template <typename T>
const T& Get(const PickleValue& value, std::string_view expected) {
  const T* const found = value.As<T>();
  if (found == nullptr) throw PickleRefusal{expected};
  return *found;
}

const PickleValue& Argument(const PickleItems& arguments, std::size_t index) {
  if (index >= arguments.size()) throw PickleRefusal{"too few arguments"};
  return *arguments[index];
}

Shape GetShape(const PickleValue& value) {
  Shape shape;
  for (const PickleValue* const item :
       Get<PickleTuple>(value, "a shape is not a tuple").items) {
    shape.push_back(Get<int64_t>(*item, "an extent is not an integer"));
  }
  return shape;
}

bool Contains(std::string_view set, char c) {
  return set.find(c) != std::string_view::npos;
}

// "f4", "i8", "O8", "b1", "U9", with an optional byte order before it.
PickleDtype ParseDtype(std::string_view text) {
  PickleDtype dtype;
  if (!text.empty() && Contains("<>|=", text.front())) {
    dtype.big_endian = text.front() == '>';
    text.remove_prefix(1);
  }
  if (text.empty() || !Contains("fiubUO", text.front())) {
    throw PickleRefusal{"a NumPy type is not a number, bool, text or object"};
  }
  dtype.kind = text.front();
  text.remove_prefix(1);
  if (dtype.kind == 'O') return dtype;
  uint16_t size = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, size);
  const bool known =
      dtype.kind == 'U' || size == 1 || size == 2 || size == 4 || size == 8;
  if (result.ec != std::errc() || result.ptr != end || !known) {
    throw PickleRefusal{"a NumPy type has an unknown size"};
  }
  dtype.item_size = dtype.kind == 'U' ? size * kTextItem : size;
  return dtype;
}

void CheckArrayBytes(const PickleDtype& dtype, const Shape& shape,
                     std::size_t bytes) {
  if (dtype.kind == 'O') throw PickleRefusal{"objects can't come from bytes"};
  const std::optional<int64_t> count = CheckedElementCount(shape);
  const auto item = static_cast<std::size_t>(dtype.item_size);
  const bool matches =
      item == 0 ? bytes == 0
                : count && bytes % item == 0 &&
                      static_cast<std::size_t>(*count) == bytes / item;
  if (!matches) {
    throw PickleRefusal{"an array's shape does not match its bytes"};
  }
}

// _codecs.encode(text, 'latin1'): how protocol 2 spells bytes.
PickleValue Encode(const PickleItems& arguments) {
  const auto& text =
      Get<std::string>(Argument(arguments, 0), "encode takes a str");
  const auto& codec =
      Get<std::string>(Argument(arguments, 1), "encode takes a codec");
  if (codec != "latin1" && codec != "latin-1") {
    throw PickleRefusal{"_codecs.encode is only allowed with 'latin1'"};
  }
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      bytes += text[i];
      continue;
    }
    // U+0080 to U+00FF are two bytes of UTF-8: C2 or C3, then the low bits.
    if ((lead != 0xc2 && lead != 0xc3) || i + 1 == text.size()) {
      throw PickleRefusal{"a character is outside latin1"};
    }
    const auto low = static_cast<unsigned char>(text[++i]);
    bytes += static_cast<char>(((lead & 3) << 6) | (low & 0x3f));
  }
  return {PickleBytes{std::move(bytes)}};
}

// defaultdict(), defaultdict(None) or defaultdict(factory), all of them empty.
PickleValue MakeDefaultDict(const PickleItems& arguments) {
  constexpr std::string_view kExpected =
      "a defaultdict's factory is neither None nor a plain type";
  if (arguments.size() > 1) throw PickleRefusal{kExpected};
  if (!arguments.empty() && arguments[0]->As<PickleNone>() == nullptr) {
    const AllowedName& name = *Get<PickleGlobal>(*arguments[0], kExpected).name;
    if (name.use != NameUse::kFactory && name.use != NameUse::kOrderedDict) {
      throw PickleRefusal{kExpected};
    }
  }
  return {PickleDict{}};
}

// OrderedDict() or OrderedDict([(key, value), ...]).
PickleValue MakeOrderedDict(const PickleItems& arguments) {
  PickleDict dict;
  if (arguments.empty()) return {dict};
  for (const PickleValue* const pair :
       Get<PickleList>(*arguments[0], "OrderedDict takes a list").items) {
    const PickleItems* items = nullptr;
    if (const auto* const list = pair->As<PickleList>()) items = &list->items;
    if (const auto* const tuple = pair->As<PickleTuple>()) {
      items = &tuple->items;
    }
    if (items == nullptr || items->size() != 2) {
      throw PickleRefusal{"OrderedDict takes a list of pairs"};
    }
    dict.items.emplace_back((*items)[0], (*items)[1]);
  }
  return {std::move(dict)};
}

template <typename T>
T FromBytes(const std::string& bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// numpy scalar(dtype, bytes) as a Python number or str.
PickleValue MakeScalar(const PickleItems& arguments) {
  const auto& dtype =
      Get<PickleDtype>(Argument(arguments, 0), "scalar takes a dtype");
  const std::string& bytes =
      Get<PickleBytes>(Argument(arguments, 1), "scalar takes bytes").bytes;
  CheckArrayBytes(dtype, {}, bytes.size());
  if (dtype.big_endian) throw PickleRefusal{"a NumPy scalar is big-endian"};
  if (dtype.kind == 'U') {
    std::optional<std::string> text =
        TextOfNumpy(std::as_bytes(std::span(bytes)));
    if (!text) throw PickleRefusal{"a NumPy scalar is not Unicode text"};
    return {*std::move(text)};
  }
  switch (dtype.kind * 10 + dtype.item_size) {
    case 'f' * 10 + 4:
      return {double{FromBytes<float>(bytes)}};
    case 'f' * 10 + 8:
      return {FromBytes<double>(bytes)};
    case 'i' * 10 + 1:
      return {int64_t{FromBytes<int8_t>(bytes)}};
    case 'i' * 10 + 2:
      return {int64_t{FromBytes<int16_t>(bytes)}};
    case 'i' * 10 + 4:
      return {int64_t{FromBytes<int32_t>(bytes)}};
    case 'i' * 10 + 8:
      return {FromBytes<int64_t>(bytes)};
    case 'u' * 10 + 1:
      return {int64_t{FromBytes<uint8_t>(bytes)}};
    case 'u' * 10 + 2:
      return {int64_t{FromBytes<uint16_t>(bytes)}};
    case 'u' * 10 + 4:
      return {int64_t{FromBytes<uint32_t>(bytes)}};
    case 'b' * 10 + 1:
      return {bytes[0] != 0};
    default:
      throw PickleRefusal{"a NumPy scalar has an unsupported type"};
  }
}

// _frombuffer(bytes, dtype, shape, 'C'): how protocol 5 spells an array.
PickleValue MakeFromBuffer(const PickleItems& arguments) {
  PickleArray array;
  array.bytes =
      Get<PickleBytes>(Argument(arguments, 0), "an array takes bytes").bytes;
  array.dtype =
      Get<PickleDtype>(Argument(arguments, 1), "an array takes a dtype");
  array.shape = GetShape(Argument(arguments, 2));
  const auto& order =
      Get<std::string>(Argument(arguments, 3), "an array takes an order");
  if (order != "C") throw PickleRefusal{"an array is not in C order"};
  CheckArrayBytes(array.dtype, array.shape, array.bytes.size());
  return {std::move(array)};
}

PickleValue MakeTensor(const PickleItems& arguments) {
  PickleTensor tensor;
  tensor.storage =
      &Get<PickleStorage>(Argument(arguments, 0), "a tensor takes a storage");
  tensor.offset =
      Get<int64_t>(Argument(arguments, 1), "a tensor takes an offset");
  tensor.sizes = GetShape(Argument(arguments, 2));
  tensor.strides = GetShape(Argument(arguments, 3));
  return {std::move(tensor)};
}

// A tensor of a subclass: _rebuild_from_type_v2(rebuild, type, arguments,
// state); the type and the state say nothing that a weight needs.
PickleValue MakeFromType(const PickleItems& arguments) {
  const AllowedName& rebuild =
      *Get<PickleGlobal>(Argument(arguments, 0), "a tensor has no rebuild")
           .name;
  if (rebuild.use != NameUse::kRebuildTensor) {
    throw PickleRefusal{"a tensor of a subclass is rebuilt in another way"};
  }
  return MakeTensor(
      Get<PickleTuple>(Argument(arguments, 2), "a tensor takes a tuple").items);
}

// Path('/', 'home', 'a.csv') as "/home/a.csv": the parts, joined. A Windows
// path keeps its own separators, as NumPy's text arrays of paths do.
PickleValue MakePath(const PickleItems& arguments, char separator) {
  std::string path;
  for (const PickleValue* const part : arguments) {
    const auto& text = Get<std::string>(*part, "a path's part is not a str");
    const bool joined = path.empty() || path.back() == '/' ||
                        path.back() == '\\' || path.back() == separator;
    if (!joined) path += separator;
    path += text;
  }
  return {path.empty() ? "." : std::move(path)};
}

void SetDtypeState(PickleDtype& dtype, const PickleValue& state) {
  const PickleItems& items =
      Get<PickleTuple>(state, "a dtype's state is not a tuple").items;
  const auto& order =
      Get<std::string>(Argument(items, 1), "a byte order is not a str");
  if (order != "<" && order != "|" && order != "=" && order != ">") {
    throw PickleRefusal{"a dtype has an unknown byte order"};
  }
  for (std::size_t i = 2; i < 5; ++i) {
    Get<PickleNone>(Argument(items, i), "structured dtypes are not supported");
  }
  dtype.big_endian = order == ">";
}

// (version, shape, dtype, fortran_order, bytes or list)
void SetArrayState(PickleArray& array, const PickleValue& state) {
  const PickleItems& items =
      Get<PickleTuple>(state, "an array's state is not a tuple").items;
  array.shape = GetShape(Argument(items, 1));
  array.dtype = Get<PickleDtype>(Argument(items, 2), "an array has no dtype");
  if (Get<bool>(Argument(items, 3), "an array's order is not a bool")) {
    throw PickleRefusal{"an array is in Fortran order, expected C order"};
  }
  const PickleValue& data = Argument(items, 4);
  if (array.dtype.kind != 'O') {
    array.bytes = Get<PickleBytes>(data, "an array's data is not bytes").bytes;
    CheckArrayBytes(array.dtype, array.shape, array.bytes.size());
    return;
  }
  array.items = Get<PickleList>(data, "an object array has no list").items;
  const std::optional<int64_t> count = CheckedElementCount(array.shape);
  if (!count || static_cast<std::size_t>(*count) != array.items.size()) {
    throw PickleRefusal{"an object array's shape does not match its list"};
  }
}

}  // namespace

PickleValue CallAllowed(const AllowedName& name, const PickleItems& arguments) {
  switch (name.use) {
    case NameUse::kOrderedDict:
      return MakeOrderedDict(arguments);
    case NameUse::kDefaultDict:
      return MakeDefaultDict(arguments);
    case NameUse::kEncode:
      return Encode(arguments);
    case NameUse::kDtype:
      return {ParseDtype(
          Get<std::string>(Argument(arguments, 0), "dtype takes a str"))};
    case NameUse::kReconstruct:  // Empty until BUILD gives it a state.
      return {PickleArray{{}, {0}, {}, {}}};
    case NameUse::kScalar:
      return MakeScalar(arguments);
    case NameUse::kFromBuffer:
      return MakeFromBuffer(arguments);
    case NameUse::kRebuildTensor:
      return MakeTensor(arguments);
    case NameUse::kRebuildParameter:
      return {Get<PickleTensor>(Argument(arguments, 0),
                                "a parameter is not made of a tensor")};
    case NameUse::kRebuildFromType:
      return MakeFromType(arguments);
    case NameUse::kPosixPath:
      return MakePath(arguments, '/');
    case NameUse::kWindowsPath:
      return MakePath(arguments, '\\');
    case NameUse::kFactory:
    case NameUse::kNdarray:
    case NameUse::kStorage:
      break;
  }
  throw PickleRefusal{"a class is called that may only be named"};
}

void SetPickleState(PickleValue& object, const PickleValue& state) {
  if (auto* const dtype = std::get_if<PickleDtype>(&object.value)) {
    SetDtypeState(*dtype, state);
  } else if (auto* const array = std::get_if<PickleArray>(&object.value)) {
    SetArrayState(*array, state);
  } else if (object.As<PickleDict>() != nullptr) {
    // A state dict's attributes (its _metadata) say nothing we need.
    Get<PickleDict>(state, "an OrderedDict's state is not a dict");
  } else {
    throw PickleRefusal{"BUILD of a value that takes no state"};
  }
}

// ('storage', torch.FloatStorage, key, location, elements); before PyTorch 1.6
// also None or (key, offset, elements) of a view.
PickleValue FindStorage(const PickleValue& id) {
  constexpr std::string_view kExpected = "a persistent id is no torch storage";
  const PickleItems& items = Get<PickleTuple>(id, kExpected).items;
  const AllowedName& type =
      *Get<PickleGlobal>(Argument(items, 1), kExpected).name;
  if (Get<std::string>(Argument(items, 0), kExpected) != "storage" ||
      type.use != NameUse::kStorage) {
    throw PickleRefusal{kExpected};
  }
  PickleStorage storage{type.storage,
                        Get<std::string>(Argument(items, 2), kExpected),
                        Get<int64_t>(Argument(items, 4), kExpected)};
  if (items.size() > 5 && items[5]->As<PickleTuple>() != nullptr) {
    const PickleItems& view = items[5]->As<PickleTuple>()->items;
    storage.view_offset = Get<int64_t>(Argument(view, 1), kExpected);
    if (storage.view_offset < 0) throw PickleRefusal{kExpected};
  }
  return {std::move(storage)};
}

}  // namespace edge_int8
