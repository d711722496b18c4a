// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "runtime/image/image_transfer.h"
#include "runtime/image/repository.h"
#include "runtime/registry/registry_client.h"
#include "support/cutting_proxy.h"
#include "support/image_fixture.h"
#include "support/registry_fixture.h"

using namespace runtime::image;
using runtime::registry::RegistryOptions;
using test::ImageFixture;
using test::TarBuilder;

namespace {

RegistryOptions quick_options() {
  RegistryOptions options;
  options.first_pause = std::chrono::milliseconds(5);
  return options;
}

base::Result<model::Digest> push(const ImageFixture& fixture, const std::string& name,
                                 const RegistryOptions& options) {
  return push_image(*fixture.images, name, options, {}, {});
}

base::Result<PulledImage> pull(const ImageFixture& fixture, const std::string& name,
                               const RegistryOptions& options, const std::string& platform = "") {
  return pull_image(*fixture.images, name, platform, options, {}, {});
}

std::string archive(const std::string& name) {
  return test::docker_archive(
      {{name,
        {TarBuilder().folder("bin").file("bin/sh", std::string(300'000, 's'), 0755).finish(),
         TarBuilder().file("etc/x", "x").symlink("l", "/etc").finish()},
        R"("config":{"Cmd":["sh"]})"}});
}

}  // namespace

TEST_CASE("an image is pushed, removed and pulled again under the same ID") {
  const test::Registry registry;
  const ImageFixture fixture;
  const std::string name = registry.host() + "/team/app:v1";
  REQUIRE(fixture.load(archive(name)));
  const std::string id = fixture.images->find_id(name).value();
  const auto pushed = push(fixture, name, quick_options()).value();
  REQUIRE(fixture.images->remove(id, RemoveMode::Force, {}));
  CHECK(fixture.layer_folders().empty());
  CHECK(fixture.images->content().list().value().empty());

  const auto pulled = pull(fixture, name, quick_options()).value();
  CHECK(pulled.id == id);
  CHECK(pulled.digest == pushed);
  CHECK_FALSE(pulled.was_known);
  CHECK(sys::read_file(fixture.path_in(name, 0, "etc/x")).value() == "x");
  CHECK(fixture.images->find(name).value().repo_digests ==
        std::vector<std::string>{registry.host() + "/team/app@" + pushed.text()});
  CHECK(pull(fixture, name, quick_options()).value().was_known);
  CHECK(pull(fixture, registry.host() + "/team/app@" + pushed.text(), quick_options()).value().id == id);
  // What was pulled is pushed on unchanged, to another name as well.
  REQUIRE(fixture.images->tag(name, registry.host() + "/other/app:v2"));
  CHECK(push(fixture, registry.host() + "/other/app:v2", quick_options()).value() == pushed);
}

TEST_CASE("the digest an image was pulled by is a name of it, and goes with the last tag of its repository") {
  const test::Registry registry;
  const ImageFixture fixture;
  const std::string repository = registry.host() + "/team/app", name = repository + ":v1";
  REQUIRE(fixture.load(archive(name)));
  const std::string id = fixture.images->find_id(name).value();
  const std::string digest = repository + "@" + push(fixture, name, quick_options()).value().text();
  using Names = std::vector<std::string>;
  const auto remove = [&](const std::string& asked) {
    return fixture.images->remove(asked, RemoveMode::Careful, {}).value();
  };
  CHECK(remove(digest).untagged == Names{digest});
  CHECK(fixture.images->find(name).value().repo_digests.empty());
  REQUIRE(pull(fixture, digest, quick_options()));
  REQUIRE(fixture.images->tag(name, "mine:1"));
  CHECK(remove(name).untagged == Names{name});
  CHECK(fixture.images->find("mine:1").value().repo_digests.empty());
  REQUIRE(pull(fixture, digest, quick_options()));
  CHECK(remove("mine:1").untagged == Names{"mine:1"});
  CHECK(fixture.images->find(digest).value().tags.empty());
  CHECK(remove(digest).deleted == Names{id});
}

TEST_CASE("a built image gets its digests when it is pushed, the same every time") {
  const test::Registry registry;
  const auto build = [&](const ImageFixture& fixture, const std::string& name) {
    const auto layer = fixture.snapshots->prepare(runtime::snapshot::Lifetime::Process).value();
    REQUIRE(sys::write_file(layer.fs + "/a", "a", 0644));
    const timespec times[2] = {{1, 0}, {1'000'000'000, 7}};
    REQUIRE(::utimensat(AT_FDCWD, (layer.fs + "/a").c_str(), times, 0) == 0);
    REQUIRE(fixture.snapshots->commit(layer.id));
    BuiltImage image;
    image.config.architecture = "amd64";
    image.config.os = "linux";
    image.layers = {layer.id};
    image.tags = {name};
    return fixture.images->add_built_image(image).value();
  };
  const ImageFixture one, two;
  const std::string name = registry.host() + "/built:1";
  const std::string first_id = build(one, name), second_id = build(two, name);
  CHECK(first_id != second_id);
  const auto first = push(one, name, quick_options()).value();
  CHECK(one.images->find_id(name).value() == first_id);
  CHECK(push(two, name, quick_options()).value() == first);
  const ImageFixture other;
  pull(other, name, quick_options()).value();
  CHECK(sys::read_file(other.path_in(name, 0, "a")).value() == "a");
}

TEST_CASE("what is attested of an image is pushed beside it, and is in nobody's way") {
  const test::Registry registry;
  const ImageFixture fixture, other;
  const std::string name = registry.host() + "/app:v1";
  REQUIRE(fixture.load(archive(name)));
  const std::string id = fixture.images->find_id(name).value();
  const auto plain = push(fixture, name, quick_options()).value();
  REQUIRE(fixture.images->attest(id, {{make_statement("https://in-toto.io/Statement/v1", "p", "{}"), ""}}));
  const auto pushed = push(fixture, name, quick_options()).value();
  CHECK(push(fixture, name, quick_options()).value() == pushed);
  CHECK(pushed != plain);
  const auto reference = model::ImageReference::parse(name).value();
  const auto repositories = open_for_pull(reference, quick_options(), {}).value();
  const auto found = find_manifest(*repositories[0], "v1", {"linux", "amd64", "", ""}).value();
  CHECK(found.named.media_type == runtime::registry::media_type::kOciIndex);
  CHECK(found.named.digest == pushed);
  CHECK(found.document.digest == plain);
  const auto index = runtime::registry::parse_index(found.named.json, found.named.media_type).value();
  REQUIRE(index.manifests.size() == 2);
  CHECK(index.manifests[1].annotations.at("vnd.docker.reference.digest") == plain.text());
  const auto listed = repositories[0]->fetch_manifest(index.manifests[1].digest.text()).value();
  const auto layers = runtime::registry::parse_manifest(listed.json, listed.media_type).value().layers;
  REQUIRE(layers.size() == 1);
  CHECK(repositories[0]->read_blob(layers[0], 1 << 20).value() ==
        R"({"_type":"https://in-toto.io/Statement/v1","predicate":{},"predicateType":"p","subject":)"
        R"([{"digest":{"sha256":")" +
            std::string(plain.hex()) + R"("},"name":"pkg:docker/)" + registry.host() +
            R"(/app?platform=linux%2Famd64"}]})");
  // Another machine gets the image, and nothing of what is said about it.
  const auto pulled = pull(other, name, quick_options()).value();
  CHECK(pulled.id == id);
  CHECK(pulled.digest == pushed);
  CHECK(other.images->attestations(id).value().empty());
}

