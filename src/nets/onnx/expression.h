// A function of one tensor's values while nodes of a file add to it: x times
// sigmoid(x), the eight nodes of a spelled-out GELU. One Elementwise node comes
// of it when somebody needs its values. Tested by expression_test.cc.
#ifndef EDGE_INT8_SRC_NETS_ONNX_EXPRESSION_H_
#define EDGE_INT8_SRC_NETS_ONNX_EXPRESSION_H_

#include <optional>
#include <vector>

#include "src/graph/function.h"

namespace edge_int8 {

using Expression = std::vector<FunctionToken>;

Expression Argument();  // x itself
bool IsArgument(const Expression& e);
Expression Number(double value);
Expression Apply(FunctionKind kind, Expression e, double a = 0, double b = 0);
Expression Combine(FunctionToken::Kind kind, Expression left,
                   const Expression& right);
Expression Choose(Expression condition, const Expression& yes,
                  const Expression& no);

double Evaluate(const Expression& e, double x);
Function FunctionOf(const Expression& e);  // recognized where it has a name
// Whether it may grow no more: long, or as deep as a Function may be.
bool IsLong(const Expression& e);

// scale * x + shift, if it is that.
struct ScaleShift {
  double scale = 1;
  double shift = 0;
};
std::optional<ScaleShift> ScaleShiftOf(const Expression& e);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_NETS_ONNX_EXPRESSION_H_
