using System.Text.RegularExpressions;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.Samples.Tests;

public partial class QuickStartTests
{
    [Fact]
    public async Task QuickStart_WithoutArguments_PlaysEveryScene()
    {
        var run = await SampleRun.OfAsync("QuickStart");

        run.AssertExitCode(0);
        Assert.Equal("", run.Errors);
        Assert.Equal(
            [
                "source=Model served-by=primary degraded=False",
                .. Enumerable.Repeat("source=Model served-by=cheaper degraded=True", 4),
                "circuit primary: Closed -> Open",
                "source=Model served-by=cheaper degraded=True",
                "source=Model served-by=cheaper degraded=True",
                "circuit primary: Open -> HalfOpen",
                "circuit primary: HalfOpen -> Closed",
                "source=Model served-by=primary degraded=False",
                "source=Cache served-by=cache degraded=True",
                "source=LastResort served-by=last-resort degraded=True",
                "source=Model served-by=cheaper degraded=True",
                "source=Model served-by=cheaper degraded=True",
                "continued by cheaper",
                "source=Model served-by=primary degraded=False region=swedencentral",
                "source=Model served-by=primary degraded=False region=francecentral",
            ],
            run.Lines.Select(line => Event().Match(line)).Where(match => match.Success).Select(match => match.Groups["what"].Value));
        Assert.Contains(
            "I couldn't process your request intelligently right now, but here are the top search results for 'Reset Password'",
            run.Output,
            StringComparison.Ordinal);
        Assert.Contains("1. How do I reset my password?", run.Lines);
        Assert.Contains("Hello from the cheaper model, word by word.", run.Lines);
        Assert.Contains("A ladder has several rungs, and whoever stands on it steps down to the next.", run.Lines);
    }

    [Theory]
    [InlineData("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "")]
    [InlineData("OPENAI_API_KEY", "OPENAI_BASE_URL", "v1")]
    public async Task QuickStart_RealProvider_IsAskedOnce(string key, string baseUrl, string path)
    {
        await using var provider = await LoopbackProvider.StartAsync("Hello from the provider that the environment names.");

        var run = await SampleRun.OfAsync(
            "QuickStart", ["--real", "Are you there?"], (key, "a-key"), (baseUrl, new Uri(provider.BaseAddress, path).ToString()));

        run.AssertExitCode(0);
        Assert.StartsWith("source=Model served-by=primary degraded=False elapsed-ms=", run.Output, StringComparison.Ordinal);
        Assert.Contains("Hello from the provider that the environment names.", run.Lines);
        Assert.Equal(1, provider.Calls);
    }

    [Fact]
    public async Task QuickStart_RealProviderFails_SaysWhyAndExitsWithOne()
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Unauthorized());

        var run = await SampleRun.OfAsync(
            "QuickStart", ["--real", "Are you there?"], ("ANTHROPIC_API_KEY", "a-bad-key"), ("ANTHROPIC_BASE_URL", provider.BaseAddress.ToString()));

        run.AssertExitCode(1);
        Assert.StartsWith("source=Model served-by=cheaper degraded=True", run.Output, StringComparison.Ordinal);
        Assert.Contains("primary: Unauthorized", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QuickStart_KeyWithoutBeingAskedToUseIt_StaysInTheProcess()
    {
        await using var provider = await LoopbackProvider.StartAsync();

        var run = await SampleRun.OfAsync(
            "QuickStart", [], ("ANTHROPIC_API_KEY", "a-key"), ("ANTHROPIC_BASE_URL", provider.BaseAddress.ToString()));

        run.AssertExitCode(0);
        Assert.Equal(0, provider.Calls);
    }

    [Theory]
    [InlineData(2, "--real", "No key is set.")]
    [InlineData(2, "--real")]
    [InlineData(2, "--nonsense")]
    [InlineData(0, "--help")]
    public async Task QuickStart_NothingToPlay_ExitsWithAHint(int exitCode, params string[] args)
    {
        var run = await SampleRun.OfAsync("QuickStart", args);

        run.AssertExitCode(exitCode);
        Assert.Contains("ANTHROPIC_API_KEY", run.Output + run.Errors, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^(?<what>source=\w+ served-by=\S+ degraded=(True|False)( region=\w+)?)(?= elapsed-ms=\d+ \| \S)|^(?<what>circuit primary: \w+ -> \w+|continued by \w+)")]
    private static partial Regex Event();
}
