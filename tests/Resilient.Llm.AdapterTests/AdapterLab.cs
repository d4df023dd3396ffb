using Microsoft.Extensions.AI;
using Polly.CircuitBreaker;
using Resilient.Llm.Loopback;
using Resilient.Llm.Testing;

namespace Resilient.Llm.AdapterTests;

/// <summary>A first model that speaks one protocol, and a second one, each behind its official adapter and over real sockets.</summary>
/// <remarks>Five failures open a circuit. Nothing is retried. The clock stands still.</remarks>
internal sealed class AdapterLab : IAsyncDisposable
{
    public const string FallbackText = "The fallback answers.";

    private static readonly TimeSpan s_tooLong = TimeSpan.FromSeconds(30);

    private AdapterLab(LoopbackProvider primary, LoopbackProvider fallback, IChatClient ladder, ManualTimeProvider clock)
    {
        Primary = primary;
        Fallback = fallback;
        Ladder = ladder;
        Clock = clock;
    }

    public LoopbackProvider Primary { get; }

    public LoopbackProvider Fallback { get; }

    public IChatClient Ladder { get; }

    public ManualTimeProvider Clock { get; }

    public ChatCircuit Circuit => Ladder.GetRequiredService<ChatCircuits>().Get("primary");

    public static async Task<AdapterLab> StartAsync(
        WireProtocol protocol, Script primary, Action<ResilientChatBuilder>? configure = null, bool isAlone = false)
    {
        var clock = new ManualTimeProvider();
        var first = await LoopbackProvider.StartAsync(primary);
        var second = await LoopbackProvider.StartAsync(FallbackText);
        var builder = new ResilientChatBuilder()
            .WithTimeProvider(clock)
            .WithRetries(0)
            .WithCircuitBreaker(failures: 5, within: TimeSpan.FromSeconds(30), breakFor: TimeSpan.FromSeconds(15))
            .AddModel("primary", first.CreateClient(protocol));
        if (!isAlone)
        {
            var other = protocol == WireProtocol.Anthropic ? WireProtocol.OpenAI : WireProtocol.Anthropic;
            builder.AddModel("fallback", second.CreateClient(other));
        }

        configure?.Invoke(builder);
        return new(first, second, builder.Build(), clock);
    }

    /// <summary>Lets the next model answer what a filter or the model refused.</summary>
    public static void StepsDownFromFilters(ResilientChatBuilder chat) => chat.WithFailures(static failures =>
        failures.Reactions[FailureKind.ContentFiltered] = new(RetrySameEndpoint: false, HealthEffect.Neutral, StepDown: true));

    /// <summary>Asks, reads a stream to its end, and turns every ending into a value.</summary>
    public async Task<Heard> AskAsync(bool streaming, ChatOptions? options = null)
    {
        if (!streaming)
        {
            try
            {
                return new(await Ladder.GetResponseAsync("Hi", options).WaitAsync(s_tooLong), null);
            }
            catch (Exception exception)
            {
                return new(new(), exception);
            }
        }

        var updates = new List<ChatResponseUpdate>();
        var read = ReadAsync();
        try
        {
            await read.WaitAsync(s_tooLong);
            return new(updates.ToChatResponse(), null);
        }
        catch (Exception exception)
        {
            return new(updates.ToChatResponse(), exception);
        }

        async Task ReadAsync()
        {
            await foreach (var update in Ladder.GetStreamingResponseAsync("Hi", options))
            {
                updates.Add(update);
            }
        }
    }

    /// <summary>Asserts that no request harmed the first model's circuit.</summary>
    public void AssertUnharmed() =>
        Assert.Equal((0, CircuitState.Closed), (Circuit.Counts.Failures, Circuit.State));

    public async ValueTask DisposeAsync()
    {
        Ladder.Dispose();
        await Primary.DisposeAsync();
        await Fallback.DisposeAsync();
    }
}

/// <summary>What a caller got from one call, and how it ended.</summary>
internal sealed record Heard(ChatResponse Response, Exception? Exception)
{
    public string Text => Response.Text;

    public ChatFinishReason? Reason => Response.FinishReason;

    public ResilienceReport? Report => Response.GetResilienceReport();

    public IEnumerable<AIContent> Contents => Response.Messages.SelectMany(static message => message.Contents);
}
