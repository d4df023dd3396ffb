using Microsoft.Data.Sqlite;

namespace Resilient.Llm;

/// <summary>The tables of a search file, and how to tell such a file from others.</summary>
/// <remarks>
/// The documents stand in a plain table with a unique id, so that replacing one is a lookup; the full-text index refers to it and stores no
/// second copy (SQLite FTS5, external content), kept in step by triggers. The tokenizer splits at everything that is no letter or digit, ignores
/// case and accents (unicode61, remove_diacritics 2) and reduces English endings (Porter, "An algorithm for suffix stripping", 1980), since
/// people who ask "resetting passwords" mean "Reset your password"; words of other languages pass through it almost unchanged, and alike in
/// question and document.
/// </remarks>
internal static class SearchSchema
{
    /// <summary>"RLLM": marks a file as ours in its header.</summary>
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

    /// <summary>Creates the tables in an empty database; refuses one that is not ours or was written by a newer version.</summary>
    /// <exception cref="InvalidDataException">The database belongs to another application or to a newer version.</exception>
    public static void Ensure(SqliteConnection connection, string name)
    {
        // In a transaction even to look: between two reads outside of one, another process may create the tables.
        using (connection.BeginTransaction(deferred: true))
        {
            if (IsReady(connection, name))
            {
                return;
            }
        }

        // Immediate: of two processes that start together, the second waits here and then finds the tables made.
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
                $"The path '{name}' given to SqliteSearchSource.OpenFile is a SQLite database of another application. Give the search a file of its own.");
        }

        return version == Version ? true : throw new InvalidDataException(
            $"The path '{name}' given to SqliteSearchSource.OpenFile holds a search index of version {version}, and this version of Resilient.Llm.Sqlite reads version {Version}. "
            + "Update the package, or delete the file and add the documents again.");
    }

    public static long Read(this SqliteConnection connection, string sql)
    {
        using var command = connection.Command(sql);
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>A command in the connection's current transaction.</summary>
    public static SqliteCommand Command(this SqliteConnection connection, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
}
