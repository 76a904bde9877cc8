// Every training step allocates the same tens of megabytes again. Left to its
// defaults the C library gives them back to the system each time, and the page
// faults cost as much as the arithmetic.
#ifndef EDGE_INT8_TRAIN_COMMANDS_HEAP_H_
#define EDGE_INT8_TRAIN_COMMANDS_HEAP_H_

namespace edge_int8::train {

// Keeps freed memory for the next allocation. Call it first in main().
void KeepFreedMemory();

}  // namespace edge_int8::train

#endif  // EDGE_INT8_TRAIN_COMMANDS_HEAP_H_
