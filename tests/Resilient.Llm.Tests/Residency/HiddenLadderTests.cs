using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>A ladder, a store or a search behind an endpoint whose client hides it: the guard takes it for a provider's, and strips the options of all wishes.</summary>
public sealed class HiddenLadderTests
{
    private static readonly ChatOptions Europe = new ChatOptions().WithResidency(DataResidency.Within("EU"));

    private readonly LadderLab _lab = new();

    public static TheoryData<bool, bool> Ways => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Residency_OfTheOuterLadder_HoldsInside(bool streaming, bool rebuilds)
    {
        var outer = Around(new HidingClient(AmericaFirst(), rebuilds));

        var response = await outer.AskAsync(streaming, options: Europe);

        Assert.Equal("from cheaper", response.Text);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Residency_OfTheOuterPolicy_HoldsInsideForWhoPassesNoOptions(bool streaming, bool rebuilds)
    {
        var outer = Around(new HidingClient(AmericaFirst(), rebuilds), static chat => chat.WithResidency(DataResidency.Within("EU")));

        await outer.AskAsync(streaming);

        Assert.Equal((0, 1), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Residency_BehindAClientThatWaitsFirst_HoldsInside(bool streaming, bool rebuilds)
    {
        var outer = Around(new HidingClient(AmericaFirst(), rebuilds, () => InPlaceDelay.WaitAsync(_lab.Clock, TimeSpan.FromSeconds(1), default)));

        await _lab.RunAsync(outer.AskAsync(streaming, options: Europe));

        Assert.Equal((0, 1), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
    }

    /// <summary>An application's client may ask a ladder of its own when a stream ends, for a summary or a title.</summary>
    [Fact]
    public async Task Residency_LadderIsAskedWhenTheStreamIsDisposed_HoldsInside()
    {
        var inner = AmericaFirst();

        await foreach (var _ in Around(new LastWordClient(() => inner.GetResponseAsync("sum it up"))).GetStreamingResponseAsync("question", Europe))
        {
            break;
        }

        Assert.Equal((0, 1), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
    }

    [BothWays]
    public async Task NobodyInsideMayHaveIt_TheOuterStepsDown(bool streaming)
    {
        var inner = _lab.Builder().AddModel("primary", _lab.Primary, static m => m.InRegion("eastus", "US")).Build();
        var outer = _lab.Builder()
            .AddModel("group", new HidingClient(inner, rebuilds: false), static m => m.InRegion("anywhere", "EU"))
            .AddModel("cheaper", _lab.Cheaper, static m => m.InRegion("westeurope", "EU"))
            .Build();

        Assert.Equal("from cheaper", (await outer.AskAsync(streaming, options: Europe)).Text);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task Unbound_NothingIsNarrowed(bool streaming)
    {
        var outer = Around(new HidingClient(AmericaFirst(), rebuilds: false));

        Assert.Equal("from primary", (await outer.AskAsync(streaming)).Text);
    }

    [BothWays]
    public async Task AfterABoundCall_AnotherLadderIsAskedUnbound(bool streaming)
    {
        var other = AmericaFirst();
        await Around(new HidingClient(AmericaFirst(), rebuilds: false)).AskAsync(streaming, options: Europe);

        Assert.Equal("from primary", (await other.AskAsync(streaming)).Text);
    }

    [BothWays]
    public async Task InnerLadderRequiresResidency_TheOuterSaidIt(bool streaming)
    {
        var inner = _lab.Builder().RequireResidency().AddModel("cheaper", _lab.Cheaper, static m => m.InRegion("westeurope", "EU")).Build();

        Assert.Equal("from cheaper", (await Around(new HidingClient(inner, rebuilds: false)).AskAsync(streaming, options: Europe)).Text);
    }

    [BothWays]
    public async Task StoreBehindTheEndpoint_KeepsNothingThatMayNotBeThere(bool streaming)
    {
        var store = new CachedAnswerChatClient(_lab.Cheaper, new() { Mode = CachedAnswerMode.ReadThrough, Geography = "US" }, _lab.Clock);
        var outer = Around(store);

        await outer.AskAsync(streaming, options: Europe);
        await outer.AskAsync(streaming, options: Europe);

        Assert.Equal(2, _lab.Cheaper.CallCount);
    }

    private IChatClient AmericaFirst() => _lab.Builder()
        .AddModel("primary", _lab.Primary, static m => m.InRegion("eastus", "US"))
        .AddModel("cheaper", _lab.Cheaper, static m => m.InRegion("westeurope", "EU"))
        .Build();

    private IChatClient Around(IChatClient inner, Action<ResilientChatBuilder>? configure = null)
    {
        var builder = _lab.Builder().AddModel("group", inner, static m => m.InRegion("anywhere", "EU"));
        configure?.Invoke(builder);
        return builder.Build();
    }
}
