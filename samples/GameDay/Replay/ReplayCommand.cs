namespace GameDay.Replay;

/// <summary>The command "replay".</summary>
internal static class ReplayCommand
{
    public static async Task<int> RunAsync(string[] args, TextWriter output)
    {
        if (args is ["--help" or "-h"])
        {
            await output.WriteLineAsync(ReplayArguments.Usage);
            return 0;
        }

        try
        {
            var arguments = ReplayArguments.Parse(args);
            var run = new ReplayRun(arguments);
            var started = TimeProvider.System.GetTimestamp();
            var outcomes = run.Run(new ReplayProgress().Report);
            await Console.Error.WriteLineAsync(FormattableString.Invariant(
                $"in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:F0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:F0} s of processor time"));
            var tables = ReplayTables.Of(run, arguments, outcomes);
            await output.WriteAsync(tables);
            if (arguments.Out is { } path)
            {
                await File.WriteAllTextAsync(path, tables);
            }

            return 0;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"replay: {exception.Message}");
            await Console.Error.WriteLineAsync("replay --help lists the options.");
            return 2;
        }
    }
}
