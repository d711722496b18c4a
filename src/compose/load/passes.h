// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "compose/load/load_context.h"

/// The passes over one whole model, in the order they run. Each states what holds after it; problems
/// go to the context's diagnostics, and the caller stops at the next checkpoint.
namespace compose::load {

/// Fills in what the specification gives a default: protocol and mode of ports, targets of secrets,
/// count of device requests.
void set_defaults(Tree& root);

/// Rules that the schema cannot state, for one file's whole model: exclusive sources of secrets and
/// configs, external resources with other attributes, counts against ids, IP addresses, names.
void check_values(const Tree& root, const LoadContext& context);

/// Makes relative host paths absolute, below the context's project directory. `~` is the home folder.
void resolve_paths(Tree& root, const LoadContext& context);

/// Gives bare names of `environment` their value from the project's environment.
void resolve_environment(Tree& root, const LoadContext& context);

/// Adds what is implied: the default network, build defaults, dependencies from links and shared
/// namespaces, names of resources.
void normalize(Tree& root, std::string_view project_name, const LoadContext& context);

/// Gives every value its canonical type and text: lists, durations, sizes, modes, commands split into
/// words; drops what equals "not set".
void bind_values(Tree& root, const LoadContext& context);

/// compose-spec: profiles. Moves services that no active profile enables out of the model.
/// `profiles`: active ones; "*" is all.
Tree take_disabled_services(Tree& root, const std::vector<std::string>& profiles);

/// Cross-checks of the services that take part: everything referred to exists. `disabled`: services
/// that profiles took out.
void check_consistency(const Tree& root, const Tree& disabled, const LoadContext& context);

/// Keeps the services that the options name and, unless they say otherwise, what those depend on.
/// Errors: a name that is no service. Nothing named: all stay. Gives the names that went.
std::vector<std::string> select_services(Tree& root, const Tree& disabled, const LoadContext& context);

/// Drops networks, volumes, secrets, configs and models that no service uses.
void drop_unused(Tree& root);

/// Lays env_file under environment and label_file under labels, and drops both.
void read_env_files(Tree& root, const LoadContext& context);
void read_label_files(Tree& root, const LoadContext& context);

/// Puts keys into docker compose's order: fixed for known attributes, by name for maps.
void sort_keys(Tree& root);

}  // namespace compose::load
