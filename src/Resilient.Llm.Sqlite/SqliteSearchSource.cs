using Microsoft.Data.Sqlite;

namespace Resilient.Llm;

/// <summary>Full-text search over your own documents with SQLite FTS5, in one file or in memory, without a server.</summary>
/// <remarks>
/// <para>
/// Ranked by bm25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009); words in the title count four
/// times. Ignores case, accents, English endings and filler words ("how do I"). Scripts without spaces between words are indexed as whole
/// runs and found poorly.
/// </para>
/// <para>
/// Thread-safe. File searches run beside a write and see the state before it; in-memory searches wait for it, off the calling thread.
/// Several processes may share a file on a local disk. The work runs on <see cref="SqliteSearchOptions.Scheduler"/>; cancellation
/// interrupts a search and stops a write between documents. Runs in process, so <see cref="ISearchSource.Geography"/> is null.
/// </para>
/// </remarks>
public sealed class SqliteSearchSource : ISearchSource, IDisposable, IAsyncDisposable
{
    private const string Search = """
        SELECT d.title, snippet(search_text, 1, '', '', '…', 32), d.uri, bm25(search_text, 4.0, 1.0) AS distance
        FROM search_text JOIN search_document d ON d.number = search_text.rowid
        WHERE search_text MATCH $query
        ORDER BY distance
        LIMIT $limit
        """;

    private const string Upsert = """
        INSERT INTO search_document(id, title, body, uri) VALUES ($id, $title, $body, $uri)
        ON CONFLICT(id) DO UPDATE SET title = excluded.title, body = excluded.body, uri = excluded.uri
        """;

    private readonly SearchDatabase _database;

    private SqliteSearchSource(SearchDatabase database) => _database = database;

    /// <summary>Creates an empty in-memory search.</summary>
    /// <param name="options">The options; null for the defaults.</param>
    public static SqliteSearchSource InMemory(SqliteSearchOptions? options = null) => new(SearchDatabase.InMemory(options ?? new()));

    /// <summary>Opens a search file, or creates it. Blocks meanwhile.</summary>
    /// <param name="path">A file of its own on a local disk, in an existing folder. SQLite keeps two more beside it.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <exception cref="InvalidDataException">The file is no SQLite database, damaged, foreign, or of a newer version.</exception>
    /// <exception cref="IOException">The file cannot be opened or written.</exception>
    public static SqliteSearchSource OpenFile(string path, SqliteSearchOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return new(SearchDatabase.File(path, options ?? new()));
    }

    /// <summary>Adds a document, or replaces the one with the same id.</summary>
    /// <exception cref="ArgumentException">The id is blank.</exception>
    public Task AddAsync(SearchDocument document, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(document);
        return AddAsync([document], cancellationToken);
    }

    /// <summary>Adds or replaces documents: all of them, or none on an error or cancellation.</summary>
    /// <param name="documents">The documents. Read once, off the calling thread. With equal ids, the last one wins.</param>
    /// <param name="cancellationToken">Cancels between documents.</param>
    /// <exception cref="ArgumentException">A document is null or has a blank id.</exception>
    public Task AddAsync(IEnumerable<SearchDocument> documents, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        return _database.WriteAsync(
            connection =>
            {
                Add(connection, documents, cancellationToken);
                return true;
            },
            cancellationToken);
    }

    /// <summary>Removes a document.</summary>
    /// <returns>Whether it existed.</returns>
    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        return _database.WriteAsync(
            connection =>
            {
                using var command = connection.Command("DELETE FROM search_document WHERE id = $id RETURNING number");
                command.Parameters.AddWithValue("$id", Clean(id));
                return command.ExecuteScalar() is not null;
            },
            cancellationToken);
    }

    /// <summary>Returns the number of documents.</summary>
    public Task<long> CountAsync(CancellationToken cancellationToken = default) =>
        _database.ReadAsync(static connection => connection.Read("SELECT count(*) FROM search_document"), cancellationToken);

    /// <summary>Searches for documents with any word of a question, best first.</summary>
    /// <param name="query">Any text; never read as query syntax. Uses its first 32 significant words within 4,096 characters.</param>
    /// <param name="maxResults">The maximum number of results. Range: 1 and up.</param>
    /// <param name="cancellationToken">Interrupts the search.</param>
    /// <returns>The results, each with a passage of the body; empty if nothing matches.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxResults"/> is below 1.</exception>
    /// <exception cref="ObjectDisposedException">The source is disposed.</exception>
    public Task<IReadOnlyList<SearchResult>> SearchAsync(string query, int maxResults, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxResults, 1);
        return SearchQuery.From(query) is { } words
            ? _database.ReadAsync<IReadOnlyList<SearchResult>>(connection => Find(connection, words, maxResults), cancellationToken)
            : Task.FromResult<IReadOnlyList<SearchResult>>([]);
    }

    /// <summary>Closes the connections after work in progress. Idempotent.</summary>
    public void Dispose() => _database.Dispose();

    /// <inheritdoc cref="Dispose"/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<SearchResult> Find(SqliteConnection connection, string words, int maxResults)
    {
        using var command = connection.Command(Search);
        command.Parameters.AddWithValue("$query", words);
        command.Parameters.AddWithValue("$limit", maxResults);
        using var reader = command.ExecuteReader();
        var results = new List<SearchResult>();
        while (reader.Read())
        {
            // FTS5 gives better matches lower numbers.
            results.Add(new(
                reader.GetString(0),
                reader.GetString(1),
                !reader.IsDBNull(2) && Uri.TryCreate(reader.GetString(2), UriKind.RelativeOrAbsolute, out var uri) ? uri : null,
                -reader.GetDouble(3)));
        }

        return results;
    }

    private static void Add(SqliteConnection connection, IEnumerable<SearchDocument> documents, CancellationToken cancellationToken)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        using var command = connection.Command(Upsert);
        var (id, title, body, uri) = (Parameter("$id"), Parameter("$title"), Parameter("$body"), Parameter("$uri"));
        foreach (var document in documents)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (string.IsNullOrWhiteSpace(document?.Id))
            {
                throw new ArgumentException(
                    "SearchDocument.Id must not be blank: it is what a document is replaced and removed by.", nameof(documents));
            }

            id.Value = Clean(document.Id);
            title.Value = Clean(document.Title);
            body.Value = Clean(document.Body);
            uri.Value = (object?)document.Uri?.OriginalString ?? DBNull.Value;
            command.ExecuteNonQuery();
        }

        transaction.Commit();

        SqliteParameter Parameter(string name) => command.Parameters.Add(name, SqliteType.Text);
    }

    /// <summary>Replaces NUL, which ends a text for some of SQLite's functions but not for others.</summary>
    private static string Clean(string? text) => text?.Replace('\0', ' ') ?? string.Empty;
}
