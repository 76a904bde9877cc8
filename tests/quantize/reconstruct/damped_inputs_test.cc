#include "src/quantize/reconstruct/damped_inputs.h"

#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>

#include "src/base/random.h"

namespace edge_int8 {
namespace {

// Centred moments of `samples` inputs of the given sizes around a mean.
GroupMoments MomentsOf(const Eigen::VectorXd& sizes, double mean, int samples,
                       uint64_t seed) {
  Rng rng(seed);
  Eigen::MatrixXd x(sizes.size(), samples);
  for (Eigen::Index s = 0; s < samples; ++s) {
    for (Eigen::Index n = 0; n < x.rows(); ++n) {
      x(n, s) = sizes[n] * rng.Normal();
    }
  }
  x.colwise() -= x.rowwise().mean().eval();
  const double count = samples;
  return {x * x.transpose(), Eigen::MatrixXd::Zero(1, sizes.size()),
          Eigen::VectorXd::Constant(sizes.size(), mean),
          Eigen::VectorXd::Zero(1), count};
}

void ExpectFactored(const DampedInputs& damped) {
  const Eigen::LLT<Eigen::MatrixXd> llt(damped.h);
  EXPECT_EQ(llt.info(), Eigen::Success);
}

TEST(DampInputs, AddsAShareOfTheMeanEnergy) {
  const GroupMoments m = MomentsOf(Eigen::VectorXd::Ones(4), 1, 200, 1);
  const DampedInputs damped = DampInputs(m, 0.01);
  EXPECT_FALSE(damped.raised);
  const Eigen::MatrixXd added = damped.h - m.inputs;
  EXPECT_TRUE(added.isApprox(
      0.01 * m.inputs.diagonal().mean() * Eigen::MatrixXd::Identity(4, 4),
      1e-9));
}

TEST(DampInputs, FactorsEveryHostileInput) {
  const Eigen::VectorXd ladder = Eigen::VectorXd::NullaryExpr(
      40,
      [](Eigen::Index n) { return std::pow(10.0, -static_cast<double>(n)); });
  Eigen::VectorXd one = Eigen::VectorXd::Zero(40);
  one[7] = 1000;
  for (const Eigen::VectorXd& sizes :
       {ladder, one, Eigen::VectorXd(1e10 * ladder),
        Eigen::VectorXd(Eigen::VectorXd::Ones(40))}) {
    for (const double mean : {0.0, 1.0, 1e6}) {
      for (const int samples : {1, 2, 39, 400}) {
        const DampedInputs damped =
            DampInputs(MomentsOf(sizes, mean, samples, 2), 0.01);
        ExpectFactored(damped);
        EXPECT_FALSE(damped.raised) << mean << " " << samples;
      }
    }
  }
}

// Nothing varies: the means alone say how large a step is.
TEST(DampInputs, OfConstantInputsIsAMultipleOfTheIdentity) {
  const GroupMoments m = MomentsOf(Eigen::VectorXd::Zero(3), 5, 10, 3);
  EXPECT_TRUE(DampInputs(m, 0.01).h.isApprox(
      kLeastDamping * 250 * Eigen::MatrixXd::Identity(3, 3), 1e-9));
}

TEST(DampInputs, OfInputsThatAreAlwaysZeroIsTheIdentity) {
  const GroupMoments m = MomentsOf(Eigen::VectorXd::Zero(3), 0, 10, 4);
  EXPECT_EQ(DampInputs(m, 0.01).h, Eigen::MatrixXd::Identity(3, 3));
}

TEST(DampInputs, RaisesTheDampingOfWhatIsNotAMomentMatrix) {
  GroupMoments m = MomentsOf(Eigen::VectorXd::Ones(3), 0, 50, 5);
  m.inputs(0, 1) = m.inputs(1, 0) = 1.5 * m.inputs(0, 0);  // No correlation.
  const DampedInputs damped = DampInputs(m, 0.01);
  EXPECT_TRUE(damped.raised);
  ExpectFactored(damped);
  m.inputs(2, 2) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(DampInputs(m, 0.01).raised);
  ExpectFactored(DampInputs(m, 0.01));
}

}  // namespace
}  // namespace edge_int8
