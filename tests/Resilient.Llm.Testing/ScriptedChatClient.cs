using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Testing;

/// <summary>A provider that does what the test says, call by call, and remembers what it was asked.</summary>
/// <remarks>
/// Each call takes the next step. When none is left, the step of <see cref="Always"/> repeats, else the last one. Thread-safe.
/// It waits only where a step says so: on the test's clock, a task of the test's, or the token.
/// </remarks>
public sealed class ScriptedChatClient : IChatClient
{
    private readonly Lock _lock = new();
    private readonly Queue<Scripted> _steps = new();
    private readonly List<ScriptedCall> _calls = [];
    private Scripted? _always;
    private Scripted? _last;
    private int _inFlight;
    private int _peakInFlight;
    private int _enumerators;
    private int _enumeratorsDisposed;
    private int _disposals;

    /// <summary>The name in <see cref="ChatClientMetadata"/>.</summary>
    public string Name { get; private set; } = "scripted";

    /// <summary>Every call so far, in order.</summary>
    public IReadOnlyList<ScriptedCall> Calls
    {
        get
        {
            lock (_lock)
            {
                return [.. _calls];
            }
        }
    }

    public int CallCount
    {
        get
        {
            lock (_lock)
            {
                return _calls.Count;
            }
        }
    }

    /// <summary>Calls that have begun and neither answered, failed nor been disposed.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The most calls that were ever in flight together.</summary>
    public int PeakInFlight => Volatile.Read(ref _peakInFlight);

    public int EnumeratorsDisposed => Volatile.Read(ref _enumeratorsDisposed);

    /// <summary>Enumerators handed out and not disposed: zero when nothing leaks.</summary>
    public int OpenEnumerators => Volatile.Read(ref _enumerators) - EnumeratorsDisposed;

    /// <summary>How often <see cref="Dispose"/> was called.</summary>
    public int Disposals => Volatile.Read(ref _disposals);

    /// <summary>Starts a script with a whole answer; streamed, each chunk is one update.</summary>
    public static ScriptedChatClient Answering(params string[] chunks) => Playing(Scripted.Answer(chunks));

    /// <summary>Starts a script with a failure.</summary>
    public static ScriptedChatClient Throwing(Exception failure) => Playing(Scripted.Throw(failure));

    /// <summary>Starts a script.</summary>
    public static ScriptedChatClient Playing(Scripted first) => new ScriptedChatClient().Then(first);

    /// <summary>Adds a step for the next call that has none yet.</summary>
    /// <param name="step">What to do.</param>
    /// <param name="times">For how many calls.</param>
    public ScriptedChatClient Then(Scripted step, int times = 1)
    {
        lock (_lock)
        {
            for (var i = 0; i < times; i++)
            {
                _steps.Enqueue(step);
            }
        }

        return this;
    }

    /// <summary>What every call does once the steps have run out. May be changed in the middle of a test.</summary>
    public ScriptedChatClient Always(Scripted step)
    {
        lock (_lock)
        {
            _always = step;
        }

        return this;
    }

    public ScriptedChatClient Named(string name)
    {
        Name = name;
        return this;
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        CollectAsync(Begin(isStreaming: false, messages, options, cancellationToken), cancellationToken);

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        new ScriptedStream(this, messages, options, cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is not null ? null
        : serviceType.IsInstanceOfType(this) ? this
        : serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata(Name)
        : null;

    public void Dispose() => Interlocked.Increment(ref _disposals);

    internal void CountEnumerator() => Interlocked.Increment(ref _enumerators);

    internal void CountDisposedEnumerator() => Interlocked.Increment(ref _enumeratorsDisposed);

    internal IAsyncEnumerable<ChatResponseUpdate> Begin(
        bool isStreaming, IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken cancellationToken)
    {
        ChatMessage[] snapshot = [.. messages.Select(static message => message.Clone())];
        ScriptedCall call;
        Scripted step;
        lock (_lock)
        {
            call = new(_calls.Count + 1, isStreaming, snapshot, options?.Clone(), options, cancellationToken);
            _calls.Add(call);
            step = NextStep();
        }

        return step.ThrowsSynchronously ? throw step.Failure!() : CountAsync(step.PlayAsync(call, cancellationToken), cancellationToken);
    }

    private Scripted NextStep()
    {
        if (_steps.TryDequeue(out var step))
        {
            return _last = step;
        }

        return _always ?? _last ?? throw new InvalidOperationException("The script is empty: start it with Answering, Throwing or Playing.");
    }

    private async IAsyncEnumerable<ChatResponseUpdate> CountAsync(
        IAsyncEnumerable<ChatResponseUpdate> updates, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var now = Interlocked.Increment(ref _inFlight);
        for (var peak = PeakInFlight; peak < now;)
        {
            peak = Interlocked.CompareExchange(ref _peakInFlight, now, peak) is var seen && seen == peak ? now : seen;
        }

        try
        {
            await foreach (var update in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                yield return update;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private static async Task<ChatResponse> CollectAsync(IAsyncEnumerable<ChatResponseUpdate> updates, CancellationToken cancellationToken) =>
        await updates.ToChatResponseAsync(cancellationToken).ConfigureAwait(false);
}
