#include "src/formats/npy_stream.h"

#include <utility>

#include "src/base/error.h"
#include "src/formats/npy_writer.h"

namespace edge_int8 {
namespace {

// Five extents of 19 digits fit.
constexpr std::size_t kHeaderBytes = 192;
constexpr std::size_t kWaitingBytes = std::size_t{1} << 18;

}  // namespace

NpyStream::NpyStream(const std::filesystem::path& path, std::string dtype,
                     int64_t item_size, Shape row)
    : file_(path, IfExists::kFail),
      dtype_(std::move(dtype)),
      row_(std::move(row)),
      row_bytes_(static_cast<std::size_t>(ElementCount(row_) * item_size)) {
  Check(row_bytes_ > 0, "an array's rows are empty");
  file_.Write(std::string(kHeaderBytes, ' '));
}

void NpyStream::Append(std::span<const std::byte> rows) {
  Check(rows.size() % row_bytes_ == 0, "expected whole rows of an array");
  rows_ += static_cast<int64_t>(rows.size() / row_bytes_);
  if (rows.size() >= kWaitingBytes) {
    Flush();
    file_.Write(rows);
    return;
  }
  waiting_.insert(waiting_.end(), rows.begin(), rows.end());
  if (waiting_.size() >= kWaitingBytes) Flush();
}

void NpyStream::Flush() {
  file_.Write(waiting_);
  waiting_.clear();
}

void NpyStream::Commit() {
  Flush();
  Shape shape = {rows_};
  shape.insert(shape.end(), row_.begin(), row_.end());
  const std::string header = NpyHeaderBytes(dtype_, shape, kHeaderBytes);
  Check(header.size() == kHeaderBytes, "an array's header is too long");
  file_.WriteAt(0, std::as_bytes(std::span(header)));
  file_.Commit();
}

}  // namespace edge_int8
