#include "src/formats/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <unordered_map>

#include "src/base/error.h"
#include "src/formats/byte_reader.h"
#include "src/formats/pickle_objects.h"
#include "src/formats/pickle_opcodes.h"

namespace edge_int8 {
namespace {

using namespace pickle_op;  // Opcodes and nothing else.

// Bytes that a call or a state copied into a value.
std::size_t CopiedBytes(const PickleValue& value) {
  if (const auto* v = value.As<std::string>()) return v->size();
  if (const auto* v = value.As<PickleBytes>()) return v->bytes.size();
  // Calls share the name; only naming copies it.
  if (const auto* v = value.As<PickleOpaque>()) {
    return v->detail == nullptr ? v->name->size() : 0;
  }
  if (const auto* v = value.As<PickleDict>()) {
    return v->items.size() * sizeof v->items[0];
  }
  if (const auto* v = value.As<PickleArray>()) {
    return v->bytes.size() + v->items.size() * sizeof v->items[0] +
           v->shape.size() * sizeof v->shape[0];
  }
  if (const auto* v = value.As<PickleTensor>()) {
    return (v->sizes.size() + v->strides.size()) * sizeof v->sizes[0];
  }
  return 0;
}

class Machine {
 public:
  Machine(ByteReader in, PickleOptions options, std::deque<PickleValue>& values)
      : in_(std::move(in)),
        options_(options),
        values_(values),
        budget_(kMostPickleCopies * in_.remaining()) {}

  std::size_t remaining() const { return in_.remaining(); }

  const PickleValue* Run() {
    ReadProtocol();
    while (true) {
      at_ = in_.position();
      const uint8_t op = in_.Little<uint8_t>("the pickle");
      if (op == kStop) break;
      try {
        const bool known = PushNumber(op) || PushText(op) ||
                           PushContainer(op) || Fill(op) || UseMemo(op) ||
                           UseName(op) ||
                           (options_.skip_unknown && MakeObject(op));
        if (!known) {
          Fail(
              fmt::format("pickle opcode 0x{:02x} is not on the list of "
                          "allowed opcodes",
                          op));
        }
      } catch (const PickleRefusal& refusal) {
        Fail(refusal.reason);
      }
    }
    if (stack_.size() != 1 || !marks_.empty()) {
      Fail("the pickle does not end with exactly one value");
    }
    if (!options_.may_go_on && !in_.AtEnd()) {
      in_.Fail("bytes after the end of the pickle");
    }
    return stack_.back();
  }

 private:
  [[noreturn]] void Fail(std::string_view what) const { in_.FailAt(at_, what); }

  void ReadProtocol() {
    at_ = in_.position();
    if (in_.AtEnd()) Fail("is empty, expected a pickle of protocol 2 to 5");
    if (in_.Peek() != static_cast<char>(kProto)) {
      Fail(
          "not a pickle of protocol 2 to 5 (0 and 1 are not supported; in "
          "Python: pickle.dump(value, file, protocol=4))");
    }
    in_.Take(1, "the pickle");
    const auto protocol = in_.Little<uint8_t>("the protocol");
    if (protocol < 2 || protocol > 5) {
      Fail(fmt::format("pickle protocol {}, expected 2 to 5", protocol));
    }
  }

  // --- The stack ---

