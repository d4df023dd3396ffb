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
            .AddModel("primary", _lab.Primary, m => m.InRegion("westeurope", "EU").Use(c => new KeepingClient(c, options => kept ??= options)))
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
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, static m => m.Use(static c => new ReplacingClient(c))).Build(logs.Services);

        var failure = await Assert.ThrowsAsync<ChatUnavailableException>(() => ladder.AskAsync(streaming));

        var cause = Assert.IsAssignableFrom<InvalidOperationException>(failure.InnerException);
        Assert.Contains(logs.Entries, e => e.Level == Microsoft.Extensions.Logging.LogLevel.Error && e.Text.Contains(cause.Message, StringComparison.Ordinal));
        Assert.Contains("'primary'", cause.Message, StringComparison.Ordinal);
        Assert.Contains("options.Clone()", cause.Message, StringComparison.Ordinal);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    [BothWays]
    public async Task ModelUse_ClonesTheOptions_IsFine(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, static m => m.Use(static c => new CloningClient(c))).Build();

        Assert.Equal("from primary", (await ladder.AskAsync(streaming)).Text);
        Assert.IsType<ChatOptions>(_lab.Primary.Calls[0].ReceivedOptions);
    }

    [BothWays]
    public async Task ModelUse_TheFirstIsOutermostAndOncePerAttempt(bool streaming)
    {
        var order = new List<string>();
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(500)));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, m => m.Use(c => new NamedClient(c, "outer", order)).Use(c => new NamedClient(c, "inner", order))).Build();

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Equal(["outer", "inner", "outer", "inner"], order);
    }

    [BothWays]
    public async Task LadderUse_CallsTwice_TwoRequestsWithTheirOwnReportsAndDeadlines(bool streaming)
    {
        var completed = new List<ChatCompletedEvent>();
        _lab.Primary.Always(Scripted.Answer("call").Delayed(_lab.Clock, TimeSpan.FromSeconds(20)));
        var ladder = _lab.Models(chat => chat.Use(static c => new TwiceClient(c)).OnCompleted(completed.Add));
        var options = new ResilientChatOptions { AnswerWithin = TimeSpan.FromSeconds(90) };

        var response = await _lab.RunAsync(ladder.AskAsync(streaming, options: options));

        Assert.Equal("callcall", string.Concat(response.Messages.Select(static m => m.Text)));
        Assert.Equal(2, _lab.Primary.CallCount);
        Assert.All(completed, static c => Assert.Equal((TimeSpan.FromSeconds(20), 1), (c.Report.Elapsed, c.Report.Attempts.Count)));
        Assert.Equal(2, completed.Count);
    }

    private sealed class MeddlingClient(IChatClient inner, List<(float?, int, string?, string)> seen) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetResponseAsync(Meddle(messages, options!), options, cancellationToken);

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetStreamingResponseAsync(Meddle(messages, options!), options, cancellationToken);

        private IEnumerable<ChatMessage> Meddle(IEnumerable<ChatMessage> messages, ChatOptions options)
        {
            seen.Add((options.Temperature, options.Tools!.Count, (string?)options.AdditionalProperties!["key"], messages.First().Text));
            options.Temperature = 2;
            options.Tools.Add(new HostedWebSearchTool());
            options.AdditionalProperties["key"] = "meddled";
            options.ModelId = "meddled";
            var list = (IList<ChatMessage>)messages;
            list[0] = new(ChatRole.User, "meddled");
            return list;
        }
    }

    private sealed class ReplacingClient(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetResponseAsync(messages, new ChatOptions { Temperature = options?.Temperature }, cancellationToken);

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetStreamingResponseAsync(messages, null, cancellationToken);
    }

    private sealed class CloningClient(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetResponseAsync(messages, options!.Clone(), cancellationToken);

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetStreamingResponseAsync(messages, options!.Clone(), cancellationToken);
    }

    private sealed class NamedClient(IChatClient inner, string name, List<string> order) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            order.Add(name);
            return base.GetResponseAsync(messages, options, cancellationToken);
        }

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            order.Add(name);
            return base.GetStreamingResponseAsync(messages, options, cancellationToken);
        }
    }

    /// <summary>Like a client that invokes functions: asks again with the answer appended, under the same options.</summary>
    private sealed class TwiceClient(IChatClient inner) : DelegatingChatClient(inner)
    {
        public override async Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            List<ChatMessage> history = [.. messages];
            var first = await base.GetResponseAsync(history, options, cancellationToken).ConfigureAwait(false);
            history.AddRange(first.Messages);
            var second = await base.GetResponseAsync(history, options, cancellationToken).ConfigureAwait(false);
            return new([.. first.Messages, .. second.Messages]);
        }

        public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            for (var i = 0; i < 2; i++)
            {
                await foreach (var update in base.GetStreamingResponseAsync(messages, options, cancellationToken).ConfigureAwait(false))
                {
                    yield return update;
                }
            }
        }
    }

    private sealed class KeepingClient(IChatClient inner, Action<ChatOptions?> keep) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            keep(options);
            return base.GetResponseAsync(messages, options, cancellationToken);
        }

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            keep(options);
            return base.GetStreamingResponseAsync(messages, options, cancellationToken);
        }
    }
}
