namespace Resilient.Llm;

/// <summary>Adds searches with SQLite to a last resort.</summary>
public static class SqliteLastResortExtensions
{
    /// <summary>Adds a search file, opened when the client is built and closed with it.</summary>
    /// <param name="builder">The last resort.</param>
    /// <param name="path">As in <see cref="SqliteSearchSource.OpenFile"/>. Another source on the same file fills it.</param>
    /// <param name="options">Null for the defaults.</param>
    public static LastResortBuilder AddSqliteSearch(this LastResortBuilder builder, string path, SqliteSearchOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return builder.AddSearch(_ => SqliteSearchSource.OpenFile(path, options));
    }

    /// <summary>Adds a search over documents in memory, indexed when the client is built.</summary>
    /// <param name="builder">The last resort.</param>
    /// <param name="documents">Read once, when the client is built, which waits for it.</param>
    /// <param name="options">Null for the defaults.</param>
    public static LastResortBuilder AddSqliteSearch(this LastResortBuilder builder, IEnumerable<SearchDocument> documents, SqliteSearchOptions? options = null)
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
