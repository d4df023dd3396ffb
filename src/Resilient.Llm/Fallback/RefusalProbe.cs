using Microsoft.Extensions.AI;
using Resilient.Llm.Endpoints;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Fallback;

/// <summary>A minimal question to an endpoint that refuses requests. It holds no user data.</summary>
/// <remarks>
/// It goes through the endpoint's own layers, like an active probe, and in the way the request went (plain or streamed): that way is known
/// to be used. Only a refusal of this question says that the endpoint refuses everything; any other end says nothing.
/// </remarks>
internal static class RefusalProbe
{
    private const string Question = "ping";
    private const int MaxOutputTokens = 16;

    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    public static async ValueTask<bool> IsRefusedAsync(FallbackRequest request, Step step, CancellationToken cancellationToken)
    {
        var clock = request.Context.TimeProvider;
        var context = new RequestContext(clock, request.Context.IsStreaming, cancellationToken)
        {
            IsProbe = true,
            Residency = request.Context.Residency,
            Deadline = Math.Min(request.Context.Deadline, clock.TimestampIn(s_longest)),
        };

        // A timeout is no cancellation by the caller: the context knows only the caller's token.
        using var timeIsUp = new CancellationTokenSource(s_longest, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeIsUp.Token, cancellationToken);
        FailureKind? failure = null;
        Exception? exception = null;
        try
        {
            await AskAsync(step, Options(request, step, context), both.Token).ConfigureAwait(false);
        }
        catch (Exception thrown)
        {
            exception = thrown;
            failure = context.FailureOf(thrown).Classify(step.Classifier, cancellationToken).Kind;
        }

        context.IsOver = true;
        context.Attempts.NoteMoment();
        if (failure != FailureKind.Cancelled)
        {
            request.Chain.Events.Probed(step.Endpoint, ChatProbeReason.RequestsRefused, failure, exception, context.Elapsed);
        }

        return failure is { } kind && FailureTable.Of(kind).IsRefusal;
    }

    /// <summary>The model's own options, without what lengthens question or answer.</summary>
    private static ResilientChatOptions Options(FallbackRequest request, Step step, RequestContext context)
    {
        var options = new ResilientChatOptions { Context = context, Attempt = new(step.Endpoint, context.Deadline, IsLastModel: false) };
        if (step.TakesProviderFields && step.Refusals is { } watch)
        {
            // A client may need the id that its callers name. One that the endpoint has answered for is known to be right.
            options.ModelId = watch.HasAnswered ? watch.KnownModelId : request.Options.ModelId;
        }

        step.Configure?.Invoke(options);
        options.MaxOutputTokens = MaxOutputTokens;
        options.Instructions = null;
        options.Tools = null;
        options.ToolMode = null;
        options.ResponseFormat = null;
        return options;
    }

    private static async Task AskAsync(Step step, ResilientChatOptions options, CancellationToken cancellationToken)
    {
        ChatMessage[] messages = [new(ChatRole.User, Question)];
        if (!options.Context!.IsStreaming)
        {
            (await step.Calls!.TryGetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false)).GetOrThrow();
            return;
        }

        await foreach (var _ in step.Client!.GetStreamingResponseAsync(messages, options, cancellationToken)
            .WithCancellation(cancellationToken)
            .ConfigureAwait(false))
        {
            // The content of the answer does not matter.
        }
    }
}
