// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_size.h"
#include "model/resources.h"

namespace model {

/// A secret a build step may mount: its id, and its bytes or the host file that holds them.
struct BuildSecret {
  std::string id;
  std::string file;
  std::optional<std::string> content;
  bool operator==(const BuildSecret&) const = default;
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
  bool check_only = false;  ///< Reads the Dockerfile, tells what is odd in it, and builds nothing.
  bool operator==(const BuildSpec&) const = default;
};

}  // namespace model
