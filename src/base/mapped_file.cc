#include "src/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/base/interrupt.h"
#include "src/base/job.h"
#include "src/base/output_file.h"

namespace edge_int8 {
namespace {

PublishedPaths& Mappings() {
  static PublishedPaths mappings;
  return mappings;
}

// In a handler nothing but system calls is safe: neither printf nor exceptions.
void Say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written =
        write(MessageDescriptor(), text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void EndIfLost(int number, siginfo_t* info, void*) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const PublishedPaths::Entry* lost = nullptr;
  Mappings().ForEach([&](const PublishedPaths::Entry& mapping) {
    if (at >= mapping.begin && at < mapping.end) lost = &mapping;
  });
  if (lost == nullptr) {  // Not ours: it happens again, by default.
    std::signal(number, SIG_DFL);
    return;
  }
  Say("edge-int8: ");
  Say(MessagePrefix());
  Say(lost->path);
  Say(": became shorter while it was read, or its disk failed; expected a "
      "file that nobody writes to\n");
  RemoveTemporaries();
  _exit(static_cast<int>(ErrorKind::kBadInput));
}

// A file without a name that holds what standard input gave; -1 and errno where
// it could not be kept.
int KeepStandardInput() {
  std::FILE* const kept = std::tmpfile();
  if (kept == nullptr) return -1;
  std::vector<char> block(std::size_t{1} << 16);
  ssize_t got = 0;
  while ((got = read(STDIN_FILENO, block.data(), block.size())) != 0) {
    if (got < 0 && errno == EINTR) {
      ThrowIfInterrupted();
      continue;
    }
    const auto size = static_cast<std::size_t>(std::max(got, ssize_t{0}));
    if (got < 0 || std::fwrite(block.data(), 1, size, kept) != size) return -1;
  }
  return std::fflush(kept) == 0 ? fileno(kept) : -1;
}

// A descriptor of standard input that can be mapped.
int OpenStandardInput() {
  struct stat info {};
  if (fstat(STDIN_FILENO, &info) == 0 && S_ISREG(info.st_mode)) {
    return dup(STDIN_FILENO);
  }
  static const int kept = KeepStandardInput();  // for as long as we live
  return kept < 0 ? -1 : dup(kept);
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  // Without O_NONBLOCK a named pipe would wait for a writer for ever.
  const int file = path == "-"
                       ? OpenStandardInput()
                       : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) FailInput(path.string(), std::strerror(errno));
  struct stat info {};
  const bool regular = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
  const auto size = static_cast<std::size_t>(regular ? info.st_size : 0);
  void* start = nullptr;
  if (size > 0) start = mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  const int map_error = errno;
  close(file);
  if (!regular) {
    FailInput(path.string(), S_ISDIR(info.st_mode) ? "is a folder, not a file"
                                                   : "is not a regular file");
  }
  if (start == MAP_FAILED) FailInput(path.string(), std::strerror(map_error));
  bytes_ = {static_cast<const std::byte*>(start), size};
  if (size == 0) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(start);
  // To the end of the last page: the address is the page's on some machines.
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t end = (begin + size + page - 1) / page * page;
  published_ = Mappings().Publish(path.string(), begin, end);
}

MappedFile::~MappedFile() {
  if (published_ != nullptr) PublishedPaths::Withdraw(published_);
  if (!bytes_.empty()) {
    munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
}

void EndOnLostMappings() {
  Mappings();  // made here, not in the handler
  struct sigaction action {};
  action.sa_sigaction = EndIfLost;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace edge_int8
