namespace Resilient.Llm;

/// <summary>Adds SQLite full-text searches to a last resort.</summary>
public static class SqliteLastResortExtensions
{
    /// <summary>Adds a search file. It is opened when the client is built and closed with the client.</summary>
    /// <param name="builder">The last resort.</param>
    /// <param name="path">The path, as in <see cref="SqliteSearchSource.OpenFile"/>. Fill it with another source on the same file.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public static LastResortBuilder AddSqliteSearch(this LastResortBuilder builder, string path, SqliteSearchOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return builder.AddSearch(_ => SqliteSearchSource.OpenFile(path, options));
    }

    /// <summary>Adds an in-memory search over documents, which are indexed when the client is built.</summary>
    /// <param name="builder">The last resort.</param>
    /// <param name="documents">The documents. Read once, while the client is built.</param>
    /// <param name="options">The options; null for the defaults.</param>
    public static LastResortBuilder AddSqliteSearch(
        this LastResortBuilder builder, IEnumerable<SearchDocument> documents, SqliteSearchOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(documents);
        return builder.AddSearch(_ =>
        {
            var source = SqliteSearchSource.InMemory(options);
            try
            {
                source.AddAsync(documents).GetAwaiter().GetResult();
                return source;
            }
            catch
            {
                source.Dispose();
                throw;
            }
        });
    }
}
