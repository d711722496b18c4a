// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "runtime/registry/answers.h"
#include "runtime/registry/auth_challenge.h"
#include "runtime/registry/credentials.h"
#include "runtime/registry/manifest.h"
#include "runtime/registry/registry_options.h"
#include "support/temporary_folder.h"
#include "sys/file.h"

using namespace runtime::registry;

TEST_CASE("challenges of servers") {
  const auto bearer =
      parse_challenge(R"(Bearer realm="https://auth.example/token",service="a \"b\"",scope="x:y:pull,push")")
          .value();
  CHECK(bearer.scheme == "bearer");
  CHECK(bearer.value("realm") == "https://auth.example/token");
  CHECK(bearer.value("service") == "a \"b\"");
  CHECK(bearer.value("scope") == "x:y:pull,push");
  CHECK(parse_challenge("basic Realm=x").value().value("realm") == "x");
  CHECK(parse_challenge("Negotiate, Basic realm=\"r\"").value().scheme == "basic");
  CHECK_FALSE(parse_challenge(""));
  CHECK_FALSE(parse_challenge("Digest realm=x, nonce=\""));
}

TEST_CASE("what a registry says was wrong is one printable line") {
  CHECK(describe_errors(R"({"errors":[{"code":"DENIED","message":"no"},{"code":"NAME_UNKNOWN"}]})") ==
        "denied: no; name unknown");
  CHECK(describe_errors("plain\n\x1b[31mtext") == "plain  [31mtext");
  CHECK(describe_errors("") == "");
  CHECK(parse_token_answer(R"({"access_token":"a"})").value().token == "a");
  CHECK_FALSE(parse_token_answer("{\"token\":\"a\\r\\nX: y\"}"));
  CHECK_FALSE(parse_token_answer("[]"));
}

TEST_CASE("the manifest for a platform is chosen from an index") {
  const auto entry = [](const std::string& architecture, const std::string& variant, char digit) {
    Descriptor out;
    out.media_type = media_type::kOciManifest;
    out.digest = model::Digest::from_sha256_hex(std::string(64, digit));
    out.platform = Platform{"linux", architecture, variant, ""};
    return out;
  };
  Index index{
      "",
      {entry("amd64", "", '1'), entry("arm64", "v8", '2'), entry("arm", "v6", '3'), entry("arm", "v7", '4')}};
  const auto chosen = [&](const std::string& platform) {
    return choose_platform(index, parse_platform(platform).value()).value().digest.hex().front();
  };
  CHECK(chosen("linux/amd64") == '1');
  CHECK(chosen("linux/x86_64") == '1');
  CHECK(chosen("linux/arm64") == '2');
  CHECK(chosen("linux/arm") == '4');
  CHECK(chosen("linux/arm/v6") == '3');
  const auto missing = choose_platform(index, parse_platform("linux/s390x").value());
  CHECK(missing.error().message == "no image for linux/s390x");
  CHECK(missing.error().hint ==
        "there are images for linux/amd64, linux/arm64/v8, linux/arm/v6, linux/arm/v7");
}

TEST_CASE("manifests survive encoding, and their numbers are limited") {
  Manifest manifest;
  manifest.media_type = media_type::kOciManifest;
  manifest.config.media_type = media_type::kOciConfig;
  manifest.layers.resize(kMostManifestLayers);
  const auto parsed = parse_manifest(encode_manifest(manifest), media_type::kOciManifest).value();
  CHECK(parsed.layers.size() == kMostManifestLayers);
  CHECK(parsed.config.media_type == media_type::kOciConfig);
  manifest.layers.resize(kMostManifestLayers + 1);
  CHECK(parse_manifest(encode_manifest(manifest), "").error().message == "manifest: more than 500 layers");
  Index index;
  index.media_type = media_type::kOciIndex;
  index.manifests.resize(kMostManifests);
  CHECK(parse_index(encode_index(index), media_type::kOciIndex));
  index.manifests.resize(kMostManifests + 1);
  CHECK(parse_index(encode_index(index), "").error().message == "manifest: more than 1000 manifests");
}

TEST_CASE("only real loopback may go without encryption, and what is configured") {
  for (const char* host :
       {"localhost", "localhost:5000", "127.0.0.1:5000", "127.1.2.3", "[::1]:5000", "::1"}) {
    CHECK(is_loopback(host));
  }
  for (const char* host : {"127.evil.example", "localhost.example", "10.0.0.1:5000", "example.com"}) {
    CHECK_FALSE(is_loopback(host));
  }
  RegistryOptions options;
  REQUIRE(read_registries(
      R"({"insecure":["10.0.0.1:5000","old.example"],"mirrors":{"docker.io":["m.example"]}})", options));
  CHECK(options.is_insecure("10.0.0.1:5000"));
  CHECK_FALSE(options.is_insecure("10.0.0.1:5001"));
  CHECK(options.is_insecure("old.example:8080"));
  REQUIRE(read_docker_daemon(R"({"registry-mirrors":["https://n.example"],"other":1})", options));
  CHECK(options.mirrors["docker.io"] == std::vector<std::string>{"m.example", "https://n.example"});
  CHECK(read_registries(R"({"mirror":{}})", options).error().message ==
        "registries.json: unknown key \"mirror\"");
  CHECK(read_registries("[]", options).error().message == "registries.json is no JSON object");
}

TEST_CASE("a mirror is a host, with a login at most") {
  const auto said = [](const std::string& mirror) {
    RegistryOptions options;
    const auto read = read_docker_daemon("{\"registry-mirrors\":[\"" + mirror + "\"]}", options);
    return read ? std::string() : read.error().message;
  };
  for (const char* mirror :
       {"m.example", "m.example:5000", "https://m.example/", "http://[::1]:5000", "https://u:p@m.example"}) {
    INFO(mirror);
    CHECK(said(mirror).empty());
  }
  CHECK(said("https://u:p@m.example/v2/") ==
        "/etc/docker/daemon.json: https://***@m.example/v2/ is no mirror");
  CHECK(said("https://m.example?x") == "/etc/docker/daemon.json: https://m.example?x is no mirror");
  CHECK(said("ssh://m.example") == "/etc/docker/daemon.json: ssh://m.example is no mirror");
  CHECK(said("https://good@evil@@") == "the address 'https://***@' cannot be used: it names no host");
}

TEST_CASE("who installed a certificate for a host wants encryption with it") {
  const test::TemporaryFolder folder;
  RegistryOptions options;
  options.certificate_folders = {folder.path};
  const std::string host = "localhost:5000", own = folder.path + "/" + host;
  const auto shown = [&] {
    const TlsSettings tls = find_tls(options, host).value();
    return std::string(tls.verify ? "verified" : "any") + (tls.unencrypted ? ", or none" : "");
  };
  CHECK(shown() == "any, or none");
  REQUIRE(sys::make_directories(own));
  CHECK(shown() == "any, or none");
  REQUIRE(sys::write_file(own + "/client.cert", ""));
  REQUIRE(sys::write_file(own + "/client.key", ""));
  CHECK(shown() == "any");
  REQUIRE(sys::write_file(own + "/ca.crt", ""));
  CHECK(shown() == "verified");
}

TEST_CASE("credentials of Docker's config.json: kept, found under older keys, private") {
  const test::TemporaryFolder folder;
  const std::string file = folder.path + "/docker/config.json";
  const CredentialStore store(file);
  CHECK_FALSE(store.find("docker.io").value());
  REQUIRE(store.store("docker.io", {"alice", "pass:word", ""}));
  REQUIRE(store.store("other:5000", {"", "", "refresh"}));
  CHECK(store.find("docker.io").value() == Credentials{"alice", "pass:word", ""});
  CHECK(store.find("other:5000").value() == Credentials{"", "", "refresh"});
  CHECK(sys::read_file(file).value().find("https://index.docker.io/v1/") != std::string::npos);
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(store.erase("docker.io"));
  CHECK_FALSE(store.find("docker.io").value());
  REQUIRE(sys::write_file(file, R"({"auths":{"https://old.example":{"auth":"YTpi"}},"kept":1})"));
  CHECK(store.find("old.example").value() == Credentials{"a", "b", ""});
  REQUIRE(store.store("x", {"u", "p", ""}));
  CHECK(sys::read_file(file).value().find("\"kept\": 1") != std::string::npos);
  REQUIRE(sys::write_file(file, "nonsense"));
  CHECK(store.find("x").error().message == file + " is no JSON object");
}

TEST_CASE("credential helpers are asked, told and never a path") {
  const test::TemporaryFolder folder;
  const std::string file = folder.path + "/config.json";
  // A helper that keeps what it is told in a file.
  REQUIRE(sys::write_file(
      folder.path + "/docker-credential-test",
      "#!/bin/sh\nkept=" + folder.path +
          "/kept\ncase $1 in\nstore) cat > $kept;;\nerase) rm $kept;;\n"
          "get) read url; test -e $kept || { echo 'credentials not found in native keychain'; exit 1; }; "
          "cat $kept;;\nesac\n",
      0755));
  const std::string path = std::string(std::getenv("PATH"));
  ::setenv("PATH", (folder.path + ":" + path).c_str(), 1);
  REQUIRE(sys::write_file(
      file, R"({"credHelpers":{"r.example":"test","bad.example":"../x"},"credsStore":"absent"})"));
  const CredentialStore store(file);
  CHECK_FALSE(store.find("r.example").value());
  REQUIRE(store.store("r.example", {"alice", "secret", ""}));
  CHECK(store.find("r.example").value() == Credentials{"alice", "secret", ""});
  REQUIRE(store.store("r.example", {"", "", "token"}));
  CHECK(store.find("r.example").value() == Credentials{"", "", "token"});
  REQUIRE(store.erase("r.example"));
  CHECK_FALSE(store.find("r.example").value());
  REQUIRE(sys::write_file(folder.path + "/docker-credential-odd",
                          "#!/bin/sh\nread url\ncase $url in\ngarbage) echo hello;;\nlist) echo '[1]';;\n"
                          "quiet) exit 3;;\nnone) echo '{\"Username\":\"\",\"Secret\":\"\"}';;\nesac\n",
                          0755));
  const CredentialStore odd(folder.path + "/odd.json");
  REQUIRE(sys::write_file(folder.path + "/odd.json", R"({"credsStore":"odd"})"));
  for (const char* registry : {"garbage", "list", "silent"})
    CHECK(odd.find(registry).error().message == "docker-credential-odd get answers no JSON object");
  CHECK(odd.find("quiet").error().message == "docker-credential-odd get failed: exit code 3");
  CHECK_FALSE(odd.find("none").value());
  CHECK(store.find("bad.example").error().message == "\"../x\" is no name of a credential helper");
  CHECK(store.find("z.example").error().message ==
        "the credential helper docker-credential-absent is not on PATH");
  ::setenv("PATH", path.c_str(), 1);
}

TEST_CASE("credentials are kept and erased in odd configurations") {
  const test::TemporaryFolder folder;
  const std::string file = folder.path + "/config.json", real = folder.path + "/real.json";
  const CredentialStore store(file);
  const auto write = [&](const std::string& name, const std::string& text, std::uint32_t mode = 0600) {
    REQUIRE(sys::write_file(folder.path + "/" + name, text, mode));
  };
  write("config.json", R"({"auths":[]})");
  CHECK(store.store("r.example", {"u", "p", ""}).error().message == file + ": \"auths\" is no object");
  // Every key that is read is erased.
  for (const std::string key : {"r.example", "https://r.example", "http://r.example", "https://r.example/v1/",
                                "https://r.example/v2/"}) {
    write("config.json", R"({"auths":{")" + key + R"(":{"auth":"YTpi"}}})");
    CHECK(store.find("r.example").value() == Credentials{"a", "b", ""});
    REQUIRE(store.erase("r.example"));
    CHECK_FALSE(store.find("r.example").value());
    CHECK(store.erase("r.example").error().message == "not logged in to r.example");
  }
  // A link stays one, also one whose target is to be made.
  REQUIRE(sys::remove_tree(file));
  REQUIRE(::symlink("real.json", file.c_str()) == 0);
  REQUIRE(store.store("r.example", {"u", "p", ""}));
  REQUIRE(store.store("s.example", {"u", "p", ""}));
  struct stat status {};
  REQUIRE(::lstat(file.c_str(), &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
  CHECK(sys::read_file(real).value().find("s.example") != std::string::npos);

  const std::string path = std::string(std::getenv("PATH"));
  ::setenv("PATH", (folder.path + ":" + path).c_str(), 1);
  write("config.json", R"({"credsStore":"test","auths":{"https://r.example":{"auth":"YTpi"}}})");
  write("docker-credential-test", "#!/bin/sh\ncat >/dev/null\necho keychain is locked\nexit 1\n", 0755);
  CHECK(store.erase("r.example").error().message ==
        "docker-credential-test erase failed: keychain is locked");
  CHECK(store.store("r.example", {"u", "\xff", ""}).error().message ==
        "a credential helper takes UTF-8 only, which the user or password is not");
  write("docker-credential-test", "#!/bin/sh\ncat >/dev/null\necho credentials not found\nexit 1\n", 0755);
  CHECK(store.erase("r.example"));
  CHECK(store.erase("r.example").error().message == "not logged in to r.example");
  ::setenv("PATH", path.c_str(), 1);
}

TEST_CASE("what makes no sense in a configuration is said, not passed over") {
  const test::TemporaryFolder folder;
  const std::string file = folder.path + "/config.json";
  const auto said = [&](const std::string& text) {
    REQUIRE(sys::write_file(file, text));
    const auto found = CredentialStore(file).find("r.example");
    if (found) return std::string(*found ? "found" : "nothing");
    return found.error().message.starts_with(file) ? found.error().message.substr(file.size())
                                                   : found.error().message;
  };
  CHECK(said("null") == " is no JSON object");
  CHECK(said(R"({"auths":5})") == ": \"auths\" is no object");
  CHECK(said(R"({"credHelpers":[]})") == ": \"credHelpers\" is no object");
  CHECK(said(R"({"credsStore":{}})") == ": \"credsStore\" is no text");
  CHECK(said(R"({"credHelpers":{"r.example":7}})") ==
        ": the entry of r.example in \"credHelpers\" is no text");
  CHECK(said(R"({"auths":{"r.example":5}})") == ": the entry of r.example in \"auths\" is no object");
  const std::string wrong = ": \"auth\" of r.example is no user and password in base64";
  for (const std::string auth : {"!!!", "YQ==", "Og=="})  // The last two are "a" and ":".
    CHECK(said(R"({"auths":{"r.example":{"auth":")" + auth + "\"}}}") == wrong);
  CHECK(said(R"({"auths":{"r.example":{"auth":"YTpi"}},"credHelpers":null})") == "found");
  for (const char* text : {"", "{}", R"({"auths":null})", R"({"auths":{"r.example":{}}})",
                           R"({"auths":{"other":5},"credHelpers":{"other":5}})"})
    CHECK(said(text) == "nothing");
}

TEST_CASE("logins side by side all stay") {
  const test::TemporaryFolder folder;
  const CredentialStore store(folder.path + "/config.json");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        static_cast<void>(store.store("r" + std::to_string(i), {"u", "p", ""}));
      });
    }
  }
  for (int i = 0; i < 8; ++i) CHECK(store.find("r" + std::to_string(i)).value());
}
