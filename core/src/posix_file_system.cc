#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/file_system.h"

namespace daybook {
namespace {

absl::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::StatusCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::StatusCode::kResourceExhausted;
    case EWOULDBLOCK:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status SystemError(absl::string_view action, const std::string& path, int error) {
  return absl::Status(CodeOf(error), absl::StrCat("cannot ", action, " ", path, ": ",
                                                  std::generic_category().message(error)));
}

// An open descriptor, closed at the end.
class HeldFile {
 public:
  explicit HeldFile(int fd) : fd_(fd) {}
  HeldFile(HeldFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  HeldFile& operator=(HeldFile&&) = delete;
  ~HeldFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

absl::StatusOr<HeldFile> Open(absl::string_view action, const std::string& path, int flags) {
  int fd;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return SystemError(action, path, errno);
  return HeldFile(fd);
}

class PosixFile : public File {
 public:
  PosixFile(std::string path, HeldFile fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  absl::StatusOr<std::string> Read(uint64_t offset, size_t size) override {
    std::string bytes(size, '\0');
    size_t done = 0;
    while (done < size) {
      const ssize_t n =
          ::pread(fd_.get(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return SystemError("read", path_, errno);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    bytes.resize(done);
    return bytes;
  }

  absl::Status Write(uint64_t offset, absl::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return SystemError("write", path_, errno);
      offset += static_cast<uint64_t>(n);
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    if (::fdatasync(fd_.get()) != 0) return SystemError("sync", path_, errno);
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> Size() override {
    struct stat info;
    if (::fstat(fd_.get(), &info) != 0) return SystemError("stat", path_, errno);
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  const std::string path_;
  const HeldFile fd_;
};

// flock belongs to the open file, not to the process: a second one in this process waits too.
class PosixLock : public FileLock {
 public:
  explicit PosixLock(HeldFile fd) : fd_(std::move(fd)) {}

 private:
  const HeldFile fd_;
};

class PosixFileSystem : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<File>> OpenFile(const std::string& path, bool create) override {
    absl::StatusOr<HeldFile> fd = Open("open", path, O_RDWR | (create ? O_CREAT : 0));
    if (!fd.ok()) return fd.status();
    return std::make_unique<PosixFile>(path, *std::move(fd));
  }

  absl::StatusOr<std::unique_ptr<File>> OpenForReading(const std::string& path) override {
    absl::StatusOr<HeldFile> fd = Open("open", path, O_RDONLY);
    if (!fd.ok()) return fd.status();
    return std::make_unique<PosixFile>(path, *std::move(fd));
  }

  bool Exists(const std::string& path) override {
    struct stat info;
    return ::stat(path.c_str(), &info) == 0;
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator it(directory, error);
    for (; !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
      names.push_back(it->path().filename().string());
    }
    if (error) return SystemError("list", directory, error.value());
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status CreateDirectories(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return SystemError("create the directory", path, error.value());
    return absl::OkStatus();
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (std::rename(from.c_str(), to.c_str()) != 0) {
      return SystemError(absl::StrCat("rename to ", to, " from"), from, errno);
    }
    return absl::OkStatus();
  }

  absl::Status Delete(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return SystemError("delete", path, errno);
    return absl::OkStatus();
  }

  absl::Status DeleteDirectory(const std::string& path) override {
    if (::rmdir(path.c_str()) != 0) return SystemError("delete the directory", path, errno);
    return absl::OkStatus();
  }

  absl::Status SyncDirectory(const std::string& path) override {
    absl::StatusOr<HeldFile> fd = Open("sync", path, O_RDONLY | O_DIRECTORY);
    if (!fd.ok()) return fd.status();
    if (::fsync(fd->get()) != 0) return SystemError("sync", path, errno);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    absl::StatusOr<HeldFile> fd = Open("lock", path, O_RDWR | O_CREAT);
    if (!fd.ok()) return fd.status();
    int result;
    do {
      result = ::flock(fd->get(), LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
    if (result != 0) return SystemError("lock", path, errno);
    return std::make_unique<PosixLock>(*std::move(fd));
  }

  absl::StatusOr<uint64_t> FreeBytes(const std::string& directory) override {
    struct statvfs info;
    int result;
    do {
      result = ::statvfs(directory.c_str(), &info);
    } while (result != 0 && errno == EINTR);
    if (result != 0) return SystemError("ask for the space at", directory, errno);
    // Without what is kept for the superuser: the store need not be his.
    return uint64_t{info.f_bavail} * info.f_frsize;
  }
};

}  // namespace

FileSystem& FileSystem::Posix() {
  static PosixFileSystem* const files = new PosixFileSystem;
  return *files;
}

}  // namespace daybook
