using System.Diagnostics;
using Microsoft.Extensions.AI;
using Resilient.Llm.Client;
using Resilient.Llm.Reporting;
using Resilient.Llm.Requests;
using Resilient.Llm.Streams;
using Resilient.Llm.Telemetry;

namespace Resilient.Llm;

/// <summary>The root of a ladder: one deadline, one report and one telemetry span for each request.</summary>
/// <remarks>
/// <para>
/// It copies messages and options once, so that nothing below can change the caller's objects, and adds a <see cref="ResilienceReport"/>
/// to every answer: read it with <c>GetResilienceReport()</c>. A stream has a short report in an update before its first content
/// and the full one in a last update.
/// </para>
/// <para>Thread-safe. Disposes the ladder below; a provider's client only if the ladder made it.</para>
/// </remarks>
public sealed class ResilientChatClient : DelegatingChatClient, ILadder
{
    private readonly IOutcomeChatClient _next;
    private readonly RequestPreparation _preparation;
    private readonly ChatEvents _events;
    private readonly ChatCircuits? _circuits;
    private readonly ChatRegions? _regions;
    private readonly LadderDescription? _description;
    private readonly ResidencyMap? _residency;
    private readonly ChatProbes? _probes;
    private bool _isDisposed;

    /// <summary>Makes a client the root of what is below it.</summary>
    /// <param name="innerClient">Usually a <see cref="FallbackChatClient"/>.</param>
    /// <param name="options">Deadlines and residency; null for the defaults. Copied.</param>
    /// <param name="timeProvider">The clock; null for the system clock.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public ResilientChatClient(IChatClient innerClient, ResilientChatClientOptions? options = null, TimeProvider? timeProvider = null)
        : this(innerClient, options ?? new(), timeProvider, ChatEvents.None)
    {
    }

    internal ResilientChatClient(
        IChatClient innerClient,
        ResilientChatClientOptions options,
        TimeProvider? timeProvider,
        ChatEvents events,
        ChatCircuits? circuits = null,
        ChatRegions? regions = null,
        LadderDescription? description = null,
        ResidencyMap? residency = null,
        ChatProbes? probes = null)
        : base(innerClient)
    {
        _next = OutcomeChatClient.Of(innerClient);
        _circuits = circuits;
        _regions = regions;
        _description = description;
        _residency = residency;
        _probes = probes;
        options.Validate();
        _preparation = new(options.Copy(), timeProvider ?? TimeProvider.System);
        _events = events;
    }

    DataResidency ILadder.Policy => _preparation.Policy;

    bool ILadder.RequiresResidency => _preparation.RequiresResidency;

    /// <inheritdoc/>
    /// <exception cref="ChatUnavailableException">Every step failed, declined or was passed over.</exception>
    /// <exception cref="DataResidencyException">
    /// No model lies where the data may go and no step below the models answered, or the request has no residency although one is required.
    /// </exception>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<ChatResponse>(cancellationToken);
        }

        var own = _preparation.Prepare(options, isStreaming: false, cancellationToken);
        ChatMessage[] copied = [.. messages];
        if (!ResilientChatTelemetry.Activities.HasListeners())
        {
            var untraced = Call(copied, own, cancellationToken);
            if (!untraced.HasEnded)
            {
                return AwaitAsync(untraced, own.Context!, null);
            }

            var outcome = untraced.Outcome.OrMissing();
            return outcome.Failure is null
                ? Task.FromResult(Answered(outcome.Response!, own.Context!))
                : AwaitAsync(new(outcome), own.Context!, null);
        }

        // The span is current for the calls made here, and not for the caller after the return.
        var caller = Activity.Current;
        var activity = ResilientChatTelemetry.Activities.StartActivity("resilient_chat");
        var call = Call(copied, own, cancellationToken);
        Activity.Current = caller;

        return AwaitAsync(call, own.Context!, activity);
    }

    /// <inheritdoc/>
    /// <exception cref="ChatStreamInterruptedException">The stream broke after content had been delivered.</exception>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);

        // Copied now, so that the caller may change what it passed; once, since it may be enumerable only once.
        return new DeferredStream<StreamRequest>(
            new(this, messages.ToArray(), _preparation.Copy(options), cancellationToken),
            static (request, token) => ((ResilientChatClient)request.Client).Start(request, token));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// For a ladder made by a <see cref="ResilientChatBuilder"/>, also supplies the <see cref="ChatCircuits"/>, <see cref="ChatRegions"/>,
    /// <see cref="LadderDescription"/>, <see cref="ResidencyMap"/>, and <see cref="ChatProbes"/> if it has any.
    /// </remarks>
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(ChatCircuits) ? _circuits
        : serviceKey is null && serviceType == typeof(ChatRegions) ? _regions
        : serviceKey is null && serviceType == typeof(LadderDescription) ? _description
        : serviceKey is null && serviceType == typeof(ResidencyMap) ? _residency
        : serviceKey is null && serviceType == typeof(ChatProbes) ? _probes
        : base.GetService(serviceType, serviceKey);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !Interlocked.Exchange(ref _isDisposed, true))
        {
            _probes?.Stop();
            base.Dispose(disposing);
        }
    }

    private ReportedStream Start(StreamRequest request, CancellationToken ofEnumeration) =>
        new(InnerClient, _preparation, _events, request, ofEnumeration);

    private OutcomeTask Call(ChatMessage[] messages, ResilientChatOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return options.Context!.Refusal is { } refusal
                ? new(new CallOutcome(refusal))
                : _next.TryGetResponseAsync(messages, options, cancellationToken);
        }
        catch (Exception exception)
        {
            return new(new CallOutcome(exception));
        }
    }

    private async Task<ChatResponse> AwaitAsync(OutcomeTask call, RequestContext context, Activity? activity)
    {
        try
        {
            CallOutcome outcome;
            try
            {
                outcome = (await call.ConfigureAwait(false)).OrMissing();
            }
            catch (Exception thrown)
            {
                // A layer of this library that throws must not leave a request without an end.
                outcome = new(thrown);
            }

            if (outcome.Failure is not { } failure)
            {
                return Answered(outcome.Response!, context);
            }

            // The one place where the failure of a request is thrown.
            Failed(failure, context, activity);
            return outcome.GetOrThrow();
        }
        finally
        {
            ReportTags.Write(activity, context);
            activity?.Stop();
        }
    }

    private void Failed(AttemptFailure failure, RequestContext context, Activity? activity)
    {
        // The ladder states it where no step answered. Otherwise found by the exception: an application's client may lie in between.
        var kind = (failure.Stated ?? context.FailureOf(failure.Exception).AsClassified(context.CallerToken)).Kind;
        context.Attempts.NoteMoment();
        context.IsOver = true;
        _events.Completed(context, kind);
        activity?.SetStatus(ActivityStatusCode.Error, kind.ToString());
    }

    private ChatResponse Answered(ChatResponse response, RequestContext context)
    {
        context.IsOver = true;
        _events.Completed(context, null);
        return ReportAnnotation.On(response, context.ToReport(withAttempts: true));
    }
}
