using Microsoft.Extensions.AI;
using Resilient.Llm.Chaos.Simulation;

namespace Resilient.Llm.Chaos.Tests;

public class SimulatedChatClientTests
{
    private static readonly DateTimeOffset s_start = new(2024, 2, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly SimulatedModel s_exact = new()
    {
        Name = "exact",
        Overhead = TimeSpan.FromMilliseconds(100),
        PerPromptToken = TimeSpan.FromMilliseconds(1),
        PerAnswerToken = TimeSpan.FromMilliseconds(10),
        Spread = 0,
        Pieces = 4,
    };

    private readonly VirtualClock _clock = new(s_start);

    [Fact]
    public void GetResponse_NoSpread_TakesOverheadPrefillAndTokens()
    {
        var response = Run(Client(s_exact).GetResponseAsync(Ask(prompt: 300, answer: 50)));

        Assert.Equal(TimeSpan.FromMilliseconds(100 + 300 + 500), _clock.Now - s_start);
        Assert.Equal(50 * SimulatedText.CharactersPerToken, response.Text.Length);
        Assert.Equal(("exact", ChatFinishReason.Stop), (response.ModelId, response.FinishReason));
    }

    [Fact]
    public void GetStreamingResponse_NoSpread_BringsOneTokenAndThenTheRestAtItsPace()
    {
        var updates = Run(ReadAsync(Client(s_exact).GetStreamingResponseAsync(Ask(prompt: 300, answer: 51))));

        // The first token after 410 ms, the other fifty in three parts, ten milliseconds each.
        Assert.Equal([(410, 1), (570, 16), (740, 17), (910, 17)], updates.Select(static update => (update.Milliseconds, update.Text.Length / SimulatedText.CharactersPerToken)));
        Assert.Equal(SimulatedText.Answer(0, 51), string.Concat(updates.Select(static update => update.Text)));
        Assert.Equal([false, false, false, true], updates.Select(static update => update.IsLast));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void GetStreamingResponse_FewTokens_IsWhole(int tokens)
    {
        var updates = Run(ReadAsync(Client(s_exact).GetStreamingResponseAsync(Ask(prompt: 0, answer: tokens))));

        Assert.Equal(tokens, updates.Count);
        Assert.Equal(SimulatedText.Answer(0, tokens), string.Concat(updates.Select(static update => update.Text)));
        Assert.Equal(100 + (10 * tokens), updates[^1].Milliseconds);
    }

    [Fact]
    public void GetStreamingResponse_PartialAnswer_GoesOnWhereItStops()
    {
        ChatMessage[] messages = [.. Ask(prompt: 10, answer: 20), new(ChatRole.Assistant, SimulatedText.Answer(0, 12)), new(ChatRole.User, "Go on.")];

        var updates = Run(ReadAsync(Client(s_exact).GetStreamingResponseAsync(messages)));

        Assert.Equal(SimulatedText.Answer(12, 8), string.Concat(updates.Select(static update => update.Text)));
    }

    [Fact]
    public void Calls_Spread_ScattersAroundTheMedian()
    {
        var client = Client(s_exact with { Spread = 0.2 });
        var times = new List<double>();
        for (var i = 0; i < 4_000; i++)
        {
            var before = _clock.Now;
            Run(client.GetResponseAsync(Ask(prompt: 890, answer: 1)));
            times.Add(Math.Log((_clock.Now - before).TotalSeconds));
        }

        Assert.Equal(0, times.Average(), 0.015);
        Assert.Equal(0.2, Math.Sqrt(times.Average(static log => log * log)), 0.015);
    }

    [BothWays]
    public async Task Calls_MajorIncident_FailInTheirShares(bool streaming)
    {
        var client = Client(s_exact, IncidentImpact.Major);
        var fates = new Dictionary<string, int>();
        using var patience = new CancellationTokenSource();
        List<Task<string>> calls = [.. Enumerable.Range(0, 4_000).Select(_ => FateAsync(client, streaming, patience.Token))];

        // Whatever is not over after a minute hangs. Under a test runner's context the cancelled calls would end on the thread pool, several
        // at once, and a simulation has one thread.
        SynchronizationContext.SetSynchronizationContext(null);
        _clock.RunUntil(s_start.AddMinutes(1));
        patience.Cancel();
        foreach (var fate in await Task.WhenAll(calls))
        {
            fates[fate] = fates.GetValueOrDefault(fate) + 1;
        }

        Assert.Equal(4_000 * 0.4, fates["answered"], 150.0);
        Assert.Equal(4_000 * 0.6 * 0.5, fates["ServiceUnavailable"], 150.0);
        Assert.Equal(4_000 * 0.6 * 0.3, fates["cancelled"], 150.0);
        Assert.Equal(4_000 * 0.6 * 0.2, fates[streaming ? "cut after some text" : "cut"], 150.0);
        Assert.Equal(4, fates.Count);
        Assert.Equal((4_000, 0, 0), (client.Calls, client.CallsWhileDown, client.InFlight));
    }

    [Fact]
    public void Calls_CriticalIncident_AllFailWhileItLasts()
    {
        var client = Client(s_exact with { RefusedShare = 1, HangingShare = 0 }, IncidentImpact.Critical);

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal("ServiceUnavailable", Run(FateAsync(client, streaming: false, default)));
        }

        Assert.Equal(TimeSpan.FromMilliseconds(50 * 100), _clock.Now - s_start);
        Assert.Equal(100, client.CallsWhileDown);
        _clock.RunUntil(s_start.AddHours(1));
        Assert.Equal("answered", Run(FateAsync(client, streaming: false, default)));
        Assert.Equal(100, client.CallsWhileDown);
    }

    [BothWays]
    public void Calls_AllBreakOff_NoneLooksWhole(bool streaming)
    {
        var client = Client(s_exact with { RefusedShare = 0, HangingShare = 0 }, IncidentImpact.Critical);

        for (var i = 0; i < 200; i++)
        {
            Assert.Equal(streaming ? "cut after some text" : "cut", Run(FateAsync(client, streaming, default)));
        }
    }

    [Fact]
    public async Task Calls_Cancelled_EndAtOnce()
    {
        var client = Client(s_exact);
        using var source = new CancellationTokenSource();
        var plain = client.GetResponseAsync(Ask(1, 1), cancellationToken: source.Token);
        var stream = ReadAsync(client.GetStreamingResponseAsync(Ask(1, 1), cancellationToken: source.Token));
        Assert.Equal(2, client.InFlight);

        source.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => plain);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream);
        Assert.Equal((0, 0), (client.InFlight, _clock.Pending));
    }

    [Theory]
    [InlineData("What is the time?")]
    [InlineData("Question 5")]
    [InlineData("Question 5: many tokens, answer in 6")]
    public void GetResponse_NotAQuestionOfASimulation_IsAnsweredInOneToken(string question)
    {
        var response = Run(Client(s_exact).GetResponseAsync([new(ChatRole.User, question)]));

        Assert.Equal(TimeSpan.FromMilliseconds(100 + 1 + 10), _clock.Now - s_start);
        Assert.Equal(SimulatedText.CharactersPerToken, response.Text.Length);
    }

    [Fact]
    public void Constructor_ModelContradictsItself_SaysInWhat()
    {
        AssertRefused(s_exact with { Overhead = TimeSpan.FromSeconds(-1) }, nameof(SimulatedModel.Overhead));
        AssertRefused(s_exact with { Spread = double.NaN }, nameof(SimulatedModel.Spread));
        AssertRefused(s_exact with { Pieces = 0 }, nameof(SimulatedModel.Pieces));
        AssertRefused(s_exact with { RefusedShare = 0.8 }, nameof(SimulatedModel.HangingShare));

        void AssertRefused(SimulatedModel model, string what) =>
            Assert.Contains(what, Assert.Throws<ArgumentException>(() => Client(model)).Message, StringComparison.Ordinal);
    }

    private static ChatMessage[] Ask(int prompt, int answer) => [new(ChatRole.User, SimulatedText.Question(1, new(prompt, answer)))];

    private static async Task<string> FateAsync(SimulatedChatClient client, bool streaming, CancellationToken token)
    {
        var text = "";
        try
        {
            if (!streaming)
            {
                await client.GetResponseAsync(Ask(10, 10), cancellationToken: token).ConfigureAwait(false);
                return "answered";
            }

            await foreach (var update in client.GetStreamingResponseAsync(Ask(10, 10), cancellationToken: token).ConfigureAwait(false))
            {
                text += update.Text;
            }

            return "answered";
        }
        catch (HttpRequestException exception)
        {
            return exception.StatusCode.ToString()!;
        }
        catch (HttpIOException)
        {
            Assert.True(SimulatedText.IsPartOfAnswer(text, 0) && text.Length < 10 * SimulatedText.CharactersPerToken);
            return text.Length > 0 ? "cut after some text" : "cut";
        }
        catch (OperationCanceledException)
        {
            return "cancelled";
        }
    }

    private SimulatedChatClient Client(SimulatedModel model, IncidentImpact impact = IncidentImpact.None) => new(
        _clock,
        new(1),
        model,
        impact == IncidentImpact.None ? FailureTimeline.Healthy : new OutageSchedule([new(model.Name, s_start, s_start.AddHours(1), impact)]).Of(model.Name));

    private T Run<T>(Task<T> call)
    {
        _clock.RunToEnd();
        Assert.True(call.IsCompleted);
        return call.GetAwaiter().GetResult();
    }

    private async Task<List<(int Milliseconds, string Text, bool IsLast)>> ReadAsync(IAsyncEnumerable<ChatResponseUpdate> stream)
    {
        var updates = new List<(int Milliseconds, string Text, bool IsLast)>();
        await foreach (var update in stream.ConfigureAwait(false))
        {
            updates.Add(((int)(_clock.Now - s_start).TotalMilliseconds, update.Text, update.FinishReason == ChatFinishReason.Stop));
        }

        return updates;
    }
}
