// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compose/load/load.h"

namespace compose::config {

/// What a lint rule may look at: the project, its files as written, and the disk.
struct LintInput {
  const load::Loaded& loaded;
  const load::FileSource& files;
};

/// Where a rule puts what it found; each finding ends with the rule's id.
class LintFindings {
 public:
  LintFindings(std::string_view id, std::vector<base::Error>& found) : id_(id), found_(found) {}
  void add(const base::Span& at, std::string message, std::string hint);

 private:
  std::string_view id_;
  std::vector<base::Error>& found_;
};

// Rules over files as written.

/// ports: 22:22 without quotes is a base-60 number to YAML 1.1.
void unquoted_port(const LintInput& input, LintFindings& findings);
/// yes, no, on, off without quotes are booleans to YAML 1.1.
void yaml_boolean(const LintInput& input, LintFindings& findings);
/// mode: 440 is decimal; 0440 was meant.
void decimal_mode(const LintInput& input, LintFindings& findings);
/// version: means nothing.
void obsolete_version(const LintInput& input, LintFindings& findings);
/// $ in an env file starts a variable unless the value is in single quotes.
void dollar_in_env_file(const LintInput& input, LintFindings& findings);
/// A top-level volume, network, secret or config that no service names.
void unused_resource(const LintInput& input, LintFindings& findings);

// Rules over the loaded project.

/// A bind mount whose target lies below an anonymous volume's.
void bind_over_anonymous(const LintInput& input, LintFindings& findings);
/// condition: service_started on a service with a health check.
void health_ignored(const LintInput& input, LintFindings& findings);
/// One host port published by two services.
void host_port_clash(const LintInput& input, LintFindings& findings);
/// An image without a tag, or with latest.
void image_tag(const LintInput& input, LintFindings& findings);
/// A password, token or key written out in environment.
void secret_in_environment(const LintInput& input, LintFindings& findings);

}  // namespace compose::config
