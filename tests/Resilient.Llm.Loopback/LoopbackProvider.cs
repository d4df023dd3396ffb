using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Resilient.Llm.Loopback;

/// <summary>
/// A language model provider on 127.0.0.1 that misbehaves on demand. It speaks Anthropic Messages, OpenAI Chat Completions and
/// Responses, Azure OpenAI and Ollama, plain and streamed, over real sockets, so that the official SDKs and everything above them meet
/// faults as in production.
/// </summary>
/// <remarks>
/// <para>
/// What a request gets: the next <see cref="Enqueue">enqueued</see> script, else what <see cref="Respond"/> or
/// <see cref="Behavior"/> (whichever was set last) says. All members may be used at any time from any thread. No key is checked.
/// </para>
/// <para>
/// Disposal does not wait for scripts that hang: it aborts them, frees the port, and disposes the HTTP clients made for chat clients.
/// </para>
/// </remarks>
public sealed partial class LoopbackProvider : IAsyncDisposable
{
    private const int RememberedRequests = 10_000;

    private readonly LoopbackServer _server = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<Script> _scripts = new();
    private readonly Queue<ReceivedRequest> _requests = new();
    private readonly ConcurrentQueue<string> _refusals = new();
    private readonly ProviderMemory _memory = new();
    private readonly Wires _wires;
    private readonly Gauge _calls = new();
    private readonly Gauge _inFlight = new();
    private readonly Gauge _aborted = new();
    private volatile Func<ReceivedRequest, Script> _respond;
    private volatile Script _behavior;
    private int _disposed;

    private LoopbackProvider(Script behavior)
    {
        _wires = new(_memory);
        _behavior = behavior;
        _respond = _ => behavior;
    }

    /// <summary>Where the provider listens: <c>http://127.0.0.1:port/</c>.</summary>
    public Uri BaseAddress { get; private set; } = null!;

    /// <summary>What later requests get when no script is enqueued. Setting it replaces <see cref="Respond"/>.</summary>
    public Script Behavior
    {
        get => _behavior;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _behavior = value;
            _respond = _ => value;
        }
    }

    /// <summary>How many requests arrived.</summary>
    public int Calls => _calls.Value;

    /// <summary>How many requests are being served now, hung ones included.</summary>
    public int InFlight => _inFlight.Value;

    /// <summary>How many TCP connections are open now, idle ones of HTTP client pools included.</summary>
    public int OpenConnections => _server.Connections.Value;

    /// <summary>How many requests ended because the client closed the connection before the answer was complete.</summary>
    public int AbortedByClient => _aborted.Value;

    /// <summary>The requests in the order of their arrival: a snapshot of the latest 10,000.</summary>
    public IReadOnlyList<ReceivedRequest> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>
    /// The bodies with which the provider refused requests on its own, because their history does not fit: reasoning of another
    /// provider, an unknown conversation, a tool call without its reasoning. A script that sends a status goes before that.
    /// </summary>
    public IReadOnlyList<string> Refusals => [.. _refusals];

    /// <summary>Starts a conversation of the Responses API, and tells its id. Every other id is unknown.</summary>
    public string StartConversation() => _memory.Responses.StartConversation(_memory.Name);

    /// <summary>Starts a provider that answers every request with <paramref name="answer"/> until told otherwise.</summary>
    public static Task<LoopbackProvider> StartAsync(
        string answer = "Hello from the loopback provider.", CancellationToken cancellationToken = default) =>
        StartAsync(Script.Answer(answer), cancellationToken);

    /// <summary>Starts a provider that plays <paramref name="behavior"/> for every request until told otherwise.</summary>
    public static async Task<LoopbackProvider> StartAsync(Script behavior, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(behavior);
        var provider = new LoopbackProvider(behavior);
        provider.BaseAddress = await provider._server.StartAsync(provider.ServeAsync, cancellationToken).ConfigureAwait(false);
        return provider;
    }

    /// <summary>Adds scripts for the next requests, one each, before <see cref="Behavior"/> applies again.</summary>
    public void Enqueue(params ReadOnlySpan<Script> scripts)
    {
        foreach (var script in scripts)
        {
            _scripts.Enqueue(script);
        }
    }

    /// <summary>Decides per request. Replaces <see cref="Behavior"/> until that is set again.</summary>
    public void Respond(Func<ReceivedRequest, Script> respond)
    {
        ArgumentNullException.ThrowIfNull(respond);
        _respond = respond;
    }

    /// <summary>Completes when <paramref name="count"/> requests have arrived since the provider started.</summary>
    public Task WhenCalledAsync(int count = 1, CancellationToken cancellationToken = default) =>
        _calls.WhenAsync(calls => calls >= count, cancellationToken);

    /// <summary>Completes when clients have given up on <paramref name="count"/> requests since the provider started.</summary>
    public Task WhenAbortedAsync(int count = 1, CancellationToken cancellationToken = default) =>
        _aborted.WhenAsync(aborted => aborted >= count, cancellationToken);

    /// <summary>Completes when no request is being served.</summary>
    public Task WhenIdleAsync(CancellationToken cancellationToken = default) => _inFlight.WhenAsync(n => n == 0, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        DisposeClients();
        _stopping.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (_wires.For(context.Request.Path) is not { } wire || !HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        ScriptPlayer? player = null;
        _inFlight.Add(1);
        try
        {
            var request = await ReceiveAsync(wire, context.Request, gone.Token).ConfigureAwait(false);
            var script = _scripts.TryDequeue(out var next) ? next : _respond(request);
            player = new ScriptPlayer(wire, script, request, _refusals.Enqueue, context, gone.Token);
            await player.PlayAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (JsonException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
        }
        finally
        {
            if (context.RequestAborted.IsCancellationRequested && player?.BrokeConnection != true && !_stopping.IsCancellationRequested)
            {
                _aborted.Add(1);
            }

            _inFlight.Add(-1);
        }
    }

    private async Task<ReceivedRequest> ReceiveAsync(Wire wire, HttpRequest http, CancellationToken cancellationToken)
    {
        var received = await ReceivedRequest.ReadAsync(wire, http, cancellationToken).ConfigureAwait(false);
        lock (_requests)
        {
            var request = received with { Number = _calls.Value + 1, Kept = wire.Kept(received) };
            _requests.Enqueue(request);
            if (_requests.Count > RememberedRequests)
            {
                _requests.Dequeue();
            }

            // Last, so that whoever awaited the call finds it among the requests.
            _calls.Add(1);
            return request;
        }
    }
}
