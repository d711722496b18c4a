// SPDX-License-Identifier: Apache-2.0
// Every evil tar as a layer, through each way into the store.
#include <functional>
#include <map>

#include <catch2/catch.hpp>

#include "runtime/image/image_transfer.h"
#include "support/evil_tars.h"
#include "support/served_image.h"

using namespace runtime::image;
using namespace test;

namespace {

/// One way for a layer into the store: "" or the error's text.
using Way = std::function<std::string(const ImageFixture& fixture, const std::string& layer)>;

template <class T>
std::string text_of(const base::Result<T>& result) {
  return result ? std::string() : base::to_text(result.error());
}

std::string pull(const ImageFixture& fixture, const std::string& layer) {
  Served served;
  served.layer_tar = layer;
  served.layer = layer;
  served.config = config_of({"", {layer}, ""});
  served.manifest = served.make_manifest(digest_text(layer), std::to_string(layer.size()));
  HttpDouble registry([&](const DoubleRequest& request) { return served.answer(request); });
  return text_of(pull_image(*fixture.images, registry.host() + "/app:1", "", quick_options(1), {}, {}));
}

std::string load(const ImageFixture& fixture, const std::string& layer) {
  return text_of(fixture.load(docker_archive({{"app:1", {layer}, ""}})));
}

std::string import(const ImageFixture& fixture, const std::string& layer) {
  return text_of(fixture.import(layer, {"app:1", {}, "", ""}));
}

void expect(const EvilTar& evil, const Way& way) {
  const ImageFixture fixture;
  const std::string text = way(fixture, evil.bytes);
  if (evil.refusal.empty()) {
    CHECK(text == "");
    return;
  }
  CHECK_THAT(text, Catch::Contains(evil.refusal));
  CHECK(fixture.layer_folders().empty());
  CHECK(fixture.images->list().value().empty());
  CHECK(fixture.images->content().list().value().empty());
}

}  // namespace

TEST_CASE("no evil tar does harm, whichever way it comes") {
  const Canary canary;
  const std::vector<EvilTar> all = evil_tars(canary.folder.path);
  REQUIRE(all.size() >= 60);
  for (const EvilTar& evil : all) {
    for (const auto& [name, way] :
         std::map<std::string, Way>{{"pull", pull}, {"load", load}, {"import", import}}) {
      INFO(name << ": " << evil.shape);
      expect(evil, way);
      canary.check();
    }
  }
}
