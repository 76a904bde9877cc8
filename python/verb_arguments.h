// Python's arguments as what the verbs take, and what they give back.
#ifndef EDGE_INT8_PYTHON_VERB_ARGUMENTS_H_
#define EDGE_INT8_PYTHON_VERB_ARGUMENTS_H_

#include <nanobind/nanobind.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "src/base/tensor.h"
#include "src/nets/network_options.h"
#include "src/pose/dataset.h"
#include "src/run/quantize_checkpoint.h"

namespace edge_int8::python {

// The entries of a dict that are there and not None, by the names of the flags:
// variant, weights, joints, frames, head.
NetworkOptions NetworkFrom(const nanobind::dict& arguments);
// Such a dict, whose other entries are None.
nanobind::dict DictOf(const NetworkOptions& network);
// corrupt_mask (a list), keypoints_root, hold_out.
DatasetOptions DatasetFrom(const nanobind::dict& arguments);
// recipe, repair, calib_batches, weight_bits, seed.
QuantizeRequest RequestFrom(const nanobind::dict& arguments);

nanobind::tuple TupleOf(const Shape& shape);
// To be read by json.loads; bytes that are not UTF-8 are replaced.
std::string JsonText(const nlohmann::json& json);

}  // namespace edge_int8::python

#endif  // EDGE_INT8_PYTHON_VERB_ARGUMENTS_H_
