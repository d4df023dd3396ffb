using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Caching;
using Resilient.Llm.Telemetry;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

/// <summary>A distributed store: useful when it works, a miss when it does not.</summary>
public class CachedAnswerStoreTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly FakeDistributedCache _store = new();

    public static TheoryData<string, CachedAnswerMode, bool> BrokenStores
    {
        get
        {
            var data = new TheoryData<string, CachedAnswerMode, bool>();
            foreach (var fault in new[] { "throws", "fails", "fails later", "hangs", "cancels itself", "rubbish", "empty", "other json", "null inside", "unknown property", "other version", "foreign entry", "truncated entry" })
            {
                foreach (var mode in Enum.GetValues<CachedAnswerMode>())
                {
                    data.Add(fault, mode, false);
                    data.Add(fault, mode, true);
                }
            }

            return data;
        }
    }

    [BothWays]
    public async Task Store_AnotherProcessHasTheAnswer_ServesItWithItsAge(bool streaming)
    {
        await Client(new FakeChatClient("42")).AskAsync(streaming, "q");
        _time.Advance(TimeSpan.FromHours(2));
        var model = new FakeChatClient(_ => Answers.Fail());
        var context = Ladder.Context(_time, streaming);

        var served = await InLadder(model, Cache()).AskAsync(streaming, "q", context.Options);

        Assert.Equal("42", served.Text);
        Assert.Equal(0, model.Calls);
        Assert.Equal(TimeSpan.FromHours(2), context.Context.Answer.Age);
    }

    [BothWays]
    public async Task Store_EntryIsOlderThanMaxAge_IsNotBelieved(bool streaming)
    {
        await Client(new FakeChatClient("42")).AskAsync(streaming, "q");
        Assert.Equal(TimeSpan.FromHours(24), _store.LastEntry!.AbsoluteExpirationRelativeToNow);
        _time.Advance(TimeSpan.FromHours(24));

        var model = new FakeChatClient("43");
        Assert.Equal("43", (await Client(model).AskAsync(streaming, "q")).Text);
    }

    [Fact]
    public async Task Store_EntryIsFromTheFuture_IsNotBelieved()
    {
        var ahead = new ManualTimeProvider();
        ahead.Advance(TimeSpan.FromMinutes(6));
        await new CachedAnswerChatClient(new FakeChatClient("42"), Options(), ahead).AskAsync(streaming: false, "q");

        Assert.Equal("43", (await Client(new FakeChatClient("43")).AskAsync(streaming: false, "q")).Text);
    }

    [Theory]
    [MemberData(nameof(BrokenStores))]
    public async Task Store_ReadGoesWrong_CostsAMissAndNoMoreTimeThanItsTimeout(string fault, CachedAnswerMode mode, bool streaming)
    {
        Asking.DriveClockByHand();
        await Client(new FakeChatClient("foreign")).AskAsync(streaming: false, "another question");
        var foreign = _store.Entries.Values.Single();
        _store.Entries.Clear();
        await Client(new FakeChatClient("stored")).AskAsync(streaming: false, "q");
        var entry = Encoding.UTF8.GetString(_store.Entries.Values.Single());
        var never = new TaskCompletionSource<byte[]?>();
        _store.OnGet = fault switch
        {
            "throws" => static () => throw new InvalidOperationException(),
            "fails" => static () => Task.FromException<byte[]?>(new IOException()),
            "fails later" => FailLater,
            "hangs" => () => never.Task,
            "cancels itself" => static () => Task.FromCanceled<byte[]?>(new(true)),
            "rubbish" => static () => Bytes("\0\u00ff not json"),
            "empty" => static () => Bytes(""),
            "other json" => static () => Bytes("{\"a\":1}"),
            "null inside" => () => Changed(entry, "\"messages\":[", "\"messages\":[null,"),
            "unknown property" => () => Changed(entry, "\"messages\":", "\"properties\":[{\"name\":\"x\",\"type\":\"y\"}],\"messages\":"),
            "other version" => () => Changed(entry, "\"version\":1", "\"version\":2"),
            "foreign entry" => () => Task.FromResult<byte[]?>(foreign),
            _ => () => Changed(entry, "\"stop\"", "\"length\""),
        };
        var model = new FakeChatClient(_ => mode == CachedAnswerMode.OnFailure ? Answers.Fail() : Task.FromResult(Answers.Text("fresh")));
        using var client = new CachedAnswerChatClient(model, Options(mode), _time);
        var reads = _store.Reads;

        var ask = client.AskAsync(streaming, "q");
        _time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.True(ask.IsCompleted, "The store held up the request for longer than its timeout.");
        Assert.Equal(reads + 1, _store.Reads);
        if (mode == CachedAnswerMode.OnFailure)
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => ask);
        }
        else
        {
            Assert.Equal("fresh", (await ask).Text);
        }

        Assert.Equal(fault == "hangs", _store.LastToken.IsCancellationRequested);
        Assert.Equal(0, _time.ArmedTimers);

        async Task<byte[]?> FailLater()
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), _time);
            throw new IOException();
        }
    }

    [Theory]
    [BothWaysData("throws")]
    [BothWaysData("fails")]
    [BothWaysData("hangs")]
    public async Task Store_WriteGoesWrong_AnswerArrivesAllTheSame(string fault, bool streaming)
    {
        Asking.DriveClockByHand();
        _store.OnSet = fault switch
        {
            "throws" => static () => throw new InvalidOperationException(),
            "fails" => static () => Task.FromException(new IOException()),
            _ => static () => new TaskCompletionSource().Task,
        };
        var faults = new List<AnswerStoreFault>();
        using var client = new CachedAnswerChatClient(
            new FakeChatClient("42"), new(Options(), _time, onFault: (kind, _) => faults.Add(kind)), isInLadder: false);

        var ask = client.AskAsync(streaming, "q");

        Assert.True(ask.IsCompletedSuccessfully);
        Assert.Equal("42", (await ask).Text);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([fault == "hangs" ? AnswerStoreFault.WriteTimedOut : AnswerStoreFault.WriteFailed], faults);
    }

    [Fact]
    public async Task Store_MoreWritesThanItMayHoldUp_DropsAndCountsThem()
    {
        Asking.DriveClockByHand();
        _store.OnSet = static () => new TaskCompletionSource().Task;
        var options = Options();
        options.MaxPendingWrites = 3;
        var cache = new AnswerCache(options, _time);
        using var client = new CachedAnswerChatClient(new FakeChatClient("42"), cache, isInLadder: false);
        for (var i = 0; i < 10; i++)
        {
            await client.AskAsync(streaming: false, $"q{i}");
        }

        Assert.Equal(7, cache.DroppedWrites);
        Assert.Equal(3, _store.Writes);

        // Writes that hang give their places back.
        _time.Advance(TimeSpan.FromSeconds(5));
        await client.AskAsync(streaming: false, "one more");
        Assert.Equal(4, _store.Writes);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("US", 0)]
    [InlineData("EU", 1)]
    public async Task Store_BoundRequest_ReachesItOnlyWhereAllowed(string? geography, int touched)
    {
        var options = new CachedAnswerOptions { Mode = CachedAnswerMode.ReadThrough, Geography = "EU" }.UseDistributedCache(_store, geography);
        using var client = new CachedAnswerChatClient(new FakeChatClient("42"), options, _time);

        await client.AskAsync(streaming: false, "q", new ResilientChatOptions { Residency = DataResidency.Within("EU") });

        Assert.Equal((touched, touched), (_store.Reads, _store.Writes));
    }

    [Fact]
    public async Task Store_CallerCancelsWhileItHangs_IsCancelledAtOnce()
    {
        _store.OnGet = static () => new TaskCompletionSource<byte[]?>().Task;
        using var cancel = new CancellationTokenSource();
        using var client = Client(new FakeChatClient("42"));
        var ask = client.AskAsync(streaming: true, [new(ChatRole.User, "q")], null, cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ask);
    }

    [Fact]
    public async Task Store_LesserModelAnswersLater_DoesNotReplaceTheFirstStep()
    {
        await InLadder(new FakeChatClient("best"), Cache()).AskAsync(streaming: false, "q", Ladder.Context(_time).Options);
        var lesser = new FakeChatClient(call => Ladder.Answer(call, "lesser", isDegraded: true));
        await InLadder(lesser, new(new CachedAnswerOptions().UseDistributedCache(_store), _time)).AskAsync(streaming: false, "q", Ladder.Context(_time).Options);

        Assert.Contains("best", Encoding.UTF8.GetString(_store.Entries.Values.Single()), StringComparison.Ordinal);
    }

    [Fact]
    public void Store_FromTheContainer_IsResolvedOrAskedFor()
    {
        var options = new CachedAnswerOptions().UseDistributedCache("EU");
        var services = new ServiceCollection().AddSingleton<IDistributedCache>(_store).BuildServiceProvider();

        Assert.Same(_store, options.ToChecked(services).DistributedCache);
        Assert.Contains("none is registered", Assert.Throws<InvalidOperationException>(
            () => options.ToChecked(new ServiceCollection().BuildServiceProvider())).Message, StringComparison.Ordinal);
        Assert.Contains("there is no container", Assert.Throws<InvalidOperationException>(() => options.ToChecked(null)).Message, StringComparison.Ordinal);
    }

    private static Task<byte[]?> Bytes(string text) => Task.FromResult<byte[]?>(Encoding.UTF8.GetBytes(text));

    private static Task<byte[]?> Changed(string entry, string part, string by)
    {
        Assert.Contains(part, entry, StringComparison.Ordinal);
        return Bytes(entry.Replace(part, by, StringComparison.Ordinal));
    }

    private CachedAnswerOptions Options(CachedAnswerMode mode = CachedAnswerMode.ReadThrough) => new CachedAnswerOptions { Mode = mode }.UseDistributedCache(_store);

    private AnswerCache Cache() => new(Options(), _time);

    private CachedAnswerChatClient Client(FakeChatClient model) => new(model, Options(), _time);

    private static CachedAnswerChatClient InLadder(FakeChatClient model, AnswerCache cache) => new(new Ladder(model), cache, isInLadder: true);
}
