// The matrix product of batch_nodes.h. Tested by row_product_test.cc.
#ifndef EDGE_INT8_SRC_GRAPH_ROW_PRODUCT_H_
#define EDGE_INT8_SRC_GRAPH_ROW_PRODUCT_H_

#include <cstdint>

namespace edge_int8 {

// out[r][n] = sum over k, in order, of weights[r][k] * x[k][n], row-major and
// without gaps. Each multiplication and each addition rounds on its own, so
// every machine gives the bits of the three plain loops.
void RowProduct(int64_t rows, int64_t depth, int64_t columns,
                const float* weights, const float* x, float* out);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_GRAPH_ROW_PRODUCT_H_
