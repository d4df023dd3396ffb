using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

public enum Hostility
{
    /// <summary>Never answers, whatever its token says.</summary>
    IsDeaf,

    /// <summary>Never answers, and throws at whoever cancels.</summary>
    ThrowsWhenCancelled,

    /// <summary>Never answers, and when cancelled fails as OpenAI's SDK may: it disposes the stream that it is reading from.</summary>
    FailsWhenCancelled,

    /// <summary>Throws instead of returning a task or a stream.</summary>
    ThrowsAtOnce,

    /// <summary>Returns null instead of a task or a stream.</summary>
    ReturnsNull,

    /// <summary>A stream that throws out of the move itself.</summary>
    MoveThrows,

    /// <summary>A stream that fails, and then never finishes being disposed.</summary>
    DisposeHangs,

    /// <summary>A stream that fails, and fails again when disposed.</summary>
    DisposeThrows,

    /// <summary>A stream whose updates are null.</summary>
    YieldsNull,
}

/// <summary>A provider's client that breaks every rule.</summary>
internal sealed class HostileChatClient(Hostility hostility) : IChatClient
{
    private int _calls;

    public int Calls => _calls;

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        return hostility switch
        {
            Hostility.ThrowsAtOnce => throw new InvalidOperationException("hostile"),
            Hostility.ReturnsNull => null!,
            Hostility.YieldsNull => Task.FromResult<ChatResponse>(null!),
            _ => Never<ChatResponse>(cancellationToken),
        };
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _calls);
        return hostility switch
        {
            Hostility.ThrowsAtOnce => throw new InvalidOperationException("hostile"),
            Hostility.ReturnsNull => null!,
            _ => new Stream(this),
        };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    /// <summary>Does not end by itself; what a cancellation does to it is the hostility.</summary>
    private Task<T> Never<T>(CancellationToken cancellationToken)
    {
        var call = new TaskCompletionSource<T>();
        if (hostility == Hostility.ThrowsWhenCancelled)
        {
            cancellationToken.Register(static () => throw new InvalidOperationException("hostile"));
        }
        else if (hostility == Hostility.FailsWhenCancelled)
        {
            cancellationToken.Register(() => call.TrySetException(new InvalidOperationException("hostile")));
        }

        return call.Task;
    }

    private ValueTask<bool> MoveNext(CancellationToken cancellationToken) => hostility switch
    {
        Hostility.MoveThrows => throw new InvalidOperationException("hostile"),
        Hostility.DisposeHangs or Hostility.DisposeThrows => ValueTask.FromException<bool>(new IOException("hostile")),
        Hostility.YieldsNull => new(true),
        _ => new(Never<bool>(cancellationToken)),
    };

    private ValueTask Disposal() => hostility switch
    {
        Hostility.DisposeHangs => new(new TaskCompletionSource().Task),
        Hostility.DisposeThrows => throw new InvalidOperationException("hostile"),
        _ => default,
    };

    private sealed class Stream(HostileChatClient owner) : IAsyncEnumerable<ChatResponseUpdate>, IAsyncEnumerator<ChatResponseUpdate>
    {
        private CancellationToken _cancellationToken;

        public ChatResponseUpdate Current => null!;

        public IAsyncEnumerator<ChatResponseUpdate> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            _cancellationToken = cancellationToken;
            return this;
        }

        public ValueTask<bool> MoveNextAsync() => owner.MoveNext(_cancellationToken);

        public ValueTask DisposeAsync() => owner.Disposal();
    }
}