TEST_CASE("what is not there is not found, and nothing listens at a free port") {
  const test::Registry registry;
  const ImageFixture fixture;
  const auto missing = pull(fixture, registry.host() + "/no/such:1", quick_options());
  CHECK(missing.error().error_class == base::ErrorClass::NotFound);
  CHECK(missing.error().message == "GET http://" + registry.host() +
                                       "/v2/no/such/manifests/1: the registry answers 404: manifest unknown");
  CHECK(push(fixture, registry.host() + "/no/such:1", quick_options()).error().message ==
        "no such image: " + registry.host() + "/no/such:1");
  RegistryOptions impatient = quick_options();
  impatient.attempts = 2;
  const auto nobody = pull(fixture, "localhost:" + std::to_string(test::free_port()) + "/x", impatient);
  CHECK(nobody.error().error_class == base::ErrorClass::Unavailable);
}

TEST_CASE("TLS: an unknown authority is refused, an installed one is trusted") {
  const test::Registry registry({true, "", ""});
  const ImageFixture fixture;
  const std::string name = registry.host() + "/app:1";
  REQUIRE(fixture.load(archive(name)));
  RegistryOptions options = quick_options();
  const test::TemporaryFolder certificates;
  options.certificate_folders = {certificates.path};
  const std::string own = certificates.path + "/" + registry.host();
  REQUIRE(sys::make_directories(own));
  // An authority of somebody else: what is installed counts even for loopback.
  REQUIRE(sys::write_file(own + "/ca.crt", sys::read_file("/etc/ssl/certs/ca-certificates.crt").value()));
  const auto refused = push(fixture, name, options);
  CHECK(refused.error().message.starts_with("GET https://"));
  CHECK(refused.error().hint ==
        "put the authority's certificate into /etc/docker/certs.d/" + registry.host() + "/ca.crt");
  REQUIRE(sys::write_file(own + "/ca.crt", sys::read_file(registry.folder.path + "/ca.crt").value()));
  const auto digest = push(fixture, name, options).value();
  CHECK(pull(fixture, name, options).value().digest == digest);
  // Another name of this machine, which the certificate is not for.
  const std::string other = "0.0.0.0:" + std::to_string(registry.port());
  REQUIRE(sys::make_directories(certificates.path + "/" + other));
  REQUIRE(
      sys::write_file(certificates.path + "/" + other + "/ca.crt", sys::read_file(own + "/ca.crt").value()));
  CHECK(pull(fixture, other + "/app:1", options).error().hint ==
        "the server's certificate is for another name: use that one");
}

