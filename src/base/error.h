// The one exception of this project, and the check for callers' mistakes.
//
// Whatever comes from outside (a file, a flag, a model) can be wrong: throw
// Error with a message that says what, where and what was expected. main()
// catches it once and exits with ExitCode(). Tested by error_test.cc.
#ifndef EDGE_INT8_SRC_BASE_ERROR_H_
#define EDGE_INT8_SRC_BASE_ERROR_H_

#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>

namespace edge_int8 {

// The values are the program's exit codes.
enum class ErrorKind {
  kGate = 1,          // A limit the user asked for was not met.
  kUsage = 2,         // A flag or a combination of flags makes no sense.
  kBadInput = 3,      // A file is not what it should be, or can't be read.
  kInternal = 4,      // A bug of ours.
  kInterrupted = 130  // Ctrl-C; what was finished has been kept.
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message)
      : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int ExitCode() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

// Throws kBadInput as "<where>: <what>"; `where` names the file and, if known,
// the place in it: "data/x.npy at byte 6".
[[noreturn]] void FailInput(std::string_view where, std::string_view what);

// Throws kUsage.
[[noreturn]] void FailUsage(std::string_view what);

// A caller inside this repository must not be wrong: throws kInternal with the
// place when `ok` is false.
void Check(bool ok, std::string_view what,
           std::source_location at = std::source_location::current());

}  // namespace edge_int8

#endif  // EDGE_INT8_SRC_BASE_ERROR_H_
