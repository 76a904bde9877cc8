#include "apps/cli/packet_flags.h"

#include "apps/cli/common_flags.h"

namespace edge_int8 {

void AddRateFlag(CLI::App& verb, double& rate) {
  verb.add_option("--rate", rate,
                  "Steps a second (default: the packets' own rate)")
      ->check(CLI::Range(1e-3, 1e6))
      ->check(RefuseNan);
}

void AddSenderFlags(CLI::App& verb, std::vector<std::string>& links,
                    bool& drop_guards) {
  verb.add_option("--links", links,
                  "Senders in the order of their rows (MAC,MAC,...), or how "
                  "many of the most frequent (default: those with a tenth of "
                  "the packets of the first)")
      ->delimiter(',');
  verb.add_flag("--drop-guards", drop_guards,
                "Leave out subcarriers that never have a signal");
}

CLI::Option* AddPhaseFlag(CLI::App& verb, bool& phase_difference) {
  return verb.add_flag(
      "--phase-difference", phase_difference,
      "Values are phase differences of neighbouring subcarriers");
}

}  // namespace edge_int8
