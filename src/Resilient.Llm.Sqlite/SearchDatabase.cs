using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Resilient.Llm;

/// <summary>Runs work on the connections of one database, away from the calling thread and interruptible.</summary>
/// <remarks>
/// A file is in write-ahead mode: each read has a pooled connection of its own and sees the last committed state, while one write at a time goes
/// on beside it. A database in memory exists only inside its one connection, so there reads and writes take turns.
/// </remarks>
internal sealed class SearchDatabase : IDisposable
{
    private const int Interrupted = 9;

    private readonly string _connectionString;
    private readonly TaskScheduler _scheduler;
    private readonly SqliteConnection? _memory;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private int _isDisposed;

    private SearchDatabase(string connectionString, TaskScheduler scheduler, SqliteConnection? memory)
    {
        (_connectionString, _scheduler, _memory) = (connectionString, scheduler, memory);
    }

    public static SearchDatabase InMemory(SqliteSearchOptions options)
    {
        var connection = new SqliteConnection("Data Source=:memory:;Pooling=False");
        connection.Open();
        SearchSchema.Ensure(connection, ":memory:");
        return new(connection.ConnectionString, options.Scheduler, connection);
    }

    public static SearchDatabase File(string path, SqliteSearchOptions options)
    {
        var database = new SearchDatabase(
            new SqliteConnectionStringBuilder
            {
                // A full path is no connection-string keyword such as ":memory:", and stays right when the working directory changes.
                DataSource = Path.GetFullPath(path),
                DefaultTimeout = (int)Math.Ceiling(options.BusyTimeout.TotalSeconds),
            }.ConnectionString,
            options.Scheduler,
            memory: null);
        try
        {
            using var connection = database.Open();
            SearchSchema.Ensure(connection, path);

            // Only once the file is known to be ours: this changes its header.
            using var command = connection.Command("PRAGMA journal_mode = WAL");
            command.ExecuteNonQuery();
            return database;
        }
        catch (Exception exception)
        {
            database.Dispose();
            throw exception is SqliteException sqlite ? SearchFileError.Explain(sqlite, path) : exception;
        }
    }

    /// <summary>Runs work that only reads. A cancelled token interrupts it.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        var read = Interruptible(work, cancellationToken);
        return _memory is null ? RunAsync(read, cancellationToken) : WriteAsync(read, cancellationToken);
    }

    /// <summary>Runs work that writes, one at a time. It looks at the token itself.</summary>
    /// <remarks>
    /// Not interrupted: FTS5 holds a statement of its own open during a transaction, so the interrupt would outlast the statement it hit, stop the
    /// rollback as well, and leave the connection inside a transaction that nothing can end.
    /// </remarks>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, typeof(SqliteSearchSource));
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await RunAsync(work, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
            CloseMemory();
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        if (_memory is null)
        {
            // Idle connections close now, those at work when they are given back: then the file can be moved or deleted.
            using var connection = new SqliteConnection(_connectionString);
            SqliteConnection.ClearPool(connection);
        }

        CloseMemory();
    }

    /// <summary>Closes the database in memory once the source is disposed, unless work is under way: that closes it then.</summary>
    private void CloseMemory()
    {
        if (Volatile.Read(ref _isDisposed) != 0 && _memory is not null && _writing.Wait(0, CancellationToken.None))
        {
            _memory.Dispose();
            _writing.Release();
        }
    }

    private Task<T> RunAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(() => Run(work), cancellationToken, TaskCreationOptions.DenyChildAttach, _scheduler);

    private T Run<T>(Func<SqliteConnection, T> work)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, typeof(SqliteSearchSource));
        if (_memory is not null)
        {
            return work(_memory);
        }

        using var connection = Open();
        return work(connection);
    }

    /// <summary>SqliteCommand.Cancel does nothing; this is SQLite's own way.</summary>
    private static Func<SqliteConnection, T> Interruptible<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) => connection =>
    {
        try
        {
            // Disposed, hence any callback under way awaited, before the connection goes back.
            using var interrupt = cancellationToken.UnsafeRegister(static c => raw.sqlite3_interrupt(((SqliteConnection)c!).Handle), connection);
            return work(connection);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == Interrupted && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The search database was told to stop.", exception, cancellationToken);
        }
    };

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return connection;
    }
}
