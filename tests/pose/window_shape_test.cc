#include "src/pose/window_shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/formats/npy_writer.h"
#include "tests/testing/expect_error.h"

namespace edge_int8 {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string ShapeRefusal(const Shape& shape) {
  const std::vector<float> values(
      static_cast<std::size_t>(ElementCount(shape)));
  const std::string bytes = NpyBytes(shape, values);
  const NpyView view("Anna's x.npy", std::as_bytes(std::span(bytes)));
  const Error error = ErrorOf([&] { ExpectWindows(view, {6, 4}); });
  EXPECT_EQ(error.kind(), ErrorKind::kBadInput);
  EXPECT_THAT(error.what(), HasSubstr("expected [n, 6, 4]"));
  return error.what();
}

TEST(WindowShape, NamesWhatIsWrongAndTheLineThatMendsIt) {
  EXPECT_THAT(ShapeRefusal({3, 4, 6}),
              AllOf(HasSubstr("has shape [3, 4, 6]"),
                    HasSubstr("axes look exchanged (6 and 4)"),
                    HasSubstr("(3, 6, 4)); [y.__setitem__(i, x[i].T)"),
                    HasSubstr("np.load(\"Anna\\x27s x.npy\", mmap_mode")));
  EXPECT_THAT(ShapeRefusal({6, 4}),
              AllOf(HasSubstr("one window by itself"), HasSubstr("(1, 6, 4)")));
  EXPECT_THAT(ShapeRefusal({4, 6}), HasSubstr("with its axes exchanged"));
  EXPECT_THAT(ShapeRefusal({2, 1, 6, 4}), HasSubstr("x[i, 0]"));
  EXPECT_THAT(ShapeRefusal({2, 6, 4, 1}), HasSubstr("x[i, ..., 0]"));
  EXPECT_THAT(ShapeRefusal({5, 3, 2, 4}), HasSubstr("x[i].reshape(6, 4)"));
  for (const Shape& shape : {Shape{2, 7, 4}, Shape{24}, Shape{2, 2, 6, 4}}) {
    EXPECT_THAT(ShapeRefusal(shape), Not(HasSubstr("python3")))
        << ShapeText(shape);
  }
}

TEST(WindowShape, IsRightForAnyNumberOfWindows) {
  for (const int64_t windows : {0, 1, 6}) {
    const std::vector<float> values(static_cast<std::size_t>(windows * 24));
    const std::string bytes = NpyBytes({windows, 6, 4}, values);
    const NpyView view("x.npy", std::as_bytes(std::span(bytes)));
    EXPECT_NO_THROW(ExpectWindows(view, {6, 4}));
  }
}

}  // namespace
}  // namespace edge_int8
