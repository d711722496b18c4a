// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "compose/load/substitute.h"

namespace compose::load {

/// One assignment of an env file. No value: the name stood alone, and is to be inherited.
struct EnvEntry {
  std::string name;
  std::optional<std::string> value;
  base::Span span;
};

/// Reads `.env` syntax: quotes, escapes, comments, `export`, interpolation in unquoted and
/// double-quoted values: `find` first, then earlier lines of the file, then `find_last`, when there is
/// one. Errors carry the line. compose-spec: env_file
base::Result<std::vector<EnvEntry>> read_dotenv(const base::Source& source, const VariableLookup& find,
                                                const VariableLookup& find_last = {});

/// Reads `format: raw`: everything after the first = is the value; lines that begin with # are
/// comments; nothing is interpolated.
base::Result<std::vector<EnvEntry>> read_raw_env(const base::Source& source);

}  // namespace compose::load
