// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/split.h"
#include "runtime/registry/credentials.h"
#include "sys/file.h"
#include "sys/run_command.h"

namespace runtime::registry {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kDockerHub = "https://index.docker.io/v1/";
constexpr std::string_view kTokenUser = "<token>";  ///< What helpers call the user of an identity token.

base::Error wrong(std::string_view name, std::string_view what) {
  return base::make_error(base::ErrorClass::Invalid, fmt::format("{}: {}", name, what));
}

base::Result<Json> parse_config(std::string_view text, std::string_view name) {
  if (base::trim(text).empty()) return Json::object();
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object())
    return base::fail(base::ErrorClass::Invalid, fmt::format("{} is no JSON object", name));
  for (const char* key : {"auths", "credHelpers"}) {
    const auto found = json.find(key);
    if (found != json.end() && !found->is_object() && !found->is_null())
      return base::fail(wrong(name, fmt::format("\"{}\" is no object", key)));
  }
  if (const auto store = json.find("credsStore"); store != json.end() && !store->is_string())
    return base::fail(wrong(name, "\"credsStore\" is no text"));
  return json;
}

base::Result<Json> read_config(const std::string& file) {
  auto text = sys::read_file(file, 1 << 20);
  if (!text && text.error().error_class == base::ErrorClass::NotFound) return Json::object();
  const std::string content = TRY(std::move(text));
  return parse_config(content, file);
}

std::string text_of(const Json& object, const std::string& key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// "" when the file itself holds the registry's credentials.
base::Result<std::string> helper_for(const Json& config, std::string_view name, std::string_view registry) {
  const auto helpers = config.find("credHelpers");
  if (helpers != config.end() && helpers->is_object()) {
    for (const std::string& key : {std::string(registry), credential_key(registry)}) {
      const auto own = helpers->find(key);
      if (own == helpers->end()) continue;
      if (!own->is_string())
        return base::fail(wrong(name, fmt::format("the entry of {} in \"credHelpers\" is no text", key)));
      if (std::string helper = own->get<std::string>(); !helper.empty()) return helper;
    }
  }
  return text_of(config, "credsStore");
}

base::Result<sys::CommandResult> run_helper(const std::string& helper, const std::string& verb,
                                            std::string_view input) {
  // The name becomes part of a program's name: no path may come in by it.
  if (helper.find('/') != std::string::npos) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("\"{}\" is no name of a credential helper", helper));
  }
  const std::string program = "docker-credential-" + helper;
  auto done = sys::run_command({program, verb}, input);
  if (!done && done.error().error_class == base::ErrorClass::NotFound) {
    return base::fail(base::make_error(base::ErrorClass::NotFound,
                                       fmt::format("the credential helper {} is not on PATH", program))
                          .with_hint("it is named in Docker's config.json, in credsStore or credHelpers"));
  }
  return done;
}

base::Error helper_failed(const std::string& helper, std::string_view verb, const sys::CommandResult& done) {
  std::string why(base::trim(done.output).substr(0, 200));
  if (why.empty()) why = fmt::format("exit code {}", done.exit_code);
  return base::make_error(base::ErrorClass::Permission,
                          fmt::format("docker-credential-{} {} failed: {}", helper, verb, why));
}

base::Result<std::optional<Credentials>> ask_helper(const std::string& helper, const std::string& key) {
  const sys::CommandResult done = TRY(run_helper(helper, "get", key));
  // Helpers say "credentials not found in native keychain" with exit code 1.
  if (done.exit_code != 0) {
    if (done.output.find("not found") != std::string::npos) return std::optional<Credentials>();
    return base::fail(helper_failed(helper, "get", done));
  }
  const Json json = Json::parse(done.output, nullptr, false);
  if (!json.is_object()) {
    return base::fail(base::ErrorClass::Invalid,
                      fmt::format("docker-credential-{} get answers no JSON object", helper));
  }
  Credentials out{text_of(json, "Username"), text_of(json, "Secret"), ""};
  if (out.user.empty() && out.password.empty()) return std::optional<Credentials>();
  if (out.user == kTokenUser) out = {"", "", out.password};
  return std::optional(std::move(out));
}

/// Nothing: an entry without credentials, as Docker leaves beside a helper.
base::Result<std::optional<Credentials>> read_entry(const Json& entry, std::string_view name,
                                                    const std::string& key) {
  if (!entry.is_object())
    return base::fail(wrong(name, fmt::format("the entry of {} in \"auths\" is no object", key)));
  Credentials out{text_of(entry, "username"), text_of(entry, "password"), text_of(entry, "identitytoken")};
  if (!out.identity_token.empty()) return std::optional(Credentials{"", "", out.identity_token});
  if (const std::string encoded = text_of(entry, "auth"); !encoded.empty()) {
    const std::string both = base::decode_base64(encoded).value_or("");
    const auto [user, password] = base::split_once(both, ':');
    if (user.empty() || user.size() == both.size())
      return base::fail(wrong(name, fmt::format("\"auth\" of {} is no user and password in base64", key)));
    out.user = user;
    out.password = password.substr(0, password.find('\0'));
  }
  if (out.user.empty()) return std::optional<Credentials>();
  return std::optional(std::move(out));
}

