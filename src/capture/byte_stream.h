// Bytes of a capture in order, hashed on their way: files of any size cost one
// buffer. Tested by line_reader_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_BYTE_STREAM_H_
#define EDGE_INT8_SRC_CAPTURE_BYTE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "src/base/sha256.h"

namespace edge_int8 {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Fills as much of `room` as there is; fewer bytes only at the end.
  virtual std::size_t Read(std::span<char> room) = 0;
};

class FileStream : public ByteStream {
 public:
  // `hashed`: Hex() is wanted. Throws kBadInput when it is no readable file.
  FileStream(std::filesystem::path path, bool hashed);
  ~FileStream() override;
  FileStream(const FileStream&) = delete;
  FileStream& operator=(const FileStream&) = delete;
  std::size_t Read(std::span<char> room) override;

  int64_t bytes_read() const { return bytes_read_; }
  // Of what was read; reads what is left first.
  std::string Hex();

 private:
  const std::filesystem::path path_;
  const bool hashed_;
  Sha256Stream hash_;
  int file_ = -1;
  int64_t bytes_read_ = 0;
};

// Somebody else's bytes.
class MemoryStream : public ByteStream {
 public:
  explicit MemoryStream(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::size_t Read(std::span<char> room) override;

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_BYTE_STREAM_H_
