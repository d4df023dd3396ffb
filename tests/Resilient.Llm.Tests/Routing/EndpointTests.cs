using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Models with several endpoints, through the whole ladder.</summary>
public sealed class EndpointTests
{
    private readonly RegionLab _lab = new();

    [BothWays]
    public async Task Endpoint_Fails_SiblingAnswersAndNothingIsDegraded(bool streaming)
    {
        _lab.Sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        var ladder = _lab.Regions();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        var report = response.GetResilienceReport()!;
        Assert.Equal("from france", response.Text);
        Assert.Equal(("primary", "france", "francecentral", "EU"), (report.ServedBy, report.Endpoint, report.Region, report.Geography));
        Assert.False(report.IsDegraded);
        Assert.Equal([("primary", "sweden"), ("primary", "france")], report.Attempts.Select(static a => (a.Step, a.Endpoint)));
    }

    [BothWays]
    public async Task Endpoints_AllFail_NextModelAnswers(bool streaming)
    {
        _lab.Sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        _lab.France.Always(Scripted.Throw(LadderLab.Status(404)));

        var report = (await _lab.RunAsync(_lab.Regions().AskAsync(streaming))).GetResilienceReport()!;

        Assert.Equal("cheaper", report.ServedBy);
        Assert.True(report.IsDegraded);
    }

    [BothWays]
    public async Task Endpoint_CircuitOpen_SiblingIsAskedAtOnce(bool streaming)
    {
        var ladder = _lab.Regions();
        ladder.GetRequiredService<ChatCircuits>().Get("primary", "sweden").Isolate();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from france", response.Text);
        Assert.Equal(0, _lab.Sweden.CallCount);
    }

    [BothWays]
    public async Task Endpoint_OutsideTheResidency_IsNeverAsked(bool streaming)
    {
        var ladder = _lab.Regions(model => model.AddEndpoint("virginia", _lab.Primary, e => e.InRegion("eastus", "US")));
        var options = new ResilientChatOptions { Residency = DataResidency.Within("US") };

        var response = await _lab.RunAsync(ladder.AskAsync(streaming, options: options));

        Assert.Equal("virginia", response.GetResilienceReport()!.Endpoint);
        Assert.Equal((0, 0), (_lab.Sweden.CallCount, _lab.France.CallCount));
    }

    [BothWays]
    public async Task Endpoint_NoFallbackAllowed_SiblingStillAnswers(bool streaming)
    {
        _lab.Sweden.Always(Scripted.Throw(LadderLab.Status(404)));

        var response = await _lab.RunAsync(_lab.Regions().AskAsync(streaming, options: new ResilientChatOptions { AllowFallback = false }));

        Assert.Equal("from france", response.Text);
    }

