using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.LastResort;
using Resilient.Llm.Requests;

namespace Resilient.Llm;

/// <summary>The step that always answers, without a model: rules, then stored questions and searches, then an apology.</summary>
/// <remarks>
/// It answers whatever its rules and searches do: one that throws, hangs, ignores its cancellation or returns nonsense is skipped, reported
/// to <see cref="LastResortBuilder.OnError"/> and, if late, abandoned. Only one that blocks the calling thread cannot be interrupted. The
/// time limit is the request's deadline; without one, <see cref="LastResortBuilder.RuleTimeout"/> and
/// <see cref="LastResortBuilder.SearchTimeout"/>. Only the caller's cancellation is thrown.
/// <para>
/// It declines where an apology would be wrong: a required tool call, and a JSON response format unless a rule or stored answer is a JSON
/// object or array. In a ladder the request then fails with <see cref="ChatUnavailableException"/>; a client that stands alone throws
/// <see cref="NotSupportedException"/>.
/// </para>
/// <para>Thread-safe. Disposing it disposes only the searches that a factory created; it continues to answer.</para>
/// </remarks>
public sealed class LastResortChatClient : IChatClient, ILocalStep
{
    private static readonly ChatClientMetadata _metadata = new("last-resort");

    private readonly TimeProvider _timeProvider;
    private long _answers;
    private int _isDisposed;

    /// <summary>Creates the last resort.</summary>
    /// <param name="configure">Adds rules, stored questions and searches; null for a client that only apologises.</param>
    /// <param name="localGeography">
    /// Where the application runs. Searches in its process are not asked under a data residency that excludes it, or under any if this is
    /// null.
    /// </param>
    /// <param name="services">Passed to the factories of searches.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    public LastResortChatClient(
        Action<LastResortBuilder>? configure = null,
        string? localGeography = null,
        IServiceProvider? services = null,
        TimeProvider? timeProvider = null)
        : this(Configured(configure), localGeography, services, timeProvider, onError: null)
    {
    }

    internal LastResortChatClient(
        LastResortBuilder builder,
        string? localGeography,
        IServiceProvider? services,
        TimeProvider? timeProvider,
        Action<string, Exception>? onError)
    {
        Settings = builder.Build(services, localGeography, onError);
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    internal LastResortSettings Settings { get; }

    string ILocalStep.Name => "last-resort";

    AnswerSource ILocalStep.Source => AnswerSource.LastResort;

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">JSON or a tool call is required, and no rule supplies it.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return await AnswerAloneAsync(messages, options, isStreaming: false, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">JSON or a tool call is required, and no rule supplies it.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return StreamAsync(messages, options, cancellationToken);
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType.IsInstanceOfType(this) ? this
            : serviceType == typeof(ChatClientMetadata) ? _metadata
            : null;
    }

    /// <summary>Disposes the searches that a factory created. Idempotent. The client continues to answer without them.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        foreach (var source in Settings.Sources)
        {
            try
            {
                (source.IsOwned ? source.Search as IDisposable : null)?.Dispose();
            }
            catch (Exception exception)
            {
                // Foreign code; the others must still be disposed.
                Settings.Report(source.Name, exception);
            }
        }
    }

    async ValueTask<LocalAnswer?> ILocalStep.TryAnswerAsync(
        IReadOnlyList<ChatMessage> messages, ResilientChatOptions options, RequestContext request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (options.ToolMode is RequiredChatToolMode)
        {
            return null;
        }

        var context = new LastResortContext(messages, options);
        var time = new AnswerTime(request.TimeProvider, request.Deadline);
        var answer = await RuleStep.AskAsync(Settings, context, time, request.TimeProvider, cancellationToken).ConfigureAwait(false);
        if (answer is null)
        {
            if (context.WantsJson)
            {
                return null;
            }

            answer = await SearchOrApologiseAsync(context, time, request, cancellationToken).ConfigureAwait(false);
        }

        return new(ToResponse(answer, request.TimeProvider));
    }

    private static LastResortBuilder Configured(Action<LastResortBuilder>? configure)
    {
        var builder = new LastResortBuilder();
        configure?.Invoke(builder);
        return builder;
    }

    private async Task<string> SearchOrApologiseAsync(
        LastResortContext context, AnswerTime time, RequestContext request, CancellationToken cancellationToken)
    {
        var results = context.Question.Length == 0
            ? null
            : await SearchStep.SearchAsync(Settings, context, request, time, cancellationToken).ConfigureAwait(false);
        var text = LastResortWriter.Choose(Settings.Text, context);
        return results switch
        {
            null => LastResortWriter.Apology(text, context),
            { Count: 0 } => LastResortWriter.NothingFound(text, context),
            _ => LastResortWriter.Results(text, context, results),
        };
    }

    private async Task<ChatResponse> AnswerAloneAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, bool isStreaming, CancellationToken cancellationToken)
    {
        var isAlone = DerivedOptions.Find(options) is not { Context: not null };
        var request = RequestContext.Ensure(ref options, out var own, _timeProvider, isStreaming, cancellationToken);
        if (isAlone)
        {
            // No ladder above has read the request's options.
            request.Deadline = own.AnswerWithin is { } within && within >= TimeSpan.Zero && within < TimeSpan.FromDays(1)
                ? request.StartedAt + (long)(within.TotalSeconds * _timeProvider.TimestampFrequency)
                : long.MaxValue;
        }

        var list = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        var answer = await ((ILocalStep)this).TryAnswerAsync(list, own, request, cancellationToken).ConfigureAwait(false);
        return answer?.Response ?? throw new NotSupportedException(
            own.ToolMode is RequiredChatToolMode
                ? "The last resort cannot call tools. Put a model above it, or do not require a tool call."
                : "The last resort has no JSON for this question, and an apology is not JSON. "
                    + "Add a rule that returns a JSON object or array, or put a model above it.");
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var response = await AnswerAloneAsync(messages, options, isStreaming: true, cancellationToken).ConfigureAwait(false);
        foreach (var update in response.ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    private ChatResponse ToResponse(string answer, TimeProvider timeProvider)
    {
        // Unique within a process, and reproducible in a replay of the same time.
        var now = timeProvider.GetUtcNow();
        var id = $"last-resort-{now.UtcTicks:x}-{Interlocked.Increment(ref _answers):x}";
        return new(new ChatMessage(ChatRole.Assistant, answer) { MessageId = id, CreatedAt = now })
        {
            ResponseId = id,
            CreatedAt = now,
            FinishReason = ChatFinishReason.Stop,
        };
    }
}
