// The outer layer of an .ei8 file: identifier, format version, SHA-256 and the
// content as opaque bytes. Its own bytes are fixed, so that a flipped bit
// anywhere in a file is noticed. Tested by broken_artifact_test.cc.
#ifndef EDGE_INT8_CORE_CONTAINER_WRAPPER_H_
#define EDGE_INT8_CORE_CONTAINER_WRAPPER_H_

#include <cstddef>
#include <span>
#include <vector>

#include "core/container/status.h"

namespace edge_int8::core {

// FlatBuffers reads scalars in place: the file, and the content in it, start at
// a multiple of this.
inline constexpr std::size_t kFileAlignment = 8;

// The whole file around `content`.
std::vector<std::byte> WrapContent(std::span<const std::byte> content);

// Checks the wrapper and the hash; *content then points into `bytes`, which
// must start at a multiple of kFileAlignment.
Status UnwrapContent(std::span<const std::byte> bytes,
                     std::span<const std::byte>* content);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_WRAPPER_H_
