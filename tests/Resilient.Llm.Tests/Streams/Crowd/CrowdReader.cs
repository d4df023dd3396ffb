using System.Text;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>Reads one stream of the crowd, by hand, to know when a move is pending; and says what the contract says should have come of it.</summary>
internal sealed class CrowdReader(int number, CrowdFate fate, bool goesOn) : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly StringBuilder _text = new();
    private IAsyncEnumerator<ChatResponseUpdate>? _stream;
    private WeakReference? _firstContent;
    private string? _messageId;
    private ResilienceReport? _report;
    private Exception? _failure;
    private bool _hasSeveralIds;
    private int _pieces;

    public CrowdFate Fate => fate;

    /// <summary>The stream and its first content, to see whether anything outlives the crowd.</summary>
    public WeakReference[] Sample => [new(_stream), _firstContent!];

    /// <summary>Reads to the end, to the fault, or until it has read enough.</summary>
    /// <param name="client">Whom to ask.</param>
    /// <param name="pending">Told once the first move is pending, or over.</param>
    /// <param name="opened">Told once the first content is there and the next move is pending.</param>
    /// <param name="stalled">Told once the move that never ends is pending.</param>
    public async Task ReadAsync(IChatClient client, Signal pending, Signal opened, Signal stalled)
    {
        _stream = client.GetStreamingResponseAsync(CrowdModel.Ask(number), cancellationToken: _source.Token).GetAsyncEnumerator(CancellationToken.None);
        var move = _stream.MoveNextAsync();
        pending.Tell();
        try
        {
            while (await move.ConfigureAwait(false))
            {
                Take(_stream.Current);
                if (fate == CrowdFate.LeftBetweenUpdates && _pieces == CrowdPlan.TurnsAfter(number))
                {
                    break;
                }

                move = _stream.MoveNextAsync();
                if (_pieces == 1)
                {
                    opened.Tell();
                }
                else if (fate == CrowdFate.Stalled && _pieces == CrowdPlan.TurnsAfter(number))
                {
                    stalled.Tell();
                }
            }
        }
        catch (Exception exception)
        {
            _failure = exception;
        }

        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    public void Dispose() => _source.Dispose();

    /// <summary>What a consumer does that has had enough while a move is pending. Others do nothing.</summary>
    public async Task LeaveAsync()
    {
        if (fate == CrowdFate.LeftWhileWaiting)
        {
            await _stream!.DisposeAsync().ConfigureAwait(false);
        }
        else if (fate == CrowdFate.Cancelled)
        {
            await _source.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What is not as the contract says; null when all is well.</summary>
    /// <param name="isLadder">Whether a ladder was asked, which tells how it answered.</param>
    public string? Complaint(bool isLadder)
    {
        var pieces = CrowdPlan.AnswerTo(number);
        var isBroken = fate is CrowdFate.Cut or CrowdFate.Stalled;
        var delivered = fate switch
        {
            CrowdFate.LeftWhileWaiting or CrowdFate.Cancelled => 1,
            CrowdFate.LeftBetweenUpdates => CrowdPlan.TurnsAfter(number),
            _ when isBroken && !goesOn => CrowdPlan.TurnsAfter(number),
            _ => pieces.Length,
        };
        var isEnding = (fate, isBroken && !goesOn, _failure) switch
        {
            (_, true, ChatStreamInterruptedException interrupted) =>
                interrupted.PartialResponse.Text == _text.ToString() && interrupted.Kind == (fate == CrowdFate.Cut ? FailureKind.Network : FailureKind.Timeout),
            (CrowdFate.LeftWhileWaiting or CrowdFate.Cancelled, false, OperationCanceledException) => true,
            (CrowdFate.LeftWhileWaiting or CrowdFate.Cancelled, _, _) or (_, true, _) => false,
            _ => _failure is null,
        };
        var isReported = !isLadder || delivered < pieces.Length
            || (_report?.WasContinued == isBroken && _report.ServedBy == (isBroken || fate == CrowdFate.Hung ? "cheaper" : "primary"));
        return isEnding && isReported && !_hasSeveralIds && _text.Equals(string.Concat(pieces.Take(delivered)))
            ? null
            : $"{number} ({fate}, {(goesOn ? "continue" : "interrupt")}): {_failure?.GetType().Name} {_failure?.Message}, served by {_report?.ServedBy}, continued {_report?.WasContinued}, text: {_text}";
    }

    private void Take(ChatResponseUpdate update)
    {
        _report = update.GetResilienceReport() ?? _report;
        _hasSeveralIds |= _messageId is not null && update.MessageId is not null && update.MessageId != _messageId;
        _messageId ??= update.MessageId;
        if (update.Text.Length > 0)
        {
            _firstContent ??= new(update);
            _text.Append(update.Text);
            _pieces++;
        }
    }
}

/// <summary>Ends when it was told as often as it should be.</summary>
internal sealed class Signal(int times)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = times;

    public Task Done => Volatile.Read(ref _left) == 0 ? Task.CompletedTask : _done.Task;

    public void Tell()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            _done.SetResult();
        }
    }
}
