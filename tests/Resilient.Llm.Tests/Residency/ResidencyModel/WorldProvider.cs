using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

internal enum Mood
{
    Works,
    Fails,
    Throttles,

    /// <summary>Streams break off, plain calls lose their connection.</summary>
    Breaks,
    IsSlow,
    Hangs,

    /// <summary>Another mood at every call.</summary>
    Flaps,
}

/// <summary>A provider that knows where it lies. Each of its answers says for whom it was made, and where.</summary>
internal sealed class WorldProvider(ResidencyWorld world, WorldPlace place) : IChatClient
{
    private static readonly int[] s_statuses = [500, 503, 500, 503, 404, 401, 400];

    private int _calls;

    public WorldPlace Place => place;

    public required string Model { get; init; }

    /// <summary>Null: the model's only one.</summary>
    public required string? Endpoint { get; init; }

    public Mood Mood { get; set; }

    /// <summary>Who switches its region on and off.</summary>
    public WorldOperator? Operator { get; set; }

    /// <summary>Null: none is declared.</summary>
    public required string? Region { get; init; }

    /// <summary>Whether it keeps what was said, and gives conversations ids.</summary>
    public bool HoldsConversations { get; init; }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var answer = Answer(world.Watch.Received(this, messages, options));
        return CurrentMood() switch
        {
            Mood.Works => Task.FromResult(answer),
            Mood.IsSlow => AnswerLaterAsync(answer, world.Draw.Time(200, 20_000), cancellationToken),
            Mood.Hangs => AnswerLaterAsync(answer, TimeSpan.FromHours(2), cancellationToken),
            var mood => Task.FromException<ChatResponse>(Failure(mood)),
        };
    }

    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        StreamAsync(Answer(world.Watch.Received(this, messages, options)), CurrentMood(), cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
    }

    private Mood CurrentMood() => Mood == Mood.Flaps ? (Mood)world.Draw.Int((int)Mood.Works, (int)Mood.Hangs) : Mood;

    private Exception Failure(Mood mood)
    {
        if (mood == Mood.Breaks)
        {
            return new IOException("connection lost");
        }

        var failure = new HttpRequestException("no", null, (HttpStatusCode)(mood == Mood.Throttles ? 429 : world.Draw.One(s_statuses)));
        if (mood == Mood.Throttles && world.Draw.Chance(0.5))
        {
            failure.Data[RetryAfterHeader.DataKey] = world.Draw.Time(100, 20_000);
        }

        return failure;
    }

    private ChatResponse Answer(int request) => new(new ChatMessage(ChatRole.Assistant, $"This answer was made as m{request}-from-{place.Name} and it ends here.")
    {
        MessageId = $"{place.Name}-{++_calls}",
    })
    {
        FinishReason = ChatFinishReason.Stop,
        ConversationId = HoldsConversations && world.Draw.Chance(0.5) ? $"conversation-{_calls}-at-{place.Name}" : null,
    };

    /// <summary>Some do not listen when they are cancelled.</summary>
    private Task WaitAsync(TimeSpan time, CancellationToken cancellationToken) =>
        InPlaceDelay.WaitAsync(world.Clock, time, world.Draw.Chance(0.2) ? CancellationToken.None : cancellationToken);

    private async Task<ChatResponse> AnswerLaterAsync(ChatResponse answer, TimeSpan time, CancellationToken cancellationToken)
    {
        await WaitAsync(time, cancellationToken).ConfigureAwait(false);
        return answer;
    }

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(ChatResponse answer, Mood mood, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (mood is Mood.Fails or Mood.Throttles)
        {
            throw Failure(mood);
        }

        var (text, id) = (answer.Text, answer.Messages[0].MessageId);
        var breaksAt = world.Draw.One(0, text.Length / 3, text.Length * 2 / 3);
        if (mood is Mood.IsSlow or Mood.Hangs && breaksAt == 0)
        {
            await WaitAsync(mood == Mood.IsSlow ? world.Draw.Time(200, 20_000) : TimeSpan.FromHours(2), cancellationToken).ConfigureAwait(false);
        }

        if (mood is not Mood.Works)
        {
            if (breaksAt > 0)
            {
                yield return new(ChatRole.Assistant, text[..breaksAt]) { MessageId = id, ResponseId = id, ConversationId = answer.ConversationId };
            }

            if (mood == Mood.Breaks)
            {
                throw Failure(mood);
            }

            if (mood == Mood.Hangs && breaksAt > 0)
            {
                await WaitAsync(TimeSpan.FromHours(2), cancellationToken).ConfigureAwait(false);
            }

            text = text[breaksAt..];
        }

        yield return new(ChatRole.Assistant, text) { MessageId = id, ResponseId = id, FinishReason = ChatFinishReason.Stop, ConversationId = answer.ConversationId };
    }
}
