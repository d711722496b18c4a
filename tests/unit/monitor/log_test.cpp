// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <csignal>

#include <catch2/catch.hpp>

#include "runtime/container/log_reader.h"
#include "runtime/container/log_writer.h"
#include "support/temporary_folder.h"
#include "sys/event_loop.h"
#include "sys/stream_io.h"

using namespace runtime::container;
using Lines = std::vector<std::string>;

namespace {

struct Log {
  test::TemporaryFolder folder;
  LogPlan plan{folder.path};
  LogWriter writer() const { return LogWriter::open(plan).value(); }
  Lines read(const LogSelection& selection = {}) const {
    Lines lines;
    REQUIRE(read_log(folder.path, selection, [&lines](const LogEntry& entry) {
      lines.push_back((entry.stream == LogStream::Stdout ? "o:" : "e:") + std::string(entry.text));
      return true;
    }));
    return lines;
  }
  Lines tail(std::size_t count) const {
    LogSelection selection;
    selection.tail = count;
    return read(selection);
  }
};

}  // namespace

TEST_CASE("lines of two streams are put together from pieces, in the order they end") {
  Log log;
  auto writer = log.writer();
  writer.append(LogStream::Stdout, "one\ntw");
  writer.append(LogStream::Stderr, "err");
  writer.append(LogStream::Stdout, "o\nthr");
  writer.append(LogStream::Stderr, "or\n");
  writer.append(LogStream::Stdout, std::string_view("ee\0\xff\n", 5));
  writer.append(LogStream::Stdout, "unfinished");
  CHECK(log.read() ==
        Lines{"o:one\n", "o:two\n", "e:error\n", std::string("o:three\0\xff\n", 10), "o:unfinished"});
  LogSelection errors;
  errors.standard_output = false;
  CHECK(log.read(errors) == Lines{"e:error\n"});
  CHECK(log.tail(2) == Lines{std::string("o:three\0\xff\n", 10), "o:unfinished"});
  CHECK(log.tail(0) == Lines{});
  CHECK(log.tail(100) == log.read());
}

TEST_CASE("a line that a process left unfinished is not joined with its successor's") {
  Log log;
  auto writer = log.writer();
  writer.append(LogStream::Stdout, "left");
  writer.end_lines();
  writer.append(LogStream::Stdout, "new\n");
  CHECK(log.read() == Lines{"o:left", "o:new\n"});
  CHECK(log.tail(2) == log.read());
  CHECK(log.tail(1) == Lines{"o:new\n"});
}

TEST_CASE("every tail is the end of the whole, whatever the pieces") {
  Log log;
  log.plan.max_bytes = 300;
  log.plan.max_files = 100;
  auto writer = log.writer();
  unsigned random = 7;
  const auto next = [&random](unsigned below) {
    return (random = random * 1103515245 + 12345) / 65536 % below;
  };
  for (int i = 0; i < 200; ++i) {
    std::string piece(next(12) + 1, static_cast<char>('a' + next(26)));
    if (next(3) == 0) piece += '\n';
    if (next(4) == 0) piece += "x\ny\n";
    writer.append(next(2) == 0 ? LogStream::Stdout : LogStream::Stderr, piece);
    if (next(40) == 0) writer.end_lines();
  }
  writer.end_lines();
  const Lines all = log.read();
  REQUIRE(all.size() > 100);
  for (std::size_t count = 0; count <= all.size() + 2; ++count) {
    const std::size_t from = all.size() - std::min(count, all.size());
    CHECK(log.tail(count) == Lines(all.begin() + static_cast<std::ptrdiff_t>(from), all.end()));
  }
}

TEST_CASE("a line at the limit comes whole, one past it in two pieces") {
  Log log;
  auto writer = log.writer();
  const std::string at_limit = std::string(kMaxLogLine - 1, 'x') + "\n";
  for (const std::string& text : {at_limit, "yyy" + at_limit}) {
    for (std::size_t at = 0; at < text.size(); at += kMaxLogRecord) {
      writer.append(LogStream::Stdout, std::string_view(text).substr(at, kMaxLogRecord));
    }
  }
  CHECK(log.read() == Lines{"o:" + at_limit, "o:yyy" + at_limit.substr(0, kMaxLogLine - 3), "o:xx\n"});
}

TEST_CASE("rotation keeps so many files") {
  Log log;
  log.plan.max_bytes = 100;
  log.plan.max_files = 2;
  auto writer = log.writer();
  for (int i = 0; i < 20; ++i)
    writer.append(LogStream::Stdout, std::string(60, 'x') + std::to_string(i) + "\n");
  CHECK(sys::list_directory(log.folder.path).value() == Lines{"00000010.log", "00000011.log"});
  CHECK(log.read() == Lines{"o:" + std::string(60, 'x') + "18\n", "o:" + std::string(60, 'x') + "19\n"});
}

