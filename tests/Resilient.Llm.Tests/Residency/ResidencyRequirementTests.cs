using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Resilient.Llm.Building;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary><c>RequireResidency</c>: nobody's word for where the data may go means nowhere.</summary>
public sealed class ResidencyRequirementTests
{
    private static readonly DataResidency Europe = DataResidency.Within("EU");

    private readonly LadderLab _lab = new();

    private int Calls => _lab.Primary.CallCount + _lab.Cheaper.CallCount;

    [Theory]
    [BothWaysData(false)]
    [BothWaysData(true)]
    public async Task Request_SaysNothing_IsRefusedAlsoByTheLastResort(bool streaming, bool hasResolver)
    {
        // The ladder's own policy is not the request's word.
        var ladder = Transatlantic(chat =>
        {
            _ = hasResolver ? chat.RequireResidency(static _ => null) : chat.RequireResidency();
            chat.WithResidency(Europe).AddLastResort();
        });

        var refusal = await Assert.ThrowsAsync<DataResidencyException>(() => ladder.AskAsync(streaming));

        Assert.Equal("nowhere", refusal.Residency.ToString());
        Assert.Contains("options.WithResidency(DataResidency.Within(\"EU\"))", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(hasResolver, refusal.Message.Contains("returned null", StringComparison.Ordinal));
        Assert.Equal(0, Calls);
    }

    [BothWays]
    public async Task Request_SaysAnywhere_IsExplicit(bool streaming)
    {
        var ladder = Transatlantic(static chat => chat.RequireResidency(static _ => throw new InvalidOperationException("Nobody is to be asked.")));

        Assert.Equal("from primary", (await ladder.AskAsync(streaming, options: new ChatOptions().WithResidency(DataResidency.Anywhere))).Text);
    }

    [BothWays]
    public async Task Request_SaysItUnderTheReservedKey_IsExplicit(bool streaming)
    {
        var options = new ChatOptions { AdditionalProperties = new() { [ResilientChatOptions.ResidencyKey] = "EU" } };

        Assert.Equal("from cheaper", (await Transatlantic(static chat => chat.RequireResidency()).AskAsync(streaming, options: options)).Text);
    }

    [BothWays]
    public async Task Resolver_SaysIt_HoldsOnTopOfThePolicy(bool streaming)
    {
        var ladder = Transatlantic(static chat => chat.WithResidency(DataResidency.Within("EU", "CH")).RequireResidency(static _ => DataResidency.Within("EU", "US")));

        Assert.Equal("from cheaper", (await ladder.AskAsync(streaming)).Text);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task Resolver_IsAskedOnceARequest_WithACopyOfWhatWasPassed(bool streaming)
    {
        var seen = new List<ChatOptions?>();
        _lab.FailPrimary();
        var ladder = _lab.Models(chat => chat.RequireResidency(options =>
        {
            seen.Add(options);
            return DataResidency.Anywhere;
        }));
        var options = new ChatOptions { AdditionalProperties = new() { ["tenant"] = "contoso" } };

        await ladder.AskAsync(streaming, options: options);
        await ladder.AskAsync(streaming);

        Assert.Equal(2, seen.Count);
        Assert.NotSame(options, seen[0]);
        Assert.Equal("contoso", seen[0]!.AdditionalProperties!["tenant"]);
        Assert.Null(seen[1]);
    }

    [BothWays]
    public async Task Resolver_Throws_RequestIsRefused(bool streaming)
    {
        var failure = new IOException("The tenants are not to be had.");
        var ladder = Transatlantic(chat => chat.RequireResidency(_ => throw failure).AddLastResort());

        var refusal = await Assert.ThrowsAsync<DataResidencyException>(() => ladder.AskAsync(streaming));

        Assert.Same(failure, refusal.InnerException);
        Assert.Equal(0, Calls);
    }

    [Fact]
    public async Task Stream_IsRefusedWhenItIsEnumerated_AndByWhatHoldsThen()
    {
        DataResidency? tenant = null;
        var ladder = Transatlantic(chat => chat.RequireResidency(_ => tenant));
        var stream = ladder.GetStreamingResponseAsync(LadderLab.Ask());

        await Assert.ThrowsAsync<DataResidencyException>(() => stream.ToChatResponseAsync());
        tenant = Europe;

        Assert.Equal("from cheaper", (await stream.ToChatResponseAsync()).Text);
    }

    [BothWays]
    public async Task Refusal_IsToldOfLikeEveryRequest(bool streaming)
    {
        var completed = new List<ChatCompletedEvent>();
        var ladder = Transatlantic(chat => chat.RequireResidency().OnCompleted(completed.Add));

        await Assert.ThrowsAsync<DataResidencyException>(() => ladder.AskAsync(streaming));

        Assert.Equal(FailureKind.Rejected, Assert.Single(completed).Failure);
    }

    [Theory]
    [BothWaysData("anywhere")]
    [BothWaysData("resolver")]
    [BothWaysData("key")]
    public async Task LadderWithinALadder_BothRequireIt_TheWordTravels(bool streaming, string how)
    {
        var inner = Transatlantic(static chat => chat.RequireResidency());
        var outer = _lab.Builder().RequireResidency(how == "resolver" ? static _ => DataResidency.Anywhere : null).AddModel("inner", inner).Build();
        var options = how switch
        {
            "anywhere" => new ChatOptions().WithResidency(DataResidency.Anywhere),
            "key" => new ChatOptions { AdditionalProperties = new() { [ResilientChatOptions.ResidencyKey] = DataResidency.Anywhere } },
            _ => null,
        };

        Assert.Equal("from primary", (await outer.AskAsync(streaming, options: options)).Text);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    public async Task Configuration_SaysIt(string value, bool isRefused)
    {
        var builder = _lab.Builder();
        LadderConfiguration.Declare(builder, new ConfigurationBuilder().AddInMemoryCollection([new("RequireResidency", value)]).Build());
        var ladder = builder.AddModel("primary", _lab.Primary).Build();

        Assert.Equal(isRefused, await Record.ExceptionAsync(() => ladder.AskAsync(streaming: false)) is DataResidencyException);
    }

    private IChatClient Transatlantic(Action<ResilientChatBuilder> configure)
    {
        var builder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static m => m.InRegion("eastus", "US"))
            .AddModel("cheaper", _lab.Cheaper, static m => m.InRegion("westeurope", "EU"));
        configure(builder);
        return builder.Build();
    }
}
