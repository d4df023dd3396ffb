using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

/// <summary>Stands where the ladder will: marks in the trace who answered.</summary>
internal sealed class Ladder(FakeChatClient model) : DelegatingChatClient(model)
{
    public static (ResilientChatOptions Options, RequestContext Context) Context(
        ManualTimeProvider time, bool streaming = false, TimeSpan? within = null, CancellationToken caller = default)
    {
        var context = new RequestContext(time, streaming, caller)
        {
            Deadline = within is { } limit ? time.GetTimestamp() + limit.Ticks : long.MaxValue,
        };
        return (new() { Context = context }, context);
    }

    /// <summary>An answer of a rung that says which it is.</summary>
    public static Task<ChatResponse> Answer(FakeChatClient.Call call, string text, bool isDegraded = false, AnswerSource source = AnswerSource.Model)
    {
        Mark(call.Options, source, isDegraded);
        return Task.FromResult(Answers.Text(text));
    }

    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Mark(options, AnswerSource.Model, false);
        return base.GetResponseAsync(messages, options, cancellationToken);
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Mark(options, AnswerSource.Model, false);
        return base.GetStreamingResponseAsync(messages, options, cancellationToken);
    }

    private static void Mark(ChatOptions? options, AnswerSource source, bool isDegraded)
    {
        var context = ((ResilientChatOptions)options!).Context!;
        context.Answer.Source = source;
        context.Answer.ServedBy = source == AnswerSource.Model ? isDegraded ? "cheaper" : "primary" : "last-resort";
        context.Answer.IsDegraded = isDegraded;
    }
}
