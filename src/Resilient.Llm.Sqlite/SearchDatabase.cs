using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Resilient.Llm;

/// <summary>Runs work on the connections of one database, away from the calling thread and interruptible.</summary>
/// <remarks>
/// A file is in write-ahead mode: each read has a pooled connection of its own and sees the last committed state, while one write at a time goes on beside it.
/// A database in memory exists only inside its one connection, so there reads and writes take turns.
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
        _connectionString = connectionString;
        _scheduler = scheduler;
        _memory = memory;
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
            using var command = connection.CreateCommand();
            SearchSchema.Ensure(connection, path);

            // Only once the file is known to be ours: this changes its header.
            command.CommandText = "PRAGMA journal_mode = WAL";
            command.ExecuteNonQuery();
            return database;
        }
        catch (Exception exception)
        {
            database.Dispose();
            throw exception is SqliteException sqlite ? SearchFileError.Explain(sqlite, path) : exception;
        }
    }

    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        _memory is null ? RunAsync(work, cancellationToken) : TakeTurnAsync(work, cancellationToken);

    public Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        TakeTurnAsync(work, cancellationToken);

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
        else if (_writing.Wait(0))
        {
            // Whoever is at work closes it otherwise.
            _memory.Dispose();
            _writing.Release();
        }
    }

    private async Task<T> TakeTurnAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
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
            if (Volatile.Read(ref _isDisposed) != 0 && _memory is not null && _writing.Wait(0, CancellationToken.None))
            {
                _memory.Dispose();
                _writing.Release();
            }
        }
    }

    private Task<T> RunAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(
            () => Run(work, cancellationToken), cancellationToken, TaskCreationOptions.DenyChildAttach, _scheduler);

    private T Run<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, typeof(SqliteSearchSource));
        var connection = _memory ?? Open();
        try
        {
            // SqliteCommand.Cancel does nothing; this is SQLite's own way. The registration ends, waiting for a callback under way, before the connection does.
            using var interrupt = cancellationToken.UnsafeRegister(static c => raw.sqlite3_interrupt(((SqliteConnection)c!).Handle), connection);
            return work(connection);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == Interrupted && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The search database was told to stop.", exception, cancellationToken);
        }
        finally
        {
            if (_memory is null)
            {
                connection.Dispose();
            }
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return connection;
    }
}