  void Push(PickleValue value) {
    if (values_.size() >= kMostPickleValues) Fail("too many values");
    values_.push_back(std::move(value));
    stack_.push_back(&values_.back());
  }
  void Spend(const PickleValue& copied) {
    const std::size_t bytes = CopiedBytes(copied);
    if (bytes > budget_) Fail("copies more than a file of its size justifies");
    budget_ -= bytes;
  }
  // Values above the last mark; nothing below a mark may be popped.
  std::size_t Base() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleValue* Top() const {
    if (stack_.size() <= Base()) Fail("the stack is empty");
    return stack_.back();
  }
  PickleValue* Pop() {
    PickleValue* const top = Top();
    stack_.pop_back();
    return top;
  }
  // The last `count` values, taken off the stack.
  PickleItems PopItems(std::size_t count) {
    if (stack_.size() - Base() < count) Fail("the stack is empty");
    const auto first = std::prev(stack_.end(), static_cast<int64_t>(count));
    PickleItems items(first, stack_.end());
    stack_.erase(first, stack_.end());
    return items;
  }
  // All values above the last mark, and the mark.
  PickleItems PopToMark() {
    if (marks_.empty()) Fail("there is no mark");
    PickleItems items = PopItems(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  // --- Opcodes; each function answers whether the opcode is one of its own ---

  bool PushNumber(uint8_t op) {
    switch (op) {
      case kNone:
        Push({PickleNone{}});
        return true;
      case kNewTrue:
      case kNewFalse:
        Push({op == kNewTrue});
        return true;
      case kBinInt:
        Push({int64_t{static_cast<int32_t>(Read<uint32_t>())}});
        return true;
      case kBinInt1:
        Push({int64_t{Read<uint8_t>()}});
        return true;
      case kBinInt2:
        Push({int64_t{Read<uint16_t>()}});
        return true;
      case kLong1:
        Push(ReadLong(Read<uint8_t>()));
        return true;
      case kLong4:
        Push(ReadLong(Read<uint32_t>()));
        return true;
      case kBinFloat:  // The one big-endian number of the format.
        Push({std::bit_cast<double>(__builtin_bswap64(Read<uint64_t>()))});
        return true;
      default:
        return false;
    }
  }

  template <typename T>
  T Read() {
    return in_.Little<T>("the pickle");
  }

  // Little-endian two's complement of any length; ours end at 64 bits.
  PickleValue ReadLong(uint64_t length) {
    const std::span<const std::byte> bytes = in_.Take(length, "an integer");
    if (bytes.size() > 8) {
      if (options_.skip_unknown) return Opaque("a large integer");
      Fail("an integer is larger than 64 bits");
    }
    if (bytes.empty()) return {int64_t{0}};
    uint64_t value = (bytes.back() >> 7) == std::byte{1} ? ~uint64_t{0} : 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
      value = (value << 8) | std::to_integer<uint64_t>(bytes[i]);
    }
    return {static_cast<int64_t>(value)};
  }

  std::string ReadText(uint64_t length) {
    return std::string(AsText(in_.Take(length, "a string")));
  }

  bool PushText(uint8_t op) {
    switch (op) {
      case kShortBinUnicode:
      case kShortBinString:  // A str of Python 2.
        Push({ReadText(Read<uint8_t>())});
        return true;
      case kBinUnicode:
      case kBinString:
        Push({ReadText(Read<uint32_t>())});
        return true;
      case kBinUnicode8:
        Push({ReadText(Read<uint64_t>())});
        return true;
      case kShortBinBytes:
        Push({PickleBytes{ReadText(Read<uint8_t>())}});
        return true;
      case kBinBytes:
        Push({PickleBytes{ReadText(Read<uint32_t>())}});
        return true;
      case kBinBytes8:
      case kByteArray8:
        Push({PickleBytes{ReadText(Read<uint64_t>())}});
        return true;
      default:
        return false;
    }
  }

  bool PushContainer(uint8_t op) {
    switch (op) {
      case kEmptyTuple:
        Push({PickleTuple{}});
        return true;
      case kEmptyList:
        Push({PickleList{}});
        return true;
      case kEmptyDict:
        Push({PickleDict{}});
        return true;
      case kMark:
        marks_.push_back(stack_.size());
        return true;
      case kTuple:
        Push({PickleTuple{PopToMark()}});
        return true;
      case kTuple1:
      case kTuple2:
      case kTuple3:
        Push({PickleTuple{PopItems(op - kTuple1 + 1u)}});
        return true;
      default:
        return false;
    }
  }

  bool Fill(uint8_t op) {
    switch (op) {
      case kAppend:
        AddToList(PopItems(1));
        return true;
      case kAppends:
        AddToList(PopToMark());
        return true;
      case kSetItem:
        AddToDict(PopItems(2));
        return true;
      case kSetItems:
        AddToDict(PopToMark());
        return true;
      case kBuild: {
        const PickleValue* const state = Pop();
        SetState(*Top(), *state);
        return true;
      }
      default:
        return false;
    }
  }
  void SetState(PickleValue& object, const PickleValue& state) {
    if (auto* const opaque = std::get_if<PickleOpaque>(&object.value)) {
      opaque->detail = &state;
      return;
    }
    try {
      SetPickleState(object, state);
    } catch (const PickleRefusal&) {
      if (!options_.skip_unknown) throw;
      // What an array is depends on its state; a dict or a tensor is itself.
      const bool depends = object.As<PickleArray>() != nullptr ||
                           object.As<PickleDtype>() != nullptr;
      if (depends) object = Opaque("an array");
    }
    // Of a dict's state nothing is kept.
    if (object.As<PickleArray>() != nullptr) Spend(object);
  }
  // A container of a class that is not on the list swallows what it is given.
  bool Swallows() const { return Top()->As<PickleOpaque>() != nullptr; }

  void AddToList(const PickleItems& items) {
    if (Swallows()) return;
    auto* const list = std::get_if<PickleList>(&Top()->value);
    if (list == nullptr) Fail("APPEND to what is not a list");
    list->items.insert(list->items.end(), items.begin(), items.end());
  }
  void AddToDict(const PickleItems& items) {
    if (Swallows()) return;
    auto* const dict = std::get_if<PickleDict>(&Top()->value);
    if (dict == nullptr) Fail("SETITEM of what is not a dict");
    if (items.size() % 2 != 0) Fail("a dict has a key without a value");
    for (std::size_t i = 0; i < items.size(); i += 2) {
      dict->items.emplace_back(items[i], items[i + 1]);
    }
  }

  bool UseMemo(uint8_t op) {
    switch (op) {
      case kBinPut:
        memo_[Read<uint8_t>()] = Top();
        return true;
      case kLongBinPut:
        memo_[Read<uint32_t>()] = Top();
        return true;
      case kMemoize:
        memo_[static_cast<uint32_t>(memo_.size())] = Top();
        return true;
      case kBinGet:
        PushMemo(Read<uint8_t>());
        return true;
      case kLongBinGet:
        PushMemo(Read<uint32_t>());
        return true;
      case kDup:
        stack_.push_back(Top());
        return true;
      case kPop:
        // POP takes a mark away when nothing is above it.
        if (!marks_.empty() && stack_.size() == marks_.back()) {
          marks_.pop_back();
        } else {
          Pop();
        }
        return true;
      case kPopMark:
        PopToMark();
        return true;
      default:
        return false;
    }
  }
  void PushMemo(uint32_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) {
      Fail(fmt::format("memo {} is used before it is set", index));
    }
    stack_.push_back(found->second);
  }

