using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Testing;

/// <summary>A provider for long runs in virtual time: every call takes the time to first content that the test draws for it, and nothing of it is remembered but the count.</summary>
/// <remarks>Obeys its token. Everything happens on the thread that moves the clock or cancels, so that a run is the same twice.</remarks>
/// <param name="clock">The clock.</param>
/// <param name="timeToFirstContent">Asked once per call, when it begins.</param>
/// <param name="pause">Between the pieces of a stream.</param>
/// <param name="pieces">Of an answer, one update each.</param>
public sealed class PacedChatClient(TimeProvider clock, Func<TimeSpan> timeToFirstContent, TimeSpan pause, params string[] pieces) : IChatClient
{
    private int _calls;
    private int _inFlight;

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Calls that have begun and not ended: zero when nothing leaks.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Plain answers come whole, after the time to first content.</summary>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var first = Begin();
        try
        {
            await InPlaceDelay.WaitAsync(clock, first, cancellationToken).ConfigureAwait(false);
            return new(new ChatMessage(ChatRole.Assistant, string.Concat(pieces))) { FinishReason = ChatFinishReason.Stop };
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var wait = Begin();
        try
        {
            foreach (var piece in pieces)
            {
                await InPlaceDelay.WaitAsync(clock, wait, cancellationToken).ConfigureAwait(false);
                yield return new(ChatRole.Assistant, piece) { MessageId = "m" };
                wait = pause;
            }

            yield return new() { Role = ChatRole.Assistant, MessageId = "m", FinishReason = ChatFinishReason.Stop };
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private TimeSpan Begin()
    {
        Interlocked.Increment(ref _calls);
        Interlocked.Increment(ref _inFlight);
        return timeToFirstContent();
    }
}
