using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>The helper for the test suites of applications: it must see what the ladder would rather not tell.</summary>
public sealed class ResidencyRecorderTests
{
    private static readonly DataResidency Europe = DataResidency.Within("EU");

    private readonly LadderLab _lab = new();
    private readonly ResidencyRecorder _recorder = new();

    /// <summary>What a user's own test looks like: two tenants, one of them bound, while everything fails in turn.</summary>
    [BothWays]
    public async Task TenantsOfTwoContinents_EverythingFailsInTurn_NothingLeaves(bool streaming)
    {
        var tenant = "";
        var search = new FakeSearch(static (_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>([]), "US");
        var ladder = _lab.Builder()
            .RequireResidency(_ => tenant == "european" ? Europe : DataResidency.Anywhere)
            .WithHedging(TimeSpan.FromSeconds(1))
            .AddModel("primary", model => model
                .AddEndpoint("virginia", _recorder.Watch(_lab.Primary, "US"), static e => e.InRegion("eastus", "US"))
                .AddEndpoint("sweden", _recorder.Watch(_lab.Cheaper, "EU"), static e => e.InRegion("swedencentral", "EU")))
            .AddLastResort(last => last.AddSearch(_recorder.Watch(search, "US")))
            .Build();
        Scripted[] weather = [Scripted.Answer("fine"), Scripted.Throw(LadderLab.Status(503)), Scripted.Answer("part ", "of it").BreakingAfter(1, new IOException()), Scripted.Hang()];

        foreach (var primary in weather)
        {
            foreach (var cheaper in weather)
            {
                _lab.Primary.Always(primary);
                _lab.Cheaper.Always(cheaper);
                foreach (var (name, residency) in new[] { ("european", Europe), ("american", DataResidency.Anywhere) })
                {
                    tenant = name;
                    await Record.ExceptionAsync(() => _lab.RunAsync(ladder.AskAsync(streaming, _recorder.Mark(residency, "where is my parcel?"))));
                    _lab.Clock.Advance(TimeSpan.FromMinutes(10));
                }
            }
        }

        _recorder.AssertNothingLeft();
        Assert.Contains(_recorder.Flows, static flow => flow.Residency == Europe);
        Assert.Contains(_recorder.Flows, static flow => flow.Geography == "US");
        Assert.True(search.Calls > 0);
    }

    [BothWays]
    public async Task EndpointLiesElsewhereThanDeclared_IsSeen(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", _recorder.Watch(_lab.Primary, "US"), static m => m.InRegion("swedencentral", "EU")).Build();

        await ladder.AskAsync(streaming, _recorder.Mark(Europe, "a secret"), new ChatOptions().WithResidency(Europe));

        var failure = Assert.Throws<InvalidOperationException>(() => _recorder.AssertNothingLeft());
        Assert.Contains("[recorder 1], bound to EU, in US", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [BothWays]
    public async Task ApplicationForgetsToBindARequest_IsSeen(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", _recorder.Watch(_lab.Primary, null)).Build();

        await ladder.AskAsync(streaming, _recorder.Mark(DataResidency.Anywhere, "question"));
        _recorder.AssertNothingLeft();
        await ladder.AskAsync(streaming, _recorder.Mark(Europe, "question"));

        Assert.Throws<InvalidOperationException>(() => _recorder.AssertNothingLeft(allowUnmarked: true));
    }

    [BothWays]
    public async Task OlderMessageOfTheConversation_IsBoundToo(bool streaming)
    {
        ChatMessage[] conversation =
        [
            new(ChatRole.User, _recorder.Mark(Europe, "one")), new(ChatRole.Assistant, "yes"), new(ChatRole.User, _recorder.Mark(DataResidency.Anywhere, "two")),
        ];

        await _recorder.Watch(_lab.Primary, "US").AskAsync(streaming, conversation);

        Assert.Equal([false, true], _recorder.Flows.Select(static flow => flow.IsAllowed));
    }

    [BothWays]
    public async Task CallWithoutAMark_IsNotTakenForAllowed(bool streaming)
    {
        await _recorder.Watch(_lab.Primary, "EU").AskAsync(streaming, "[recorder 3] forged");

        Assert.Throws<InvalidOperationException>(() => _recorder.AssertNothingLeft());
        _recorder.AssertNothingLeft(allowUnmarked: true);
    }

    [Fact]
    public async Task Search_Elsewhere_IsSeen()
    {
        var search = new FakeSearch(static (_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>([]));
        var ladder = _lab.Builder()
            .RunsIn("swedencentral", "EU")
            .AddModel("primary", _recorder.Watch(_lab.FailPrimary(), "US"), static m => m.InRegion("eastus", "US"))
            .AddLastResort(last => last.AddSearch(_recorder.Watch(search, "US")))
            .Build();

        await ladder.AskAsync(streaming: false, _recorder.Mark(Europe, "question"), new ChatOptions().WithResidency(Europe));

        Assert.Equal("[recorder 1], bound to EU, in US", Assert.Single(_recorder.Flows).ToString());
    }
}