  bool UseName(uint8_t op) {
    switch (op) {
      case kFrame:  // Frames only help to read ahead.
        if (Read<uint64_t>() > in_.remaining()) Fail("a frame is cut short");
        return true;
      case kGlobal: {
        const std::string module = ReadLine();
        PushName(module, ReadLine());
        return true;
      }
      case kStackGlobal: {
        const PickleItems names = PopItems(2);
        const auto* const module = names[0]->As<std::string>();
        const auto* const name = names[1]->As<std::string>();
        if (module == nullptr || name == nullptr) Fail("a name is not a str");
        PushName(*module, *name);
        return true;
      }
      case kReduce: {
        const PickleItems call = PopItems(2);
        Push(Called(*call[0], *call[1]));
        Spend(*Top());
        return true;
      }
      case kBinPersId:
        Push(Storage(*Pop()));
        return true;
      default:
        return false;
    }
  }
  PickleValue Called(const PickleValue& callee, const PickleValue& with) {
    if (const auto* const opaque = callee.As<PickleOpaque>()) {
      return {PickleOpaque{opaque->name, &with}};
    }
    const auto* const global = callee.As<PickleGlobal>();
    const auto* const arguments = with.As<PickleTuple>();
    if (global == nullptr || arguments == nullptr) {
      Fail("REDUCE of what is not a name and a tuple");
    }
    try {
      return CallAllowed(*global->name, arguments->items);
    } catch (const PickleRefusal&) {
      if (!options_.skip_unknown) throw;
      return OpaqueCall(*global->name, *arguments, with);
    }
  }
  // What an allowed name makes of arguments that it does not take: mostly of
  // one that is opaque itself, which then says more.
  PickleValue OpaqueCall(const AllowedName& name, const PickleTuple& arguments,
                         const PickleValue& with) {
    for (const PickleValue* const argument : arguments.items) {
      if (const auto* const opaque = argument->As<PickleOpaque>()) {
        return {PickleOpaque{opaque->name, &with}};
      }
    }
    return {PickleOpaque{Name(fmt::format("{}.{}", name.module, name.name)),
                         &with}};
  }
  PickleValue Storage(const PickleValue& id) {
    try {
      return FindStorage(id);
    } catch (const PickleRefusal&) {
      if (!options_.skip_unknown) throw;
    }
    // ('storage', torch.QInt8Storage, ...): its class says what it is.
    const auto* const parts = id.As<PickleTuple>();
    if (parts != nullptr && parts->items.size() > 1) {
      if (const auto* const type = parts->items[1]->As<PickleOpaque>()) {
        return {PickleOpaque{type->name, &id}};
      }
    }
    return Opaque("an object outside the pickle");
  }

