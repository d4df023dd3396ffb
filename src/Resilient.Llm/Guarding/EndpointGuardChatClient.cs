using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Reporting;
using Resilient.Llm.Requests;
using Resilient.Llm.Residency;
using Resilient.Llm.Shared;
using Resilient.Llm.Streams;

namespace Resilient.Llm;

/// <summary>Wraps a provider's client directly and stops everything that must not reach it.</summary>
/// <remarks>
/// <para>
/// It refuses a call whose options lost the request's context (middleware built new options instead of cloning) and a call whose data may
/// not go to this endpoint's geography. The provider gets its own options and message list, without this library's settings and reports;
/// message objects are shared unless they carried a report. A model that is itself a ladder keeps the settings, so that deadline and
/// residency apply there too; residency even if another client wraps that ladder.
/// </para>
/// <para>Disposes a client made by a factory, but not one that was passed in. Thread-safe.</para>
/// </remarks>
public sealed class EndpointGuardChatClient : DelegatingChatClient
{
    private readonly string _name;
    private readonly string? _geography;
    private readonly bool _ownsClient;
    private readonly bool _isLadder;
    private bool _isDisposed;

    /// <summary>Wraps a provider's client.</summary>
    /// <param name="innerClient">The provider's client.</param>
    /// <param name="name">The endpoint's name, for messages.</param>
    /// <param name="geography">Where the endpoint lies; null if undeclared, which refuses every request with a residency.</param>
    /// <param name="ownsClient">Whether disposing the guard disposes the client.</param>
    public EndpointGuardChatClient(IChatClient innerClient, string name, string? geography = null, bool ownsClient = false)
        : base(innerClient)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _name = name;
        _geography = geography;
        _ownsClient = ownsClient;
        _isLadder = innerClient.GetService(typeof(ILadder)) is ILadder;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The options carry no context: the message says what to change.</exception>
    /// <exception cref="DataResidencyException">The request's data may not go to this endpoint.</exception>
    public override Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        try
        {
            var admitted = Admit(options, out var residency);
            var box = RetryAfterScope.NewBox();
            using (RetryAfterScope.Enter(box))
            using (ResidencyScope.Enter(residency))
            {
                var call = InnerClient.GetResponseAsync(OwnMessages(messages), admitted, cancellationToken);
                return box is null || call.IsCompletedSuccessfully ? call : AwaitAsync(call, box);
            }
        }
        catch (Exception exception)
        {
            return Task.FromException<ChatResponse>(exception);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The options carry no context: the message says what to change.</exception>
    /// <exception cref="DataResidencyException">The request's data may not go to this endpoint.</exception>
    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        new DeferredStream<StreamRequest>(
            new(this, messages, options, cancellationToken),
            static (request, token) => ((EndpointGuardChatClient)request.Client).Start(request, token));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && _ownsClient && !Interlocked.Exchange(ref _isDisposed, true))
        {
            base.Dispose(disposing);
        }
    }

    /// <summary>Adds no layer to a stream that needs none: once admitted, there is nothing left to guard.</summary>
    private IAsyncEnumerator<ChatResponseUpdate> Start(StreamRequest request, CancellationToken ofEnumeration) =>
        RetryAfterScope.NewBox() is null && request.Token == ofEnumeration
            ? Open(request, ofEnumeration)
            : new GuardedStream(this, request, ofEnumeration);

    private IAsyncEnumerator<ChatResponseUpdate> Open(StreamRequest request, CancellationToken cancellationToken)
    {
        var admitted = Admit(request.Options, out var residency);
        if (residency.IsAnywhere)
        {
            return InnerClient
                .GetStreamingResponseAsync(OwnMessages(request.Messages), admitted, cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
        }

        using (ResidencyScope.Enter(residency))
        {
            return new BoundStream(
                InnerClient
                    .GetStreamingResponseAsync(OwnMessages(request.Messages), admitted, cancellationToken)
                    .GetAsyncEnumerator(cancellationToken),
                residency);
        }
    }

    private static async Task<ChatResponse> AwaitAsync(Task<ChatResponse> call, RetryAfterScope.Box box)
    {
        try
        {
            return await call.ConfigureAwait(false);
        }
        catch (Exception exception) when (RetryAfterScope.Attach(box, exception))
        {
            throw;
        }
    }

    private static List<ChatMessage> OwnMessages(IEnumerable<ChatMessage> messages)
    {
        var own = messages.ToList();
        for (var i = 0; i < own.Count; i++)
        {
            // An earlier answer in the history: its report is not for the provider.
            if (own[i]?.AdditionalProperties is { } properties && properties.ContainsKey(ReportAnnotation.Key))
            {
                own[i] = ReportAnnotation.Without(own[i]);
            }
        }

        return own;
    }

    private ChatOptions? Admit(ChatOptions? options, out DataResidency residency)
    {
        var own = options as ResilientChatOptions;
        if (own is null && DerivedOptions.SettingsOf(options) is not null)
        {
            own = new(options);
        }

        if (own is not { Context: { } context })
        {
            throw new MissingRequestContextException(
                $"The call to endpoint '{_name}' carries no trace of its request: "
                + "a client between the ladder and the endpoint (Use, WithPipeline) "
                + "replaced the ChatOptions. Let it change a copy made with options.Clone() instead of building new options.");
        }

        // Includes what a client between the ladder and the endpoint added: a bound may be narrowed on the way, and never lost.
        residency = ResidencyBound.Of(own, context);
        if (!residency.Allows(_geography))
        {
            throw new DataResidencyException(
                $"Endpoint '{_name}' lies in {(_geography is null ? "no declared geography" : $"'{_geography}'")}, "
                + $"but the request's data may only go to: {residency}. "
                + "Declare where the endpoint lies with InRegion(region, geography), or widen the residency.",
                residency);
        }

        // A caller without options makes a provider call without options.
        return _isLadder ? own.Clone() : own.IsBlank ? null : own.ToProviderOptions();
    }

    /// <summary>A stream through the guard: admitted on its first move, and enumerated in the scope that returns a Retry-After.</summary>
    private sealed class GuardedStream(EndpointGuardChatClient owner, StreamRequest request, CancellationToken ofEnumeration)
        : StreamDecorator(request.Token, ofEnumeration)
    {
        private readonly RetryAfterScope.Box? _box = RetryAfterScope.NewBox();

        protected override IAsyncEnumerator<ChatResponseUpdate> Open() => owner.Open(request, Token);

        protected override AmbientScope<RetryAfterScope.Box> EnterFirstMove() => RetryAfterScope.Enter(_box);

        protected override void OnError(Exception exception) => RetryAfterScope.Attach(_box, exception);
    }

    /// <summary>Binds each move and the end of a stream: a client may call another in any of them, in the flow of its reader.</summary>
    private sealed class BoundStream(IAsyncEnumerator<ChatResponseUpdate> inner, DataResidency residency)
        : IAsyncEnumerator<ChatResponseUpdate>
    {
        public ChatResponseUpdate Current => inner.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            using (ResidencyScope.Enter(residency))
            {
                return inner.MoveNextAsync();
            }
        }

        public ValueTask DisposeAsync()
        {
            using (ResidencyScope.Enter(residency))
            {
                return inner.DisposeAsync();
            }
        }
    }
}
