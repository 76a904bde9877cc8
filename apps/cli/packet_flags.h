// Flags of what makes windows of packets: `dataset import` and live sources.
// Tested by cli_test.cc and live_program_test.cc.
#ifndef EDGE_INT8_APPS_CLI_PACKET_FLAGS_H_
#define EDGE_INT8_APPS_CLI_PACKET_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace edge_int8 {

void AddRateFlag(CLI::App& verb, double& rate);
// --links and --drop-guards.
void AddSenderFlags(CLI::App& verb, std::vector<std::string>& links,
                    bool& drop_guards);
CLI::Option* AddPhaseFlag(CLI::App& verb, bool& phase_difference);

}  // namespace edge_int8

#endif  // EDGE_INT8_APPS_CLI_PACKET_FLAGS_H_
