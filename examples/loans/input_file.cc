#include "input_file.h"

#include <sys/stat.h>
#include <zlib.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "daybook/core/errors.h"

namespace loans {
namespace {

absl::Status DamagedFile(const std::string& path, absl::string_view what) {
  absl::Status status = absl::DataLossError(absl::StrCat(path, ": ", what));
  daybook::v1::Damage damage;
  damage.set_what(path);
  daybook::SetErrorPayload(status, damage);
  return status;
}

}  // namespace

void InputFile::Closer::operator()(gzFile_s* file) const {
  gzclose_r(file);
}

InputFile::InputFile(std::string path, gzFile_s* file)
    : path_(std::move(path)), file_(file), buffer_(kBufferBytes, '\0') {}

absl::StatusOr<InputFile> InputFile::Open(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return absl::ErrnoToStatus(errno, path);
  if (!S_ISREG(info.st_mode)) return daybook::InvalidFieldError(path, "must be a regular file");
  errno = 0;
  gzFile_s* file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return absl::ErrnoToStatus(errno == 0 ? ENOMEM : errno, path);
  gzbuffer(file, kBufferBytes);
  return InputFile(path, file);
}

absl::StatusOr<absl::string_view> InputFile::Read() {
  errno = 0;
  const int count = gzread(file_.get(), buffer_.data(), static_cast<unsigned>(buffer_.size()));
  const int system_error = errno;
  int error = Z_OK;
  const char* message = gzerror(file_.get(), &error);
  // At the end of a file that was cut short gzread() returns what it has and notes Z_BUF_ERROR.
  if (error == Z_BUF_ERROR) return DamagedFile(path_, "the gzip data ends early");
  if (error == Z_ERRNO) return absl::ErrnoToStatus(system_error, path_);
  if (count < 0 || error != Z_OK) {
    return DamagedFile(path_, absl::StrCat("the gzip data is damaged (", message, ")"));
  }
  return absl::string_view(buffer_.data(), static_cast<size_t>(count));
}

}  // namespace loans
