// SPDX-License-Identifier: Apache-2.0
#include "base/byte_codec.h"

#include <catch2/catch.hpp>

TEST_CASE("values come back as they were written, and every shorter text is refused") {
  base::ByteWriter out;
  out.number(std::uint16_t{7});
  out.text("a\0b");
  out.texts({"x", "", "zz"});
  out.number(std::int64_t{-5});
  const std::string bytes = out.take();
  const auto read = [](std::string_view text) -> base::Result<std::int64_t> {
    base::ByteReader in(text);
    in.number<std::uint16_t>();
    in.text();
    in.texts();
    const auto last = in.number<std::int64_t>();
    TRY(in.finish("the test"));
    return last;
  };
  CHECK(read(bytes).value() == -5);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(read(std::string_view(bytes).substr(0, size)).error().message == "the test is cut off or damaged");
  }
  CHECK(read(bytes + "!").error().message == "the test has bytes after its end");
}

TEST_CASE("a count larger than what follows allocates nothing") {
  base::ByteWriter out;
  out.number(std::uint32_t{0xffffffff});
  const std::string bytes = out.take();
  base::ByteReader in(bytes);
  CHECK(in.texts().empty());
  CHECK_FALSE(in.finish("the list"));
}

TEST_CASE("an error travels whole") {
  base::Error error = base::make_error(base::ErrorClass::Conflict, "taken");
  error.hint = "free it";
  error.context = {"starting x"};
  error.errno_value = 98;
  error.exit_code = 125;
  error.also = {base::make_error(base::ErrorClass::Io, "second")};
  const base::Error back = base::decode_error(base::encode(error));
  CHECK(to_text(back) == to_text(error));
  CHECK(back.error_class == base::ErrorClass::Conflict);
  CHECK(back.errno_value == 98);
  CHECK(back.exit_code == 125);
  CHECK(base::decode_error("x").message == "an error report is cut off or damaged");
}
