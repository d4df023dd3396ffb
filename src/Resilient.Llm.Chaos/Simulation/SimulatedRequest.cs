using Microsoft.Extensions.AI;

namespace Resilient.Llm.Chaos.Simulation;

/// <summary>A request and what its user sees.</summary>
internal sealed class SimulatedRequest(ChatSize size, VirtualClock clock, ChatSimulationOptions options)
{
    private readonly long _start = clock.GetTimestamp();
    private int _characters;
    private bool _isInOrder = true;
    private bool _hasEnded;

    /// <summary>Null if there was none.</summary>
    public TimeSpan? ToFirstContent { get; private set; }

    public TimeSpan ToEnd { get; private set; }

    public AnswerSource Source { get; private set; } = AnswerSource.Model;

    /// <summary>The model that wrote the answer, or its end.</summary>
    public string? ServedBy { get; private set; }

    /// <summary>Whether a complete answer came.</summary>
    public bool IsWhole => _hasEnded && _characters > 0 && !IsGarbled;

    /// <summary>Whether an answer claims to be complete but is not.</summary>
    public bool IsGarbled =>
        _hasEnded
            && Source != AnswerSource.LastResort && !(_isInOrder && _characters == size.AnswerTokens * SimulatedText.CharactersPerToken);

    public async Task AskAsync(IChatClient client, string question, bool isStreaming)
    {
        using var patience = new Patience(clock, options.Patience);
        ChatMessage[] messages = [new(ChatRole.User, question)];
        try
        {
            if (isStreaming)
            {
                await foreach (var update in client.GetStreamingResponseAsync(messages, null, patience.Token).ConfigureAwait(false))
                {
                    Read(update.Text, update.ModelId, update.GetResilienceReport());
                }
            }
            else
            {
                var response = await client.GetResponseAsync(messages, null, patience.Token).ConfigureAwait(false);
                Read(response.Text, response.ModelId, response.GetResilienceReport());
            }

            _hasEnded = true;
        }
        catch (Exception)
        {
            // The user sees only that there is no answer.
        }

        ToEnd = clock.GetElapsedTime(_start);
    }

    private void Read(string text, string? model, ResilienceReport? report)
    {
        Source = report?.Source ?? Source;
        ServedBy = model ?? ServedBy;
        if (text.Length > 0)
        {
            ToFirstContent ??= clock.GetElapsedTime(_start);
            _isInOrder = _isInOrder && SimulatedText.IsPartOfAnswer(text, _characters);
            _characters += text.Length;
        }
    }

    /// <summary>A token that is cancelled when the user gives up.</summary>
    private sealed class Patience : ClockEntry, IDisposable
    {
        private readonly CancellationTokenSource _source = new();
        private readonly VirtualClock _clock;

        public Patience(VirtualClock clock, TimeSpan time)
        {
            _clock = clock;
            clock.Enqueue(this, time);
        }

        public CancellationToken Token => _source.Token;

        public override void Fire() => _source.Cancel();

        public void Dispose()
        {
            _clock.Dequeue(this);
            _source.Dispose();
        }
    }
}
