using Microsoft.Data.Sqlite;

namespace Resilient.Llm;

/// <summary>The tables of a search file, and how to recognize such a file.</summary>
/// <remarks>
/// Documents are in a plain table with a unique id. The full-text index refers to it without a copy (SQLite FTS5, external content) and is
/// kept in step by triggers. The tokenizer splits at everything but letters and digits, ignores case and accents (unicode61,
/// remove_diacritics 2) and removes English endings (Porter, "An algorithm for suffix stripping", 1980), so "resetting passwords" finds
/// "Reset your password". Words of other languages pass almost unchanged, in the same way in questions and documents.
/// </remarks>
internal static class SearchSchema
{
    /// <summary>"RLLM": marks the file as ours in its header.</summary>
    private const int ApplicationId = 0x524C4C4D;
    private const int Version = 1;

    private const string Create = """
        CREATE TABLE search_document (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, body TEXT NOT NULL, uri TEXT);
        CREATE VIRTUAL TABLE search_text USING fts5(
            title, body, content='search_document', content_rowid='number', tokenize='porter unicode61 remove_diacritics 2');
        CREATE TRIGGER search_document_added AFTER INSERT ON search_document BEGIN
            INSERT INTO search_text(rowid, title, body) VALUES (new.number, new.title, new.body);
        END;
        CREATE TRIGGER search_document_removed AFTER DELETE ON search_document BEGIN
            INSERT INTO search_text(search_text, rowid, title, body) VALUES ('delete', old.number, old.title, old.body);
        END;
        CREATE TRIGGER search_document_replaced AFTER UPDATE ON search_document BEGIN
            INSERT INTO search_text(search_text, rowid, title, body) VALUES ('delete', old.number, old.title, old.body);
            INSERT INTO search_text(rowid, title, body) VALUES (new.number, new.title, new.body);
        END;
        """;

    /// <summary>Creates the tables in an empty database; refuses one of another application or of a newer version.</summary>
    public static void Ensure(SqliteConnection connection, string name)
    {
        // Reads in a transaction: between two reads outside one, another process could create the tables.
        using (connection.BeginTransaction(deferred: true))
        {
            if (IsReady(connection, name))
            {
                return;
            }
        }

        // Immediate: of two processes that start together, the second waits here and then finds the tables.
        using var transaction = connection.BeginTransaction(deferred: false);
        if (!IsReady(connection, name))
        {
            using var command = connection.Command($"{Create} PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version};");
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    private static bool IsReady(SqliteConnection connection, string name)
    {
        var application = connection.Read("PRAGMA application_id");
        var version = connection.Read("PRAGMA user_version");
        if (application == 0 && version == 0 && connection.Read("SELECT count(*) FROM sqlite_master") == 0)
        {
            return false;
        }

        if (application != ApplicationId)
        {
            throw new InvalidDataException(
                $"The path '{name}' given to SqliteSearchSource.OpenFile is a SQLite database of another application. "
                + "Give the search a file of its own.");
        }

        return version == Version ? true : throw new InvalidDataException(
            $"The path '{name}' given to SqliteSearchSource.OpenFile holds a search index of version {version}, and this version of "
            + $"Resilient.Llm.Sqlite reads version {Version}. "
            + "Update the package, or delete the file and add the documents again.");
    }

    public static long Read(this SqliteConnection connection, string sql)
    {
        using var command = connection.Command(sql);
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Creates a command in the connection's current transaction.</summary>
    public static SqliteCommand Command(this SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
}
