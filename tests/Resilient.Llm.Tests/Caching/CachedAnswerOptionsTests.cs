using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests.Caching;

public class CachedAnswerOptionsTests
{
    private static readonly Dictionary<string, Action<CachedAnswerOptions>> Mistakes = new()
    {
        ["Mode"] = static o => o.Mode = (CachedAnswerMode)9,
        ["Scope"] = static o => o.Scope = (CachedAnswerScope)9,
        ["MaxAge"] = static o => o.MaxAge = TimeSpan.Zero,
        ["StoreTimeout"] = static o => o.StoreTimeout = Timeout.InfiniteTimeSpan,
        ["MaxPendingWrites"] = static o => o.MaxPendingWrites = 0,
        ["MemoryLimit"] = static o => o.MemoryLimit = -1,
        ["Geography"] = static o => o.Geography = " ",
        ["UseDistributedCache"] = static o => o.UseDistributedCache(new FakeDistributedCache(), ""),
    };

    public static TheoryData<string> Names => new(Mistakes.Keys);

    [Theory]
    [MemberData(nameof(Names))]
    public void Options_OutOfRange_AreRefusedByNameWithTheMend(string name)
    {
        var options = new CachedAnswerOptions();
        Mistakes[name](options);

        var failure = Assert.Throws<ArgumentException>(() => new CachedAnswerChatClient(new FakeChatClient("42"), options));

        Assert.Contains($"CachedAnswerOptions.{name}", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Set it to", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_NoMemoryAndNoStore_AreRefused()
    {
        Assert.Throws<ArgumentException>(() => new CachedAnswerOptions { MemoryLimit = 0 }.ToChecked(null));
        Assert.NotNull(new CachedAnswerOptions { MemoryLimit = 0 }.UseDistributedCache(new FakeDistributedCache()).ToChecked(null));
    }

    [Fact]
    public async Task Options_ChangedAfterTheClientWasBuilt_ChangeNothing()
    {
        var options = new CachedAnswerOptions { Mode = CachedAnswerMode.ReadThrough };
        var model = new FakeChatClient("42");
        using var client = new CachedAnswerChatClient(model, options);
        options.Mode = CachedAnswerMode.OnFailure;

        await client.GetResponseAsync("q");
        await client.GetResponseAsync("q");

        Assert.Equal(1, model.Calls);
    }
}
