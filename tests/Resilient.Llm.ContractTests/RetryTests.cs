using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

public class RetryTests
{
    /// <summary>The retry column of the failure table: how often the primary is called, with two retries.</summary>
    public static TheoryData<string, int> Retried => new()
    {
        { "500", 3 },
        { "529 overloaded", 3 },
        { "408", 3 },
        { "reset before headers", 3 },
        { "closed in the middle of the body", 3 },
        { "429 without Retry-After", 1 },
        { "quota exhausted", 1 },
        { "401", 1 },
        { "404", 1 },
        { "finish reason without content", 1 },
        { "HTML in place of an answer", 1 },
        { "clean end", 1 },
    };

    public static TheoryData<string, int, WireProtocol, bool> RetriedEveryWay
    {
        get
        {
            var cases = new TheoryData<string, int, WireProtocol, bool>();
            foreach (var row in Retried)
            {
                foreach (var way in Ways.All)
                {
                    cases.Add((string)row[0], (int)row[1], (WireProtocol)way[0], (bool)way[1]);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(RetriedEveryWay))]
    public async Task Retries_PrimaryKeepsFailing_CallsItAsOftenAsTheTableSays(
        string fault, int calls, WireProtocol primary, bool streaming)
    {
        var cell = new ContractCell(ContractTable.Get(fault), Phase.BeforeContent, primary, streaming ? Way.Streamed : Way.Plain);
        await using var providers = await TwoProviders.StartAsync(primary, cell.Script);
        var ladder = providers.Ladder(ladder => ladder.WithRetries(Quick(2)));

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal(TwoProviders.FallbackText, heard.Text);
        Assert.Equal((calls, 1), (providers.Primary.Calls, providers.Fallback.Calls));
        var kind = cell.Result.Kind;
        Assert.Equal([.. Enumerable.Repeat(kind, calls), null], heard.Report!.Attempts.Select(static attempt => attempt.Failure));
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Retries_PrimaryRecovers_PrimaryAnswers(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.Answer("One two."));
        providers.Primary.Enqueue(Script.ServerError(), Script.CutAfter(0));
        var ladder = providers.Ladder(ladder => ladder.WithRetries(Quick(2)));

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal("One two.", heard.Text);
        Assert.False(heard.Report!.IsDegraded);
        Assert.Equal([FailureKind.ServerError, FailureKind.Network, null], heard.Report.Attempts.Select(static attempt => attempt.Failure));
        Assert.Equal((3, 0), (providers.Primary.Calls, providers.Fallback.Calls));
    }

    /// <summary>Time that one attempt used up is gone: another one at the same endpoint would only use up the next model's.</summary>
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Retries_PrimaryHangs_IsNotAskedAgain(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.HangBeforeHeaders());
        var ladder = providers.Ladder(ladder => ladder.WithRetries(Quick(2)), model => model.WithTimeouts(timeouts =>
            timeouts.AttemptTimeout = timeouts.FirstContentTimeout = TimeSpan.FromMilliseconds(400)));

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal(TwoProviders.FallbackText, heard.Text);
        Assert.Equal(1, providers.Primary.Calls);
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Retries_StreamBreaksAfterContent_IsNotAskedAgain(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.CutAfter(1, "One two."));
        var ladder = providers.Ladder(ladder => ladder.WithRetries(Quick(2)).WithFallback(static o => o.MidStream = MidStreamPolicy.Interrupt));

        var heard = await Heard.FromAsync(ladder, streaming: true);

        Assert.IsType<ChatStreamInterruptedException>(heard.Exception);
        Assert.Equal((1, 0), (providers.Primary.Calls, providers.Fallback.Calls));
    }

    private static Action<ChatRetryOptions> Quick(int retries) => options =>
    {
        options.MaxRetries = retries;
        options.BaseDelay = TimeSpan.FromMilliseconds(1);
    };
}
