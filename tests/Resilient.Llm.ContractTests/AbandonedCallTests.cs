using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Whoever leaves is gone at once, and so is the connection that served him.</summary>
public class AbandonedCallTests
{
    private const string BeforeHeaders = "hang before headers";

    private static readonly Dictionary<string, Script> s_silences = new()
    {
        [BeforeHeaders] = Script.HangBeforeHeaders(),
        ["hang before content"] = Script.HangBeforeContent(),
        ["keep-alives only"] = Script.KeepAlivesOnly(TimeSpan.FromMilliseconds(5)),
    };

    public static TheoryData<string, WireProtocol, bool> Hangs
    {
        get
        {
            var cases = new TheoryData<string, WireProtocol, bool>();
            foreach (var fault in s_silences.Keys)
            {
                foreach (var way in Ways.All)
                {
                    cases.Add(fault, (WireProtocol)way[0], (bool)way[1]);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Hangs))]
    public async Task CallerCancels_PrimaryIsSilent_CancelledAndConnectionFreed(string fault, WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, s_silences[fault]);
        var ladder = providers.Ladder(static ladder => ladder.AddLastResort());
        using var cancel = new CancellationTokenSource();
        var call = Heard.FromAsync(ladder, streaming, cancellationToken: cancel.Token);
        await providers.Primary.WhenCalledAsync().Soon();

        await cancel.CancelAsync();
        var heard = await call;

        var cancelled = Assert.IsAssignableFrom<OperationCanceledException>(heard.Exception);
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        Assert.Equal(FailureKind.Cancelled, Assert.Single(providers.Completed).Failure);
        Assert.Equal((0, 0), (providers.Fallback.Calls, providers.PrimaryCircuit.Counts.Failures));
        if (!streaming || fault == BeforeHeaders || primary == WireProtocol.Anthropic)
        {
            // OpenAI's SDK (2.14) may keep a stream whose caller cancels between its headers and its first read.
            await AssertFreedAsync(primary, streaming && fault != BeforeHeaders, providers);
        }
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task CallerCancels_StreamStallsAfterContent_CancelledAndNotInterrupted(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.StallAfter(1, "One two."));
        var ladder = providers.Ladder();
        using var cancel = new CancellationTokenSource();
        await using var stream = ladder.OpenStream("Hi", cancel.Token);
        await stream.UntilTextAsync().Soon();
        var next = stream.MoveNextAsync().AsTask();

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.Soon());
        Assert.Equal((0, 0), (providers.Fallback.Calls, providers.PrimaryCircuit.Counts.Failures));
        await AssertFreedAsync(primary, isStream: true, providers);
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task ConsumerWalksAway_AfterFirstText_ConnectionFreedAndNobodyBlamed(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.StallAfter(1, "One two."));
        var ladder = providers.Ladder();
        await using (var stream = ladder.OpenStream("Hi"))
        {
            await stream.UntilTextAsync().Soon();
        }

        await AssertFreedAsync(primary, isStream: true, providers);
        Assert.Equal(0, providers.PrimaryCircuit.Counts.Failures);
        Assert.Equal(0, providers.Fallback.Calls);
    }

    /// <summary>The ladder does not wait for what it gave up: the answer of the next model comes while the first still holds on.</summary>
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task PrimaryHangs_FallbackAnswers_AbandonedConnectionsAreFreed(WireProtocol primary, bool streaming)
    {
        const int Callers = 8;
        await using var providers = await TwoProviders.StartAsync(primary, Script.HangBeforeHeaders());
        var ladder = providers.Ladder(primary: static model => model
            .WithTimeouts(static timeouts => timeouts.AttemptTimeout = timeouts.FirstContentTimeout = TimeSpan.FromMilliseconds(400))
            .WithCircuitBreaker(failures: 100, within: TimeSpan.FromSeconds(10)));

        var all = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Heard.FromAsync(ladder, streaming)));

        Assert.All(all, static heard => Assert.Equal(TwoProviders.FallbackText, heard.Text));
        await providers.Primary.WhenIdleAsync().Soon();
        Assert.InRange(providers.Primary.AbortedByClient, 1, Callers);
    }

    /// <summary>OllamaSharp reads the lines of a stream without a token: a silent one ends with its connection alone.</summary>
    private static async Task AssertFreedAsync(WireProtocol primary, bool isStream, TwoProviders providers)
    {
        if (primary != WireProtocol.Ollama || !isStream)
        {
            await providers.Primary.WhenAbortedAsync().Soon();
            await providers.Primary.WhenIdleAsync().Soon();
        }
    }
}
