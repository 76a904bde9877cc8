#include "src/pose/procrustes.h"

#include <array>
#include <cmath>
#include <cstddef>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

using Point = std::array<double, 3>;  // z is 0 in 2-D
using Matrix3 = std::array<Point, 3>;
using Matrix4 = std::array<std::array<double, 4>, 4>;

Point PointOf(std::span<const float> pose, std::size_t joint,
              std::size_t dims) {
  Point point = {};
  for (std::size_t d = 0; d < dims; ++d) point[d] = pose[joint * dims + d];
  return point;
}

Point Centre(std::span<const float> pose, std::size_t dims) {
  const std::size_t joints = pose.size() / dims;
  Point sum = {};
  for (std::size_t j = 0; j < joints; ++j) {
    const Point p = PointOf(pose, j, dims);
    for (std::size_t d = 0; d < 3; ++d) sum[d] += p[d];
  }
  for (double& s : sum) s /= static_cast<double>(joints);
  return sum;
}

Point Minus(const Point& a, const Point& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

// Cyclic Jacobi rotations until nothing is left off the diagonal; the columns
// of `vectors` are the eigenvectors. Four by four converges in a few sweeps.
void Diagonalize(Matrix4& m, Matrix4& vectors) {
  vectors = {};
  for (std::size_t i = 0; i < 4; ++i) vectors[i][i] = 1;
  constexpr int kMostSweeps = 50;
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    double off = 0;
    for (std::size_t p = 0; p < 4; ++p) {
      for (std::size_t q = p + 1; q < 4; ++q) off += std::abs(m[p][q]);
    }
    if (off == 0) return;
    for (std::size_t p = 0; p < 4; ++p) {
      for (std::size_t q = p + 1; q < 4; ++q) {
        if (m[p][q] == 0) continue;
        const double theta = (m[q][q] - m[p][p]) / (2 * m[p][q]);
        const double t = (theta >= 0 ? 1 : -1) /
                         (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1);
        const double s = t * c;
        for (std::size_t k = 0; k < 4; ++k) {
          const double kp = m[k][p], kq = m[k][q];
          m[k][p] = c * kp - s * kq;
          m[k][q] = s * kp + c * kq;
        }
        for (std::size_t k = 0; k < 4; ++k) {
          const double pk = m[p][k], qk = m[q][k];
          m[p][k] = c * pk - s * qk;
          m[q][k] = s * pk + c * qk;
        }
        m[p][q] = m[q][p] = 0;
        for (std::size_t k = 0; k < 4; ++k) {
          const double kp = vectors[k][p], kq = vectors[k][q];
          vectors[k][p] = c * kp - s * kq;
          vectors[k][q] = s * kp + c * kq;
        }
      }
    }
  }
}

// The rotation that takes p to t best, from S[a][b] = sum of p[a] * t[b].
Matrix3 BestRotation(const Matrix3& s) {
  Matrix4 n = {};
  n[0] = {s[0][0] + s[1][1] + s[2][2], s[1][2] - s[2][1], s[2][0] - s[0][2],
          s[0][1] - s[1][0]};
  n[1] = {n[0][1], s[0][0] - s[1][1] - s[2][2], s[0][1] + s[1][0],
          s[2][0] + s[0][2]};
  n[2] = {n[0][2], n[1][2], -s[0][0] + s[1][1] - s[2][2], s[1][2] + s[2][1]};
  n[3] = {n[0][3], n[1][3], n[2][3], -s[0][0] - s[1][1] + s[2][2]};
  Matrix4 vectors;
  Diagonalize(n, vectors);
  std::size_t best = 0;
  for (std::size_t i = 1; i < 4; ++i) {
    if (n[i][i] > n[best][best]) best = i;
  }
  const double w = vectors[0][best], x = vectors[1][best], y = vectors[2][best],
               z = vectors[3][best];
  return {{{w * w + x * x - y * y - z * z, 2 * (x * y - w * z),
            2 * (x * z + w * y)},
           {2 * (x * y + w * z), w * w - x * x + y * y - z * z,
            2 * (y * z - w * x)},
           {2 * (x * z - w * y), 2 * (y * z + w * x),
            w * w - x * x - y * y + z * z}}};
}

// In the plane, where s R is (a, -b; b, a) / |p|^2.
Matrix3 BestTurn(const Matrix3& s) {
  const double a = s[0][0] + s[1][1];
  const double b = s[0][1] - s[1][0];
  const double length = std::sqrt(a * a + b * b);
  if (length == 0) return {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  return {{{a / length, -b / length, 0}, {b / length, a / length, 0}, {}}};
}

Point Turned(const Matrix3& rotation, const Point& p) {
  Point turned = {};
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t k = 0; k < 3; ++k) turned[i] += rotation[i][k] * p[k];
  }
  return turned;
}

}  // namespace

double AlignedErrorSum(std::span<const float> pred,
                       std::span<const float> truth, int dims) {
  Check(dims == 2 || dims == 3, "poses are in 2-D or 3-D");
  const auto axes = static_cast<std::size_t>(dims);
  const std::size_t joints = pred.size() / axes;
  const Point pred_centre = Centre(pred, axes);
  const Point truth_centre = Centre(truth, axes);
  Matrix3 products = {};
  double size = 0;  // sum of |p|^2
  for (std::size_t j = 0; j < joints; ++j) {
    const Point p = Minus(PointOf(pred, j, axes), pred_centre);
    const Point t = Minus(PointOf(truth, j, axes), truth_centre);
    for (std::size_t a = 0; a < 3; ++a) {
      size += p[a] * p[a];
      for (std::size_t b = 0; b < 3; ++b) products[a][b] += p[a] * t[b];
    }
  }
  const Matrix3 rotation =
      dims == 2 ? BestTurn(products) : BestRotation(products);
  double along = 0;  // sum of t . R p
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t b = 0; b < 3; ++b)
      along += rotation[b][a] * products[a][b];
  }
  const double scale = size > 0 ? along / size : 0;
  double sum = 0;
  for (std::size_t j = 0; j < joints; ++j) {
    const Point p =
        Turned(rotation, Minus(PointOf(pred, j, axes), pred_centre));
    const Point t = Minus(PointOf(truth, j, axes), truth_centre);
    double squares = 0;
    for (std::size_t d = 0; d < 3; ++d) {
      const double off = scale * p[d] - t[d];
      squares += off * off;
    }
    sum += std::sqrt(squares);
  }
  return sum;
}

}  // namespace edge_int8
