using System.Text;

namespace Resilient.Llm.Loopback.Tests;

/// <summary>The tables of observed behaviour in README.md of the loopback provider: one for plain answers, one for streams.</summary>
internal sealed class AdapterDocument
{
    private static readonly WireProtocol[] s_columns = Enum.GetValues<WireProtocol>();

    private readonly Dictionary<(bool Streaming, string Row), string[]> _cells = [];
    private readonly List<(bool Streaming, string Row)> _rows = [];

    private static string Path
    {
        get
        {
            var directory = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(System.IO.Path.Combine(directory!.FullName, "Resilient.Llm.sln")))
            {
                directory = directory.Parent;
            }

            return System.IO.Path.Combine(directory.FullName, "tests", "Resilient.Llm.Loopback", "README.md");
        }
    }

    public static AdapterDocument Read()
    {
        var document = new AdapterDocument();
        var text = File.ReadAllText(Path).ReplaceLineEndings("\n");
        foreach (var streaming in new[] { false, true })
        {
            var (begin, end) = Bounds(text, streaming);
            foreach (var line in text[begin..end].Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2))
            {
                var cells = line.Trim('|', ' ').Split(" | ");
                document._cells[(streaming, cells[0])] = cells[1..];
                document._rows.Add((streaming, cells[0]));
            }
        }

        return document;
    }

    public static async Task WriteAsync(Func<Script, WireProtocol, bool, Task<string>> observe)
    {
        var text = File.ReadAllText(Path).ReplaceLineEndings("\n");
        foreach (var streaming in new[] { false, true })
        {
            var table = new StringBuilder($"| Script | {string.Join(" | ", s_columns.Select(Heading))} |\n|---|");
            table.Insert(table.Length, "---|", s_columns.Length).Append('\n');
            foreach (var (name, script, only) in AdapterTable.Rows)
            {
                table.Append($"| {name}");
                foreach (var protocol in s_columns)
                {
                    table.Append($" | {(only is { } one && one != protocol ? "–" : await observe(script, protocol, streaming))}");
                }

                table.Append(" |\n");
            }

            var (begin, end) = Bounds(text, streaming);
            text = string.Concat(text.AsSpan(0, begin), table.ToString(), text.AsSpan(end));
        }

        File.WriteAllText(Path, text);
    }

    public string Cell(string row, WireProtocol protocol, bool streaming) =>
        _cells[(streaming, row)][Array.IndexOf(s_columns, protocol)];

    public IEnumerable<string> Rows(bool streaming) => _rows.Where(row => row.Streaming == streaming).Select(static row => row.Row);

    private static string Heading(WireProtocol protocol) => protocol switch
    {
        WireProtocol.OpenAI => "Chat Completions",
        _ => protocol.ToString(),
    };

    private static (int Begin, int End) Bounds(string text, bool streaming)
    {
        var name = streaming ? "streamed" : "plain";
        var marker = $"<!-- {name}:begin -->\n";
        var begin = text.IndexOf(marker, StringComparison.Ordinal) + marker.Length;
        return (begin, text.IndexOf($"<!-- {name}:end -->", StringComparison.Ordinal));
    }
}
