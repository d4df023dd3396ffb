using System.Collections.Immutable;
using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;

namespace Resilient.Llm;

/// <summary>
/// Says what went wrong with an attempt, and what follows from it. The only place in the library that looks at status codes.
/// </summary>
/// <remarks>
/// <para>Immutable and thread-safe. Never throws, whatever the exceptions hold.</para>
/// <para>
/// An exception is read in this order. (1) A cancellation while the caller's token is cancelled is <see cref="FailureKind.Cancelled"/>. (2)
/// <see cref="ChatFailureOptions.Extractors"/>, on the exception and everything inside it. (3) Exceptions of this library and of Polly. (4)
/// What SDK exceptions show: status, error code, error body. (5) <see cref="HttpRequestException"/>, sockets, TLS and IO. Aggregates are
/// flattened. The most informative exception decides: an answer of the provider before a timeout, a timeout before a broken connection; of
/// equals the outermost, and inside an aggregate the last.
/// </para>
/// <para>
/// While the caller's token is cancelled, what the provider said or our own code refused keeps its kind; everything else (timeouts, broken
/// connections, truncated answers, unknown exceptions) is <see cref="FailureKind.Cancelled"/> too, since SDKs report a cancelled call in
/// many ways. A cancellation that the caller did not ask for is a <see cref="FailureKind.Timeout"/>.
/// </para>
/// <para>
/// Error bodies may quote the user's prompt. Only their code, type and message fields count, sentences only at the beginning of a message
/// and under a matching status; a 5xx is always a <see cref="FailureKind.ServerError"/>.
/// </para>
/// </remarks>
public sealed class ChatFailureClassifier
{
    private readonly ImmutableArray<Func<Exception, ChatFailure?>> _extractors;
    private readonly ImmutableArray<FailureReaction> _reactions;
    private readonly ImmutableArray<FailureKind> _overridden;
    private readonly Func<ChatResponse, string?>? _validateAnswer;
    private readonly bool _requireFinishReason;
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates a classifier from options, which are copied.</summary>
    /// <param name="options">The rows that differ from the built-in ones; null for none.</param>
    /// <param name="timeProvider">The clock against which a date in a Retry-After header is read; null for the system's.</param>
    /// <exception cref="ArgumentException">The options contradict themselves; the message says how.</exception>
    public ChatFailureClassifier(ChatFailureOptions? options = null, TimeProvider? timeProvider = null)
    {
        options ??= new();
        options.Validate();
        _timeProvider = timeProvider ?? TimeProvider.System;
        _extractors = [.. options.Extractors];
        _validateAnswer = options.ValidateAnswer;
        _requireFinishReason = options.RequireFinishReasonOnStreams;
        _overridden = [.. options.Reactions.Keys];
        _reactions =
        [
            .. FailureTable.Reactions.Select((builtIn, kind) =>
                options.Reactions.TryGetValue((FailureKind)kind, out var reaction) ? reaction : builtIn),
        ];
    }

    /// <summary>Gets the classifier with the built-in table and the system's clock.</summary>
    public static ChatFailureClassifier Default { get; } = new();

    /// <summary>Classifies an exception.</summary>
    /// <param name="exception">What the attempt threw.</param>
    /// <param name="callerToken">
    /// The caller's own token, not one linked to it or to a deadline. When it is cancelled the caller no longer wants the answer.
    /// </param>
    /// <returns>
    /// The kind, the wait that the provider asked for (zero to one day; null for none), and <paramref name="exception"/> itself.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="exception"/> is null.</exception>
    public ChatFailure Classify(Exception exception, CancellationToken callerToken = default)
    {
        ArgumentNullException.ThrowIfNull(exception);
        var isCancelled = callerToken.IsCancellationRequested;
        if (isCancelled && ExceptionWalk.Any<OperationCanceledException>(exception))
        {
            return new(FailureKind.Cancelled, null, exception);
        }

        var row = FromExtractors(exception);
        var verdict = ExceptionWalk.Judge(exception, _timeProvider, out var retryAfter);
        if (row is not null)
        {
            var wait = row.RetryAfter is { } own ? RetryAfterHeader.Clamp(own) : retryAfter;
            return new(OnlyTheCallerCancels(row.Kind, isCancelled), wait, row.Exception ?? exception);
        }

        // Some clients end a cancelled stream without an exception: an answer without an end says nothing about the endpoint.
        // Others report the cancelled call as one that the server saw cancelled.
        return isCancelled
            && (verdict.Weight != VerdictWeight.Told || verdict.Kind is FailureKind.InvalidResponse or FailureKind.Timeout)
            ? new(FailureKind.Cancelled, null, exception)
            : new(OnlyTheCallerCancels(verdict.Kind, isCancelled), retryAfter, exception);
    }

    /// <summary>What follows from a kind of failure: the built-in row, or the one from the options.</summary>
    /// <param name="kind">The kind. An undefined one is treated as <see cref="FailureKind.Unknown"/>.</param>
    /// <remarks>
    /// Three built-in rows are narrowed further. <see cref="FailureKind.ContextTooLong"/>: the ladder steps down only to a model declared
    /// larger. <see cref="FailureKind.InvalidRequest"/>: the first step tried rethrows it unchanged; a lower step continues down.
    /// <see cref="FailureKind.RateLimited"/>: the same endpoint is asked again only after a short Retry-After, and only when no later model
    /// is eligible.
    /// </remarks>
    public FailureReaction ReactionTo(FailureKind kind) =>
        (uint)kind < (uint)_reactions.Length ? _reactions[(int)kind] : _reactions[(int)FailureKind.Unknown];

    /// <summary>Whether the options hold a row for this kind, which is then final.</summary>
    internal bool IsOverridden(FailureKind kind) => _overridden.Contains(kind);

    /// <summary>Why a plain answer is not an answer; null when it is one.</summary>
    /// <remarks>
    /// No content, a refusal, an error inside the answer and a tool call that cannot be read are failures; usage and reasoning alone are
    /// not content. An answer cut off by <see cref="ChatFinishReason.Length"/>, one without a finish reason and one that continues in the
    /// background are successes. A reason that only the provider's own object has is put onto the answer.
    /// </remarks>
    internal ChatAnswerRejectedException? Judge(ChatResponse response) => AnswerJudge.Judge(response, _validateAnswer);

    /// <summary>A new judge for one stream.</summary>
    internal StreamJudge JudgeStream() => new(_requireFinishReason);

    private static FailureKind OnlyTheCallerCancels(FailureKind kind, bool isCancelled) =>
        kind == FailureKind.Cancelled && !isCancelled ? FailureKind.Timeout
        : Enum.IsDefined(kind) ? kind
        : FailureKind.Unknown;

    private ChatFailure? FromExtractors(Exception exception) => _extractors.IsEmpty ? null : ExceptionWalk.First(exception, Ask);

    private ChatFailure? Ask(Exception exception)
    {
        foreach (var extractor in _extractors)
        {
            // A row that throws must not hide the failure it was asked about: it counts as "don't know".
            if (ForeignCode.Try(exception, extractor) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }
}
