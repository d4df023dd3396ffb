using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class LadderPreambleTests
{
    private readonly LadderLab _lab = new();

    [Fact]
    public async Task Preamble_IsHeldUntilContentAndReplayedExactly()
    {
        LadderLab.GoOnInline();
        ChatResponseUpdate[] sent =
        [
            new() { Role = ChatRole.Assistant, MessageId = "m", ResponseId = "r", ModelId = "gpt" },
            new(ChatRole.Assistant, "") { MessageId = "m" },
            new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 7 })]) { MessageId = "m" },
            new(ChatRole.Assistant, "text") { MessageId = "m" },
            new() { MessageId = "m", FinishReason = ChatFinishReason.Stop },
        ];
        var ladder = _lab.Builder().AddModel("primary", new FixedStreamClient(sent)).Build();

        var received = await ladder.GetStreamingResponseAsync(LadderLab.Ask()).ToListAsync();

        Assert.Equal([3, 6], Enumerable.Range(0, received.Count).Where(i => received[i].GetResilienceReport() is not null));
        received.RemoveAll(static update => update.GetResilienceReport() is not null);
        Assert.Equal(sent.Length, received.Count);
        for (var i = 0; i < sent.Length; i++)
        {
            Assert.Equal((sent[i].MessageId, sent[i].ModelId, sent[i].Text, sent[i].Contents.Count), (received[i].MessageId, received[i].ModelId, received[i].Text, received[i].Contents.Count));

            // What was held is a copy.
            Assert.Equal(i >= 3, ReferenceEquals(sent[i], received[i]));
        }

        Assert.Null(sent[3].AdditionalProperties);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Preamble_ProviderRefillsOneUpdate_NoTextComesTwice(bool isBehindCache)
    {
        IChatClient ladder = _lab.Builder().AddModel("primary", new RefillingClient()).Build();
        using var client = isBehindCache ? new CachedAnswerChatClient(new RefillingClient(), timeProvider: _lab.Clock) : ladder;
        var text = "";

        await foreach (var update in client.GetStreamingResponseAsync(LadderLab.Ask()))
        {
            text += update.Text;
        }

        Assert.Equal("Hello world", text);
    }

    [Fact]
    public async Task Preamble_ProviderHangsAfterIt_NothingOfItReachesTheCaller()
    {
        LadderLab.GoOnInline();
        var primary = ScriptedChatClient.Playing(Scripted.Answer("never").StallingAfter(0));
        var ladder = _lab.Builder().AddModel("primary", primary).AddModel("cheaper", _lab.Cheaper).Build();

        var received = await _lab.RunAsync(ladder.GetStreamingResponseAsync(LadderLab.Ask()).ToListAsync().AsTask());

        Assert.All(received, static u => Assert.NotEqual("message-2", u.MessageId));
        Assert.Equal("from cheaper", received.ToChatResponse().Text);
        Assert.Single(received.ToChatResponse().Messages);
        Assert.Equal(0, primary.OpenEnumerators);
    }

    [Fact]
    public async Task Reasoning_IsPassedOnAtOnce()
    {
        LadderLab.GoOnInline();
        var primary = ScriptedChatClient.Playing(Scripted.Give(new TextReasoningContent("hm"), new TextContent("text")).Paced(_lab.Clock, TimeSpan.FromSeconds(1)));
        var ladder = _lab.Builder().AddModel("primary", primary).Build();
        await using var stream = ladder.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        var move = stream.MoveNextAsync().AsTask();

        _lab.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.True(move.IsCompletedSuccessfully, "The reasoning is held back.");
        Assert.Equal(ChatRole.Assistant, stream.Current.Role);
        Assert.True(await stream.MoveNextAsync());
        Assert.Equal("hm", Assert.IsType<TextReasoningContent>(Assert.Single(stream.Current.Contents)).Text);
        Assert.Null(stream.Current.GetResilienceReport());
    }

    [Fact]
    public async Task Reasoning_ThenFailure_TheNextModelTakesOver()
    {
        LadderLab.GoOnInline();
        var primary = ScriptedChatClient.Playing(Scripted.Give(new TextReasoningContent("hm"), new TextContent("text")).BreakingAfter(1, new IOException("reset")));
        var ladder = _lab.Builder().WithRetries(0).AddModel("primary", primary).AddModel("cheaper", _lab.Cheaper).Build();

        var response = await ladder.AskAsync(streaming: true);

        Assert.Equal("from cheaper", response.Text);
        var report = response.GetResilienceReport()!;
        Assert.Equal(["primary", "cheaper"], report.Attempts.Select(static a => a.Step));
        Assert.Equal(FailureKind.Network, report.Attempts[0].Failure);
    }

    [Theory]
    [MemberData(nameof(BadBeginnings))]
    public async Task Stream_IsNoAnswerBeforeContent_TheNextModelAnswers(string name, Scripted beginning, FailureKind kind)
    {
        LadderLab.GoOnInline();
        var primary = ScriptedChatClient.Playing(beginning);
        var ladder = _lab.Builder().WithRetries(0).AddModel("primary", primary).AddModel("cheaper", _lab.Cheaper).Build();

        var response = await _lab.RunAsync(ladder.AskAsync(streaming: true));

        Assert.Equal("from cheaper", response.Text);
        Assert.True(kind == response.GetResilienceReport()!.Attempts[0].Failure, name);
        Assert.Equal(0, primary.OpenEnumerators);
    }

    public static TheoryData<string, Scripted, FailureKind> BadBeginnings() => new()
    {
        { "empty", Scripted.Preamble(), FailureKind.InvalidResponse },
        { "clean but empty", Scripted.Give(), FailureKind.InvalidResponse },
        { "usage alone", Scripted.Give().Using(1, 0), FailureKind.InvalidResponse },
        { "empty text", Scripted.Answer("", ""), FailureKind.InvalidResponse },
        { "reasoning alone", Scripted.Give(new TextReasoningContent("hm")), FailureKind.InvalidResponse },
        { "error content", Scripted.Give(new ErrorContent("broken")), FailureKind.InvalidResponse },
        { "malformed", Scripted.Answer("x").BreakingAfter(0, new System.Text.Json.JsonException("malformed")), FailureKind.InvalidResponse },
        { "cut", Scripted.Answer("x").BreakingAfter(0, new HttpIOException(HttpRequestError.ResponseEnded)), FailureKind.Network },
        { "hang", Scripted.Hang(), FailureKind.Timeout },
        { "refused", Scripted.Throw(LadderLab.Status(429)), FailureKind.RateLimited },
        { "500", Scripted.Throw(LadderLab.Status(500)), FailureKind.ServerError },
        { "thrown at once", Scripted.ThrowSynchronously(LadderLab.Status(403)), FailureKind.Unauthorized },
    };
}
