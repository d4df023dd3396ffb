namespace Resilient.Llm.Samples.Tests;

public class AgentsTests
{
    [Fact]
    public async Task Agents_PrimaryDiesInTurnTwo_ItAnswersAgainInTurnFour()
    {
        var run = await SampleRun.OfAsync("Agents");

        run.AssertExitCode(0);
        Assert.Equal("", run.Errors);
        Assert.Equal(
            [
                "turn=1 served-by=gpt degraded=False tools=order_status(1042) | Order 1042 is on its way.",
                "turn=2 served-by=claude degraded=True tools=order_status(1043) | Order 1042 is on its way. Order 1043 is on its way.",
                "turn=3 served-by=claude degraded=True tools=none | Order 1042 is on its way. Order 1043 is on its way.",
                "turn=4 served-by=gpt degraded=False tools=order_status(1044) | "
                    + "Order 1042 is on its way. Order 1043 is on its way. Order 1044 is on its way.",
            ],
            run.Lines.Where(line => line.StartsWith("turn=", StringComparison.Ordinal)));
    }
}
