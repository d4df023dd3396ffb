namespace Resilient.Llm.Samples.Tests;

public class HostedAppTests
{
    [Fact]
    public async Task HostedApp_PrimaryIsolatedByHand_FallbackAnswersUntilReset()
    {
        var run = await SampleRun.OfAsync("HostedApp");

        run.AssertExitCode(0);
        Assert.Equal(
            ["\"servedBy\":\"primary\"", "Closed -> Isolated", "\"servedBy\":\"cheaper\"", "Isolated -> Closed", "\"servedBy\":\"primary\""],
            run.Lines.Select(KeyOf).OfType<string>());
        Assert.Contains("Answer: Hello from the cheaper model, the quick one.", run.Lines);
    }

    private static string? KeyOf(string line) =>
        new[] { "\"servedBy\":\"primary\"", "\"servedBy\":\"cheaper\"", "Closed -> Isolated", "Isolated -> Closed" }
            .FirstOrDefault(key => line.Contains(key, StringComparison.Ordinal));
}
