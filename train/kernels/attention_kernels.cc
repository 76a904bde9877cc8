#include "train/kernels/attention_kernels.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "src/base/cpu_clones.h"
#include "train/commands/task_loop.h"

namespace edge_int8::train {
namespace {

constexpr int64_t kBlock = 8;  // floats: one AVX register

// A small matrix whose rows are padded to a multiple of kBlock.
struct Tile {
  const float* data;
  int64_t row_stride;
  int64_t column_stride;
};

// c[r][:] = sum over d of a[r][d] * b[d][:], `columns` a multiple of kBlock.
EDGE_INT8_CPU_CLONES void TileProduct(int64_t rows, int64_t depth,
                                      int64_t columns, const Tile& a,
                                      const float* b, float* c) {
  const Tile lhs = a;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t block = 0; block < columns; block += kBlock) {
      float sum[kBlock] = {};
      const float* left = lhs.data + r * lhs.row_stride;
      const float* right = b + block;
      for (int64_t d = 0; d < depth; ++d) {
        for (int64_t j = 0; j < kBlock; ++j) sum[j] += left[0] * right[j];
        left += lhs.column_stride;
        right += columns;
      }
      for (int64_t j = 0; j < kBlock; ++j) c[r * columns + block + j] = sum[j];
    }
  }
}

// Copies of one tile's operands, with zeros in the padding.
class Scratch {
 public:
  explicit Scratch(const AttentionShape& s)
      : shape_(s), padded_((s.length() + kBlock - 1) / kBlock * kBlock) {}

  int64_t padded() const { return padded_; }
  std::vector<float> Lines(int64_t count) const {
    return std::vector<float>(static_cast<std::size_t>(count * padded_));
  }

  // Place of position 0 of (channel, window, line), and between positions.
  int64_t Offset(int64_t channel, int64_t window, int64_t line) const {
    const int64_t plane = channel * shape_.windows + window;
    return plane * shape_.height * shape_.width +
           line * (shape_.axis == Axis::kWidth ? shape_.width : 1);
  }
  int64_t Step() const {
    return shape_.axis == Axis::kWidth ? 1 : shape_.width;
  }
  void Load(const float* x, int64_t channel, int64_t window, int64_t line,
            std::vector<float>& rows) const {
    for (int64_t c = 0; c < shape_.per_head(); ++c) {
      const float* from = x + Offset(channel + c, window, line);
      float* to = rows.data() + c * padded_;
      for (int64_t i = 0; i < shape_.length(); ++i) to[i] = from[i * Step()];
    }
  }
  void Store(const std::vector<float>& rows, int64_t channel, int64_t window,
             int64_t line, float* x) const {
    for (int64_t c = 0; c < shape_.per_head(); ++c) {
      const float* from = rows.data() + c * padded_;
      float* to = x + Offset(channel + c, window, line);
      for (int64_t i = 0; i < shape_.length(); ++i) to[i * Step()] = from[i];
    }
  }
  // Square tiles (scores, probabilities), also transposed.
  void LoadSquare(const float* x, std::vector<float>& tile,
                  std::vector<float>& transposed) const {
    const int64_t length = shape_.length();
    for (int64_t i = 0; i < length; ++i) {
      for (int64_t j = 0; j < length; ++j) {
        const std::size_t at = static_cast<std::size_t>(i * padded_ + j);
        const std::size_t flipped = static_cast<std::size_t>(j * padded_ + i);
        tile[at] = transposed[flipped] = x[i * length + j];
      }
    }
  }
  void StoreSquare(const std::vector<float>& tile, float* x) const {
    const int64_t length = shape_.length();
    for (int64_t i = 0; i < length; ++i) {
      const float* row = tile.data() + i * padded_;
      std::copy(row, row + length, x + i * length);
    }
  }
  // Rows of channels read along them: [channel][position].
  Tile Rows(const std::vector<float>& rows) const {
    return {rows.data(), padded_, 1};
  }
  // The same read across: [position][channel].
  Tile Across(const std::vector<float>& rows) const {
    return {rows.data(), 1, padded_};
  }

 private:
  const AttentionShape& shape_;
  int64_t padded_;
};

// Calls body(head, window, line) for every tile; the lines of one (head,
// window) are one thread's.
template <typename Body>
void ForEachTile(const AttentionShape& s, const Body& make_body) {
  ForEachRange(s.heads * s.windows, 8, [&](int64_t begin, int64_t end) {
    auto body = make_body();
    for (int64_t task = begin; task < end; ++task) {
      for (int64_t line = 0; line < s.lines(); ++line) {
        body(task / s.windows, task % s.windows, line);
      }
    }
  });
}

int64_t SquareOffset(const AttentionShape& s, int64_t head, int64_t window,
                     int64_t line) {
  return ((head * s.windows + window) * s.lines() + line) * s.length() *
         s.length();
}

