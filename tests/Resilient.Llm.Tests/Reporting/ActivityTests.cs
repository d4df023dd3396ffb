using System.Diagnostics;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class ActivityTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Span_IsCurrentForTheProviderAndNotForTheCaller(bool streaming)
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == ResilientChatTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        using var caller = new Activity("caller").Start();
        var seen = new List<Activity?>();
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(500)));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, m => m.Use(c => new WatchingClient(c, seen))).Build();

        await _lab.RunAsync(ladder.AskAsync(streaming));

        Assert.Same(caller, Activity.Current);
        Assert.Equal(2, seen.Count);
        Assert.All(seen, span => Assert.Equal(("resilient_chat", caller.SpanId), (span!.OperationName, span.ParentSpanId)));
        Assert.Equal("primary", seen[0]!.GetTagItem("resilient_llm.served_by"));
        Assert.True(seen[0]!.IsStopped);
    }

    private sealed class WatchingClient(IChatClient inner, List<Activity?> seen) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            seen.Add(Activity.Current);
            return base.GetResponseAsync(messages, options, cancellationToken);
        }

        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            seen.Add(Activity.Current);
            return base.GetStreamingResponseAsync(messages, options, cancellationToken);
        }
    }
}
