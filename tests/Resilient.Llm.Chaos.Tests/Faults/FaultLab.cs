using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Chaos.Tests;

/// <summary>Two healthy models on a manual clock, the first of which experiments break.</summary>
internal sealed class FaultLab : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public FaultLab()
    {
        Randomness = new Random(20260101);
        Chaos = new(new() { Enabled = true, Environment = "Test" }, Clock, () => Draw?.Invoke() ?? Randomness.NextDouble());
        _owned.Add(Chaos);
    }

    public ManualTimeProvider Clock { get; } = new();

    public Random Randomness { get; }

    /// <summary>What chance says; null: a seeded generator.</summary>
    public Func<double>? Draw { get; set; }

    public ChaosController Chaos { get; }

    public ScriptedChatClient Primary { get; } = new ScriptedChatClient().Always(Scripted.Answer("One ", "two ", "three."));

    public ScriptedChatClient Cheaper { get; } = new ScriptedChatClient().Always(Scripted.Answer("from cheaper"));

    /// <summary>How the requests of the ladders ended.</summary>
    public List<ChatCompletedEvent> Completed { get; } = [];

    public List<ChatRetryEvent> Retries { get; } = [];

    /// <summary>What asking comes to: an answer or an exception, and the ladder's report either way.</summary>
    public async Task<Outcome> AskAsync(IChatClient ladder, bool streaming, ChatOptions? options = null)
    {
        ChatResponse? answer = null;
        var exception = await Record.ExceptionAsync(async () => answer = await RunAsync(ladder.AskAsync(streaming, options: options)));
        return new(answer, exception, Completed[^1].Report);
    }

    /// <summary>Hits the first call alone.</summary>
    public ChaosRun StartOnce(ChaosFault fault)
    {
        var calls = 0;
        Draw = () => calls++ == 0 ? 0 : 0.9;
        return Start(fault, rate: 0.5);
    }

    /// <summary>A ladder of both models with chaos on the first.</summary>
    public IChatClient Ladder(Action<ResilientChatBuilder>? configure = null, Action<ChatModelBuilder>? primary = null) => Build(configure, primary, withCheaper: true);

    /// <summary>A ladder of the first model alone: nobody else can help.</summary>
    public IChatClient Alone(Action<ResilientChatBuilder>? configure = null) => Build(configure, null, withCheaper: false);

    public ChaosRun Start(ChaosFault fault, string name = "fault", double rate = 1, TimeSpan? duration = null, ChaosBlastRadius? target = null) => Chaos.Start(
        new()
        {
            Name = name,
            Fault = fault,
            Target = target ?? ChaosBlastRadius.AllModels,
            Rate = rate,
            Duration = duration ?? TimeSpan.FromMinutes(30),
        },
        "test");

    /// <summary>Runs the clock from timer to timer until the task has ended.</summary>
    public async Task<T> RunAsync<T>(Task<T> task)
    {
        var end = Clock.GetUtcNow() + TimeSpan.FromMinutes(20);
        while (!task.IsCompleted && Clock.AdvanceToNextTimer(end - Clock.GetUtcNow()))
        {
        }

        Assert.True(task.IsCompleted, "Nothing is due any more, and still no answer.");
        return await task;
    }

    /// <summary>Lets what the test itself ends or cancels go on at once, on its own thread.</summary>
    public static void GoOnInline() => SynchronizationContext.SetSynchronizationContext(null);

    public void Dispose() => _owned.ForEach(static owned => owned.Dispose());

    private IChatClient Build(Action<ResilientChatBuilder>? configure, Action<ChatModelBuilder>? primary, bool withCheaper)
    {
        var builder = new ResilientChatBuilder()
            .WithTimeProvider(Clock)
            .WithRandomizer(static () => 0.5)
            .AddModel("primary", Primary, model =>
            {
                model.WithChaos(Chaos);
                primary?.Invoke(model);
            });
        if (withCheaper)
        {
            builder.AddModel("cheaper", Cheaper);
        }

        builder.OnCompleted(Completed.Add).OnRetry(Retries.Add);
        configure?.Invoke(builder);
        var ladder = builder.Build();
        _owned.Add(ladder);
        return ladder;
    }
}

/// <summary>What became of a request.</summary>
internal sealed record Outcome(ChatResponse? Answer, Exception? Exception, ResilienceReport Report)
{
    public string? Text => Answer?.Text;

    /// <summary>How the first model fared.</summary>
    public AttemptReport Primary => Report.Attempts.First(static attempt => attempt.Step == "primary");
}
