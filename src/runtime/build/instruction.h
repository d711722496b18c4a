// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/source.h"
#include "model/health_check.h"
#include "runtime/build/dockerfile_lines.h"
#include "runtime/build/run_mount.h"

namespace runtime::build {

/// Shell form keeps its text as one word, for the stage's SHELL to run; exec form is a list as written.
enum class CommandForm { Shell, Exec };
struct Command {
  CommandForm form = CommandForm::Shell;
  std::vector<std::string> words;
};

/// A piece of an instruction that may hold variables, with its place for messages.
struct Word {
  std::string text;
  base::Span span;
};

struct From {
  Word image;        ///< Image, stage or named context.
  Word platform;     ///< --platform; empty text: the target's.
  std::string name;  ///< AS, lower case; may be empty.
  std::string as;    ///< The keyword as written.
  Word written_name;
};
struct Arg {
  struct Entry {
    std::string name;
    std::optional<Word> value;
  };
  std::vector<Entry> entries;
};
struct KeyValue {
  Word key, value;
};
struct Env {
  std::vector<KeyValue> entries;
};
struct Label {
  std::vector<KeyValue> entries;
};
struct Run {
  Command command;
  std::vector<RunMountFlag> mounts;
  std::string network;  ///< default, none or host; empty: the request's.
  bool insecure = false;
  std::vector<Heredoc> heredocs;
};
/// COPY and ADD.
struct Copy {
  bool is_add = false;
  std::vector<Word> sources;      ///< Paths, patterns and (ADD) URLs.
  std::vector<Heredoc> heredocs;  ///< Sources given in the Dockerfile.
  Word target;
  Word from, chown, chmod, checksum;
  std::vector<Word> excludes;
  bool link = false, parents = false, keep_git_dir = false;
  std::optional<bool> unpack;  ///< ADD --unpack
};
struct Cmd {
  Command command;
};
struct Entrypoint {
  Command command;
};
struct Shell {
  std::vector<std::string> words;
};
struct Expose {
  std::vector<Word> ports;
};
struct Volume {
  std::vector<Word> paths;
};
struct User {
  Word user;
};
struct Workdir {
  Word path;
};
struct StopSignal {
  Word signal;
};
struct Maintainer {
  std::string name;
};
struct Healthcheck {
  model::HealthCheck check;
  CommandForm form = CommandForm::Exec;
};
struct OnBuild {
  std::string instruction;  ///< Text, as it goes into the image's configuration.
};

using InstructionBody = std::variant<From, Arg, Env, Label, Run, Copy, Cmd, Entrypoint, Shell, Expose, Volume,
                                     User, Workdir, StopSignal, Maintainer, Healthcheck, OnBuild>;

/// One instruction of a Dockerfile.
struct Instruction {
  base::Span span;  ///< Its first line.
  std::uint32_t first_line = 0, last_line = 0;
  std::string keyword;                   ///< As written.
  std::optional<base::Span> empty_line;  ///< An empty line among continued ones.
  std::vector<std::string> comments;     ///< Right above it.
  bool old_form = false;                 ///< ENV and LABEL without '='.
  std::string text;  ///< As written, continued lines joined by single blanks: "RUN make all".
  InstructionBody body;
};

}  // namespace runtime::build
