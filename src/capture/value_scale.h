// What the values of a set are multiplied by: the reciprocal of their largest
// or of their 99th percentile (NumPy's, linear between two ranks), or a number
// of the user's. Tested by value_scale_test.cc.
#ifndef EDGE_INT8_SRC_CAPTURE_VALUE_SCALE_H_
#define EDGE_INT8_SRC_CAPTURE_VALUE_SCALE_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace edge_int8 {

struct ScaleChoice {
  enum class Kind { kNone, kP99, kMax, kNumber };
  Kind kind = Kind::kNone;
  double number = 1;
};
// "p99", "max" or a number above 0. Throws kUsage.
ScaleChoice ParseScale(const std::string& text);

// Ranks of the sizes |value| of an array of any length, in 0.5 MB: values are
// counted by their upper 16 bits, and of the bins that a rank is in the lower
// bits are counted in a second pass over the same values.
class SizeRanks {
 public:
  SizeRanks();
  void Add(std::span<const float> values);  // not finite ones don't count
  int64_t count() const { return count_; }
  float largest() const { return largest_; }

  // The second pass. `first` is the lower of two neighbouring ranks, from 0.
  void Seek(int64_t first);
  void AddAgain(std::span<const float> values);
  // The values at the two ranks; the second one again where there is no more.
  float Found(int64_t rank) const;

 private:
  struct Bin {
    int64_t first_rank = 0;
    uint32_t upper = 0;
    std::vector<int64_t> lower;
  };

  std::vector<int64_t> bins_;
  std::vector<Bin> sought_;
  int64_t count_ = 0;
  float largest_ = 0;
};

// x_scale of the float32 array `file`, whose values `ranks` has counted. 1
// where every value is 0.
double FindScale(const ScaleChoice& choice, SizeRanks& ranks,
                 const std::filesystem::path& file);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_CAPTURE_VALUE_SCALE_H_
