// SHA-256 (FIPS 180-4) for core/, which links only the standard library: the
// workbench's OpenSSL is not on a microcontroller or in a browser. Tested by
// digest_test.cc against the standard's vectors and OpenSSL.
#ifndef EDGE_INT8_CORE_CONTAINER_DIGEST_H_
#define EDGE_INT8_CORE_CONTAINER_DIGEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace edge_int8::core {

using Digest = std::array<uint8_t, 32>;

Digest Sha256Digest(std::span<const std::byte> bytes);

}  // namespace edge_int8::core

#endif  // EDGE_INT8_CORE_CONTAINER_DIGEST_H_
