// A file read from its start to its end, gzipped or not.
#ifndef DAYBOOK_EXAMPLES_LOANS_INPUT_FILE_H_
#define DAYBOOK_EXAMPLES_LOANS_INPUT_FILE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct gzFile_s;

namespace loans {

class InputFile {
 public:
  // NotFound, PermissionDenied… as the system says; InvalidArgument when it is no regular file (the
  // log is read twice, so a pipe will not do).
  static absl::StatusOr<InputFile> Open(const std::string& path);

  // The next bytes, valid until the next call; empty at the end. DataLoss (Damage) when the gzip
  // data ends early or its checksum does not hold.
  absl::StatusOr<absl::string_view> Read();

  const std::string& path() const { return path_; }

 private:
  struct Closer {
    void operator()(gzFile_s* file) const;
  };
  static constexpr size_t kBufferBytes = size_t{64} << 10;

  InputFile(std::string path, gzFile_s* file);

  std::string path_;
  std::unique_ptr<gzFile_s, Closer> file_;
  std::string buffer_;
};

}  // namespace loans

#endif  // DAYBOOK_EXAMPLES_LOANS_INPUT_FILE_H_
