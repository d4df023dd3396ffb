using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class UserClientTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task ModelUse_MutatesItsOptionsAndMessages_OtherAttemptsAreUnpolluted(bool streaming)
    {
        var seen = new List<(float? Temperature, int Tools, string? Property, string First)>();
        _lab.FailPrimary(LadderLab.Status(500));
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, m => m.Use(c => new MeddlingClient(c, seen)))
            .AddModel("cheaper", _lab.Cheaper, m => m.Use(c => new MeddlingClient(c, seen)))
            .Build();
        var options = new ChatOptions { Temperature = 0.5f, Tools = [], AdditionalProperties = new() { ["key"] = "original" } };
        ChatMessage[] messages = LadderLab.Ask();

        await _lab.RunAsync(ladder.AskAsync(streaming, messages, options));

        Assert.Equal(4, seen.Count);
        Assert.All(seen, static s => Assert.Equal((0.5f, 0, "original", "question"), s));
        Assert.All(_lab.Primary.Calls.Concat(_lab.Cheaper.Calls), static c => Assert.Equal((2f, "meddled"), (c.Options!.Temperature, c.Question)));
        Assert.Equal((0.5f, "original"), (options.Temperature, options.AdditionalProperties["key"]));
        Assert.Equal("question", messages[0].Text);
    }

    [BothWays]
    public async Task ModelUse_KeepsItsOptionsForLater_OldDeadlineIsGoneAndTheBoundRemains(bool streaming)
    {
        ChatOptions? kept = null;
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, m => m.InRegion("westeurope", "EU").Use(c => new ListeningClient(c, (_, options) => kept ??= options)))
            .AddModel("cheaper", _lab.Cheaper, static m => m.InRegion("eastus", "US"))
            .Build();
        await ladder.AskAsync(streaming, options: new ChatOptions().WithResidency(DataResidency.Within("EU")));
        _lab.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal("from primary", (await ladder.AskAsync(streaming, options: kept)).Text);
        _lab.FailPrimary();
        await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming, options: kept));
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [BothWays]
    public async Task ModelUse_ReplacesTheOptions_IsRefusedWithTheMend(bool streaming)
    {
        using var logs = new LogCapture();
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, m => m.Use(c => new OptionsClient(c, options => streaming ? null : new() { Temperature = options?.Temperature }))).Build(logs.Services);

        var cause = await Assert.ThrowsAnyAsync<InvalidOperationException>(() => ladder.AskAsync(streaming));

        Assert.Contains(logs.Entries, e => e.Level == Microsoft.Extensions.Logging.LogLevel.Error && e.Text.Contains(cause.Message, StringComparison.Ordinal));
        Assert.Contains("'primary'", cause.Message, StringComparison.Ordinal);
        Assert.Contains("options.Clone()", cause.Message, StringComparison.Ordinal);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task ModelUse_ClonesTheOptions_IsFine(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, static m => m.Use(static c => new OptionsClient(c, static options => options!.Clone()))).Build();

        Assert.Equal("from primary", (await ladder.AskAsync(streaming)).Text);
        Assert.IsType<ChatOptions>(_lab.Primary.Calls[0].ReceivedOptions);
    }

    [BothWays]
    public async Task ModelUse_TheFirstIsOutermostAndOncePerAttempt(bool streaming)
    {
        var order = new List<string>();
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(500)));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, m => m.Use(c => new ListeningClient(c, "outer", order)).Use(c => new ListeningClient(c, "inner", order))).Build();

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal(["outer", "inner", "outer", "inner"], order);
    }

    [BothWays]
    public async Task LadderUse_CallsTwice_TwoRequestsWithTheirOwnReportsAndDeadlines(bool streaming)
    {
        var completed = new List<ChatCompletedEvent>();
        _lab.Primary.Always(Scripted.Answer("call").Delayed(_lab.Clock, TimeSpan.FromSeconds(20)));
        var ladder = _lab.Models(chat => chat.Use(static c => new AskingTwiceClient(c)).OnCompleted(completed.Add));
        var options = new ResilientChatOptions { AnswerWithin = TimeSpan.FromSeconds(90) };

        var response = await _lab.RunAsync(ladder.AskAsync(streaming, options: options));

        Assert.Equal("callcall", string.Concat(response.Messages.Select(static m => m.Text)));
        Assert.Equal(2, _lab.Primary.CallCount);
        Assert.All(completed, static c => Assert.Equal((TimeSpan.FromSeconds(20), 1), (c.Report.Elapsed, c.Report.Attempts.Count)));
        Assert.Equal(2, completed.Count);
    }
}
