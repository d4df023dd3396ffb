namespace GameDay.Live;

/// <summary>What the command line asks for.</summary>
internal sealed record LiveArguments
{
    public const string Usage =
        """
        GameDay: breaks a ladder of two models in two regions on purpose, on this machine, and writes a scorecard.

          dotnet run --project samples/GameDay -- [options]

          --scenario FILE      a game day in .json, .yaml or .yml            default: the built-in one, 45 seconds
          --out DIR            where the scorecard goes                      default: artifacts/game-day
          --print              only prints the scenario as JSON, to begin one of your own with

        Exits with 0: the hypothesis held; 1: it did not; 2: wrong input; 3: aborted (Ctrl+C, or an abort condition).
        """;

    public string? Scenario { get; private init; }

    public string Out { get; private init; } = Path.Combine("artifacts", "game-day");

    public bool PrintOnly { get; private init; }

    /// <exception cref="ArgumentException">The message says which option is wrong, and what it may be.</exception>
    public static LiveArguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new LiveArguments();
        for (var i = 0; i < args.Count; i += args[i] == "--print" ? 1 : 2)
        {
            var value = i + 1 < args.Count && args[i + 1] is { Length: > 0 } next && !next.StartsWith("--", StringComparison.Ordinal) ? next : null;
            parsed = (args[i], value) switch
            {
                ("--print", _) => parsed with { PrintOnly = true },
                ("--scenario", not null) => parsed with { Scenario = value },
                ("--out", not null) => parsed with { Out = value },
                ("--scenario" or "--out", null) => throw new ArgumentException($"{args[i]} has no value. Give it one.{Environment.NewLine}{Usage}"),
                _ => throw new ArgumentException($"'{args[i]}' is no option.{Environment.NewLine}{Usage}"),
            };
        }

        return parsed;
    }
}
