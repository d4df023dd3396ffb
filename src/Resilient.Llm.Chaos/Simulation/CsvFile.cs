using System.Globalization;

namespace Resilient.Llm.Chaos.Simulation;

/// <summary>Reads a small CSV file line by line. Errors name the file, the line and the column.</summary>
/// <remarks>Quotation marks are not supported: the files hold names, times and numbers.</remarks>
internal sealed class CsvFile : IDisposable
{
    // Stops reading a wrong kind of file, such as one without line ends, into memory.
    private const int LongestLine = 10_000;

    private readonly string _path;
    private readonly string[] _columns;
    private readonly StreamReader _reader;
    private string[] _fields = [];
    private int _line;

    public CsvFile(string path, params string[] columns)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        _path = path;
        _columns = columns;
        _reader = new(path);
        if (ReadLine() is not { } header || !header.Split(',').Select(static column => column.Trim()).SequenceEqual(columns))
        {
            _reader.Dispose();
            throw Mistake($"the first line must read \"{string.Join(',', columns)}\"");
        }
    }

    public bool MoveNext()
    {
        while (ReadLine() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            _fields = line.Split(',', StringSplitOptions.TrimEntries);
            return _fields.Length == _columns.Length
                ? true
                : throw Mistake($"there are {_fields.Length} fields in place of {_columns.Length} ({string.Join(',', _columns)})");
        }

        return false;
    }

    public string Text(int column) => _fields[column].Length > 0 ? _fields[column] : throw Mistake($"{_columns[column]} is missing");

    /// <summary>A time; UTC if it has no offset.</summary>
    public DateTimeOffset Time(int column) =>
        DateTimeOffset.TryParse(Text(column), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUniversalTime()
            : throw Mistake($"{_columns[column]} is '{_fields[column]}'; a time reads 2024-01-31T13:45:00Z");

    public long Number(int column, long from, long to) =>
        long.TryParse(Text(column), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= from && number <= to
            ? number
            : throw Mistake(
                FormattableString.Invariant($"{_columns[column]} is '{_fields[column]}'; it must be a whole number from {from} to {to}"));

    public InvalidDataException Mistake(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{_path}, line {Math.Max(1, _line)}: {what}."));

    public void Dispose() => _reader.Dispose();

    private string? ReadLine()
    {
        var line = new System.Text.StringBuilder();
        var next = _reader.Read();
        if (next < 0)
        {
            return null;
        }

        _line++;
        for (; next >= 0 && next != '\n'; next = _reader.Read())
        {
            if (line.Length == LongestLine)
            {
                throw Mistake($"the line is longer than {LongestLine} characters: this is another kind of file");
            }

            line.Append((char)next);
        }

        return line.ToString().TrimEnd('\r');
    }
}
