// Sizes as people write them: 524288, 512K, 0.3MiB, 2GB. Tested by
// byte_size_test.cc.
#ifndef EDGE_INT8_SRC_BASE_BYTE_SIZE_H_
#define EDGE_INT8_SRC_BASE_BYTE_SIZE_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace edge_int8 {

// A number, and perhaps a unit in either case: B; K, M, G, T and KiB, MiB, GiB,
// TiB are powers of 1024, as memory is counted; KB, MB, GB, TB are powers of
// 1000, as disks are sold. Without one `unit` bytes are meant. Rounded to whole
// bytes; nothing for what is no such size, negative or beyond 2^62.
std::optional<int64_t> ParseByteSize(std::string_view text, int64_t unit = 1);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_BYTE_SIZE_H_
