// Loaded before the C library (LD_PRELOAD): makes the calls that FAULTS names
// fail, so that tests see what a full disk, a lost page or a kill at that very
// moment does. Nothing of ours is linked into it.
//
//   FAULTS=write:ENOSPC:3        the third write fails
//   FAULTS=write:ENOSPC:3+       and all after it
//   FAULTS=rename:kill:2         SIGKILL before the second rename
//   FAULTS=write:short:1+        writes one byte less than half
//   FAULTS=write:EINTR:2,fsync:EIO:1   several, each with its own count
//
// Calls: open write read fsync rename exchange (renameat2) thread
// (pthread_create) malloc (of MALLOC_FROM bytes or more, 0 by default).
// Only writes and reads of descriptors above 2 count. A file named by
// FAULT_SHORTEN is cut to FAULT_SHORTEN_TO bytes as soon as it is mapped.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {

constexpr int kKill = -1;
constexpr int kShort = -2;

struct Fault {
  const char* call;
  int kind = 0;  // an errno, or one of the above; 0: none
  long first = 0;
  bool all_after = false;
  std::atomic<long> count{0};
};

Fault faults[] = {{"open"},   {"write"},    {"read"},   {"fsync"},
                  {"rename"}, {"exchange"}, {"thread"}, {"malloc"}};
enum Call {
  kOpen,
  kWrite,
  kRead,
  kFsync,
  kRename,
  kExchange,
  kThread,
  kMalloc
};

std::atomic<bool> ready{false};
size_t malloc_from = 0;

int KindOf(const char* name, size_t size) {
  const struct {
    const char* name;
    int kind;
  } kinds[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EINTR", EINTR},
               {"EINVAL", EINVAL}, {"EAGAIN", EAGAIN}, {"ENOMEM", ENOMEM},
               {"EMFILE", EMFILE}, {"EACCES", EACCES}, {"kill", kKill},
               {"short", kShort}};
  for (const auto& k : kinds) {
    if (std::strlen(k.name) == size && std::strncmp(k.name, name, size) == 0) {
      return k.kind;
    }
  }
  abort();
}

// "write:ENOSPC:3+,fsync:EIO:1"
void Parse(const char* text) {
  while (*text != 0) {
    const char* const colon = std::strchr(text, ':');
    const char* const second = colon ? std::strchr(colon + 1, ':') : nullptr;
    if (second == nullptr) abort();
    Fault* fault = nullptr;
    for (Fault& f : faults) {
      if (std::strlen(f.call) == static_cast<size_t>(colon - text) &&
          std::strncmp(f.call, text, static_cast<size_t>(colon - text)) == 0) {
        fault = &f;
      }
    }
    if (fault == nullptr) abort();
    fault->kind = KindOf(colon + 1, static_cast<size_t>(second - colon - 1));
    char* end = nullptr;
    fault->first = std::strtol(second + 1, &end, 10);
    fault->all_after = *end == '+';
    if (fault->all_after) ++end;
    text = *end == ',' ? end + 1 : end;
    if (*end != ',' && *end != 0) abort();
  }
}

__attribute__((constructor)) void Start() {
  if (const char* from = std::getenv("MALLOC_FROM")) {
    malloc_from = std::strtoul(from, nullptr, 10);
  }
  if (const char* text = std::getenv("FAULTS")) Parse(text);
  ready = true;
}

// The kind of fault that this call has, or 0.
int Next(Call call) {
  Fault& fault = faults[call];
  if (!ready || fault.kind == 0) return 0;
  const long n = ++fault.count;
  if (n != fault.first && !(fault.all_after && n > fault.first)) return 0;
  if (fault.kind == kKill) kill(getpid(), SIGKILL);
  if (fault.kind > 0) errno = fault.kind;
  return fault.kind;
}

template <class Function>
Function Real(Function, const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

void ShortenIfNamed(int file) {
  const char* const name = std::getenv("FAULT_SHORTEN");
  if (name == nullptr || file < 0) return;
  struct stat mapped, named;
  if (fstat(file, &mapped) != 0 || stat(name, &named) != 0) return;
  if (mapped.st_ino != named.st_ino || mapped.st_dev != named.st_dev) return;
  const char* const to = std::getenv("FAULT_SHORTEN_TO");
  if (truncate(name, to == nullptr ? 0 : std::strtol(to, nullptr, 10)) != 0) {
    abort();
  }
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
  static const auto real = Real(&write, "write");
  const int kind = file > 2 ? Next(kWrite) : 0;
  if (kind > 0) return -1;
  return real(file, bytes, kind == kShort && size > 1 ? size / 2 : size);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  static const auto real = Real(&pwrite, "pwrite");
  const int kind = Next(kWrite);
  if (kind > 0) return -1;
  return real(file, bytes, kind == kShort && size > 1 ? size / 2 : size, at);
}

ssize_t writev(int file, const iovec* parts, int count) {
  static const auto real = Real(&writev, "writev");
  const int kind = file > 2 ? Next(kWrite) : 0;
  return kind > 0 ? -1 : real(file, parts, count);
}

ssize_t read(int file, void* bytes, size_t size) {
  static const auto real = Real(&read, "read");
  const int kind = file > 2 ? Next(kRead) : 0;
  if (kind > 0) return -1;
  return real(file, bytes, kind == kShort && size > 1 ? size / 2 : size);
}

int open(const char* path, int flags, ...) {
  static const auto real = Real(&open, "open");
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  // What is written to: libraries open their own files for reading.
  const bool writes = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0;
  if (writes && Next(kOpen) > 0) return -1;
  return real(path, flags, mode);
}

int fsync(int file) {
  static const auto real = Real(&fsync, "fsync");
  return Next(kFsync) > 0 ? -1 : real(file);
}

int rename(const char* from, const char* to) {
  static const auto real = Real(&rename, "rename");
  return Next(kRename) > 0 ? -1 : real(from, to);
}

int renameat2(int a, const char* from, int b, const char* to,
              unsigned flags) noexcept {
  static const auto real = Real(&renameat2, "renameat2");
  return Next(kExchange) > 0 ? -1 : real(a, from, b, to, flags);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                   void* (*start)(void*), void* argument) {
  static const auto real = Real(&pthread_create, "pthread_create");
  const int kind = Next(kThread);
  return kind > 0 ? kind : real(thread, attributes, start, argument);
}

void* mmap(void* at, size_t size, int protection, int flags, int file,
           off_t offset) {
  static const auto real = Real(&mmap, "mmap");
  void* const mapped = real(at, size, protection, flags, file, offset);
  if (mapped != MAP_FAILED) ShortenIfNamed(file);
  return mapped;
}

void* malloc(size_t size) {
  if (size >= malloc_from && Next(kMalloc) > 0) return nullptr;
  return __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  if (count * size >= malloc_from && Next(kMalloc) > 0) return nullptr;
  return __libc_calloc(count, size);
}

void* realloc(void* old, size_t size) {
  if (size >= malloc_from && Next(kMalloc) > 0) return nullptr;
  return __libc_realloc(old, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  if (size >= malloc_from && Next(kMalloc) > 0) return nullptr;
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** made, size_t alignment, size_t size) {
  if (size >= malloc_from && Next(kMalloc) > 0) return ENOMEM;
  *made = __libc_memalign(alignment, size);
  return *made == nullptr ? ENOMEM : 0;
}

}  // extern "C"
