using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>A provider whose streams all stop after their first piece until the gate opens, and then go on, each on whatever thread is free.</summary>
/// <param name="hasFaults">Whether it does to each stream what the plan says; else every stream is whole.</param>
internal sealed class CrowdModel(bool hasFaults) : IChatClient
{
    private TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open;

    /// <summary>Enumerators handed out and not disposed.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Closes the gate for the next crowd.</summary>
    public void Hold()
    {
        _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release() => _gate.SetResult();

    /// <summary>Ends when the last enumerator is disposed. Those that were given up are disposed by whoever ends their pending move.</summary>
    public Task EmptiedAsync() => Open == 0 ? Task.CompletedTask : _empty.Task;

    public static ChatMessage[] Ask(int number) => [new(ChatRole.User, number.ToString(CultureInfo.InvariantCulture))];

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ChatMessage[] asked = [.. messages];
        var number = int.Parse(asked[0].Text, CultureInfo.InvariantCulture);
        return asked.Length == 1 ? AnswerAsync(number, cancellationToken) : GoOnAsync(number, asked[1].Text, cancellationToken);
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(int number, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _open);
        try
        {
            var fate = hasFaults ? CrowdPlan.FateOf(number) : CrowdFate.Whole;
            if (fate == CrowdFate.Hung)
            {
                await Never(cancellationToken);
            }

            var id = $"message of {number}";
            yield return new() { Role = ChatRole.Assistant, MessageId = id, ResponseId = id };
            var pieces = CrowdPlan.AnswerTo(number);
            for (var i = 0; i < pieces.Length; i++)
            {
                if (i == 1)
                {
                    await _gate.Task.WaitAsync(cancellationToken);
                }
                else if (i > 1)
                {
                    await Task.Yield();
                }

                if (i == CrowdPlan.TurnsAfter(number))
                {
                    if (fate == CrowdFate.Cut)
                    {
                        throw new HttpIOException(HttpRequestError.ResponseEnded, "cut");
                    }

                    if (fate == CrowdFate.Stalled)
                    {
                        await Never(cancellationToken);
                    }
                }

                yield return new(ChatRole.Assistant, pieces[i]) { MessageId = id, ResponseId = id };
            }

            yield return new() { Role = ChatRole.Assistant, MessageId = id, ResponseId = id, FinishReason = ChatFinishReason.Stop };
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>What a model does that is asked to go on with an answer. A part that is not the beginning of this answer it refuses.</summary>
    private async IAsyncEnumerable<ChatResponseUpdate> GoOnAsync(int number, string part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _open);
        try
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            var whole = string.Concat(CrowdPlan.AnswerTo(number));
            if (!whole.StartsWith(part, StringComparison.Ordinal))
            {
                throw new InvalidOperationException("This is not what had been answered.");
            }

            var id = $"another message of {number}";
            yield return new() { Role = ChatRole.Assistant, MessageId = id, ResponseId = id };
            yield return new(ChatRole.Assistant, whole[part.Length..]) { MessageId = id, ResponseId = id };
            yield return new() { Role = ChatRole.Assistant, MessageId = id, ResponseId = id, FinishReason = ChatFinishReason.Stop };
        }
        finally
        {
            Leave();
        }
    }

    private static async Task Never(CancellationToken cancellationToken)
    {
        var never = new TaskCompletionSource();
        await using var registration = cancellationToken.UnsafeRegister(static (never, token) => ((TaskCompletionSource)never!).TrySetCanceled(token), never);
        await never.Task;
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _open) == 0)
        {
            _empty.TrySetResult();
        }
    }
}