  // --- What makes objects of any class: opaque values, and nothing else ---

  static std::shared_ptr<const std::string> Name(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
  }
  static PickleValue Opaque(std::string text) {
    return {PickleOpaque{Name(std::move(text))}};
  }
  bool MakeObject(uint8_t op) {
    switch (op) {
      case kNewObj: {
        const PickleItems call = PopItems(2);
        Push(Called(*call[0], *call[1]));
        Spend(*Top());
        return true;
      }
      case kNewObjEx: {
        const PickleItems call = PopItems(3);
        Push(Instance(*call[0], *call[1]));
        return true;
      }
      case kObj: {
        const PickleItems call = PopToMark();
        if (call.empty()) Fail("OBJ has no class");
        Push(Instance(*call[0], *call[0]));
        return true;
      }
      case kInst: {
        const std::string module = ReadLine();
        std::string name = fmt::format("{}.{}", module, ReadLine());
        PopToMark();
        Push(Opaque(std::move(name)));
        return true;
      }
      case kEmptySet:
        Push(Opaque("a set"));
        return true;
      case kAddItems:
        PopToMark();
        if (!Swallows()) Fail("ADDITEMS to what is not a set");
        return true;
      case kFrozenSet:
        PopToMark();
        Push(Opaque("a set"));
        return true;
      default:
        return false;
    }
  }
  PickleValue Instance(const PickleValue& type, const PickleValue& with) {
    const auto* const opaque = type.As<PickleOpaque>();
    return opaque != nullptr ? PickleValue{PickleOpaque{opaque->name, &with}}
                             : Opaque("an object");
  }

  std::string ReadLine() {
    std::string line;
    while (in_.Peek() != '\n') {
      line += AsText(in_.Take(1, "a name"));
    }
    in_.Take(1, "a name");
    return line;
  }
  void PushName(const std::string& module, const std::string& name) {
    const AllowedName* const allowed = FindAllowedName(module, name);
    if (allowed == nullptr && options_.skip_unknown) {
      // STACK_GLOBAL may name the same long strings again and again.
      if (module.size() + name.size() > kMostNameBytes) {
        Fail("a name is too long");
      }
      Push(Opaque(fmt::format("{}.{}", module, name)));
      Spend(*Top());
      return;
    }
    if (allowed == nullptr) {
      Fail(
          fmt::format("the pickle names '{}.{}', which is not on the list of "
                      "allowed names; nothing was run",
                      module, name));
    }
    Push({PickleGlobal{allowed}});
  }

  // Far above any real "module.class".
  static constexpr std::size_t kMostNameBytes = 1024;

  ByteReader in_;
  PickleOptions options_;
  std::deque<PickleValue>& values_;
  std::size_t budget_;  // bytes that calls and states may still copy
  std::size_t at_ = 0;  // of the opcode that is being run
  std::vector<PickleValue*> stack_;
  std::vector<std::size_t> marks_;  // Sizes of the stack.
  std::unordered_map<uint32_t, PickleValue*> memo_;
};

}  // namespace

const PickleValue* PickleDict::Find(std::string_view key) const {
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    const auto* const text = item->first->As<std::string>();
    if (text != nullptr && *text == key) return item->second;
  }
  return nullptr;
}

Pickle::Pickle(std::string where, std::span<const std::byte> bytes,
               std::size_t first, PickleOptions options) {
  if (options.may_go_on) {
    bytes = bytes.first(std::min(bytes.size(), kMostPickleBytes));
  }
  if (bytes.size() > kMostPickleBytes) {
    FailInput(where, fmt::format("the pickle has {} bytes, expected at most {}",
                                 bytes.size(), kMostPickleBytes));
  }
  Machine machine(ByteReader(std::move(where), bytes, first), options, values_);
  root_ = machine.Run();
  bytes_read_ = bytes.size() - machine.remaining();
}

}  // namespace edge_int8
