using Microsoft.Extensions.AI;
using Resilient.Llm.Reporting;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class EndpointGuardTests
{
    private readonly LadderLab _lab = new();

    [Theory]
    [BothWaysData("US")]
    [BothWaysData(null)]
    public async Task Guard_EndpointOutsideTheResidency_Refuses(bool streaming, string? geography)
    {
        var client = Guarded(geography);

        var refusal = await Assert.ThrowsAsync<DataResidencyException>(
            () => client.AskAsync(streaming, options: new ResilientChatOptions { Residency = DataResidency.Within("EU") }));

        Assert.Contains(geography is null ? "no declared geography" : "'US'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task Guard_EndpointWithinTheResidency_ProviderGetsPlainOptionsAndItsOwnList(bool streaming)
    {
        var messages = LadderLab.Ask();
        IEnumerable<ChatMessage>? received = null;
        var provider = new ListeningClient(_lab.Primary, (m, _) => received = m);
        var client = new ResilientChatClient(new EndpointGuardChatClient(provider, "one", "EU"), timeProvider: _lab.Clock);

        await client.AskAsync(streaming, messages, new ResilientChatOptions { Residency = DataResidency.Within("EU") });

        Assert.IsType<ChatOptions>(_lab.Primary.Calls[0].ReceivedOptions);
        var own = Assert.IsType<List<ChatMessage>>(received);
        Assert.NotSame(messages, (object)own);
        Assert.Same(messages[0], own[0]);
    }

    [BothWays]
    public async Task Guard_ReportOfAnEarlierAnswerInTheHistory_StaysHome(bool streaming)
    {
        var ladder = _lab.Models();
        var history = LadderLab.Ask().Concat((await ladder.AskAsync(streaming: true)).Messages).Concat(LadderLab.Ask("again")).ToList();
        history[1].AdditionalProperties = new() { ["mine"] = 1, [ReportAnnotation.Key] = new ResilienceReport() };

        await ladder.AskAsync(streaming, history);

        Assert.Equal("mine", Assert.Single(_lab.Primary.Calls[1].Messages[1].AdditionalProperties!).Key);
        Assert.Equal(2, history[1].AdditionalProperties!.Count);
    }

    [BothWays]
    public async Task Guard_ProviderSaysYesToEveryService_IsStillNoLadder(bool streaming)
    {
        var provider = new YesClient(_lab.Primary);
        _lab.Primary.Always(Scripted.Preamble().Finishing(ChatFinishReason.Stop));
        var ladder = _lab.Builder().AddModel("primary", provider).AddModel("cheaper", _lab.Cheaper).Build();
        using var alone = new FallbackChatClient([new("primary", provider), new("cheaper", _lab.Cheaper)], timeProvider: _lab.Clock);

        Assert.Equal("from cheaper", (await ladder.AskAsync(streaming, options: new())).Text);
        Assert.Equal("from cheaper", (await alone.AskAsync(streaming)).Text);

        Assert.IsType<ChatOptions>(_lab.Primary.Calls[0].ReceivedOptions);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Guard_IsDisposedTwice_DisposesItsClientOnceIfItOwnsIt(bool ownsClient, int disposals)
    {
        var guard = new EndpointGuardChatClient(_lab.Primary, "one", ownsClient: ownsClient);

        guard.Dispose();
        guard.Dispose();

        Assert.Equal(disposals, _lab.Primary.Disposals);
    }

    private ResilientChatClient Guarded(string? geography) => new(new EndpointGuardChatClient(_lab.Primary, "one", geography), timeProvider: _lab.Clock);

    private sealed class YesClient(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override object GetService(Type serviceType, object? serviceKey = null) => this;
    }
}
