// The communicator of a job that an MPI launcher started. The only header of
// the project's MPI; a build without MPI has it, too, and says what it lacks.
// Tested by tests/ranks.
#ifndef EDGE_INT8_SRC_BASE_MPI_COMMUNICATOR_H_
#define EDGE_INT8_SRC_BASE_MPI_COMMUNICATOR_H_

#include <memory>

#include "src/base/communicator.h"
#include "src/base/launcher.h"

namespace edge_int8 {

// Throws kUsage when this build has no MPI, or another one than the launcher's.
std::unique_ptr<Communicator> StartMpi(const Launch& launch);

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_MPI_COMMUNICATOR_H_
