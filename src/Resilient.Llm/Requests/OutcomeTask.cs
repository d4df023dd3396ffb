using System.Runtime.CompilerServices;

namespace Resilient.Llm.Requests;

/// <summary>A plain call in progress: its outcome if it has ended at once, otherwise the task that will have it.</summary>
/// <remarks>
/// In place of <see cref="ValueTask{TResult}"/>, which is larger: two references return in registers, and every layer returns one.
/// </remarks>
internal readonly struct OutcomeTask
{
    private readonly CallOutcome _outcome;
    private readonly Task<CallOutcome>? _pending;

    public OutcomeTask(CallOutcome outcome) => _outcome = outcome;

    private OutcomeTask(Task<CallOutcome> pending) => _pending = pending;

    /// <summary>Whether the call had ended when it was made. If not, await it.</summary>
    public bool HasEnded => _pending is null;

    /// <summary>The outcome of a call for which <see cref="HasEnded"/> is true.</summary>
    public CallOutcome Outcome => _outcome;

    public static implicit operator OutcomeTask(CallOutcome outcome) => new(outcome);

    public static implicit operator OutcomeTask(Task<CallOutcome> pending) =>
        pending.IsCompletedSuccessfully ? new(pending.Result) : new(pending);

    /// <summary>The call as a task. May allocate.</summary>
    public Task<CallOutcome> AsTask() => _pending ?? Task.FromResult(_outcome);

    public ConfiguredTaskAwaitable<CallOutcome> ConfigureAwait(bool continueOnCapturedContext) =>
        AsTask().ConfigureAwait(continueOnCapturedContext);
}
