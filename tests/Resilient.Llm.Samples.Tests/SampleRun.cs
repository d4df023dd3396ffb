using System.Diagnostics;

namespace Resilient.Llm.Samples.Tests;

/// <summary>One run of a sample as a process of its own, as a user runs it.</summary>
internal sealed record SampleRun(int ExitCode, string Output, string Errors)
{
    // A sample takes a few seconds. This is for machines that do many other things at the same time.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    // Whatever the developer's own environment holds must neither spend money nor decide a test.
    private static readonly string[] ProviderVariables =
    [
        "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL",
    ];

    public string[] Lines => Output.Split('\n', StringSplitOptions.TrimEntries);

    public static async Task<SampleRun> OfAsync(string sample, string[]? args = null, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Path.Combine(AppContext.BaseDirectory, sample + ".dll"), .. args ?? []])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var variable in ProviderVariables)
        {
            start.Environment.Remove(variable);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return new(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{sample} did not end within {Patience}.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    public void AssertExitCode(int expected) =>
        Assert.True(ExitCode == expected, $"Exit code {ExitCode}, expected {expected}.\n{Output}\n{Errors}");
}
