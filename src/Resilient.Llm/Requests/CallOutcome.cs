using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Requests;

/// <summary>
/// How a plain call ended: with an answer, or with a failure that is not thrown as long as it stays between our own layers.
/// </summary>
internal readonly struct CallOutcome
{
    // One field for both: every layer copies it.
    private readonly object _value;

    public CallOutcome(ChatResponse response) => _value = Task.FromResult(response);

    public CallOutcome(AttemptFailure failure) => _value = failure;

    public CallOutcome(Exception exception) => _value = new AttemptFailure(exception);

    private CallOutcome(Task<ChatResponse> answer) => _value = answer;

    /// <summary>The failure; null where there is an answer.</summary>
    public AttemptFailure? Failure => _value as AttemptFailure;

    /// <summary>
    /// The answer in its task, which the edge hands out as it came from the client; null where there is a <see cref="Failure"/>.
    /// </summary>
    public Task<ChatResponse>? Answer => _value is AttemptFailure ? null : Unsafe.As<Task<ChatResponse>>(_value);

    /// <summary>The answer; null where there is a <see cref="Failure"/>.</summary>
    public ChatResponse? Response => Answer?.Result;

    /// <summary>A call that is not begun since its token is cancelled.</summary>
    public static CallOutcome Cancelled(CancellationToken token) => new(new TaskCanceledException(Task.FromCanceled(token)));

    /// <summary>
    /// Reads how a task ended that has ended. Throws nothing, but a cancelled task does not tell its exception in another way.
    /// </summary>
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
