using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;

namespace Resilient.Llm.Judging;

/// <summary>Turns unusable answers (empty, an error in disguise, filtered, cut off) into failures for the layers above.</summary>
/// <remarks>
/// In a ladder it is inside the timeout and outside the user's own clients, whose exceptions become outcomes here. The public decorators
/// add one to an inner client without one. Thread-safe.
/// A probe accepts any answer, also one that its token limit or a filter ended: any shows that the endpoint answers, even if a thinking
/// model spends its few tokens on thoughts. The application's own rule for answers does not apply to probes.
/// How an answer ended is read from the provider's own object where the adapter does not show it, and put onto the answer.
/// </remarks>
/// <param name="innerClient">The client to judge.</param>
/// <param name="classifier">The failure table.</param>
/// <param name="isolates">
/// Whether the inner clients are the user's and may change the options and the message list: then each attempt gets copies.
/// </param>
internal sealed class AnswerJudgeChatClient(IChatClient innerClient, ChatFailureClassifier classifier, bool isolates = false)
    : DelegatingChatClient(innerClient), IOutcomeChatClient
{
    /// <summary>The client with a judge: itself if it has one already.</summary>
    public static IChatClient Over(IChatClient client, ChatFailureClassifier? classifier)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.GetService(typeof(AnswerJudgeChatClient)) is AnswerJudgeChatClient
            ? client
            : new AnswerJudgeChatClient(client, classifier ?? ChatFailureClassifier.Default, isolates: true);
    }

    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        this.GetResponseOrThrowAsync(messages, options, cancellationToken);

    OutcomeTask IOutcomeChatClient.TryGetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        try
        {
            var call = InnerClient.GetResponseAsync(OwnMessages(messages), OwnOptions(options), cancellationToken);
            var isProbe = IsProbe(options);
            if (!call.IsCompleted)
            {
                return AwaitAsync(call, isProbe, messages, options);
            }

            if (call.IsFaulted)
            {
                UnsentCalls.Note(call.Exception.InnerException!);
            }

            return Judged(CallOutcome.Of(call), isProbe, messages, options);
        }
        catch (Exception exception)
        {
            UnsentCalls.Note(exception);
            return new(new CallOutcome(exception));
        }
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        new DeferredStream<StreamRequest>(
            new(this, messages, options, cancellationToken),
            static (request, token) => ((AnswerJudgeChatClient)request.Client).Start(request, token));

    private JudgedStream Start(StreamRequest request, CancellationToken ofEnumeration) => new(this, classifier, request, ofEnumeration);

    private static bool IsProbe(ChatOptions? options) => options is ResilientChatOptions { Context.IsProbe: true };

    private async Task<CallOutcome> AwaitAsync(
        Task<ChatResponse> call, bool isProbe, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        await ((Task)call).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Judged(CallOutcome.Of(call), isProbe, messages, options);
    }

    private CallOutcome Judged(CallOutcome outcome, bool isProbe, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        try
        {
            return outcome.Failure is { } failure ? Read(failure)
                : (Verdict(outcome.Response!, isProbe) ?? Acted(ErrorPageVerdict.Of(outcome.Response, messages, options))) is { } verdict
                    ? new(verdict)
                : outcome;

            CallOutcome Read(AttemptFailure failure) => UnreadableAnswer.Is(failure.Exception, out _)
                ? new(AnswerJudge.Unreadable(failure.Exception))
                : outcome;
        }
        catch (Exception exception)
        {
            // A malformed answer, such as one with a null message.
            return new(exception);
        }
    }

    private ChatOptions? OwnOptions(ChatOptions? options) =>
        !isolates ? options
        : options is ResilientChatOptions { Derived: not null } own ? DerivedOptions.WithSettings(own)
        : options?.Clone();

    private IEnumerable<ChatMessage> OwnMessages(IEnumerable<ChatMessage> messages) => isolates ? messages.ToList() : messages;

    private ChatAnswerRejectedException? Verdict(ChatResponse response, bool isProbe)
    {
        var verdict = isProbe ? AnswerJudge.Judge(response, validate: null) : classifier.Judge(response);
        return verdict is null
            || (response is not null && IsPassedOn(verdict))
            || (isProbe && FailureTable.Of(verdict.Kind).IsAnswerToHealth)
                ? null
                : verdict;
    }

    /// <summary>Whether the failure stays an answer because no layer above acts on it (by default: filtered answers).</summary>
    private bool IsPassedOn(ChatAnswerRejectedException verdict) =>
        classifier.ReactionTo(verdict.Kind) is { RetrySameEndpoint: false, Health: HealthEffect.Neutral, StepDown: false };

    /// <summary>The verdict if a layer above acts on it.</summary>
    private ChatAnswerRejectedException? Acted(ChatAnswerRejectedException? verdict) =>
        verdict is not null && IsPassedOn(verdict) ? null : verdict;

    private sealed class JudgedStream(
        AnswerJudgeChatClient owner, ChatFailureClassifier classifier, StreamRequest request, CancellationToken ofEnumeration)
        : StreamDecorator(request.Token, ofEnumeration)
    {
        private StreamJudge _judge = classifier.JudgeStream();
        private bool _isSettled;

        protected override bool CallsForeignClient => true;

        protected override IAsyncEnumerator<ChatResponseUpdate> Open() =>
            owner.InnerClient
                .GetStreamingResponseAsync(owner.OwnMessages(request.Messages), owner.OwnOptions(request.Options), Token)
                .GetAsyncEnumerator(Token);

        protected override void OnUpdate(ChatResponseUpdate update)
        {
            var isFirst = (_judge.Seen & UpdateKind.Content) == 0;
            var judged = update;
            var kind = _judge.Observe(ref judged);
            if (!ReferenceEquals(judged, update))
            {
                Current = judged;
            }

            if (_judge.IsRefused && !Token.IsCancellationRequested && DerivedOptions.Find(request.Options)?.Context is { } context)
            {
                // A timeout above does not ask how the stream would have ended. One that has come already concerns another attempt.
                context.IsRefusedByModel = true;
            }

            if (kind == UpdateKind.Error)
            {
                Settle();
            }
            else if (isFirst
                && kind == UpdateKind.Content
                && owner.Acted(ErrorPageVerdict.Of(update, request.Messages, request.Options)) is { } verdict)
            {
                throw verdict;
            }
        }

        protected override bool IsOver(Exception? failure, out ChatResponseUpdate? last)
        {
            if (failure is not ResilientChatException && !Token.IsCancellationRequested)
            {
                return _judge.IsOver(failure, out last);
            }

            last = null;
            return failure is null;
        }

        protected override void OnEnd() => Settle();

        private void Settle()
        {
            if (_isSettled || _judge.End() is not { } verdict)
            {
                return;
            }

            var row = FailureTable.Of(verdict.Kind);
            _isSettled = ((_judge.Seen & UpdateKind.Content) != 0 && row.KeepsContentBefore)
                || owner.IsPassedOn(verdict)
                || (IsProbe(request.Options) && row.IsAnswerToHealth);
            if (!_isSettled)
            {
                throw verdict;
            }
        }
    }
}
