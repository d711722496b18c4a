// SPDX-License-Identifier: Apache-2.0
// Images to and from files: import, load, save.
#include <fcntl.h>

#include <fmt/format.h>

#include "cli/commands/image.h"
#include "cli/output_file.h"
#include "cli/unnamed_file.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/terminal.h"

namespace cli {
namespace {

constexpr int kStdin = 0, kStdout = 1;

base::Result<> refuse_terminal(int fd, const char* option) {
  if (!sys::is_terminal(fd)) return {};
  return base::fail(base::make_error(base::ErrorClass::Invalid, "an archive is not for a terminal")
                        .with_hint(fmt::format("redirect it, or name a file with {}", option)));
}

}  // namespace

base::Result<int> run_image_import(Invocation& invocation, const Arguments& arguments) {
  engine_client::ImportOptions wanted;
  OptionSet options = group_options(invocation, "import", "[OPTIONS] FILE|ADDRESS|- [REFERENCE]",
                                    "Make an image from a root file-system tar");
  options.list("-c,--change", wanted.changes, "Dockerfile instruction for the image", "INSTRUCTION")
      .text("-m,--message", wanted.message, "Comment for its history")
      .text("--platform", wanted.platform, "What it runs on: os/arch[/variant]");
  options.takes({1, 2}, "import needs a file, an address, or - for the standard input");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  if (rest->size() > 1) wanted.reference = rest->at(1);
  const std::string& place = rest->front();
  const bool is_address = place.starts_with("http://") || place.starts_with("https://");
  sys::UniqueFd file;
  if (is_address) {
    file = TRY(download_unnamed(place, TRY(invocation.session())->cancellation));
  } else if (place != "-") {
    file = TRY(sys::open_file(place, O_RDONLY));
  }
  const int from = file.valid() ? file.value() : kStdin;
  TRY(refuse_terminal(from, "FILE"));
  fmt::print("{}\n", TRY(TRY(invocation.engine())->images().import(from, wanted)));
  return 0;
}

base::Result<int> run_image_load(Invocation& invocation, const Arguments& arguments) {
  std::string input;
  engine_client::LoadOptions wanted;
  bool quiet = false;
  OptionSet options = group_options(invocation, "load", "[OPTIONS] [FILE]", "Load images from an archive");
  options.text("-i,--input", input, "File to read instead of the standard input", "path")
      .text("--platform", wanted.platform, "Only images for this os/arch[/variant]")
      .flag("-q,--quiet", quiet, "No progress")
      .takes({0, 1});
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  if (!rest->empty()) {
    if (!input.empty())
      return base::fail(base::ErrorClass::Invalid, fmt::format("unexpected argument \"{}\"", rest->front()));
    input = rest->front();
  }
  sys::UniqueFd file;
  if (!input.empty() && input != "-") file = TRY(sys::open_file(input, O_RDONLY));
  const int from = file.valid() ? file.value() : kStdin;
  TRY(refuse_terminal(from, "--input"));
  for (const std::string& reference :
       TRY(TRY(invocation.engine())->images().load(from, wanted, print_layers(quiet)))) {
    fmt::print("Loaded image{}: {}\n", reference.starts_with("sha256:") ? " ID" : "", reference);
  }
  return 0;
}

base::Result<int> run_image_save(Invocation& invocation, const Arguments& arguments) {
  std::string output, platform;
  OptionSet options = group_options(invocation, "save", "[OPTIONS] IMAGE...", "Write images to an archive");
  options.text("-o,--output", output, "File to write instead of the standard output", "path")
      .text("--platform", platform, "os/arch[/variant] that the images must have")
      .takes({1, kAnyNumber}, "save needs an image");
  const auto rest = TRY(options.parse(arguments));
  if (!rest) return 0;
  std::optional<sys::PendingFile> file;
  if (!output.empty() && output != "-") file = TRY(open_output_file("--output", output, kOwnerOnly));
  const int to = file ? file->fd() : kStdout;
  TRY(refuse_terminal(to, "--output"));
  engine_client::Engine& engine = *TRY(invocation.engine());
  for (const std::string& image : *rest) TRY(inspect_image(engine, image, platform));
  // Nobody requests the cancellation: an interrupt ends the process, and with it the file.
  TRY(engine.images().save({.images = *rest, .names = {}}, to, base::Cancellation()));
  if (file) TRY(file->commit());
  return 0;
}

}  // namespace cli
