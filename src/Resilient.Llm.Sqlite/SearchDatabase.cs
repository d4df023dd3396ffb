using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Resilient.Llm;

/// <summary>Runs work on the connections of a database, off the calling thread and interruptible.</summary>
/// <remarks>
/// A file is in write-ahead mode: each read has its own pooled connection and sees the last committed state, beside a single writer. An
/// in-memory database exists only in its one connection, so reads and writes take turns.
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
                // A full path is no connection-string keyword such as ":memory:", and does not depend on the working directory.
                DataSource = Path.GetFullPath(path),
                DefaultTimeout = (int)Math.Ceiling(options.BusyTimeout.TotalSeconds),
            }.ConnectionString,
            options.Scheduler,
            memory: null);
        try
        {
            using var connection = database.Open();
            SearchSchema.Ensure(connection, path);

            // Only after the file is known to be ours, because this changes its header.
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

    /// <summary>Runs work that only reads. Cancellation interrupts it.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        var read = Interruptible(work, cancellationToken);
        return _memory is null ? RunAsync(read, cancellationToken) : WriteAsync(read, cancellationToken);
    }

    /// <summary>Runs work that writes, one at a time. The work checks the token itself.</summary>
    /// <remarks>
    /// Not interrupted: FTS5 keeps a statement open during a transaction, so the interrupt would persist, stop the rollback as well, and
    /// leave the connection in a transaction that cannot be ended.
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
            // Idle connections close now, busy ones when they are returned. Then the file can be moved or deleted.
            using var connection = new SqliteConnection(_connectionString);
            SqliteConnection.ClearPool(connection);
        }

        CloseMemory();
    }

    /// <summary>Closes an in-memory database after disposal. If work is in progress, that work closes it when it ends.</summary>
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

    /// <summary>Uses SQLite's own interrupt, because SqliteCommand.Cancel does nothing.</summary>
    private static Func<SqliteConnection, T> Interruptible<T>(
        Func<SqliteConnection, T> work, CancellationToken cancellationToken) => connection =>
    {
        try
        {
            // Disposed before the connection is returned, which waits for a running callback.
            using var interrupt = cancellationToken.UnsafeRegister(
                static c => raw.sqlite3_interrupt(((SqliteConnection)c!).Handle), connection);
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
