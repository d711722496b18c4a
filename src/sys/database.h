// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sys {

using DatabaseValue = std::variant<std::nullptr_t, std::int64_t, std::string>;

/// One row of a result; columns count from 0. NULL reads as 0 or "".
class Row {
 public:
  explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
  std::int64_t integer(int column) const;
  std::string text(int column) const;
  bool is_null(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// One SQLite file in WAL mode, shared by several processes. Safe for use from several threads: calls
/// take turns on one lock. A writer waits up to 10 s for another process, then Unavailable.
class Database {
 public:
  static base::Result<std::unique_ptr<Database>> open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs one statement; `values` fill its `?` in order; `each` sees every row.
  base::Result<> run(std::string_view sql, const std::vector<DatabaseValue>& values = {},
                     const std::function<void(const Row&)>& each = nullptr);
  /// Runs a script of statements without parameters.
  base::Result<> run_script(const std::string& sql);
  /// Runs `work` in one BEGIN IMMEDIATE transaction; its failure rolls everything back. Other threads
  /// of this process wait meanwhile. `work` may call `run`, and `transaction`, which then is part of
  /// this one and leaves the undoing to it.
  base::Result<> transaction(const std::function<base::Result<>()>& work);
  /// Runs a script that makes tables (CREATE ... IF NOT EXISTS), once for each file: that it ran is kept in
  /// the file under the script's digest. Opening a file costs one look instead of one statement for each
  /// table.
  base::Result<> create_tables(const std::string& script);

 private:
  base::Result<> set_up();
  explicit Database(sqlite3* handle) : handle_(handle) {}
  base::Result<sqlite3_stmt*> prepare(std::string_view sql);

  std::recursive_mutex mutex_;
  sqlite3* handle_;
  std::vector<std::pair<std::string, sqlite3_stmt*>> statements_;  ///< Prepared once, by text.
  std::optional<std::set<std::string>> scripts_;  ///< Digests of what create_tables() has run; read once.
};

}  // namespace sys
