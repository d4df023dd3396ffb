using Microsoft.Data.Sqlite;

namespace Resilient.Llm;

/// <summary>Explains why SQLite refuses a file, and the remedy.</summary>
internal static class SearchFileError
{
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int Corrupt = 11;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    public static Exception Explain(SqliteException exception, string path)
    {
        var file = $"The path '{path}' given to SqliteSearchSource.OpenFile";
        return exception.SqliteErrorCode switch
        {
            NotADatabase => new InvalidDataException(
                $"{file} is not a SQLite database. Give the search a file of its own, or delete this one and add the documents again.",
                exception),
            Corrupt => new InvalidDataException(
                $"{file} is a damaged SQLite database. Restore it, or delete it and add the documents again.", exception),
            CannotOpen => new IOException(
                $"{file} cannot be opened. Its folder must exist, and the process must be allowed to read and write it.", exception),
            ReadOnly => new IOException(
                $"{file} cannot be written. The process must be allowed to write the file and its folder.", exception),
            Busy => new IOException(
                $"{file} is locked by another process. Try again when that has finished, or raise SqliteSearchOptions.BusyTimeout.",
                exception),
            _ => exception,
        };
    }
}
