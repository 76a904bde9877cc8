// Copies an artifact's content out of its verified FlatBuffer. Private to
// ei8_reader.cc and ei8_read_ops.cc.
#ifndef EDGE_INT8_CORE_CONTAINER_CONTENT_READER_H_
#define EDGE_INT8_CORE_CONTAINER_CONTENT_READER_H_

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/container/artifact.h"
#include "ei8_generated.h"

namespace edge_int8::core {

// FlatBuffers let two fields name the same bytes. So that a small file can't
// fill a large memory, all that is copied is counted against the file's size.
// Only tables and functions are meant to be shared, and are small.
//
// Every method returns false after setting result_.
class ContentReader {
 public:
  ContentReader(const ei8::Content& content, std::size_t size, Artifact* out)
      : content_(content), unread_(size), out_(out) {}

  Result Read() {
    ReadHead() && ReadTensors() && ReadTables() && ReadFunctions() &&
        ReadOps() && ReadProvenance() && ReadGolden();
    return result_;
  }

 private:
  template <class T>
  using Vector = flatbuffers::Vector<T>;

  bool Fail(Status status, int32_t item = -1) {
    result_ = {status, op_, item};
    return false;
  }

  bool Count(std::size_t bytes) {
    if (bytes > unread_) return Fail(Status::kSharedBytes);
    unread_ -= bytes;
    return true;
  }

  template <class T>
  bool Copy(const Vector<T>* from, std::vector<T>* to) {
    if (!Count(from->size() * sizeof(T))) return false;
    to->assign(from->data(), from->data() + from->size());
    return true;
  }

  // A vector that may be absent.
  template <class T>
  bool CopyIfAny(const Vector<T>* from, std::vector<T>* to) {
    return from == nullptr || Copy(from, to);
  }

  bool CopyText(const flatbuffers::String* from, std::string* to) {
    if (!Count(from->size())) return false;
    to->assign(from->data(), from->size());
    return true;
  }

  // ei8_reader.cc.
  bool CopyExp(const Vector<uint16_t>* from, std::array<uint16_t, 256>* to);
  bool ReadHead();
  bool ReadTensors();
  bool ReadTables();
  bool ReadTable(const ei8::LookupTable& from, int32_t index);
  bool ReadFunctions();
  bool ReadProvenance();
  bool ReadGolden();

  // ei8_read_ops.cc.
  bool ReadOps();
  bool ReadAnyOp(ei8::Op type, const void* op);
  bool ReadOp(const ei8::Conv& from);
  bool ReadOp(const ei8::Add& from);
  bool ReadOp(const ei8::Attention& from);
  bool ReadOp(const ei8::Pool& from);
  bool ReadOp(const ei8::Transpose& from);
  bool ReadOp(const ei8::Requantize& from);
  bool ReadOp(const ei8::Multiply& from);
  bool ReadOp(const ei8::MatMul& from);
  bool ReadOp(const ei8::Softmax& from);
  bool ReadOp(const ei8::Normalize& from);
  bool ReadOp(const ei8::WindowPool& from);
  bool ReadOp(const ei8::Move& from);
  bool ReadOp(const ei8::Resize& from);
  bool ReadOp(const ei8::Recurrent& from);
  bool ReadOp(const ei8::Constant& from);

  bool CopyMultipliers(const Vector<int32_t>* mantissa,
                       const Vector<uint8_t>* shift,
                       std::vector<Multiplier>* to);
  bool CopyRanges(const Vector<const ei8::PlaceRange*>& from,
                  std::vector<PlaceRange>* to);
  bool CopyTaps(const Vector<const ei8::ResizeTap*>& from,
                std::vector<ResizeTap>* to);
  bool CopyWeights(const Vector<uint8_t>& from, int64_t count, int32_t bits,
                   std::vector<int8_t>* to);
  bool CopyTable(int32_t index, std::vector<int16_t>* to);
  // The activation of any operator that has one.
  template <class T>
  bool ReadActivation(const T& from, Activation* to);

  template <class T>
  bool Keep(T op) {
    out_->graph.ops.push_back(std::move(op));
    return true;
  }

  const ei8::Content& content_;
  std::size_t unread_;
  Artifact* out_;
  std::vector<std::vector<int16_t>> tables_;
  std::vector<std::string> functions_;
  int32_t op_ = -1;
  Result result_;
};

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_CONTENT_READER_H_
