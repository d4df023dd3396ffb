using System.Text.Json;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderResidencyTests
{
    private static readonly DataResidency Europe = DataResidency.Within("EU");

    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Policy_EuropeOnly_AmericanModelIsNeverAsked(bool streaming)
    {
        var ladder = Transatlantic(static chat => chat.WithResidency(Europe));

        var report = (await ladder.AskAsync(streaming)).GetResilienceReport()!;

        Assert.Equal(("cheaper", "EU", "outside the residency"), (report.ServedBy, report.Geography, report.Attempts[0].SkipReason));
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [Theory]
    [MemberData(nameof(Wishes))]
    public async Task Request_EuropeOnly_HoldsHoweverItIsSaid(string name, ChatOptions options, bool streaming)
    {
        var response = await Transatlantic().AskAsync(streaming, options: options);

        Assert.True(response.Text == "from cheaper", name);
        Assert.Equal(0, _lab.Primary.CallCount);
        var received = _lab.Cheaper.Calls[0].ReceivedOptions!;
        Assert.IsType<ChatOptions>(received);
        Assert.False(received.AdditionalProperties?.ContainsKey(ResilientChatOptions.ResidencyKey) ?? false);
        Assert.True(options is ResilientChatOptions || options.AdditionalProperties!.ContainsKey(ResilientChatOptions.ResidencyKey), "The caller's options were changed.");
    }

    public static TheoryData<string, ChatOptions, bool> Wishes()
    {
        var data = new TheoryData<string, ChatOptions, bool>();
        foreach (var streaming in new[] { false, true })
        {
            data.Add("property", new ResilientChatOptions { Residency = Europe }, streaming);
            data.Add("extension", new ChatOptions().WithResidency(Europe), streaming);
            data.Add("key, typed", Keyed(Europe), streaming);
            data.Add("key, text", Keyed("eu"), streaming);
            data.Add("key, list", Keyed(new[] { "EU", "CH" }), streaming);
            data.Add("key, JSON text", Keyed(JsonSerializer.SerializeToElement("eu,CH")), streaming);
            data.Add("key, JSON list", Keyed(JsonSerializer.SerializeToElement(new[] { "EU", "CH" })), streaming);
        }

        return data;
    }

    [BothWays]
    public async Task Request_UnreadableWish_IsRefused(bool streaming)
    {
        foreach (var value in new object?[]
        {
            7, null, "", "EU,", "EU,,CH", new object(), new[] { "EU", null }, JsonSerializer.SerializeToElement(7), JsonSerializer.SerializeToElement<string?>(null),
            JsonSerializer.SerializeToElement(""), JsonSerializer.SerializeToElement<object[]>(["EU", 7]), JsonSerializer.SerializeToElement<string[]>([]), default(JsonElement),
        })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Transatlantic().AskAsync(streaming, options: Keyed(value)));
        }

        Assert.Equal(0, _lab.Primary.CallCount + _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task Request_CannotWidenThePolicy(bool streaming)
    {
        var ladder = Transatlantic(static chat => chat.WithResidency(Europe));

        await ladder.AskAsync(streaming, options: new ResilientChatOptions { Residency = DataResidency.Anywhere });
        await Assert.ThrowsAsync<DataResidencyException>(() => ladder.AskAsync(streaming, options: new ResilientChatOptions { Residency = DataResidency.Within("US") }));

        Assert.Equal((0, 1), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
    }

    [BothWays]
    public async Task NoModelIsEligible_TheLastResortRemains(bool streaming)
    {
        var ladder = Transatlantic(static chat => chat.RunsIn("zurich", "CH").AddLastResort());

        var response = await ladder.AskAsync(streaming, options: new ResilientChatOptions { Residency = DataResidency.Within("CH") });

        Assert.Equal(AnswerSource.LastResort, response.GetResilienceReport()!.Source);
        Assert.Equal(0, _lab.Primary.CallCount + _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task NoModelIsEligible_AStoredAnswerRemains(bool streaming)
    {
        var swiss = ScriptedChatClient.Playing(Scripted.Answer("from the Alps")).Then(Scripted.Throw(LadderLab.Status(404)));
        var ladder = _lab.Builder().RunsIn("zurich", "CH").AddModel("swiss", swiss, static m => m.InRegion("zurich", "CH")).AddCachedAnswers().AddLastResort().Build();
        var options = new ResilientChatOptions { Residency = DataResidency.Within("CH") };
        await ladder.AskAsync(streaming, options: options);

        var again = await ladder.AskAsync(streaming, options: options);

        Assert.Equal(("from the Alps", AnswerSource.Cache), (again.Text, again.GetResilienceReport()!.Source));
    }

    [BothWays]
    public async Task UndeclaredGeography_BoundRequest_IsNotEligible(bool streaming)
    {
        var ladder = _lab.Models();

        await Assert.ThrowsAsync<DataResidencyException>(() => ladder.AskAsync(streaming, options: new ResilientChatOptions { Residency = Europe }));

        Assert.Equal(0, _lab.Primary.CallCount + _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task Messages_EnumerableOnlyOnce_AreEnumeratedOnce(bool streaming)
    {
        var enumerations = 0;
        _lab.FailPrimary(LadderLab.Status(500));

        var response = await _lab.RunAsync(streaming
            ? _lab.Whole().GetStreamingResponseAsync(Once()).ToChatResponseAsync()
            : _lab.Whole().GetResponseAsync(Once()));

        Assert.Equal("from cheaper", response.Text);
        Assert.Equal(1, enumerations);

        IEnumerable<ChatMessage> Once()
        {
            enumerations++;
            yield return new(ChatRole.User, "question");
        }
    }

    private static ChatOptions Keyed(object? value) => new() { AdditionalProperties = new() { [ResilientChatOptions.ResidencyKey] = value } };

    private IChatClient Transatlantic(Action<ResilientChatBuilder>? configure = null)
    {
        var builder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static m => m.InRegion("eastus", "US"))
            .AddModel("cheaper", _lab.Cheaper, static m => m.InRegion("westeurope", "EU"));
        configure?.Invoke(builder);
        return builder.Build();
    }
}
