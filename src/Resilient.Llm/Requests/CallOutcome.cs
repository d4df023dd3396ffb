using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;

namespace Resilient.Llm.Requests;

/// <summary>How a plain call ended: with an answer, or a failure that is not thrown between this library's layers.</summary>
internal readonly struct CallOutcome
{
    // One field for both: every layer copies it.
    private readonly object _value;

    public CallOutcome(ChatResponse response) => _value = Task.FromResult(response);

    public CallOutcome(AttemptFailure failure) => _value = failure;

    public CallOutcome(Exception exception) => _value = new AttemptFailure(exception);

    private CallOutcome(Task<ChatResponse> answer) => _value = answer;

    /// <summary>The failure; null if there is an answer.</summary>
    public AttemptFailure? Failure => _value as AttemptFailure;

    /// <summary>The answer in the client's own task, which the outermost layer returns; null if there is a <see cref="Failure"/>.</summary>
    public Task<ChatResponse>? Answer => _value is AttemptFailure ? null : Unsafe.As<Task<ChatResponse>>(_value);

    /// <summary>The answer; null if there is a <see cref="Failure"/>.</summary>
    public ChatResponse? Response => Answer?.Result;

    /// <summary>A call that is not begun because its token is cancelled.</summary>
    public static CallOutcome Cancelled(CancellationToken token) => new(new TaskCanceledException(Task.FromCanceled(token)));

    /// <summary>The same, but a failure if the client returned null instead of an answer.</summary>
    public CallOutcome OrMissing() => Failure is null && Response is null ? new(AnswerJudge.Empty(null)) : this;

    /// <summary>The outcome of an ended task. Only a cancelled one throws internally: its exception is not available otherwise.</summary>
    public static CallOutcome Of(Task<ChatResponse> ended)
    {
        if (ended.IsCompletedSuccessfully)
        {
            return new(ended);
        }

        if (ended.Exception?.InnerException is { } exception)
        {
            return new(exception);
        }

        try
        {
            return new(ended.GetAwaiter().GetResult());
        }
        catch (OperationCanceledException cancelled)
        {
            return new(cancelled);
        }
    }
}
