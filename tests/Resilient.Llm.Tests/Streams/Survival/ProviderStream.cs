using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>One stream of a provider, which minds how it is treated: moved by one at a time, disposed once, and never while it moves.</summary>
internal sealed class ProviderStream(SurvivalRun run, ProviderCall call, CancellationToken ofMethod)
    : IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>
{
    private readonly ChatResponseUpdate _reused = new();
    private CancellationToken _token = ofMethod;
    private CancellationTokenRegistration _registration;
    private bool _isMoving;
    private bool _isOver;
    private int _next;
    private int _disposals;

    public ChatResponseUpdate Current { get; private set; } = null!;

    public ProviderCall Call => call;

    /// <summary>Disposed once; or left alone with a move that still hangs, since it must not be disposed then.</summary>
    public bool IsFree => _disposals == 1 || (_disposals == 0 && _isMoving);

    public int Disposals => _disposals;

    private ProviderScript Script => call.Script;

    private bool IsDeaf => Script.OnCancel == OnCancel.IsDeaf;

    public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Script.Opening == Opening.EnumeratorThrows)
        {
            throw Fail(Script.OpeningFault);
        }

        _token = cancellationToken.CanBeCanceled ? cancellationToken : _token;
        if (Script.OnCancel == OnCancel.ThrowsAtCanceller)
        {
            _registration = _token.Register(static () => throw new InvalidOperationException("A client's callback failed."));
        }

        run.Opened.Add(this);
        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        if (_isMoving)
        {
            run.Log.Violation(call.Name, "moved while it moves");
        }

        if (_disposals > 0)
        {
            run.Log.Violation(call.Name, "moved after its disposal");
        }

        if (_isOver)
        {
            run.Log.Violation(call.Name, "moved after its end");
            return new(false);
        }

        var step = Script.Steps[_next];
        if (Script.ThrowsInPlace && step is { Kind: StepKind.Throw, Delay.Ticks: 0 })
        {
            _isOver = true;
            throw Fail(step.Fault);
        }

        return MoveAsync(step);
    }

    public ValueTask DisposeAsync()
    {
        if (_isMoving)
        {
            run.Log.Violation(call.Name, "disposed while it moves");
        }

        if (++_disposals > 1)
        {
            run.Log.Violation(call.Name, "disposed twice");
        }

        run.Log.Add(call.Name, "disposed");
        _registration.Dispose();
        return Script.OnDispose switch
        {
            OnDispose.Throws => throw new InvalidOperationException($"{call} cannot be disposed"),
            OnDispose.Faults => ValueTask.FromException(new IOException($"{call} failed to close")),
            OnDispose.Hangs => new(new TaskCompletionSource().Task),
            _ => default,
        };
    }

    private async ValueTask<bool> MoveAsync(ProviderStep step)
    {
        _isMoving = true;
        try
        {
            _next++;
            var hearing = IsDeaf ? CancellationToken.None : _token;
            if (hearing.IsCancellationRequested || (step.Delay > TimeSpan.Zero && !await run.PauseAsync(step.Delay, hearing).ConfigureAwait(false)))
            {
                return Cancelled();
            }

            if (step.Kind == StepKind.Hang)
            {
                run.Log.Add(call.Name, "hangs");
                var late = await run.HangAsync(hearing).ConfigureAwait(false);
                return late is null ? Cancelled() : Play(late);
            }

            return Play(step);
        }
        finally
        {
            _isMoving = false;
        }
    }

    private bool Cancelled()
    {
        _isOver = true;
        run.Log.Add(call.Name, "cancelled");
        return Script.OnCancel switch
        {
            OnCancel.EndsQuietly => false,
            OnCancel.BreaksConnection => throw new IOException($"{call} was cut off"),
            _ => throw new OperationCanceledException(_token),
        };
    }

    private bool Play(ProviderStep step)
    {
        // What comes after the cancellation is nobody's any more.
        var isWanted = !_token.IsCancellationRequested;
        run.Log.Add(call.Name, isWanted ? $"{step}" : $"late {step}");
        if (step.Kind == StepKind.Throw)
        {
            _isOver = true;
            throw Fail(step.Fault);
        }

        if (step.Kind == StepKind.End)
        {
            _isOver = true;
            call.EndedCleanly = isWanted;
            return false;
        }

        var mark = $"{call}#{_next}";
        var update = Script.ReusesUpdate ? _reused : new();
        update.Role = ChatRole.Assistant;
        update.MessageId = update.ResponseId = Script.HasIds ? $"id-{call}" : null;
        update.FinishReason = step.Finish;
        update.AdditionalProperties = new() { ["mark"] = mark };
        update.Contents = Contents(step);
        Current = update;
        if (isWanted)
        {
            Note(step, mark, update);
        }

        return true;
    }

    private List<AIContent> Contents(ProviderStep step) => step.Kind switch
    {
        StepKind.EmptyText => [new TextContent(string.Empty)],
        StepKind.Usage => [new UsageContent(new() { InputTokenCount = run.NextUsage(), OutputTokenCount = 1 })],
        StepKind.Reasoning => [new TextReasoningContent(step.Text)],
        StepKind.Text => [new TextContent(step.Text)],
        StepKind.TextInTwo => [new TextContent(step.Text[..(step.Text.Length / 2)]), new TextContent(step.Text[(step.Text.Length / 2)..])],
        StepKind.ReasoningAndText => [new TextReasoningContent($"{call}r{_next} "), new TextContent(step.Text)],
        StepKind.ToolCall => [new FunctionCallContent(step.Text, "tool")],
        StepKind.Error => [new ErrorContent($"{call} is overloaded") { ErrorCode = "server_error" }],
        _ => [],
    };

    private void Note(ProviderStep step, string mark, ChatResponseUpdate update)
    {
        if (step.Kind == StepKind.Error && call.Finish != ChatFinishReason.ContentFilter)
        {
            call.HadError = true;
            return;
        }

        // What a filter has ended is passed on as it is, whatever else it says.
        call.Marks.Add(mark);
        if (step.Text.Length > 0)
        {
            call.IsReasoning = step.Kind == StepKind.Reasoning;
            if (!call.IsReasoning)
            {
                call.ContentMarks.Add(mark);
            }
        }

        call.Finish = step.Finish ?? call.Finish;
        foreach (var content in update.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    call.Text.Append(text.Text);
                    break;
                case TextReasoningContent reasoning:
                    call.Reasoning.Append(reasoning.Text);
                    break;
                case FunctionCallContent tool:
                    call.ToolCalls.Add(tool.CallId);
                    break;
                case UsageContent usage:
                    call.Usages.Add(usage.Details.InputTokenCount!.Value);
                    break;
            }
        }
    }

    private Exception Fail(int fault)
    {
        var exception = ProviderScripts.Exception(fault, call.Name);
        call.Failure = _token.IsCancellationRequested ? null : exception;
        run.Log.Add(call.Name, $"throws {exception.GetType().Name} {fault}");
        return exception;
    }
}