/// Where the file really lies: a link to it shall stay one.
base::Result<std::string> follow_links(const std::string& file) {
  constexpr int kMostLinks = 40;  // As the kernel: man 7 path_resolution.
  std::filesystem::path path = file;
  for (int links = 0; links < kMostLinks; ++links) {
    std::error_code none;
    const std::filesystem::path target = std::filesystem::read_symlink(path, none);
    if (none) return path.string();
    path = path.parent_path() / target;
  }
  return base::fail(base::ErrorClass::Invalid, fmt::format("{} is a link that leads nowhere", file));
}

/// The file read, to be written: nobody else changes it meanwhile.
struct OpenConfig {
  std::string file;
  sys::UniqueFd lock;
  Json json;

  base::Result<> write() const {
    return sys::write_file(file, json.dump(2) + "\n", 0600, sys::Durability::Sync);
  }
};

base::Result<OpenConfig> open_config(const std::string& file) {
  OpenConfig out{.file = TRY(follow_links(file)), .lock = {}, .json = {}};
  const auto slash = out.file.rfind('/');
  if (slash != std::string::npos) TRY(sys::make_directories(out.file.substr(0, slash), 0700));
  out.lock = TRY(sys::lock_file(out.file + ".lock"));
  out.json = TRY(read_config(out.file));
  return out;
}

/// What is given to a helper.
base::Result<std::string> encode(const Json& json) {
  try {
    return json.dump();
  } catch (const Json::type_error&) {
    return base::fail(base::ErrorClass::Invalid,
                      "a credential helper takes UTF-8 only, which the user or password is not");
  }
}

/// The keys of a registry's entry. Older files name it with a scheme or a path.
std::vector<std::string> keys_of(std::string_view registry) {
  const std::string name(registry), encrypted = "https://" + name;
  return {credential_key(registry), name, encrypted, "http://" + name, encrypted + "/v1/",
          encrypted + "/v2/"};
}

/// What the configuration itself holds.
base::Result<std::optional<Credentials>> find_entry(const Json& config, std::string_view name,
                                                    std::string_view registry) {
  const auto auths = config.find("auths");
  if (auths == config.end() || auths->is_null()) return std::optional<Credentials>();
  for (const std::string& key : keys_of(registry)) {
    const auto entry = auths->find(key);
    if (entry != auths->end()) return read_entry(*entry, name, key);
  }
  return std::optional<Credentials>();
}

/// False when it had none.
base::Result<bool> erase_in_helper(const std::string& helper, const std::string& key) {
  const sys::CommandResult done = TRY(run_helper(helper, "erase", key));
  if (done.exit_code == 0) return true;
  if (done.output.find("not found") != std::string::npos) return false;
  return base::fail(helper_failed(helper, "erase", done));
}

}  // namespace

std::string credential_key(std::string_view registry) {
  return registry == "docker.io" ? std::string(kDockerHub) : std::string(registry);
}

base::Result<std::optional<Credentials>> CredentialStore::find(std::string_view registry) const {
  if (!overriding_.empty()) {
    constexpr std::string_view kName = "DOCKER_AUTH_CONFIG";
    if (auto own = TRY(find_entry(TRY(parse_config(overriding_, kName)), kName, registry))) return own;
  }
  if (file_.empty()) return std::optional<Credentials>();
  const Json config = TRY(read_config(file_));
  const std::string helper = TRY(helper_for(config, file_, registry));
  if (!helper.empty()) return ask_helper(helper, credential_key(registry));
  return find_entry(config, file_, registry);
}

base::Result<> CredentialStore::store(std::string_view registry, const Credentials& credentials) const {
  OpenConfig config = TRY(open_config(file_));
  const std::string key = credential_key(registry);
  const std::string helper = TRY(helper_for(config.json, file_, registry));
  const bool token = !credentials.identity_token.empty();
  if (!helper.empty()) {
    const Json input = {{"ServerURL", key},
                        {"Username", token ? std::string(kTokenUser) : credentials.user},
                        {"Secret", token ? credentials.identity_token : credentials.password}};
    const sys::CommandResult done = TRY(run_helper(helper, "store", TRY(encode(input))));
    if (done.exit_code == 0) return {};
    return base::fail(helper_failed(helper, "store", done));
  }
  Json& auths = config.json["auths"];
  Json entry = {{"auth", base::encode_base64(credentials.user + ":" + credentials.password)}};
  if (token) entry = {{"identitytoken", credentials.identity_token}};
  auths[key] = std::move(entry);
  return config.write();
}

base::Result<std::string> CredentialStore::helper(std::string_view registry) const {
  return helper_for(TRY(read_config(file_)), file_, registry);
}

base::Result<> CredentialStore::erase(std::string_view registry) const {
  OpenConfig config = TRY(open_config(file_));
  const std::string helper = TRY(helper_for(config.json, file_, registry));
  bool erased = !helper.empty() && TRY(erase_in_helper(helper, credential_key(registry)));
  const auto auths = config.json.find("auths");
  if (auths != config.json.end() && auths->is_object()) {
    std::size_t entries = 0;
    for (const std::string& key : keys_of(registry)) entries += auths->erase(key);
    if (entries > 0) TRY(config.write());
    erased = erased || entries > 0;
  }
  if (erased) return {};
  return base::fail(base::ErrorClass::NotFound, fmt::format("not logged in to {}", registry));
}

}  // namespace runtime::registry
