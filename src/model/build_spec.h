// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_size.h"
#include "base/error.h"
#include "base/source.h"
#include "model/resources.h"

namespace model {

/// A secret a build step may mount: its id, and its bytes or the host file that holds them.
struct BuildSecret {
  std::string id;
  std::string file;
  std::optional<std::string> content;
  bool operator==(const BuildSecret&) const = default;
};

/// Where a part of a request was written, for messages: in a Compose file, or as a flag. What is built does
/// not depend on it, so all are equal.
struct BuildPlace {
  base::Span span;   ///< Without a source when it is a flag.
  std::string flag;  ///< "--sbom"; empty when it is in a file.
  bool operator==(const BuildPlace&) const { return true; }
};

/// What an engine needs to build one image. Paths are absolute.
struct BuildSpec {
  std::string context;            ///< Folder, file (a tar, or a Dockerfile alone), or a URL left as written.
  std::string dockerfile;         ///< Path; relative to the context when not absolute.
  std::string dockerfile_inline;  ///< Used instead of `dockerfile` when not empty.
  std::string target;             ///< Stage to stop at; empty: the last.
  std::map<std::string, std::string> args;
  std::vector<std::string> tags;  ///< First is the main one.
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;          ///< For the image's manifest.
  std::map<std::string, std::string> additional_contexts;  ///< name -> folder, URL, docker-image://...
  std::vector<BuildSecret> secrets;
  std::vector<std::string> ssh, cache_from, cache_to, extra_hosts, platforms, entitlements;
  std::vector<std::string> no_cache_filter;
  std::map<std::string, Ulimit> ulimits;
  std::optional<base::ByteSize> shm_size;
  std::string network;  ///< default, none, host
  std::string isolation, provenance, sbom;
  bool no_cache = false, pull = false, privileged = false;
  std::map<std::string, BuildPlace, std::less<>> places;  ///< By the part's name in a Compose file: "sbom".
  bool check_only = false;  ///< Reads the Dockerfile, tells what is odd in it, and builds nothing.
  bool operator==(const BuildSpec&) const = default;
};

/// The error of what the request says as `part`, with the place where it says so when that is known.
base::Error at_place(base::Error error, const BuildSpec& spec, std::string_view part);

}  // namespace model