    [BothWays]
    public async Task Endpoint_Slow_SiblingIsTheHedge(bool streaming)
    {
        _lab.Sweden.Always(Scripted.Answer("late").Delayed(_lab.Clock, TimeSpan.FromSeconds(10)));
        var ladder = _lab.Regions(static model => model.WithHedging(TimeSpan.FromMilliseconds(500)));

        var response = await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("from france", response.Text);
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [Fact]
    public async Task Endpoint_StreamBreaks_SiblingGoesOn()
    {
        _lab.Sweden.Always(Scripted.Answer("one ").BreakingAfter(1, new IOException()));
        _lab.France.Always(Scripted.Answer("two"));

        var response = await _lab.RunAsync(_lab.Regions().AskAsync(streaming: true));

        Assert.Equal("one two", response.Text);
        Assert.False(response.GetResilienceReport()!.IsDegraded);
    }

    [BothWays]
    public async Task Endpoint_OfConfiguredOptions_GetsTheModels(bool streaming)
    {
        _lab.Sweden.Always(Scripted.Throw(LadderLab.Status(404)));
        var ladder = _lab.Regions(static model => model.ConfigureOptions(static o => o.ModelId = "big"));

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal("big", _lab.France.Calls[0].Options!.ModelId);
    }

    [BothWays]
    public async Task Endpoint_PolicyOfItsOwn_ChangesTheModels(bool streaming)
    {
        _lab.Sweden.Always(Scripted.Throw(() => LadderLab.Status(503)));
        _lab.France.Always(Scripted.Throw(() => LadderLab.Status(503)));
        var ladder = _lab.Builder().AddModel("primary", model => model
            .WithRetries(1)
            .RouteBy(RoutingStrategy.Ordered)
            .AddEndpoint("sweden", _lab.Sweden, static e => e.WithRetries(0))
            .AddEndpoint("france", _lab.France)).AddLastResort().Build();

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal((1, 2), (_lab.Sweden.CallCount, _lab.France.CallCount));
    }

    [Fact]
    public void Endpoint_WithoutClient_IsTheKeyedOneOfModelAndEndpoint()
    {
        var services = new ServiceCollection();
        services.AddKeyedSingleton<IChatClient>("primary/sweden", _lab.Sweden);
        services.AddResilientChat(static chat => chat.AddModel("primary", static model => model.AddEndpoint("sweden")));
        using var provider = services.BuildServiceProvider();

        Assert.Single(provider.GetRequiredService<IChatClient>().GetRequiredService<ChatCircuits>(), static circuit => circuit.Name == "primary/sweden");
    }

    [Fact]
    public void Endpoint_BesidesAClientOfTheModel_IsRefused() =>
        Refused(chat => chat.AddModel("primary", _lab.Primary, model => model.AddEndpoint("sweden", _lab.Sweden)), "has both a client and endpoints");

    [Fact]
    public void Endpoint_OfTheSameName_IsRefused() =>
        Refused(chat => chat.AddModel("primary", model => model.AddEndpoint("sweden", _lab.Sweden).AddEndpoint("sweden", _lab.France)), "Two endpoints of model 'primary' are named 'sweden'");

    [Fact]
    public void RouteBy_NoEndpoints_IsRefused() =>
        Refused(chat => chat.AddModel("primary", _lab.Primary, static model => model.RouteBy(RoutingStrategy.Weighted)), "no endpoints");

    [Fact]
    public void Residency_NoEndpointLiesThere_IsRefused() => Refused(
        chat => chat.WithResidency(DataResidency.Within("US")).AddModel("primary", model => model.AddEndpoint("sweden", _lab.Sweden, static e => e.InRegion("swedencentral", "EU"))),
        "primary/sweden: EU");

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Weight_OutOfRange_IsRefused(double weight) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _lab.Builder().AddModel("primary", model => model.AddEndpoint("sweden", _lab.Sweden, e => e.WithWeight(weight))));

    [Fact]
    public async Task Strategy_ThatLosesAnEndpoint_IsToldWhatItDid()
    {
        var ladder = _lab.Regions(static model => model.RouteBy(new Forgetful()));

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => ladder.AskAsync(streaming: false));

        Assert.Contains("Forgetful", thrown.Message, StringComparison.Ordinal);
    }

    [BothWays]
    public async Task Strategy_ThatBringsAnotherModelsEndpoint_IsToldWhatItDid(bool streaming)
    {
        var confused = new Confused();
        await _lab.Regions(model => model.RouteBy(confused)).AskAsync(streaming);
        var other = _lab.Regions(model => model.RouteBy(confused));

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => other.AskAsync(streaming));

        Assert.Contains("Confused", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(1, _lab.Sweden.CallCount);
    }

    [Fact]
    public void Description_Endpoints_AreNamed()
    {
        var text = _lab.Regions().GetRequiredService<LadderDescription>().ToString();

        Assert.Contains("\n  model primary\n    endpoint sweden in swedencentral (EU)\n", text, StringComparison.Ordinal);
    }

    private void Refused(Action<ResilientChatBuilder> configure, string why)
    {
        var builder = _lab.Builder();
        configure(builder);
        Assert.Contains(why, Assert.Throws<ArgumentException>(() => builder.Build()).Message, StringComparison.Ordinal);
    }

    private sealed class Forgetful : RoutingStrategy
    {
        public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context) => endpoints[0] = endpoints[1];
    }

    /// <summary>Brings endpoints of the first model that it saw into all others.</summary>
    private sealed class Confused : RoutingStrategy
    {
        private RoutedEndpoint? _first;

        public override void Order(Span<RoutedEndpoint> endpoints, EndpointRoutingContext context) => endpoints[0] = _first ??= endpoints[0];
    }
}
