// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "base/base64.h"

TEST_CASE("base64 both ways") {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    CHECK(base::decode_base64(base::encode_base64(text)) == text);
  }
  CHECK(base::encode_base64("foob") == "Zm9vYg==");
  CHECK(base::decode_base64("Zm9vYg") == "foob");
  CHECK_FALSE(base::decode_base64("a!"));
  CHECK_FALSE(base::decode_base64("A"));
}
