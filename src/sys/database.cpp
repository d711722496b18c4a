// SPDX-License-Identifier: Apache-2.0
#include "sys/database.h"

#include <sqlite3.h>

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/sha256.h"

namespace sys {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
/// The write-ahead log is carried over into the file when it is this long. Whoever opens the file first reads
/// the log, so it stays short: 256 pages are 1 MiB.
constexpr int kLongestLogPages = 256;

base::Error make_database_error(sqlite3* handle, int code, std::string_view what) {
  const bool busy = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
  return base::make_error(busy ? base::ErrorClass::Unavailable : base::ErrorClass::Io,
                          fmt::format("database: {}: {}", what, sqlite3_errmsg(handle)));
}

}  // namespace

std::int64_t Row::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Row::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
}

bool Row::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

base::Result<std::unique_ptr<Database>> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) {
    return base::fail(make_database_error(handle, code, fmt::format("opening {}", path)));
  }
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  sqlite3_wal_autocheckpoint(handle, kLongestLogPages);
  // The last one to close would carry the log over, and wait for the disk, at the end of every command.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  TRY(database->set_up());
  return database;
}

base::Result<> Database::set_up() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyTimeoutMs);
  while (true) {
    // NORMAL under WAL loses at most the last transactions on power loss, never the file.
    auto done = run_script("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;");
    // SQLite does not wait by itself while another process gives a new file its journal.
    const bool busy = !done && done.error().error_class == base::ErrorClass::Unavailable;
    if (!busy || std::chrono::steady_clock::now() > end) return done;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

Database::~Database() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

base::Result<sqlite3_stmt*> Database::prepare(std::string_view sql) {
  for (auto& [text, statement] : statements_) {
    if (text == sql && sqlite3_stmt_busy(statement) == 0) return statement;
  }
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return base::fail(make_database_error(handle_, code, sql));
  statements_.emplace_back(std::string(sql), statement);
  return statement;
}

base::Result<> Database::run(std::string_view sql, const std::vector<DatabaseValue>& values,
                             const std::function<void(const Row&)>& each) {
  const std::lock_guard lock(mutex_);
  sqlite3_stmt* statement = TRY(prepare(sql));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int index = static_cast<int>(i) + 1;
    if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
      sqlite3_bind_int64(statement, index, *number);
    } else if (const auto* text = std::get_if<std::string>(&values[i])) {
      sqlite3_bind_text(statement, index, text->data(), static_cast<int>(text->size()), SQLITE_TRANSIENT);
    } else {
      sqlite3_bind_null(statement, index);
    }
  }
  int code = sqlite3_step(statement);
  for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
    if (each) each(Row(statement));
  }
  base::Result<> result;
  if (code != SQLITE_DONE) result = base::fail(make_database_error(handle_, code, sql));
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return result;
}

base::Result<> Database::run_script(const std::string& sql) {
  const std::lock_guard lock(mutex_);
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return base::fail(make_database_error(handle_, code, "running a script"));
  return {};
}

base::Result<> Database::transaction(const std::function<base::Result<>()>& work) {
  const std::lock_guard lock(mutex_);
  // Under the lock only this thread can have one open: take part in it.
  if (sqlite3_get_autocommit(handle_) == 0) return work();
  TRY(run("BEGIN IMMEDIATE"));
  base::Result<> done = work();
  if (done) done = run("COMMIT");
  if (!done) static_cast<void>(run("ROLLBACK"));
  return done;
}

base::Result<> Database::create_tables(const std::string& script) {
  const std::lock_guard lock(mutex_);
  if (!scripts_) {
    TRY(run_script("CREATE TABLE IF NOT EXISTS schema_scripts(digest TEXT PRIMARY KEY) WITHOUT ROWID"));
    std::set<std::string> known;
    TRY(run("SELECT digest FROM schema_scripts", {}, [&](const Row& row) { known.insert(row.text(0)); }));
    scripts_ = std::move(known);
  }
  const std::string digest = base::sha256_hex(script);
  if (scripts_->contains(digest)) return {};
  TRY(transaction([&]() -> base::Result<> {
    TRY(run_script(script));
    return run("INSERT INTO schema_scripts(digest) VALUES (?) ON CONFLICT DO NOTHING", {digest});
  }));
  scripts_->insert(digest);
  return {};
}

}  // namespace sys
