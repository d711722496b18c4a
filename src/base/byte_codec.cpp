// SPDX-License-Identifier: Apache-2.0
#include "base/byte_codec.h"

#include <fmt/format.h>

namespace base {
namespace {

constexpr int kMaxErrorDepth = 8;

void write_error(ByteWriter& out, const Error& error, int depth) {
  out.number(error.error_class);
  out.text(error.message);
  out.texts(error.context);
  out.text(error.hint);
  out.number(error.errno_value);
  out.number(error.exit_code);
  const std::size_t further = depth < kMaxErrorDepth ? error.also.size() : 0;
  out.number(static_cast<std::uint32_t>(further));
  for (std::size_t i = 0; i < further; ++i) write_error(out, error.also[i], depth + 1);
}

Error read_error(ByteReader& in, int depth) {
  Error error;
  in.number(error.error_class);
  if (error.error_class < ErrorClass::Invalid || error.error_class > ErrorClass::Internal) {
    error.error_class = ErrorClass::Internal;
  }
  error.message = in.text();
  error.context = in.texts();
  error.hint = in.text();
  in.number(error.errno_value);
  in.number(error.exit_code);
  const std::uint32_t further = depth < kMaxErrorDepth ? in.count(1) : in.number<std::uint32_t>();
  for (std::uint32_t i = 0; i < further && depth < kMaxErrorDepth; ++i) {
    error.also.push_back(read_error(in, depth + 1));
  }
  return error;
}

}  // namespace

std::vector<std::string> ByteReader::texts() {
  std::vector<std::string> values;
  const std::uint32_t size = count(sizeof(std::uint32_t));
  values.reserve(size);
  for (std::uint32_t i = 0; i < size; ++i) values.push_back(text());
  return values;
}

std::uint32_t ByteReader::count(std::size_t each) {
  const auto value = number<std::uint32_t>();
  if (value <= left_.size() / each) return value;
  failed_ = true;
  left_ = {};
  return 0;
}

std::string_view ByteReader::take(std::size_t size) {
  if (size > left_.size()) {
    failed_ = true;
    left_ = {};
    return {};
  }
  const std::string_view taken = left_.substr(0, size);
  left_.remove_prefix(size);
  return taken;
}

Result<> ByteReader::finish(std::string_view what) const {
  if (failed_) return fail(ErrorClass::Invalid, fmt::format("{} is cut off or damaged", what));
  if (!left_.empty()) return fail(ErrorClass::Invalid, fmt::format("{} has bytes after its end", what));
  return {};
}

std::string encode(const Error& error) {
  ByteWriter out;
  write_error(out, error, 0);
  return out.take();
}

Error decode_error(std::string_view bytes) {
  ByteReader in(bytes);
  Error error = read_error(in, 0);
  if (auto whole = in.finish("an error report"); !whole) return std::move(whole).error();
  return error;
}

}  // namespace base
