#include "src/export/tflite/tflite_functions.h"

#include <cmath>
#include <numbers>

#include "src/base/error.h"

namespace edge_int8 {
namespace {

// What LOGISTIC and TANH write in 16 bits.
constexpr TfGrid kUnit = {true, 1.0 / 32768, 0};

class FunctionOps {
 public:
  FunctionOps(TfliteValues& values, const TfGrid& grid, const std::string& name)
      : values_(values), grid_(grid), name_(name) {}

  TfValue Run(const Function& f, const TfValue& x) {
    const TfValue wide = values_.Wide(x, name_ + ".pre");
    // The largest |x|.
    const double reach = x.grid.scale * (x.grid.wide ? 32767 : 255);
    switch (f.kind) {
      case FunctionKind::kIdentity:
        return Done(wide);
      case FunctionKind::kSilu:
        return values_.Silu(x, grid_, name_);
      case FunctionKind::kSwish:
        return Gated(wide, Logistic(Times(wide, f.a, reach)));
      case FunctionKind::kSigmoid:
        return Done(Logistic(wide));
      case FunctionKind::kTanh:
        return Done(values_.Unary(TfTanh{}, wide, kUnit, name_ + ".tanh"));
      case FunctionKind::kLeakyRelu:
        return Done(values_.Unary(TfLeakyRelu{static_cast<float>(f.a)}, wide,
                                  FinerGrid(grid_), name_ + ".leaky"));
      case FunctionKind::kAffine: {
        const TfValue y = Times(wide, f.a, reach);
        return Done(values_.Binary(TfAdd{}, y, Number(f.b), FinerGrid(grid_),
                                   name_ + ".affine"));
      }
      case FunctionKind::kHardSwish:
        return Gated(wide, HardGate(wide, reach));
      case FunctionKind::kElu:
        return Narrow(TfElu{}, x);
      case FunctionKind::kGelu:
      case FunctionKind::kGeluTanh:
        if (!x.grid.wide && !grid_.wide) {
          return Narrow(TfGelu{f.kind == FunctionKind::kGeluTanh}, x);
        }
        return Gated(wide, GeluGate(wide, reach));
      default:
        break;
    }
    Check(false, "a function without a TFLite form");
    return x;
  }

 private:
  TfValue Done(const TfValue& y) {
    const bool same = y.grid.wide == grid_.wide &&
                      y.grid.scale == grid_.scale && y.grid.zero == grid_.zero;
    return same ? y : values_.Requantized(y, grid_, name_);
  }
  TfValue Number(double value) { return values_.Number(value, name_ + ".c"); }
  TfValue Times(const TfValue& x, double factor, double reach) {
    const TfGrid grid = {true, reach * std::abs(factor) / 32767, 0};
    return values_.Binary(TfMul{}, x, Number(factor), grid, name_ + ".times");
  }
  TfValue Logistic(const TfValue& x) {
    return values_.Unary(TfLogistic{}, x, kUnit, name_ + ".logistic");
  }
  TfValue Gated(const TfValue& x, const TfValue& gate) {
    return Done(
        values_.Binary(TfMul{}, x, gate, FinerGrid(grid_), name_ + ".gated"));
  }

  // min(max(x / 6 + 1/2, 0), 1): 16 bits end at 1 by themselves.
  TfValue HardGate(const TfValue& x, double reach) {
    const TfGrid unit = {true, 1.0 / 32767, 0};
    const TfValue line = values_.Binary(TfAdd{}, Times(x, 1.0 / 6, reach),
                                        Number(0.5), unit, name_ + ".line");
    const int32_t zero = 0;
    const TfValue low = values_.Fixed(
        {1, 1, 1}, std::span<const int32_t>(&zero, 1), unit, name_ + ".c");
    return values_.Binary(TfMaximum{}, line, low, unit, name_ + ".gate");
  }

  // GELU's tanh form: logistic(x * (a + b * x^2)); from the erf form at most
  // 5e-4 away.
  TfValue GeluGate(const TfValue& x, double reach) {
    const double a = 2 * std::sqrt(2 / std::numbers::pi);
    const double b = a * 0.044715;
    const double square = reach * reach;
    const TfValue x2 = values_.Binary(TfMul{}, x, x, {true, square / 32767, 0},
                                      name_ + ".square");
    const TfValue slope =
        values_.Binary(TfAdd{}, Times(x2, b, square), Number(a),
                       {true, (a + b * square) / 32767, 0}, name_ + ".slope");
    // Beyond 16 the logistic has ended.
    const double most = std::min(16.0, reach * (a + b * square));
    return Logistic(values_.Binary(TfMul{}, x, slope, {true, most / 32767, 0},
                                   name_ + ".argument"));
  }

  // An operator that TFLite has in 8 bits only.
  TfValue Narrow(TfOp op, const TfValue& x) {
    TfValue from = x;
    if (x.grid.wide) {
      from = values_.Requantized(x, {false, x.grid.scale * 256, 0},
                                 name_ + ".narrow");
    }
    const TfGrid grid =
        grid_.wide ? TfGrid{false, grid_.scale * 256, 0} : grid_;
    return Done(values_.Unary(std::move(op), from, grid, name_ + ".f"));
  }

  TfliteValues& values_;
  const TfGrid grid_;
  const std::string& name_;
};

}  // namespace

bool HasTfliteFunction(const Function& f) {
  switch (f.kind) {
    case FunctionKind::kIdentity:
    case FunctionKind::kSilu:
    case FunctionKind::kSwish:
    case FunctionKind::kSigmoid:
    case FunctionKind::kTanh:
    case FunctionKind::kLeakyRelu:
    case FunctionKind::kAffine:
    case FunctionKind::kHardSwish:
    case FunctionKind::kGelu:
    case FunctionKind::kGeluTanh:
      return true;
    case FunctionKind::kElu:
      return f.a == 1;
    default:
      return false;
  }
}

TfValue TfliteFunction(TfliteValues& values, const Function& function,
                       const TfValue& x, const TfGrid& grid,
                       const std::string& name) {
  return FunctionOps(values, grid, name).Run(function, x);
}

}  // namespace edge_int8
