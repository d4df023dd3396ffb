using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderOptionsTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Options_OfTheCaller_AreNeverTouchedAndEachAttemptGetsItsOwn(bool streaming)
    {
        _lab.FailPrimary(LadderLab.Status(500));
        var options = new ResilientChatOptions { Temperature = 0.7f, ModelId = "m", CachePartition = "tenant", AdditionalProperties = new() { ["a"] = 1 } };

        await _lab.RunAsync(_lab.Models(static c => c.Use(static i => i)).AskAsync(streaming, options: options));

        var received = _lab.Primary.Calls.Concat(_lab.Cheaper.Calls).Select(static c => c.ReceivedOptions!).ToList();
        Assert.Equal(4, received.Distinct().Count());
        Assert.All(received, o => Assert.IsType<ChatOptions>(o));
        Assert.Null(options.Context);
        Assert.Equal(("m", 0.7f, 1), (options.ModelId, options.Temperature, options.AdditionalProperties.Count));
    }

    [BothWays]
    public async Task Options_AreNull_EverythingWorks(bool streaming) =>
        Assert.Equal("from primary", (await _lab.Whole().AskAsync(streaming, options: null)).Text);

    [BothWays]
    public async Task AnswerWithin_OutOfRange_IsRefused(bool streaming) =>
        await Assert.ThrowsAsync<ArgumentException>(() => _lab.Whole().AskAsync(streaming, options: new ResilientChatOptions { AnswerWithin = TimeSpan.Zero }));

    [Fact]
    public void GetService_ForwardsToTheFirstModel()
    {
        var ladder = _lab.Whole();

        Assert.Equal("primary-provider", ladder.GetService<ChatClientMetadata>()!.ProviderName);
        Assert.Same(_lab.Primary, ladder.GetService<ScriptedChatClient>());
        Assert.Same(ladder, ladder.GetService<IChatClient>());
        Assert.NotNull(ladder.GetService<FallbackChatClient>());
        Assert.NotNull(ladder.GetService<ChatCircuits>());
        Assert.Null(ladder.GetService<string>());
    }

    [Fact]
    public void GetService_Keyed_Forwards()
    {
        var keyed = new KeyedClient();
        var ladder = _lab.Builder().AddModel("primary", keyed).Build();

        Assert.Equal("found", ladder.GetService(typeof(string), "key"));
        Assert.Null(ladder.GetService(typeof(IChatClient), "other"));
        Assert.Null(ladder.GetService(typeof(ChatCircuits), "key"));
    }

    [Fact]
    public void Dispose_Twice_DisposesWhatWasMadeOnceAndWhatWasPassedInNever()
    {
        var ladder = _lab.Builder().AddModel("made", _ => _lab.Primary).AddModel("passed", _lab.Cheaper).AddLastResort().Build();

        ladder.Dispose();
        ladder.Dispose();

        Assert.Equal((1, 0), (_lab.Primary.Disposals, _lab.Cheaper.Disposals));
    }

    private sealed class KeyedClient() : DelegatingChatClient(new ScriptedChatClient())
    {
        public override object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(string) && serviceKey is "key" ? "found" : base.GetService(serviceType, serviceKey);
    }
}
