using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>How a region is doing.</summary>
internal enum RegionHealth
{
    Well,

    /// <summary>Connections are reset: most before the answer, some in the middle of a stream.</summary>
    Dead,

    /// <summary>Answers come late, and whole.</summary>
    Slow,

    /// <summary>Six requests find it dead, the next thirty well, and so on.</summary>
    Flapping,
}

/// <summary>One model in one region: a provider on a port of its own, that answers with the text of the question's number.</summary>
/// <remarks>Who asks it to continue an answer gets the rest of it, as a good model would give it.</remarks>
internal sealed class RegionalProvider : IAsyncDisposable
{
    private const int FlappingIll = 6;
    private const int FlappingPeriod = 36;

    private static readonly TimeSpan s_late = TimeSpan.FromSeconds(10);

    private readonly LoopbackProvider _provider;
    private readonly WireProtocol _protocol;
    private readonly TimeSpan _distance;
    private volatile RegionHealth _health;
    private int _flaps;

    private RegionalProvider(LoopbackProvider provider, WireProtocol protocol, TimeSpan distance)
    {
        _provider = provider;
        _protocol = protocol;
        _distance = distance;
        _provider.Respond(Reply);
    }

    public RegionHealth Health
    {
        set
        {
            _flaps = 0;
            _health = value;
        }
    }

    /// <summary>The requests that came over its sockets: the number of the question, and whether they found it well.</summary>
    public ConcurrentQueue<(int Question, bool IsWell)> Arrived { get; } = [];

    public static async Task<RegionalProvider> StartAsync(WireProtocol protocol, TimeSpan distance) =>
        new(await LoopbackProvider.StartAsync(), protocol, distance);

    public static string QuestionOf(int number) => $"Question {number}";

    public static string AnswerTo(int number) => $"Answer {number} says that every region has its tide, and none waits for another.";

    public IChatClient Client() => _provider.Client(_protocol);

    public ValueTask DisposeAsync() => _provider.DisposeAsync();

    private Script Reply(ReceivedRequest request)
    {
        var number = int.Parse(request.Messages[0].Text.Split(' ')[1]);
        var isDead = _health == RegionHealth.Dead || (_health == RegionHealth.Flapping && (Interlocked.Increment(ref _flaps) - 1) % FlappingPeriod < FlappingIll);
        Arrived.Enqueue((number, !isDead && _health != RegionHealth.Slow));

        var text = AnswerTo(number);
        var rest = request.Messages is [_, ("assistant", var part), ..] && text.StartsWith(part, StringComparison.Ordinal) ? text[part.Length..] : text;
        var isCutInTheMiddle = request.IsStreaming && number % 3 == 0;
        return isDead
            ? isCutInTheMiddle ? Script.ResetAfter(3, rest) : Script.ConnectionReset()
            : Script.Answer(rest) with { Delay = _health == RegionHealth.Slow ? s_late : _distance };
    }
}
