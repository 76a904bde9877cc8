// What machine this is, as results carry it.
#ifndef EDGE_INT8_SRC_RUN_HOST_INFO_H_
#define EDGE_INT8_SRC_RUN_HOST_INFO_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace edge_int8 {

// {name, cpu, isa, threads}: the host's name, the processor's model line, the
// instruction set the engine runs with.
nlohmann::json HostInfo();

// "2026-01-31T12:34:56Z", now; `compact` gives "20260131T123456Z".
std::string UtcNow(bool compact = false);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_RUN_HOST_INFO_H_
