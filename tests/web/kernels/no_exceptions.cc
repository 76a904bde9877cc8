// The C++ library for wasm32 comes without exceptions: what would be thrown in
// this test program is the end of it.
#include <cstddef>
#include <cstdlib>

extern "C" void* __cxa_allocate_exception(std::size_t) { std::abort(); }
extern "C" [[noreturn]] void __cxa_throw(void*, void*, void (*)(void*)) {
  std::abort();
}
