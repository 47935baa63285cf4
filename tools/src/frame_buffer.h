// The buffer of an output stream whose bytes go over a tool's socket.
#ifndef DAYBOOK_TOOLS_SRC_FRAME_BUFFER_H_
#define DAYBOOK_TOOLS_SRC_FRAME_BUFFER_H_

#include <array>
#include <streambuf>

#include "tool_socket.h"

namespace daybook::tools {

// Sends what is written in frames of `kind`: when it is full, at each flush, and at last. The
// stream goes bad once the other side is gone.
class FrameBuffer : public std::streambuf {
 public:
  // `socket` must outlive the buffer.
  FrameBuffer(const Fd& socket, FrameKind kind) : socket_(socket), kind_(kind) {
    setp(bytes_.data(), bytes_.data() + bytes_.size());
  }
  ~FrameBuffer() override { Send(); }

 private:
  int_type overflow(int_type c) override {
    if (!Send()) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }
  int sync() override { return Send() ? 0 : -1; }

  bool Send() {
    const absl::string_view written(pbase(), static_cast<size_t>(pptr() - pbase()));
    const bool sent = written.empty() || SendFrame(socket_, kind_, written).ok();
    setp(bytes_.data(), bytes_.data() + bytes_.size());
    return sent;
  }

  const Fd& socket_;
  const FrameKind kind_;
  std::array<char, size_t{16} << 10> bytes_;
};

}  // namespace daybook::tools

#endif  // DAYBOOK_TOOLS_SRC_FRAME_BUFFER_H_
