// The files of apps/mcu/runtime and apps/mcu/project by name, as they were when
// this program was built. In them `ei8_` and `EI8_` stand for a model's prefix.
#ifndef EDGE_INT8_SRC_EXPORT_C_MCU_SOURCES_H_
#define EDGE_INT8_SRC_EXPORT_C_MCU_SOURCES_H_

#include <map>
#include <string>

namespace edge_int8 {

const std::map<std::string, std::string>& McuSources();

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_EXPORT_C_MCU_SOURCES_H_
