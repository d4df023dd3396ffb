using Resilient.Llm.Chaos;

namespace GameDay.Live;

/// <summary>Plays a game day live, against providers on 127.0.0.1, and writes the scorecard.</summary>
internal static class LiveCommand
{
    private const int BadInput = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var arguments = LiveArguments.Parse(args);
            var scenario = arguments.Scenario is { } path ? GameDayScenario.FromFile(path) : BuiltInScenario.Scenario;
            if (arguments.PrintOnly)
            {
                Console.WriteLine(scenario.ToJson());
                return 0;
            }

            // First, so that a place that cannot be written to is known before the game day and not after it.
            Directory.CreateDirectory(arguments.Out);
            var card = await PlayAsync(scenario);
            await WriteAsync(card, arguments.Out);
            return card.ExitCode;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return BadInput;
        }
    }

    private static async Task WriteAsync(Scorecard card, string folder)
    {
        foreach (var (name, text) in new[] { ("scorecard.md", card.ToMarkdown()), ("scorecard.json", card.ToJson()), ("scorecard.html", card.ToHtml()) })
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), text);
        }

        Console.WriteLine();
        Console.WriteLine(card.ToMarkdown());
        Console.WriteLine($"Scorecard: {Path.GetFullPath(Path.Combine(folder, "scorecard.html"))} (beside it .md and .json)");
    }

    private static async Task<Scorecard> PlayAsync(GameDayScenario scenario)
    {
        // The list of environments is there so that nobody does this in production by mistake. This program is no production.
        using var chaos = new ChaosController(new() { Enabled = true, Environment = "Development" });
        await using var fleet = await Fleet.StartAsync(chaos);
        await fleet.WarmUpAsync();

        using var stop = new CancellationTokenSource();
        ConsoleCancelEventHandler onCtrlC = (_, pressed) =>
        {
            // The first press ends the game day, with a scorecard; the second one the program.
            pressed.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        };
        Console.CancelKeyPress += onCtrlC;
        try
        {
            return await new GameDayRunner(fleet.Chat, chaos).RunAsync(scenario, new ConsoleProgress(), Environment.UserName is { Length: > 0 } user ? user : "game day", stop.Token);
        }
        finally
        {
            Console.CancelKeyPress -= onCtrlC;
        }
    }
}
