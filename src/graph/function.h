// A function of one real number: what an elementwise node applies to every
// value of a tensor. Anything elementwise is one of these, in the float
// executor and as a table of the integer engine, so a new function costs a name
// and a formula (a row of kForms in function.cc). Tested by function_test.cc.
#ifndef EDGE_INT8_SRC_GRAPH_FUNCTION_H_
#define EDGE_INT8_SRC_GRAPH_FUNCTION_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edge_int8 {

// Where a function has parameters they are a and b, in this order.
enum class FunctionKind : uint8_t {
  kIdentity,
  kRelu,
  kLeakyRelu,  // x < 0 ? a x : x
  kClip,       // min(max(x, a), b)
  kSigmoid,
  kTanh,
  kElu,          // x < 0 ? a (exp(x) - 1) : x
  kSelu,         // b (x < 0 ? a (exp(x) - 1) : x)
  kCelu,         // max(x, 0) + min(0, a (exp(x / a) - 1))
  kSoftplus,     // log(1 + exp(x))
  kSoftsign,     // x / (1 + |x|)
  kHardSigmoid,  // min(max(a x + b, 0), 1)
  kHardSwish,    // x min(max(x / 6 + 1/2, 0), 1)
  kMish,         // x tanh(log(1 + exp(x)))
  kSilu,         // x / (1 + exp(-x))
  kSwish,        // x / (1 + exp(-a x))
  kGelu,         // x (1 + erf(x / sqrt(2))) / 2
  kGeluTanh,     // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
  kErf,
  kExp,
  kLog,
  kSqrt,
  kReciprocal,  // 1 / x
  kAbs,
  kPower,   // x^a
  kAffine,  // a x + b
  kFloor,
  kCeil,
  kRound,  // to even
  kSign,
  kSin,
  kCos,
  kStep,      // x > a ? 1 : 0
  kComposed,  // Function::tokens
};

// A composed function in reverse Polish notation: each token pushes a value or
// replaces the last one (unary) or two (binary) by their result.
struct FunctionToken {
  enum class Kind : uint8_t {
    kX,         // pushes the argument
    kConstant,  // pushes a
    kUnary,     // applies `function` with a and b
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kMaximum,
    kMinimum,
    kPower,
    kGreater,  // 1 or 0
    kSelect    // three: condition, value if it is not 0, value otherwise
  };
  Kind kind = Kind::kX;
  FunctionKind function = FunctionKind::kIdentity;
  double a = 0;
  double b = 0;
  bool operator==(const FunctionToken&) const = default;
};

struct Function {
  FunctionKind kind = FunctionKind::kIdentity;
  double a = 0;
  double b = 0;
  std::vector<FunctionToken> tokens = {};  // of kComposed

  // In double; what PyTorch's operator gives to a few units in the last place
  // of float. May be infinite or NaN where the function is.
  double operator()(double x) const;
  bool operator==(const Function&) const = default;
};

// "silu", "clip", ...; "f(x)" of a composed one.
std::string_view FunctionName(FunctionKind kind);
std::optional<FunctionKind> FindFunction(std::string_view name);
// How many of a and b the kind has.
int FunctionParameters(FunctionKind kind);

// Tokens separated by blanks in reverse Polish notation: x, a number,
// name[:a[:b]] of a kind, or one of add sub mul div max min pow gt select. A
// function of one kind is one token: "silu", "clip:0:6". Numbers read back to
// the same double (function_text.cc).
std::string FunctionText(const Function& function);
// Nothing if the text is not one.
std::optional<Function> ParseFunction(std::string_view text);

// Values that wait while a composed function is evaluated, at most.
inline constexpr std::size_t kMaxFunctionStack = 16;
// Whether every token finds its operands, one value is left and no more than
// that many ever wait: what operator() relies on.
bool IsSoundFunction(std::span<const FunctionToken> tokens);

// In place, in float: the common kinds by formulas in float, the others by
// operator().
void ApplyFunction(const Function& function, std::span<float> values);

// The function with one kind that this composed one is, where it agrees with a
// kind to a few units of double's last place over its range (a spelled-out
// SiLU, GELU, mish, hard swish, leaky ReLU, clip, a x + b ...); itself
// otherwise.
Function Recognized(const Function& composed);

// The function as tokens, also of one kind.
std::vector<FunctionToken> TokensOf(const Function& function);

// after(before(x)), recognized.
Function Compose(const Function& before, const Function& after);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_FUNCTION_H_