int64_t PlaneSize(const AttentionShape& s) {
  return s.channels * s.windows * s.height * s.width;
}

}  // namespace

void ScoresForward(const AttentionShape& s, const float* qkv, float* scores) {
  ForEachTile(s, [&] {
    const Scratch scratch(s);
    return [&, scratch, q = scratch.Lines(s.per_head()),
            k = scratch.Lines(s.per_head()), out = scratch.Lines(s.length())](
               int64_t head, int64_t window, int64_t line) mutable {
      const int64_t channel = head * s.per_head();
      scratch.Load(qkv, channel, window, line, q);
      scratch.Load(qkv, s.channels + channel, window, line, k);
      TileProduct(s.length(), s.per_head(), scratch.padded(), scratch.Across(q),
                  k.data(), out.data());
      scratch.StoreSquare(out, scores + SquareOffset(s, head, window, line));
    };
  });
}

void ScoresBackward(const AttentionShape& s, const float* qkv,
                    const float* dscores, float* dqkv) {
  std::fill(dqkv + 2 * PlaneSize(s), dqkv + 3 * PlaneSize(s), 0.0f);
  ForEachTile(s, [&] {
    const Scratch scratch(s);
    return
        [&, scratch, q = scratch.Lines(s.per_head()),
         k = scratch.Lines(s.per_head()), ds = scratch.Lines(s.length()),
         ds_t = scratch.Lines(s.length()), grad = scratch.Lines(s.per_head())](
            int64_t head, int64_t window, int64_t line) mutable {
          const int64_t channel = head * s.per_head();
          scratch.Load(qkv, channel, window, line, q);
          scratch.Load(qkv, s.channels + channel, window, line, k);
          scratch.LoadSquare(dscores + SquareOffset(s, head, window, line), ds,
                             ds_t);
          // dq[c][i] = sum_j k[c][j] ds[i][j]; dk[c][j] = sum_i q[c][i]
          // ds[i][j].
          TileProduct(s.per_head(), s.length(), scratch.padded(),
                      scratch.Rows(k), ds_t.data(), grad.data());
          scratch.Store(grad, channel, window, line, dqkv);
          TileProduct(s.per_head(), s.length(), scratch.padded(),
                      scratch.Rows(q), ds.data(), grad.data());
          scratch.Store(grad, s.channels + channel, window, line, dqkv);
        };
  });
}

void MixForward(const AttentionShape& s, const float* probabilities,
                const float* qkv, float* y) {
  ForEachTile(s, [&] {
    const Scratch scratch(s);
    return [&, scratch, v = scratch.Lines(s.per_head()),
            p = scratch.Lines(s.length()), p_t = scratch.Lines(s.length()),
            out = scratch.Lines(s.per_head())](int64_t head, int64_t window,
                                               int64_t line) mutable {
      const int64_t channel = head * s.per_head();
      scratch.Load(qkv, 2 * s.channels + channel, window, line, v);
      scratch.LoadSquare(probabilities + SquareOffset(s, head, window, line), p,
                         p_t);
      TileProduct(s.per_head(), s.length(), scratch.padded(), scratch.Rows(v),
                  p_t.data(), out.data());
      scratch.Store(out, channel, window, line, y);
    };
  });
}

void MixBackward(const AttentionShape& s, const float* probabilities,
                 const float* qkv, const float* dy, float* dprobabilities,
                 float* dqkv) {
  std::fill(dqkv, dqkv + 2 * PlaneSize(s), 0.0f);
  ForEachTile(s, [&] {
    const Scratch scratch(s);
    return [&, scratch, v = scratch.Lines(s.per_head()),
            g = scratch.Lines(s.per_head()), p = scratch.Lines(s.length()),
            p_t = scratch.Lines(s.length()), dp = scratch.Lines(s.length()),
            dv = scratch.Lines(s.per_head())](int64_t head, int64_t window,
                                              int64_t line) mutable {
      const int64_t channel = head * s.per_head();
      const int64_t square = SquareOffset(s, head, window, line);
      scratch.Load(qkv, 2 * s.channels + channel, window, line, v);
      scratch.Load(dy, channel, window, line, g);
      scratch.LoadSquare(probabilities + square, p, p_t);
      // dp[i][j] = sum_c g[c][i] v[c][j]; dv[c][j] = sum_i g[c][i] p[i][j].
      TileProduct(s.length(), s.per_head(), scratch.padded(), scratch.Across(g),
                  v.data(), dp.data());
      scratch.StoreSquare(dp, dprobabilities + square);
      TileProduct(s.per_head(), s.length(), scratch.padded(), scratch.Rows(g),
                  p.data(), dv.data());
      scratch.Store(dv, 2 * s.channels + channel, window, line, dqkv);
    };
  });
}

}  // namespace edge_int8::train
