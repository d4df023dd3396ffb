using System.Globalization;

namespace GameDay.Replay;

/// <summary>What the command line asks for.</summary>
internal sealed record ReplayArguments
{
    public const string Usage =
        """
        GameDay replay: recorded outages and recorded load against several policies, the real library code in virtual time.

          dotnet run -c Release --project samples/GameDay -- replay [options]

          --incidents FILE     provider,start_utc,end_utc,impact            default: a small synthetic file
          --requests FILE      offset_ms,prompt_tokens,completion_tokens    default: a small synthetic file
          --seed N             the same seed gives the same tables, bit for bit    default: 1
          --rate N             requests per second                          default: 2
          --windows N          only the first N windows around incidents    default: all
          --policies A,B       only these: sdk, failover, ladder, regions, full    default: all
          --shared-fate N      the part of the incidents below critical that hit every region, 0 to 1    default: 0
          --repeats N          the part of the requests that ask a popular question, 0 to 1    default: 0.05
          --threads N          how many to use; the tables stay the same    default: one per core
          --out FILE           writes the tables there too, as Markdown
        """;

    public string Incidents { get; private init; } = Path.Combine(AppContext.BaseDirectory, "data", "incidents.csv");

    public string Requests { get; private init; } = Path.Combine(AppContext.BaseDirectory, "data", "requests.csv");

    public ulong Seed { get; private init; } = 1;

    public double Rate { get; private init; } = 2;

    public int Windows { get; private init; } = int.MaxValue;

    public IReadOnlyList<string> Policies { get; private init; } = [.. ReplayPolicy.All.Select(static policy => policy.Key)];

    public double SharedFate { get; private init; }

    public double Repeats { get; private init; } = 0.05;

    public int Threads { get; private init; } = Environment.ProcessorCount;

    public string? Out { get; private init; }

    /// <exception cref="ArgumentException">The message says which option is wrong, and what it may be.</exception>
    public static ReplayArguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new ReplayArguments();
        for (var i = 0; i < args.Count; i += 2)
        {
            var option = args[i];
            var value = i + 1 < args.Count ? args[i + 1] : null;
            parsed = option switch
            {
                "--incidents" => parsed with { Incidents = Text(option, value) },
                "--requests" => parsed with { Requests = Text(option, value) },
                "--seed" => parsed with { Seed = (ulong)Number(option, value, 0, uint.MaxValue, isWhole: true) },
                "--rate" => parsed with { Rate = Number(option, value, 0.01, 1_000) },
                "--windows" => parsed with { Windows = (int)Number(option, value, 1, int.MaxValue, isWhole: true) },
                "--policies" => parsed with { Policies = Known([.. Text(option, value).Split(',').Distinct()]) },
                "--shared-fate" => parsed with { SharedFate = Number(option, value, 0, 1) },
                "--repeats" => parsed with { Repeats = Number(option, value, 0, 1) },
                "--threads" => parsed with { Threads = (int)Number(option, value, 1, 256, isWhole: true) },
                "--out" => parsed with { Out = Text(option, value) },
                _ => throw new ArgumentException($"'{option}' is no option."),
            };
        }

        return parsed;
    }

    private static string Text(string option, string? value) =>
        string.IsNullOrWhiteSpace(value) ? throw new ArgumentException($"{option} needs a value.") : value;

    private static double Number(string option, string? value, double from, double to, bool isWhole = false) =>
        double.TryParse(Text(option, value), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= from && number <= to && (!isWhole || number % 1 == 0)
            ? number
            : throw new ArgumentException(FormattableString.Invariant($"{option} is '{value}'. It must be a {(isWhole ? "whole " : "")}number from {from} to {to}."));

    private static string[] Known(string[] keys) =>
        keys.FirstOrDefault(static key => ReplayPolicy.All.All(policy => policy.Key != key)) is { } unknown
            ? throw new ArgumentException($"--policies: '{unknown}' is none. Known are {string.Join(", ", ReplayPolicy.All.Select(static policy => policy.Key))}.")
            : keys;
}
