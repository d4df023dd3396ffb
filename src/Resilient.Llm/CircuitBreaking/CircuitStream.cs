using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;

namespace Resilient.Llm.CircuitBreaking;

/// <summary>A stream through a circuit: enters with its first move, counts with its first content, records its end.</summary>
internal sealed class CircuitStream : StreamDecorator
{
    private readonly CircuitBreakerChatClient _owner;
    private readonly IChatClient _client;
    private readonly TimeProvider _timeProvider;
    private readonly StreamRequest _request;
    private readonly RequestContext _context;
    private readonly ResilientChatOptions _options;
    private CircuitPermit _permit;
    private long _startedAt;
    private bool _hasEntered;
    private bool _isSettled;

    public CircuitStream(
        CircuitBreakerChatClient owner,
        IChatClient client,
        TimeProvider timeProvider,
        StreamRequest request,
        CancellationToken ofEnumeration)
        : base(request.Token, ofEnumeration)
    {
        _owner = owner;
        _client = client;
        _timeProvider = timeProvider;
        _request = request;
        var options = request.Options;
        _context = RequestContext.Ensure(ref options, out _options, timeProvider, isStreaming: true, Token);
    }

    protected override IAsyncEnumerator<ChatResponseUpdate> Open()
    {
        if (!_owner.TryEnter(_context, _options, out _permit))
        {
            throw _owner.Refusal();
        }

        _hasEntered = true;
        _startedAt = _timeProvider.GetTimestamp();
        _owner.Breaker.Watch(ref _permit, _startedAt, isStreaming: true);
        return _client.GetStreamingResponseAsync(_request.Messages, _options, Token).GetAsyncEnumerator(Token);
    }

    protected override void OnUpdate(ChatResponseUpdate update)
    {
        // After the first content only a probe has more to report: its lease is renewed.
        if (_permit.HasContent && !_permit.IsProbe)
        {
            return;
        }

        if (UpdateClassifier.Classify(update).Commits())
        {
            var isFirst = !_permit.HasContent;
            _owner.Breaker.RecordContent(ref _permit);
            if (isFirst)
            {
                _owner.NoteContent(_permit, _context, _startedAt, _permit.FirstContentAt, _options.Attempt.Endpoint);
            }
        }
    }

    protected override void OnEnd() => Settle(CircuitOutcome.Success);

    protected override void OnError(Exception exception)
    {
        if (_hasEntered && !_isSettled)
        {
            _isSettled = true;
            TimeSpan? silentFor = _permit.HasContent ? null : _timeProvider.GetElapsedTime(_startedAt);
            _owner.RecordFailure(_permit, _context.FailureOf(exception), silentFor, _options, _context);
        }
    }

    protected override void OnAbandoned()
    {
        var outcome = CircuitOutcome.Neutral;
        if (_hasEntered && !_isSettled && !_permit.HasContent)
        {
            var silence = _timeProvider.GetElapsedTime(_startedAt);
            _owner.NoteSilence(_permit, _context, silence);
            outcome = _owner.Breaker.OutcomeOfCancellation(silence);
        }

        Settle(outcome);
    }

    private void Settle(CircuitOutcome outcome)
    {
        if (_hasEntered && !_isSettled)
        {
            _isSettled = true;
            _owner.Breaker.Record(_permit, outcome);
        }
    }
}
