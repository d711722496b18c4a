// SPDX-License-Identifier: Apache-2.0
// Blobs that are there already: in the content store, and in a layout on disk.
#include <catch2/catch.hpp>

#include "runtime/image/layer_fetch.h"
#include "runtime/image/repository.h"
#include "support/served_image.h"

using namespace runtime::image;
using namespace test;

namespace {

model::Digest digest_of(std::string_view data) {
  return model::Digest::from_sha256_hex(sys::sha256_hex(data));
}

runtime::registry::BlobSource source_of(const std::string& data) {
  return {digest_of(data), std::ssize(data), [&data] {
            return base::Result<runtime::registry::BlobSource::Reader>(
                [rest = std::string_view(data)](char* room,
                                                std::size_t size) mutable -> base::Result<std::size_t> {
                  const std::size_t count = rest.copy(room, size);
                  rest.remove_prefix(count);
                  return count;
                });
          }};
}

}  // namespace

TEST_CASE("a stored blob is fetched again only when it is damaged") {
  const std::string tar = TarBuilder().file("x", "text").finish(), blob = gzip(tar);
  const ImageFixture fixture;
  const auto layout = open_layout(fixture.folder.path + "/layout", LayoutAccess::Write).value();
  runtime::registry::Descriptor descriptor;
  descriptor.media_type = runtime::registry::media_type::kOciLayerGzip;
  descriptor.digest = digest_of(blob);
  descriptor.size = std::ssize(blob);
  const std::string path = fixture.folder.path + "/blobs/sha256/" + sys::sha256_hex(blob);
  ContentStore& content = fixture.images->content();
  REQUIRE(content.put(blob));
  // Sound, but it unpacks to something else than this image says: others may still need it.
  const auto wrong = fetch_layer(*fixture.images, *layout, descriptor, digest_of("other"), {});
  CHECK(wrong.error().error_class == base::ErrorClass::Invalid);
  CHECK(content.verify(descriptor.digest).value());

  REQUIRE(sys::write_file(path, std::string(blob.size(), 'x')));
  CHECK_FALSE(fetch_layer(*fixture.images, *layout, descriptor, digest_of(tar), {}));
  CHECK_FALSE(content.contains(descriptor.digest));
  REQUIRE(sys::write_file(path, std::string(blob.size(), 'x')));
  REQUIRE(layout->push_blob(source_of(blob)));
  CHECK(fetch_layer(*fixture.images, *layout, descriptor, digest_of(tar), {}));
  CHECK(content.verify(descriptor.digest).value());
}

TEST_CASE("a layout's blob counts as there only with its whole length") {
  const TemporaryFolder folder;
  const auto layout = open_layout(folder.path, LayoutAccess::Write).value();
  const std::string blob = "some bytes";
  CHECK_FALSE(layout->has_blob(digest_of(blob), std::ssize(blob)).value());
  REQUIRE(layout->push_blob(source_of(blob)));
  CHECK(layout->has_blob(digest_of(blob), std::ssize(blob)).value());
  REQUIRE(sys::write_file(folder.path + "/blobs/sha256/" + sys::sha256_hex(blob), "some"));
  CHECK_FALSE(layout->has_blob(digest_of(blob), std::ssize(blob)).value());
}
