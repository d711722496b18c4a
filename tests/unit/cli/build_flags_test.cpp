// SPDX-License-Identifier: Apache-2.0
#include "cli/build_flags.h"

#include <catch2/catch.hpp>

#include "cli/attribute_list.h"

using cli::BuildFlags;
using cli::BuildOutput;
using Kind = cli::BuildOutput::Kind;

namespace {

const std::map<std::string, std::string> kEnvironment{{"HOME", "/home/me"}, {"TOKEN", "hidden"}};

base::Result<model::BuildSpec> spec_of(const std::vector<std::string>& arguments) {
  BuildFlags flags;
  cli::OptionSet options("compose image build", "", "");
  declare(options, flags);
  TRY(options.parse(arguments));
  return make_build_spec(flags, "/src/work", kEnvironment);
}

std::string error_of(const std::vector<std::string>& arguments) {
  const auto spec = spec_of(arguments);
  REQUIRE_FALSE(spec);
  std::string out = spec.error().message;
  for (const std::string& line : spec.error().context) out += "; while " + line;
  return out;
}

std::string error_of_output(const std::string& text) { return cli::parse_build_output(text).error().message; }

}  // namespace

TEST_CASE("attributes: names in small letters, commas in quotes") {
  using List = std::vector<cli::Attribute>;
  CHECK(cli::parse_attributes("Type=local,dest=a=b").value() == List{{"type", "local"}, {"dest", "a=b"}});
  CHECK(cli::parse_attributes(R"("name=a,b",say="")").value() == List{{"name", "a,b"}, {"say", ""}});
  CHECK(cli::parse_attributes(R"("say=""x""")").value() == List{{"say", "\"x\""}});
  CHECK(cli::parse_attributes("type=a,plain").error().message == "\"plain\" has no value");
  CHECK(cli::parse_attributes("\"a=b").error().message == "a quote is not closed in: \"a=b");
}

TEST_CASE("flags of image build become a build's values") {
  const model::BuildSpec spec = spec_of({"--build-arg",
                                         "A=1",
                                         "--build-arg",
                                         "TOKEN",
                                         "--build-arg",
                                         "UNSET",
                                         "--add-host",
                                         "h:[::1]",
                                         "--add-host",
                                         "i=1.2.3.4",
                                         "--ulimit",
                                         "nofile=1:2",
                                         "--ulimit",
                                         "core=-1",
                                         "--shm-size",
                                         "64m",
                                         "--platform",
                                         "linux/amd64,linux/arm64",
                                         "--no-cache-filter",
                                         "a,b",
                                         "--annotation",
                                         "manifest:k=v",
                                         "--build-context",
                                         "more=../../x",
                                         "--build-context",
                                         "base=docker-image://b",
                                         "--cache-from",
                                         "type=local,src=c",
                                         "--ssh",
                                         "id=~/key"})
                                    .value();
  using Map = std::map<std::string, std::string>;
  using List = std::vector<std::string>;
  CHECK(spec.args == Map{{"A", "1"}, {"TOKEN", "hidden"}});
  CHECK(spec.extra_hosts == List{"h=::1", "i=1.2.3.4"});
  CHECK(spec.ulimits == std::map<std::string, model::Ulimit>{{"nofile", {1, 2}}, {"core", {-1, -1}}});
  CHECK(spec.shm_size->bytes == 64 << 20);
  CHECK(spec.platforms == List{"linux/amd64", "linux/arm64"});
  CHECK(spec.no_cache_filter == List{"a", "b"});
  CHECK(spec.annotations == Map{{"k", "v"}});
  CHECK(spec.additional_contexts == Map{{"more", "/x"}, {"base", "docker-image://b"}});
  CHECK(spec.cache_from == List{"type=local,src=/src/work/c"});
  CHECK(spec.ssh == List{"id=/home/me/key"});
}

TEST_CASE("a secret is a file, a variable, or whichever its name is") {
  const auto secret = [](const std::string& text) { return spec_of({"--secret", text}).value().secrets[0]; };
  CHECK(secret("id=a,src=f") == model::BuildSecret{"a", "/src/work/f", std::nullopt});
  CHECK(secret("id=a,env=TOKEN") == model::BuildSecret{"a", "", "hidden"});
  CHECK(secret("type=env,id=a,src=TOKEN") == model::BuildSecret{"a", "", "hidden"});
  CHECK(secret("id=TOKEN") == model::BuildSecret{"TOKEN", "", "hidden"});
  CHECK(secret("id=TOKEN,type=file") == model::BuildSecret{"TOKEN", "/src/work/TOKEN", std::nullopt});
  CHECK(secret("id=a") == model::BuildSecret{"a", "/src/work/a", std::nullopt});
  CHECK(error_of({"--secret", "src=f"}) == "a secret needs an id; while reading --secret 'src=f'");
  CHECK(error_of({"--secret", "id=a,env=NONE"}) ==
        "the variable NONE is not set; while reading --secret 'id=a,env=NONE'");
  CHECK(error_of({"--secret", "id=a,mode=1"}) ==
        "mode=1 means nothing here; while reading --secret 'id=a,mode=1'");
}

TEST_CASE("attestations may be asked for in either form") {
  CHECK(spec_of({"--attest", "type=provenance,mode=max"}).value().provenance == "mode=max");
  CHECK(spec_of({"--attest", "type=sbom"}).value().sbom == "true");
  CHECK(spec_of({"--attest", "type=sbom,disabled=true"}).value().sbom == "false");
  CHECK(spec_of({"--provenance", "false", "--sbom", "true"}).value().provenance == "false");
  CHECK(error_of({"--attest", "type=x"}) ==
        "attestations of the type 'x' are not known; while reading --attest 'type=x'");
}

TEST_CASE("flags that make no sense are named") {
  CHECK(error_of({"--add-host", "name"}) == "--add-host 'name' has no address");
  CHECK(error_of({"--ulimit", "nofile=x"}) == "\"x\" is no limit; while reading --ulimit 'nofile=x'");
  CHECK(error_of({"--build-context", "x"}) ==
        "a named context is written NAME=FOLDER or NAME=ADDRESS; while reading --build-context 'x'");
  CHECK(error_of({"--annotation", "index:a=b"}) ==
        "only manifests are annotated: manifest:KEY=VALUE; while reading --annotation 'index:a=b'");
  BuildFlags flags;
  flags.builder = "x";
  flags.compress = true;
  CHECK(flags_without_effect(flags) == std::vector<std::string>{"--builder", "--compress"});
}

TEST_CASE("outputs: places, types and what they lack") {
  const auto is = [](const std::string& text, Kind kind, const std::string& place) {
    const auto output = cli::parse_build_output(text).value();
    return output.kind == kind && output.place == place;
  };
  CHECK(is("out", Kind::Folder, "out"));
  CHECK(is("-", Kind::Files, "-"));
  CHECK(is("type=local,dest=out", Kind::Folder, "out"));
  CHECK(is("type=tar", Kind::Files, "-"));
  CHECK(is("type=tar,dest=f", Kind::Files, "f"));
  CHECK(is("type=oci,dest=f", Kind::Archive, "f"));
  CHECK(is("type=oci", Kind::Archive, "-"));
  CHECK(is("type=docker", Kind::Store, ""));
  CHECK(is("type=docker,dest=-", Kind::Archive, "-"));
  CHECK(is("type=image,push=true", Kind::Registry, ""));
  CHECK(is("type=image,push=false", Kind::Store, ""));
  CHECK(is("type=registry", Kind::Registry, ""));
  CHECK(is("type=cacheonly", Kind::None, ""));
  const auto named = cli::parse_build_output(R"(type=image,"name=a,b",compression=zstd)").value();
  CHECK(named.names == std::vector<std::string>{"a", "b"});
  CHECK(named.without_effect == std::vector<std::string>{"compression"});
  CHECK(error_of_output("dest=x") == "an output needs a type, as type=local");
  CHECK(error_of_output("type=local") == "type=local needs dest=FOLDER");
  CHECK(error_of_output("type=local,dest=-") == "type=local needs dest=FOLDER");
  CHECK(error_of_output("type=registry,dest=x") == "type=registry takes no dest");
  CHECK(error_of_output("type=oci,tar=false,dest=x") == "an image is written as a tar only, not as a folder");
  CHECK(error_of_output("type=x") == "outputs of the type 'x' are not known");
  CHECK(error_of_output("") == "an output needs a place");
}

TEST_CASE("outputs together: names, and one standard output at most") {
  BuildFlags flags;
  model::BuildSpec spec;
  CHECK(take_outputs(flags, spec).value().front().kind == Kind::Store);
  flags.push = true;
  CHECK(take_outputs(flags, spec).error().message == "an image without a name cannot be pushed");
  flags.outputs = {"type=image,name=a"};
  const auto both = take_outputs(flags, spec).value();
  CHECK(spec.tags == std::vector<std::string>{"a"});
  CHECK((both.size() == 2 && both[1].kind == Kind::Registry));
  flags.push = false;
  flags.outputs = {"-", "type=oci"};
  CHECK(take_outputs(flags, spec).error().message == "only one output can be the standard output");
}