TEST_CASE("since and until choose by time") {
  Log log;
  auto writer = log.writer();
  std::vector<model::TimePoint> times;
  for (const char* line : {"a\n", "b\n", "c\n"}) {
    writer.append(LogStream::Stdout, line);
    REQUIRE(read_log(log.folder.path, {}, [&times](const LogEntry& entry) {
      if (times.empty() || entry.time > times.back()) times.push_back(entry.time);
      return true;
    }));
  }
  REQUIRE(times.size() == 3);
  LogSelection selection;
  selection.since = times[1];
  CHECK(log.read(selection) == Lines{"o:b\n", "o:c\n"});
  selection.until = times[1];
  CHECK(log.read(selection) == Lines{"o:b\n"});
  selection.since.reset();
  CHECK(log.read(selection) == Lines{"o:a\n", "o:b\n"});
}

TEST_CASE("a reader that stays sees what comes, over rotation, and stops when its sink does") {
  Log log;
  log.plan.max_bytes = 60;
  log.plan.max_files = 3;
  auto writer = log.writer();
  LogReader reader = LogReader::open(log.folder.path, {}).value();
  sys::Waiting waiting{reader.watch().value(), sys::kReadable};
  Lines lines;
  const auto collect = [&lines](const LogEntry& entry) {
    lines.emplace_back(entry.text);
    return entry.text != "stop\n";
  };
  CHECK(reader.read_available(collect).value());
  writer.append(LogStream::Stdout, "a\npart");
  CHECK(sys::wait_ready(std::span(&waiting, 1), std::chrono::seconds(5)).value());
  reader.acknowledge();
  CHECK(reader.read_available(collect).value());
  CHECK(lines == Lines{"a\n"});
  writer.append(LogStream::Stdout, "ed\n");
  writer.append(LogStream::Stdout, "c\n");
  writer.append(LogStream::Stdout, "d\n");
  writer.append(LogStream::Stdout, "last");
  CHECK(reader.read_available(collect).value());
  CHECK(reader.flush(collect).value());
  CHECK(lines == Lines{"a\n", "parted\n", "c\n", "d\n", "last"});
  writer.append(LogStream::Stdout, " line\nstop\nnever\n");
  CHECK_FALSE(reader.read_available(collect).value());
  CHECK(lines.back() == "stop\n");
  CHECK_FALSE(reader.read_available(collect).value());
}

TEST_CASE("a record that a crash cut off is skipped by readers and removed by the next writer") {
  Log log;
  log.writer().append(LogStream::Stdout, "whole\n");
  log.writer().append(LogStream::Stdout, "cut\n");
  const std::string path = log.folder.path + "/00000001.log";
  const std::string bytes = sys::read_file(path).value();
  for (std::size_t size = bytes.size() / 2 + 1; size < bytes.size(); ++size) {
    REQUIRE(sys::write_file(path, std::string_view(bytes).substr(0, size)));
    CHECK(log.read() == Lines{"o:whole\n"});
    CHECK(log.tail(1) == Lines{"o:whole\n"});
    log.writer().append(LogStream::Stdout, "next\n");
    CHECK(log.read() == Lines{"o:whole\n", "o:next\n"});
  }
}

TEST_CASE("output is lost on a full disk, not the container, and a note says so") {
  Log log;
  auto writer = log.writer();
  writer.append(LogStream::Stdout, "before\n");
  rlimit old{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{50, old.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  writer.append(LogStream::Stdout, "lost, all of it\n");
  CHECK(writer.lost_bytes() == 16);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &old) == 0);
  std::signal(SIGXFSZ, ignored);
  writer.append(LogStream::Stdout, "after\n");
  CHECK(log.read() ==
        Lines{"o:before\n", "e:[16 bytes of output were lost: the log could not be written]\n", "o:after\n"});
}

TEST_CASE("a log that is not there is empty; one made of anything is read without harm") {
  Log log;
  CHECK(log.read() == Lines{});
  CHECK(log.tail(5) == Lines{});
  LogSelection selection;
  CHECK(read_log(log.folder.path + "/missing", selection, [](const LogEntry&) { return true; }));
  std::string noise;
  for (unsigned i = 0, random = 1; i < 5000; ++i)
    noise += static_cast<char>((random = random * 69069 + 1) >> 24);
  REQUIRE(sys::write_file(log.folder.path + "/00000001.log", noise));
  CHECK(log.read() == Lines{});
  CHECK(log.tail(5) == Lines{});
}
