// In the place of mpi_communicator.cc where no MPI is found.
#include <fmt/format.h>

#include "src/base/error.h"
#include "src/base/mpi_communicator.h"

namespace edge_int8 {

std::unique_ptr<Communicator> StartMpi(const Launch& launch) {
  FailUsage(fmt::format(
      "{} started {} ranks, but this build has no MPI: install libopenmpi-dev "
      "and build again, or run one process",
      launch.launcher, launch.size));
}

}  // namespace edge_int8
