// The outer layer of an .ei8 file: 72 bytes that hold the identifier, the
// format version, the content's SHA-256 and its length; then the content as
// opaque bytes. Tested by wrapper_test.cc and broken_artifact_test.cc.
//
// The 72 bytes are a FlatBuffer (table File of ei8.fbs) whose layout is fixed
// here. FlatBuffers would allow others, with offsets and padding that no hash
// covers; this way a flipped bit anywhere in a file is noticed, and the header
// can be read without FlatBuffers.
#ifndef EDGE_INT8_CORE_CONTAINER_WRAPPER_H_
#define EDGE_INT8_CORE_CONTAINER_WRAPPER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/container/status.h"

namespace edge_int8::core {

inline constexpr std::size_t kHeaderBytes = 72;

// FlatBuffers reads scalars in place, so the file starts at a multiple of this
// in memory; the content then does too.
inline constexpr std::size_t kFileAlignment = 8;

// The whole file around `content`, which is shorter than 4 GiB.
std::vector<std::byte> WrapContent(std::span<const std::byte> content,
                                   uint32_t version);

// Checks the header and the hash; *content then points into `bytes`. The
// version is one that this program knows.
Status UnwrapContent(std::span<const std::byte> bytes,
                     std::span<const std::byte>* content, uint32_t* version);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_WRAPPER_H_