TEST_CASE("basic authentication: refused without, with wrong and accepted with right credentials") {
  const test::Registry registry({false, "alice", "secret:with:colons"});
  const ImageFixture fixture;
  const std::string name = registry.host() + "/app:1";
  REQUIRE(fixture.load(archive(name)));
  RegistryOptions options = quick_options();
  options.docker_config = fixture.folder.path + "/docker/config.json";
  const auto anonymous = push(fixture, name, options);
  CHECK(anonymous.error().error_class == base::ErrorClass::Permission);
  CHECK(anonymous.error().hint == "log in with 'compose login " + registry.host() + "', or check the name");
  using runtime::registry::login;
  CHECK(login(registry.host(), {"alice", "wrong", ""}, options, {}).error().error_class ==
        base::ErrorClass::Permission);
  CHECK_FALSE(sys::path_exists(options.docker_config));
  REQUIRE(login(registry.host(), {"alice", "secret:with:colons", ""}, options, {}));
  const auto digest = push(fixture, name, options).value();
  CHECK(pull(fixture, name, options).value().digest == digest);
  REQUIRE(runtime::registry::logout(registry.host(), options));
  CHECK(runtime::registry::logout(registry.host(), options).error().message ==
        "not logged in to " + registry.host());
  CHECK(pull(fixture, name, options).error().error_class == base::ErrorClass::Permission);
}

TEST_CASE("an explicit platform must be met, and an image of another one is refused") {
  const test::Registry registry;
  const ImageFixture fixture;
  const std::string name = registry.host() + "/app:1";
  REQUIRE(fixture.load(archive(name)));
  REQUIRE(push(fixture, name, quick_options()));
  CHECK(pull(fixture, name, quick_options(), "linux/amd64"));
  CHECK(pull(fixture, name, quick_options(), "linux/s390x").error().message ==
        name + " is for linux/amd64, not for linux/s390x");
  CHECK(pull(fixture, name, quick_options(), "linux").error().message == "\"linux\" is no platform");
}

