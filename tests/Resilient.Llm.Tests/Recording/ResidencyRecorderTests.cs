using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>The helper for the test suites of applications: it must see what the ladder would rather not tell.</summary>
public sealed class ResidencyRecorderTests
{
    private static readonly DataResidency Europe = DataResidency.Within("EU");

    private readonly LadderLab _lab = new();
    private readonly ResidencyRecorder _witness = new();

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
                .AddEndpoint("virginia", _witness.Watch(_lab.Primary, "US"), static e => e.InRegion("eastus", "US"))
                .AddEndpoint("sweden", _witness.Watch(_lab.Cheaper, "EU"), static e => e.InRegion("swedencentral", "EU")))
            .AddLastResort(last => last.AddSearch(_witness.Watch(search, "US")))
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
                    await Record.ExceptionAsync(() => _lab.RunAsync(ladder.AskAsync(streaming, _witness.Mark(residency, "where is my parcel?"))));
                    _lab.Clock.Advance(TimeSpan.FromMinutes(10));
                }
            }
        }

        _witness.AssertNothingLeft();
        Assert.Contains(_witness.Egresses, static egress => egress.Residency == Europe);
        Assert.Contains(_witness.Egresses, static egress => egress.Geography == "US");
        Assert.True(search.Calls > 0);
    }

    [BothWays]
    public async Task EndpointLiesElsewhereThanDeclared_IsSeen(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", _witness.Watch(_lab.Primary, "US"), static m => m.InRegion("swedencentral", "EU")).Build();

        await ladder.AskAsync(streaming, _witness.Mark(Europe, "a secret"), new ChatOptions().WithResidency(Europe));

        var failure = Assert.Throws<InvalidOperationException>(() => _witness.AssertNothingLeft());
        Assert.Contains("[witness 1], bound to EU, in US", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
    }

    [BothWays]
    public async Task ApplicationForgetsToBindARequest_IsSeen(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", _witness.Watch(_lab.Primary, null)).Build();

        await ladder.AskAsync(streaming, _witness.Mark(DataResidency.Anywhere, "question"));
        _witness.AssertNothingLeft();
        await ladder.AskAsync(streaming, _witness.Mark(Europe, "question"));

        Assert.Throws<InvalidOperationException>(() => _witness.AssertNothingLeft(allowUnmarked: true));
    }

    [BothWays]
    public async Task OlderMessageOfTheConversation_IsBoundToo(bool streaming)
    {
        ChatMessage[] conversation =
        [
            new(ChatRole.User, _witness.Mark(Europe, "one")), new(ChatRole.Assistant, "yes"), new(ChatRole.User, _witness.Mark(DataResidency.Anywhere, "two")),
        ];

        await _witness.Watch(_lab.Primary, "US").AskAsync(streaming, conversation);

        Assert.Equal([false, true], _witness.Egresses.Select(static egress => egress.IsAllowed));
    }

    [BothWays]
    public async Task CallWithoutAMark_IsNotTakenForAllowed(bool streaming)
    {
        await _witness.Watch(_lab.Primary, "EU").AskAsync(streaming, "[witness 3] forged");

        Assert.Throws<InvalidOperationException>(() => _witness.AssertNothingLeft());
        _witness.AssertNothingLeft(allowUnmarked: true);
    }

    [Fact]
    public async Task Search_Elsewhere_IsSeen()
    {
        var search = new FakeSearch(static (_, _, _) => Task.FromResult<IReadOnlyList<SearchResult>>([]));
        var ladder = _lab.Builder()
            .RunsIn("swedencentral", "EU")
            .AddModel("primary", _witness.Watch(_lab.FailPrimary(), "US"), static m => m.InRegion("eastus", "US"))
            .AddLastResort(last => last.AddSearch(_witness.Watch(search, "US")))
            .Build();

        await ladder.AskAsync(streaming: false, _witness.Mark(Europe, "question"), new ChatOptions().WithResidency(Europe));

        Assert.Equal("[witness 1], bound to EU, in US", Assert.Single(_witness.Egresses).ToString());
    }
}
