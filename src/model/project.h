// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/source.h"
#include "model/network_spec.h"
#include "model/service.h"

namespace model {

/// compose-spec: networks.*
struct ProjectNetwork {
  std::string key;
  bool external = false;
  NetworkSpec spec;  ///< `spec.name` is the engine's name, prefix included; labels are the user's.
  std::string config_hash;
  base::Span span;
};

/// compose-spec: volumes.*
struct ProjectVolume {
  std::string key;
  bool external = false;
  VolumeSpec spec;
  std::string config_hash;
  base::Span span;
};

/// compose-spec: secrets.* and configs.*: exactly one source, unless external.
struct ProjectFile {
  std::string key, name;
  bool external = false;
  std::string file;         ///< Absolute path.
  std::string environment;  ///< Name of the variable.
  std::optional<std::string> content;  ///< `content`, or the variable's value; nullopt: unset.
  std::string driver, template_driver;
  std::map<std::string, std::string> labels;
  base::Span span;
};

/// compose-spec: models.*
struct ProjectModel {
  std::string key, name, model;
  std::optional<int> context_size;
  std::vector<std::string> runtime_flags;
  base::Span span;
};

/// A loaded project: what the user wants, complete and checked. The services are those enabled by
/// profiles and selection; names of the rest are in `disabled_services`, so that their containers are
/// no orphans.
struct Project {
  std::string name;
  std::string working_dir;                ///< Absolute project directory.
  std::vector<std::string> config_files;  ///< Absolute.
  std::vector<std::string> env_files;     ///< Those given by --env-file.
  std::map<std::string, std::string> environment;  ///< For interpolation and bare variables.
  std::map<std::string, Service> services;
  std::map<std::string, ProjectNetwork> networks;
  std::map<std::string, ProjectVolume> volumes;
  std::map<std::string, ProjectFile> secrets, configs;
  std::map<std::string, ProjectModel> models;
  std::vector<std::string> disabled_services;
  std::vector<std::string> profiles;  ///< All that any service names, sorted.
};

/// Services in dependency order, dependencies first; ties by name. The project has no cycle.
std::vector<std::string> dependency_order(const Project& project);

}  // namespace model