TEST_CASE("a pull whose connections break comes home over a real registry") {
  const test::Registry registry;
  const ImageFixture source, target;
  std::string noise;
  while (noise.size() < 3'000'000) noise += sys::random_hex(250);
  const std::string name = registry.host() + "/large:1";
  REQUIRE(source.load(test::docker_archive({{name, {TarBuilder().file("noise", noise).finish()}, ""}})));
  REQUIRE(push(source, name, quick_options()));
  test::CuttingProxy proxy(registry.port(), 400'000, 3);
  const std::string through = "localhost:" + std::to_string(proxy.port()) + "/large:1";
  REQUIRE(pull(target, through, quick_options()));
  CHECK(proxy.cuts_left() == 0);
  CHECK(sys::read_file(target.path_in(through, 0, "noise")).value() == noise);
}

TEST_CASE("a layer that another repository of the registry has is not sent again") {
  const test::Registry registry;
  const ImageFixture fixture;
  const std::string name = registry.host() + "/first:1";
  REQUIRE(fixture.load(archive(name)));
  REQUIRE(push(fixture, name, quick_options()));
  REQUIRE(fixture.images->tag(name, registry.host() + "/second:1"));
  bool uploaded = false;
  const ProgressSink progress = [&](const Progress& event) {
    uploaded |= event.state == Progress::State::Uploading;
  };
  REQUIRE(push_image(*fixture.images, registry.host() + "/second:1", quick_options(), progress, {}));
  CHECK_FALSE(uploaded);
  CHECK(pull(fixture, registry.host() + "/second:1", quick_options()));
}

TEST_CASE("a mirror is asked first, the registry when it has nothing") {
  const test::Registry registry, mirror;
  const ImageFixture fixture, target;
  const std::string there = registry.host() + "/app:1", mirrored = mirror.host() + "/app:2";
  REQUIRE(fixture.load(archive(there)));
  REQUIRE(push(fixture, there, quick_options()));
  REQUIRE(fixture.images->tag(there, mirrored));
  REQUIRE(push(fixture, mirrored, quick_options()));
  RegistryOptions options = quick_options();
  options.mirrors[registry.host()] = {"http://localhost:" + std::to_string(test::free_port()),
                                      "http://" + mirror.host()};
  // Tag 2 is only at the mirror, tag 1 only at the registry itself.
  CHECK(pull(target, registry.host() + "/app:2", options));
  CHECK(pull(target, registry.host() + "/app:1", options));
  CHECK(target.images->find(registry.host() + "/app:2").value().tags.size() == 2);
}

TEST_CASE("a mirror gets the credentials of its address, and no others") {
  test::RegistrySetup setup;
  setup.user = "alice";
  setup.password = "s3cr:t@";
  const test::Registry mirror(setup);
  const ImageFixture fixture, target;
  const std::string name = mirror.host() + "/app:1";
  const test::TemporaryFolder folder;
  RegistryOptions options = quick_options();
  options.docker_config = folder.path + "/config.json";
  const runtime::registry::Credentials credentials{setup.user, setup.password, ""};
  const runtime::registry::CredentialStore store = credential_store(options);
  REQUIRE(store.store(mirror.host(), credentials));
  REQUIRE(fixture.load(archive(name)));
  REQUIRE(push(fixture, name, options));
  // The registry itself is away.
  const std::string registry = "localhost:" + std::to_string(test::free_port());
  REQUIRE(store.store(registry, credentials));
  options.mirrors[registry] = {"http://" + mirror.host()};
  CHECK(pull(target, registry + "/app:1", options).error().error_class == base::ErrorClass::Permission);
  options.mirrors[registry] = {"http://alice:s3cr:t@@" + mirror.host()};
  CHECK(pull(target, registry + "/app:1", options));
}

TEST_CASE("a request to stop ends a pull and leaves nothing") {
  const test::Registry registry;
  const ImageFixture source, target;
  const std::string name = registry.host() + "/app:1";
  REQUIRE(source.load(archive(name)));
  REQUIRE(push(source, name, quick_options()));
  const base::Cancellation cancellation;
  cancellation.request();
  const auto pulled = pull_image(*target.images, name, "", quick_options(), {}, cancellation);
  CHECK(pulled.error().error_class == base::ErrorClass::Cancelled);
  CHECK(target.layer_folders().empty());
}
