// Who started this process: an MPI launcher says in the environment which rank
// of how many it is, before any library is asked. Tested by launcher_test.cc.
#ifndef EDGE_INT8_SRC_BASE_LAUNCHER_H_
#define EDGE_INT8_SRC_BASE_LAUNCHER_H_

#include <functional>
#include <string>

namespace edge_int8 {

struct Launch {
  std::string launcher;  // "mpirun", "srun"; empty: started by hand
  int rank = 0;
  int size = 1;
};

// Of Open MPI's mpirun, MPICH's mpiexec (Hydra) and Slurm's srun. Inside an
// sbatch script but outside srun there is one process, whatever was allocated.
// Numbers that make no sense count as absent.
Launch LaunchOf(const std::function<const char*(const char*)>& variable);
// Of this process.
Launch CurrentLaunch();

// In a process that is to run by itself although its parent is a rank: takes
// the launcher's variables out of the environment.
void ForgetLaunch();

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_LAUNCHER_H_
