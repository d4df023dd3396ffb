using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.Simulation;

namespace Resilient.Llm.Chaos;

/// <summary>A provider in virtual time. Its latency depends on the sizes of question and answer, its failures on a timeline.</summary>
/// <remarks>
/// The fate of a call is drawn when it begins. Runs on the clock's thread; not thread-safe. Respects its cancellation token. When asked to
/// continue a broken answer, it continues where that one stops.
/// </remarks>
public sealed class SimulatedChatClient : IChatClient
{
    private readonly VirtualClock _clock;
    private readonly SeededRandom _random;
    private readonly SimulatedModel _model;
    private readonly FailureTimeline _outages;

    /// <summary>Creates a provider.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="random">The only source of randomness, used by this provider alone.</param>
    /// <param name="model">The provider's speed and kinds of failure.</param>
    /// <param name="outages">When it fails.</param>
    /// <exception cref="ArgumentException">The model is inconsistent; the message says how.</exception>
    public SimulatedChatClient(VirtualClock clock, SeededRandom random, SimulatedModel model, FailureTimeline outages)
    {
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(outages);
        model.Validate();
        (_clock, _random, _model, _outages) = (clock, random, model, outages);
    }

    /// <summary>Gets the number of calls so far.</summary>
    public long Calls { get; private set; }

    /// <summary>Gets the number of calls that began while every call failed.</summary>
    public long CallsWhileDown { get; private set; }

    /// <summary>Gets the calls in flight: zero at the end, unless something leaks.</summary>
    public int InFlight { get; private set; }

    /// <summary>Invoked when a call begins, with the current failure rate.</summary>
    internal Action<double>? OnCall { get; init; }

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var call = Begin(messages);
        try
        {
            await FailAsync(call, cancellationToken).ConfigureAwait(false);
            var whole = call.ToFirstToken + (call.PerToken * (call.Tokens - 1));
            if (call.Fate == Fate.Cut)
            {
                await _clock.WaitAsync(whole * _random.NextDouble(), cancellationToken).ConfigureAwait(false);
                throw Cut();
            }

            await _clock.WaitAsync(whole, cancellationToken).ConfigureAwait(false);
            return new(new ChatMessage(ChatRole.Assistant, SimulatedText.Answer(call.From, call.Tokens)) { MessageId = "m" })
            {
                ModelId = _model.Name,
                ResponseId = "r",
                FinishReason = ChatFinishReason.Stop,
            };
        }
        finally
        {
            InFlight--;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var call = Begin(messages);
        try
        {
            await FailAsync(call, cancellationToken).ConfigureAwait(false);
            var pieces = Math.Min(_model.Pieces, call.Tokens);

            // A cut after the last piece would lose nothing; an answer of one piece breaks before it.
            var cutAfter = call.Fate != Fate.Cut ? int.MaxValue : pieces == 1 ? 0 : 1 + _random.Next(pieces - 1);
            var (sent, wait) = (0, call.ToFirstToken);
            for (var piece = 1; piece <= pieces; piece++)
            {
                if (piece > cutAfter)
                {
                    await _clock.WaitAsync(wait, cancellationToken).ConfigureAwait(false);
                    throw Cut();
                }

                // First one token, then the rest in equal parts.
                var until = pieces == 1 ? call.Tokens : 1 + (int)((long)(call.Tokens - 1) * (piece - 1) / (pieces - 1));
                await _clock.WaitAsync(wait + (call.PerToken * (until - sent - 1)), cancellationToken).ConfigureAwait(false);
                yield return new(ChatRole.Assistant, SimulatedText.Answer(call.From + sent, until - sent))
                {
                    MessageId = "m",
                    ResponseId = "r",
                    ModelId = _model.Name,
                    FinishReason = piece == pieces ? ChatFinishReason.Stop : null,
                };
                (sent, wait) = (until, call.PerToken);
            }
        }
        finally
        {
            InFlight--;
        }
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;
    }

    /// <summary>Does nothing.</summary>
    public void Dispose()
    {
    }

    private Call Begin(IEnumerable<ChatMessage> messages)
    {
        var (size, delivered) = SimulatedText.Read(messages);
        var rate = _outages.RateAt(_clock.Now);
        Calls++;
        CallsWhileDown += rate >= 1 ? 1 : 0;
        InFlight++;
        OnCall?.Invoke(rate);

        // Always the same number of draws, so that one call's fate does not change the timing of the next.
        var (fails, how, reading, pace) = (_random.NextDouble() < rate, _random.NextDouble(), Noise(), Noise());
        return new(
            !fails ? Fate.Answered
                : how < _model.RefusedShare ? Fate.Refused
                : how < _model.RefusedShare + _model.HangingShare ? Fate.Hanging
                : Fate.Cut,
            (_model.Overhead + (_model.PerPromptToken * size.PromptTokens) + _model.PerAnswerToken) * reading,
            _model.PerAnswerToken * pace,
            delivered,

            // If an answer broke after its last token, only its end is left.
            Math.Max(1, size.AnswerTokens - delivered));
    }

    private double Noise() => Math.Exp(_model.Spread * _random.NextNormal());

    /// <summary>Behaviour of calls that never return content.</summary>
    private async ValueTask FailAsync(Call call, CancellationToken cancellationToken)
    {
        if (call.Fate == Fate.Refused)
        {
            await _clock.WaitAsync(_model.RefusedAfter, cancellationToken).ConfigureAwait(false);
            throw new HttpRequestException($"{_model.Name} is not available.", null, HttpStatusCode.ServiceUnavailable);
        }

        if (call.Fate == Fate.Hanging)
        {
            await _clock.WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        }
    }

    private HttpIOException Cut() => new(HttpRequestError.ResponseEnded, $"The connection to {_model.Name} broke.");

    private enum Fate
    {
        Answered,
        Refused,
        Hanging,
        Cut,
    }

    private readonly record struct Call(Fate Fate, TimeSpan ToFirstToken, TimeSpan PerToken, int From, int Tokens);
}
